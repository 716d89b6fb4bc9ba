// The first step of a training, as native code does it, against the program as it is written.
#pragma once

#include "compiler/driver/stepper.h"

namespace tenet {

// Runs step `step` natively and, in double precision, by the interpreter of the text without any simplification, on the same
// batch and the same random numbers; the arena's parameters and states are as before afterwards. Failure: the loss or an updated
// value differs by more than rounding explains. `always`: however long it takes; else where it takes some milliseconds.
Outcome<void> verify_first_step(Session& session, Stepper& stepper, const Model& model, std::int64_t step, bool always);

}  // namespace tenet
