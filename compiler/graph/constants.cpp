#include "compiler/graph/constants.h"

#include "compiler/graph/rational.h"

namespace tenet {

std::optional<mpq_class> constant_value(const Graph& graph, NodeId id, int depth) {
  const Node& node = graph.node(id);
  if (node.op == Op::constant) return graph.value_of(id);
  if (depth == 0 || !node.axes.empty() || node.operands.empty() || node.operands.size() > 2) return {};
  if (node.op != Op::named && operation(node.op).form != Form::pointwise) return {};
  const auto first = constant_value(graph, node.operands.front(), depth - 1);
  const auto last = first ? constant_value(graph, node.operands.back(), depth - 1) : std::nullopt;
  if (!last) return {};
  return node.op == Op::named ? first : exact_value(node.op, *first, *last);
}

std::optional<bool> decided(const Graph& graph, NodeId truth) {
  const Node& node = graph.node(truth);
  if (node.operands.size() != 2) return {};
  const auto left = constant_value(graph, node.operands[0]);
  const auto right = left ? constant_value(graph, node.operands[1]) : std::nullopt;
  if (!right) return {};
  const int order = cmp(*left, *right);
  switch (node.op) {
    case Op::equal:
      return order == 0;
    case Op::not_equal:
      return order != 0;
    case Op::less:
      return order < 0;
    case Op::less_equal:
      return order <= 0;
    case Op::greater:
      return order > 0;
    case Op::greater_equal:
      return order >= 0;
    default:
      return {};
  }
}

}  // namespace tenet
