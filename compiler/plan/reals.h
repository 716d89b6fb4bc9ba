// A gradient is real. What it is whole by stays so where wholes can hold it, for large ones that cancel are lost among reals;
// where they cannot, and where nothing cancels, it is worked out in reals.
#pragma once

#include <span>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

// The same values as reals. `sizes` may leave axes open.
std::vector<NodeId> as_reals(Graph& graph, std::span<const NodeId> gradients, const Sizes& sizes);

}  // namespace tenet
