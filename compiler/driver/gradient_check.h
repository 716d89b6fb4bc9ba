// Every gradient in numbers: against central finite differences, and native code against the interpreter.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/session.h"

namespace tenet {

// Greatest errors as shares of the tensor's largest value; absolute where that is below 1e-9. NaN: not measured.
struct ValueCheck {
  std::string name;
  double native_error;
};
struct GradientCheck {
  std::string name;
  double finite_difference_error;  // of the derived and of the simplified gradient, the greater
  double native_error;
};
struct GradientChecks {
  std::vector<ValueCheck> values;        // named values, the loss among them
  std::vector<GradientCheck> gradients;  // of parameters, then of named values
};

inline constexpr double finite_difference_tolerance = 1e-6;
inline constexpr double native_tolerance = 1e-5;

// `loss` is a scalar of the program. Sizes are closed.
Outcome<GradientChecks> check_gradients(Session& session, NodeId loss);

}  // namespace tenet
