// Where single precision may turn moderate inputs into NaN, an infinity or noise. A rewritten graph is taken only if it has no
// more of these than its source.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "compiler/simplify/ranges.h"

namespace tenet {

struct Hazard {
  NodeId node;
  HazardKind kind;
};

// In ascending order of nodes; a node that several roots need counts once.
std::vector<Hazard> hazards(const Graph& graph, std::span<const NodeId> roots);
std::size_t hazard_count(const Graph& graph, std::span<const NodeId> roots);
std::size_t hazard_count(const Graph& graph, NumericRanges& ranges, std::span<const NodeId> roots);  // of the graph's ranges

}  // namespace tenet
