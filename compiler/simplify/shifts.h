// Differences from a maximum.
#pragma once

#include <optional>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

// m of where(abs(m) < 1e38, m, 0), or of abs(m) < inf: what it is for inputs of moderate size. Else the value, without names.
NodeId where_moderate(const Graph& graph, NodeId value);

// Says that `value` is nowhere above `bound`, because `bound` is its maximum, by names and substitutions; `attained`: the axes
// along which the two are equal somewhere, for every choice of the others (none: nothing is known).
struct BelowMaximum {
  std::vector<AxisId> attained;
};
std::optional<BelowMaximum> below_maximum(const Graph& graph, NodeId value, NodeId bound);

}  // namespace tenet
