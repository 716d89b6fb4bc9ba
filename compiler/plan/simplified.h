// A computation made ready for the kernels.
#pragma once

#include "compiler/plan/computation.h"

namespace tenet {

// The same computation, exponentials kept in range and everything simplified together; every output is real.
Computation simplified(Graph& graph, const Computation& computation);

}  // namespace tenet
