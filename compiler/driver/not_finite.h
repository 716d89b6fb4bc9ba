// Which value went wrong first in a step whose loss, or whose updated parameters, are not finite.
#pragma once

#include <string>

#include "compiler/driver/stepper.h"

namespace tenet {

// One line: the first named value of the step (then the first gradient) that is not finite, how many of its elements and where.
// `stepper` is as the trainer leaves it: parameters as before the step, data of the step. Infinities that a value also has at
// the initial parameters (a mask's) are not what went wrong. Empty if every named value is finite.
std::string first_not_finite(Session& session, const Stepper& stepper, const Model& initial, std::int64_t step);

}  // namespace tenet
