// Which value went wrong first in a step whose loss, or whose updated parameters, are not finite.
#pragma once

#include <string>

#include "compiler/driver/stepper.h"

namespace tenet {

// "`h` is the first named value that is not finite: nan at batch = 3, in 2 of 64 elements"; empty if it is finite. NaN counts
// always, an infinity unless the value usually has some (a mask's).
std::string not_finite_text(const Graph& graph, const std::string& name, const Tensor& tensor, bool usually_infinite);

// One line: the first named value of the step (then the first gradient) that is not finite, how many of its elements and where.
// `stepper` is as the trainer leaves it: parameters as before the step, data of the step. Infinities that a value also has at
// the initial parameters (a mask's) are not what went wrong. Empty if every named value is finite.
std::string first_not_finite(Session& session, const Stepper& stepper, const Model& initial, std::int64_t step);

}  // namespace tenet
