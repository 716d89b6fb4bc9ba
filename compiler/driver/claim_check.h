// Claims: proved by simplification or by their normal form, refuted by a point, or not decided.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/session.h"
#include "compiler/driver/waiting.h"

namespace tenet {

enum class Verdict : std::uint8_t { proved, refuted, undecided };
std::string_view name_of(Verdict verdict);

struct ClaimCheck {
  std::string name;
  int line = 0;
  Verdict verdict = Verdict::undecided;
  double difference = std::numeric_limits<double>::quiet_NaN();  // the greatest in numbers; NaN: `unmeasured` says why
  std::string unmeasured;                                        // no point has both sides finite; or too large an axis
  // Proved:
  std::size_t steps = 0;
  std::vector<std::string> conditions;
  int exact_points = 0;  // at which the proof was replayed in exact arithmetic
  // Not proved:
  std::string reason;
  std::string remainder;  // the simplified difference of the sides; empty where that would be long
  // Refuted:
  std::string where;  // coordinates, how the point was drawn, the sizes of open axes
  double left = 0, right = 0;
};

// A claim is looked at in numbers at the session's sizes, shorter where that is too much, and at a few others of its open axes:
// it is one for all of them. A proof counts if it was replayed, or if some point has both sides finite; else it may be about
// nothing.
std::vector<ClaimCheck> check_claims(Session& session, Waiting& waiting);

}  // namespace tenet
