// What a law may know beside its node: facts about values, and who else uses them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/grad/finite.h"
#include "compiler/graph/graph.h"

namespace tenet {

// Counts the uses of every node that the roots still need, while nodes are replaced by others. A value that only one other
// reads may be rewritten together with it; one that is shared is computed anyway.
class Rewriting {
 public:
  // The first roots, so many, are given; the others are derived from them.
  Rewriting(Graph& graph, std::span<const NodeId> roots, std::size_t given = 0);

  Graph& graph;
  Finiteness facts;

  bool shared(NodeId node) { return uses(resolve(node)) > 1; }

  // Whether only roots that are derived read the node, several times perhaps.
  bool derived(NodeId node);

  // What stands for the node now.
  NodeId resolve(NodeId node);
  void replace(NodeId before, NodeId after);

 private:
  std::uint32_t& uses(NodeId node);
  void acquire(NodeId node, std::uint32_t times);
  void release_operands(NodeId node);

  std::vector<NodeId> given_;
  std::vector<std::uint32_t> uses_;
  std::vector<NodeId> forward_;
};

}  // namespace tenet
