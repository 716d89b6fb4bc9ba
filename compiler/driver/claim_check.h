// Claims: proved by simplification or by their normal form, refuted by a point, or not decided.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/session.h"

namespace tenet {

enum class Verdict : std::uint8_t { proved, refuted, undecided };
std::string_view name_of(Verdict verdict);

struct ClaimCheck {
  std::string name;
  int line;
  Verdict verdict;
  std::size_t steps = 0;                // of the proof
  double difference = 0;                // the greatest seen in numbers; NaN: at no point were both sides finite
  std::vector<std::string> conditions;  // of the proof, where proved
  // Refuted:
  std::string where;  // coordinates, and how the point was drawn
  double left = 0, right = 0;
  std::string remainder;  // the simplified difference of the sides, an expression; empty where that would be long
};

// Failure: a side does not fit the machine's memory.
Outcome<std::vector<ClaimCheck>> check_claims(Session& session);

}  // namespace tenet
