// What is worked out in a recurrence is not worked out again outside.
#pragma once

#include "compiler/plan/computation.h"

namespace tenet {

// The same computation, over recurrences with a component for each value of their regions that something outside reads for all
// places of the axis at once and that is not light.
Computation with_shared_components(Graph& graph, const Computation& computation);

}  // namespace tenet
