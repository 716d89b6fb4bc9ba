#include "compiler/simplify/hazards.h"

namespace tenet {

std::vector<Hazard> hazards(const Graph& graph, std::span<const NodeId> roots) {
  NumericRanges ranges(graph);
  std::vector<Hazard> result;
  for (NodeId id : graph.reachable(roots))
    if (const auto kind = ranges.hazard(id)) result.push_back({id, *kind});
  return result;
}

std::size_t hazard_count(const Graph& graph, std::span<const NodeId> roots) {
  NumericRanges ranges(graph);
  return hazard_count(graph, ranges, roots);
}

std::size_t hazard_count(const Graph& graph, NumericRanges& ranges, std::span<const NodeId> roots) {
  std::size_t result = 0;
  for (NodeId id : graph.reachable(roots)) result += ranges.hazard(id).has_value();
  return result;
}

}  // namespace tenet
