// What a graph costs to evaluate once.
#pragma once

#include <span>

#include "compiler/graph/graph.h"

namespace tenet {

inline constexpr double open_size = 32;  // what an axis counts as whose size is not known

struct Cost {
  double operations = 0;  // scalar ones: what is shared counts once, names, indices and indicators nothing
  std::size_t reductions = 0;
};

Cost cost_of(const Graph& graph, std::span<const NodeId> roots, const Sizes& sizes);

}  // namespace tenet
