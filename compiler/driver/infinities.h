// Where an `inf` that a program writes may come to.
#pragma once

#include "compiler/elaborate/program.h"

namespace tenet {

// Whether the value may be infinite because the program says `inf`: a best value so far, a mask of -inf, what is worked out of
// them by operations that pass infinities on, from step to step too. A softmax of masked values is not: `exp(-inf)` is 0.
bool may_be_infinite(const Program& program, NodeId value);

}  // namespace tenet
