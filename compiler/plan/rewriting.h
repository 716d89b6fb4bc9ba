// Putting other nodes in place of nodes.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/graph/graph.h"

namespace tenet {

using NodeMap = std::unordered_map<NodeId, NodeId>;

// `roots` with every key of `replacements` read as its value. What stands below a replaced node is not looked at; replacing
// values are not rewritten themselves. A value has no axis that its key lacks.
std::vector<NodeId> rewritten(Graph& graph, std::span<const NodeId> roots, const NodeMap& replacements);

// `roots` as they are in a step of training (`training` true) or outside (false).
std::vector<NodeId> with_training(Program& program, std::span<const NodeId> roots, bool training);

// Whether a node's value is 0 everywhere by its form alone: the constant, or pointwise, reduced and substituted zeros.
bool is_zero(const Graph& graph, NodeId node);

}  // namespace tenet
