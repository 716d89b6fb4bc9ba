// Every gradient in numbers: against central finite differences, and native code against the interpreter.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/native_check.h"
#include "compiler/driver/session.h"
#include "compiler/driver/waiting.h"
#include "compiler/grad/differences.h"

namespace tenet {

// Greatest errors as shares of the tensor's largest value, or of the size of the terms that are added up to it where they cancel:
// rounding is a share of those. Infinity: not finite where the formula is, or measured against what is not.
struct ValueCheck {
  std::string name;
  Deviation native;
};
struct GradientCheck {
  std::string name;
  DifferenceError differences;  // of the derived and of the simplified gradient, the greater; beyond double precision's rounding
  Deviation native;
  bool at_tie;  // it goes by a convention at the point: the difference was taken along it there
};
struct GradientChecks {
  std::vector<ValueCheck> values;        // named values, the loss among them
  std::vector<GradientCheck> gradients;  // of parameters, then of named values
  std::string not_finite;                // which value was first, where; empty: all are finite
  std::string sizes;                     // at which all was checked instead of the program's; empty: the program's
};

inline constexpr double finite_difference_tolerance = 1e-6;

// The first named value, operands before users, that is not finite where training starts, its coordinate and its line; empty:
// there is none.
std::string first_not_finite(Session& session, NodeId loss);

// `loss` is a scalar of the program. Sizes are closed; they are shorter afterwards where they are too large to be checked.
Outcome<GradientChecks> check_gradients(Session& session, NodeId loss, Waiting& waiting);

}  // namespace tenet
