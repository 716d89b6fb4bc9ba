// Every value that has a name, for looking into a step (a loss that is not finite) and for comparing native code with the
// interpreter.
#pragma once

#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/plan/computation.h"

namespace tenet {

// Named real values that the loss depends on, operands before users, then the gradient of the loss for each parameter under
// the name `grad(loss, p)`, not simplified.
Computation inspection(Program& program);

}  // namespace tenet
