// Which lines of a derived recurrence have to state their axes.
#pragma once

#include <span>
#include <unordered_set>

#include "compiler/graph/graph.h"

namespace tenet {

// The language finds the axes of what is read round a circle of definitions from what their lines show. Of the components of
// these recurrences, given by one of each: those that would be left without some of theirs.
std::unordered_set<NodeId> components_stating_axes(const Graph& graph, std::span<const NodeId> recurrences);

}  // namespace tenet
