#include "compiler/simplify/terms.h"

#include <algorithm>

namespace tenet {
namespace {

// The axes of `0 * i * j`, ascending as broadcast() writes them; nothing if it is not of that form.
std::optional<AxisSet> axes_of_zero(const Graph& graph, NodeId id) {
  AxisSet axes;
  while (is(graph, id, Op::multiply) && is(graph, operand(graph, id, 1), Op::coordinate)) {
    const AxisId axis = graph.node(operand(graph, id, 1)).bound[0];
    if (!axes.empty() && axis >= axes.back()) return {};
    axes.push_back(axis);
    id = operand(graph, id, 0);
  }
  if (axes.empty() || !is_constant(graph, id, 0)) return {};
  std::ranges::reverse(axes);
  return axes;
}

// Whether both sizes are declared as numbers, the first as no larger one.
bool shorter(const Graph& graph, AxisId a, AxisId b) {
  const auto size = [&](AxisId axis) {
    return graph.axis(axis).size ? constant_value(graph, *graph.axis(axis).size) : std::nullopt;
  };
  return size(a) && size(b) && *size(a) <= *size(b);
}

std::optional<Broadcast> broadcast_truth(const Graph& graph, NodeId id) {
  AxisSet axes;
  while (is(graph, id, Op::logical_and)) {
    const NodeId same = operand(graph, id, 1);
    if (!is_indicator(graph, same) || operand(graph, same, 0) != operand(graph, same, 1)) break;
    const AxisId axis = graph.node(same).axes[0];
    if (graph.has_axis(operand(graph, id, 0), axis) || (!axes.empty() && axis >= axes.back())) break;
    axes.push_back(axis);
    id = operand(graph, id, 0);
  }
  if (axes.empty()) return {};
  std::ranges::reverse(axes);
  return Broadcast{id, axes};
}

}  // namespace

std::optional<Broadcast> broadcast_of(Graph& graph, NodeId id) {
  if (graph.node(id).kind == Kind::truth) return broadcast_truth(graph, id);
  if (const auto axes = axes_of_zero(graph, id)) return Broadcast{graph.constant(0), *axes};
  if (!is(graph, id, Op::add)) return {};
  const auto axes = axes_of_zero(graph, operand(graph, id, 1));
  if (!axes || !intersection(*axes, graph.node(operand(graph, id, 0)).axes).empty()) return {};
  return Broadcast{operand(graph, id, 0), *axes};
}

bool is_zero(Graph& graph, NodeId id) { return is_constant(graph, id, 0) || axes_of_zero(graph, id); }

NodeId truth(Graph& graph, bool value) {
  const NodeId zero = graph.constant(0);
  return graph.apply(value ? Op::equal : Op::not_equal, zero, zero);
}

NodeId replaced(Graph& graph, NodeId value, const std::vector<Replacement>& replacements, std::optional<NodeId> otherwise) {
  std::vector<Replacement> present;
  for (const Replacement& replacement : replacements)
    if (otherwise || graph.has_axis(value, replacement.axis)) present.push_back(replacement);
  return graph.substitute(value, std::move(present), otherwise);
}

bool is_coordinate_of(const Graph& graph, NodeId index, AxisId axis) {
  std::vector<NodeId> open{index};
  for (int budget = 64; !open.empty(); --budget) {
    const NodeId id = open.back();
    const Node& node = graph.node(id);
    open.pop_back();
    if (budget == 0) return false;
    switch (node.op) {
      case Op::coordinate:
        if (!same_size(graph, node.bound[0], axis) && !shorter(graph, node.bound[0], axis)) return false;
        break;
      case Op::constant:
        if (graph.value_of(id) != 0) return false;
        break;
      case Op::input:
        if (!graph.input(graph.input_of(id)).typed_by || !same_size(graph, *graph.input(graph.input_of(id)).typed_by, axis))
          return false;
        break;
      case Op::argmax:
        if (!same_size(graph, node.bound[0], axis)) return false;
        break;
      case Op::named:
      case Op::stop:
      case Op::max_over:
      case Op::min_over:
        open.push_back(node.operands[0]);
        break;
      case Op::maximum:
      case Op::minimum:
        open.insert(open.end(), node.operands.begin(), node.operands.end());
        break;
      case Op::where:
        open.push_back(node.operands[1]);
        open.push_back(node.operands[2]);
        break;
      case Op::substitute:
        open.push_back(node.operands[0]);
        if (has_otherwise(node)) open.push_back(node.operands.back());
        break;
      default:
        return false;
    }
  }
  return true;
}

bool shrinks(const Graph& graph, const Node& substitution) {
  const AxisSet rest = difference(graph.node(substitution.operands[0]).axes, substitution.bound);
  for (const Replacement& replacement : replacements_of(substitution)) {
    const Node& index = graph.node(replacement.index);
    if (index.op == Op::coordinate && same_size(graph, index.bound[0], replacement.axis)) continue;
    if (!std::ranges::includes(rest, index.axes)) return false;
  }
  return true;
}

}  // namespace tenet
