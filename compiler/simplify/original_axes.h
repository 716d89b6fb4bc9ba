// Sums over a copy of an axis, as a derivative through x[before = hidden] leaves them, in the axes of what they sum.
#pragma once

#include <span>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

// The values, with sum[hidden](e)[before = hidden] for a sum over a copy of `hidden` where less is renamed so: what e reads under
// that copy it then reads as it is, and what it reads at [before = hidden] under its own axis.
std::vector<NodeId> over_original_axes(Graph& graph, std::span<const NodeId> values);

}  // namespace tenet
