// Reverse mode: from a graph to a graph. It knows no operation by name: it instantiates the adjoint formulas of the operation
// table, sums over what was broadcast, and turns substitution into a sum over an indicator.
#pragma once

#include <span>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

// The derivative of `value` by d at 0 when each target t is read as t + d: through every use of the target *node* (a `named`
// node or an input), not of equal expressions. One result for each target, with axes value's and target's (which share none:
// checked by the caller). A target that the value does not depend on: 0 broadcast over the target's axes.
// A multiplication never reaches an adjoint that a `where` masked out: it happens inside the branch.
std::vector<NodeId> gradients(Graph& graph, NodeId value, std::span<const NodeId> targets);

// The same, and the adjoint of every node that the gradients pass through: what they are built from.
struct Adjoint {
  NodeId of, value;
};
struct Backward {
  std::vector<NodeId> gradients;
  std::vector<Adjoint> adjoints;  // operands before users
};
Backward backward(Graph& graph, NodeId value, std::span<const NodeId> targets);

}  // namespace tenet
