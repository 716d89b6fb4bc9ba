// Claims: proved by simplification or by their normal form, refuted by a point, or not decided.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/session.h"

namespace tenet {

enum class Verdict : std::uint8_t { proved, refuted, undecided };
std::string_view name_of(Verdict verdict);

struct ClaimCheck {
  std::string name;
  int line = 0;
  Verdict verdict = Verdict::undecided;
  double difference = std::numeric_limits<double>::quiet_NaN();  // the greatest in numbers; NaN: never were both sides finite
  // Proved:
  std::size_t steps = 0;
  std::vector<std::string> conditions;
  int exact_points = 0;  // at which the proof was replayed in exact arithmetic
  // Not proved:
  std::string reason;
  std::string remainder;  // the simplified difference of the sides; empty where that would be long
  // Refuted:
  std::string where;  // coordinates, and how the point was drawn
  double left = 0, right = 0;
};

// Failure: a side does not fit the machine's memory.
Outcome<std::vector<ClaimCheck>> check_claims(Session& session);

}  // namespace tenet
