// Out of a recurrence: what a value in its region is for all places of the axis at once.
#pragma once

#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

// Nodes and what stands for them; nothing below a fixed node changes.
struct Replaced {
  std::unordered_map<NodeId, NodeId> by;
  std::vector<NodeId> fixed;
};
std::vector<NodeId> replaced(Graph& graph, std::span<const NodeId> roots, const Replaced& nodes);

// A component at the place `offset` before, beyond the axis `start`.
NodeId shifted(Graph& graph, NodeId component, AxisId axis, std::int64_t offset, NodeId start);

// Of a recurrence: components elsewhere for its readings. A body in which they are read is the component once more, worked
// out from components elsewhere.
Replaced closing(Graph& graph, NodeId component);

// The values with every component of the recurrences that the first `count` of them read, but for the `kept` ones, written out
// once, from components elsewhere: so that what is equal by the definitions is equal, and no recurrence is looked into.
struct Unfolded {
  std::vector<NodeId> roots;
  std::vector<std::pair<NodeId, NodeId>> closed;  // what a body with a name was written out as, and its component by that name
};
Unfolded unfolded(Graph& graph, std::span<const NodeId> roots, std::size_t count, std::span<const NodeId> kept = {});

// A component by its name, if it has one.
NodeId by_name(Graph& graph, NodeId component);

// The nodes with names that `root` is worked out from, operands before users; of a recurrence's region, its components by their
// names.
std::vector<NodeId> names_below(Graph& graph, NodeId root);

// One component of each recurrence below the roots, those further in first.
std::vector<NodeId> recurrences_below(const Graph& graph, std::span<const NodeId> roots);

}  // namespace tenet
