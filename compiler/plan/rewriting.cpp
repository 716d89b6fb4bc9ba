#include "compiler/plan/rewriting.h"

#include <algorithm>

namespace tenet {

std::vector<NodeId> rewritten(Graph& graph, std::span<const NodeId> roots, const NodeMap& replacements) {
  std::uint32_t last = 0;
  for (NodeId root : roots) last = std::max(last, index_of(root) + 1);
  std::vector<bool> needed(last);
  for (NodeId root : roots) needed[index_of(root)] = true;
  for (std::uint32_t i = last; i-- > 0;)
    if (needed[i] && !replacements.contains(NodeId{i}))
      for (NodeId operand : graph.node(NodeId{i}).operands) needed[index_of(operand)] = true;

  std::vector<NodeId> images(last);
  std::vector<NodeId> operands;
  for (std::uint32_t i = 0; i < last; ++i) {
    if (!needed[i]) continue;
    const NodeId node{i};
    if (auto found = replacements.find(node); found != replacements.end()) {
      images[i] = found->second;
      continue;
    }
    operands.clear();
    for (NodeId operand : graph.node(node).operands) operands.push_back(images[index_of(operand)]);
    images[i] = graph.rebuild(node, operands);
  }
  std::vector<NodeId> result;
  for (NodeId root : roots) result.push_back(images[index_of(root)]);
  return result;
}

std::vector<NodeId> with_training(Program& program, std::span<const NodeId> roots, bool training) {
  Graph& graph = program.graph;
  const NodeId truth = graph.apply(Op::equal, graph.constant(0), graph.constant(training ? 0 : 1));
  return rewritten(graph, roots, {{graph.input_node(program.training), truth}});
}

bool is_zero(const Graph& graph, NodeId root) {
  std::vector<bool> zero(index_of(root) + 1);
  for (NodeId id : graph.reachable(std::span(&root, 1))) {
    const Node& node = graph.node(id);
    const auto operand = [&](std::size_t i) { return zero[index_of(node.operands[i])]; };
    bool result = false;
    switch (node.op) {
      case Op::constant:
        result = graph.value_of(id) == 0;
        break;
      case Op::named:
      case Op::stop:
      case Op::negate:
      case Op::sum:
      case Op::max_over:
      case Op::min_over:
        result = operand(0);
        break;
      case Op::multiply:
        result = operand(0) || operand(1);
        break;
      case Op::add:
      case Op::subtract:
        result = operand(0) && operand(1);
        break;
      case Op::where:
        result = operand(1) && operand(2);
        break;
      case Op::substitute:
        result = operand(0) && (node.operands.size() == node.bound.size() + 1 || operand(node.operands.size() - 1));
        break;
      default:
        break;
    }
    zero[index_of(id)] = result;
  }
  return zero[index_of(root)];
}

}  // namespace tenet
