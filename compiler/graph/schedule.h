// Which nodes the interpreter stores as tensors, and which it folds into a reduction without storing them.
#pragma once

#include <functional>
#include <span>
#include <unordered_set>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

struct Schedule {
  std::vector<NodeId> stored;  // operands before users
  // Pointwise nodes that only one reduction reads, over the whole of its space: sum[j](a * b) needs no tensor for the product.
  std::unordered_set<std::uint32_t> folded;

  bool is_folded(NodeId node) const { return folded.contains(index_of(node)); }
};

// What `roots` need. `known`: has a value already. `held`: has to be stored, or seen by itself: it is perturbed.
// Names, unless held, stand for what is under them.
Schedule schedule(const Graph& graph, std::span<const NodeId> roots, const std::function<bool(NodeId)>& known,
                  const std::function<bool(NodeId)>& held);

// The node that `node` is another name of.
NodeId resolved(const Graph& graph, NodeId node, const std::function<bool(NodeId)>& held);

}  // namespace tenet
