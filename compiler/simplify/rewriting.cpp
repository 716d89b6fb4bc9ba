#include "compiler/simplify/rewriting.h"

#include <set>

namespace tenet {

Rewriting::Rewriting(Graph& graph, std::span<const NodeId> roots, std::size_t given)
    : graph(graph), facts(graph), given_(roots.begin(), roots.begin() + static_cast<std::ptrdiff_t>(given)) {
  for (NodeId root : roots) acquire(root, 1);
}

std::uint32_t& Rewriting::uses(NodeId node) {
  if (uses_.size() <= index_of(node)) uses_.resize(graph.node_count());
  return uses_[index_of(node)];
}

bool Rewriting::derived(NodeId node) {
  if (given_.empty()) return false;
  std::set<NodeId> seen;
  std::vector<NodeId> open;
  const auto visit = [&](NodeId id) {
    if (seen.insert(resolve(id)).second) open.push_back(resolve(id));
  };
  for (NodeId root : given_) visit(root);
  while (!open.empty()) {
    const NodeId next = open.back();
    open.pop_back();
    for (NodeId operand : graph.node(next).operands) visit(operand);
  }
  return !seen.contains(resolve(node));
}

NodeId Rewriting::resolve(NodeId node) {
  NodeId last = node;
  while (index_of(last) < forward_.size() && forward_[index_of(last)] != last) last = forward_[index_of(last)];
  while (index_of(node) < forward_.size() && forward_[index_of(node)] != last) {  // shortens the path for the next time
    const NodeId next = forward_[index_of(node)];
    forward_[index_of(node)] = last;
    node = next;
  }
  return last;
}

void Rewriting::replace(NodeId before, NodeId after) {
  while (forward_.size() < graph.node_count()) forward_.push_back(NodeId{static_cast<std::uint32_t>(forward_.size())});
  const std::uint32_t count = uses(before);
  if (count > 0) acquire(after, count);
  forward_[index_of(before)] = after;
  if (count == 0) return;
  uses(before) = 0;
  release_operands(before);
}

void Rewriting::acquire(NodeId node, std::uint32_t times) {
  std::vector<NodeId> open;
  const auto count = [&](NodeId id, std::uint32_t n) {
    id = resolve(id);
    if (uses(id) == 0) open.push_back(id);
    uses(id) += n;
  };
  count(node, times);
  while (!open.empty()) {
    const NodeId next = open.back();
    open.pop_back();
    for (NodeId operand : graph.node(next).operands) count(operand, 1);
  }
}

void Rewriting::release_operands(NodeId node) {
  std::vector<NodeId> open{node};
  while (!open.empty()) {
    const NodeId next = open.back();
    open.pop_back();
    for (NodeId operand : graph.node(next).operands) {
      const NodeId id = resolve(operand);
      if (uses(id) > 0 && --uses(id) == 0) open.push_back(id);
    }
  }
}

}  // namespace tenet
