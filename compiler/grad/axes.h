// Free axes as sets, and the two moves that keep them right: a sum over axes that an expression may lack, and a broadcast.
#pragma once

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

using AxisSet = std::vector<AxisId>;  // ascending

inline AxisSet set_of(std::span<const AxisId> axes) { return {axes.begin(), axes.end()}; }

inline AxisSet united(std::span<const AxisId> a, std::span<const AxisId> b) {
  AxisSet result;
  std::ranges::set_union(a, b, std::back_inserter(result));
  return result;
}

inline AxisSet difference(std::span<const AxisId> a, std::span<const AxisId> b) {
  AxisSet result;
  std::ranges::set_difference(a, b, std::back_inserter(result));
  return result;
}

inline AxisSet intersection(std::span<const AxisId> a, std::span<const AxisId> b) {
  AxisSet result;
  std::ranges::set_intersection(a, b, std::back_inserter(result));
  return result;
}

inline bool contains(std::span<const AxisId> axes, AxisId axis) { return std::ranges::binary_search(axes, axis); }

// The sum of `value` over `axes`; over an axis that it lacks the sum is |axis| times it.
NodeId sum_over(Graph& graph, NodeId value, std::span<const AxisId> axes);

// `value` with at least these axes: each one that it lacks is added as `0 * axis` (to a truth: `and axis == axis`), so that the
// result prints in the language.
NodeId broadcast(Graph& graph, NodeId value, std::span<const AxisId> axes);

// Two axes with the same number of coordinates for all sizes.
bool same_size(const Graph& graph, AxisId a, AxisId b);

// The first fresh copy of `axis` that `taken` (ascending) does not hold.
AxisId copy_outside(Graph& graph, AxisId axis, std::span<const AxisId> taken);

}  // namespace tenet
