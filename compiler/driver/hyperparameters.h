// The numbers of a recipe that may change from step to step, each held against what it may be.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/driver/session.h"

namespace tenet {

// A failure, with the place, if one that is the same in every step is not what it may be. The sizes are closed.
Outcome<void> check_hyperparameters(Session& session);

// What is wrong with one of them at a step, as native code has it: "`rate` is inf at step 0, and must be a finite number (line
// 5)"; empty: nothing.
std::string hyperparameter_fault(Session& session, std::int64_t step);

// The rate at a step.
double rate_at(const Session& session, std::int64_t step);

}  // namespace tenet
