#include "compiler/simplify/hazards.h"

namespace tenet {

std::vector<Hazard> hazards(const Graph& graph, std::span<const NodeId> roots) {
  NumericRanges ranges(graph);
  std::vector<Hazard> result;
  for (NodeId id : graph.reachable(roots))
    if (const auto kind = ranges.hazard(id)) result.push_back({id, *kind});
  return result;
}

std::size_t hazard_count(const Graph& graph, std::span<const NodeId> roots) { return hazards(graph, roots).size(); }

}  // namespace tenet
