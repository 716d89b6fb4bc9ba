#include "compiler/simplify/other_elements.h"

#include <algorithm>
#include <unordered_map>

#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

// The place that a conjunction of equalities fixes, one for each of the axes.
std::optional<std::vector<Replacement>> place_of(const Graph& graph, NodeId truth, std::span<const AxisId> axes) {
  std::vector<Replacement> result;
  std::vector<NodeId> open{truth};
  while (!open.empty()) {
    const Node& node = graph.node(open.back());
    open.pop_back();
    if (node.op == Op::logical_and) {
      open.insert(open.end(), node.operands.begin(), node.operands.end());
      continue;
    }
    if (node.op != Op::equal) return {};
    bool fixed = false;
    for (std::size_t k = 0; k < 2 && !fixed; ++k) {
      const NodeId own = node.operands[k], index = node.operands[1 - k];
      if (!is(graph, own, Op::coordinate)) continue;
      const AxisId axis = graph.node(own).bound[0];
      fixed = contains(axes, axis) && intersection(graph.node(index).axes, axes).empty() &&
              is_coordinate_of(graph, index, axis) && std::ranges::find(result, axis, &Replacement::axis) == result.end();
      if (fixed) result.push_back({axis, index});
    }
    if (!fixed) return {};
  }
  return result.size() == axes.size() ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace

std::optional<NodeId> divided_product(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.op != Op::product || node.kind != Kind::real || !is(graph, node.operands[0], Op::where)) return {};
  const NodeId choice = node.operands[0], x = operand(graph, choice, 2);
  if (!is_constant(graph, operand(graph, choice, 1), 1) || !std::ranges::includes(graph.node(x).axes, node.bound)) return {};
  const auto place = place_of(graph, operand(graph, choice, 0), node.bound);
  const auto varies = [&](const Replacement& fixed) { return !graph.node(fixed.index).axes.empty(); };
  if (!place || std::ranges::none_of(*place, varies)) return {};
  const AxisSet axes = set_of(node.bound);
  const NodeId zero = graph.constant(0), one = graph.constant(1), own = graph.substitute(x, *place);
  const NodeId is_0 = graph.apply(Op::equal, x, zero);
  const NodeId alone = graph.apply(Op::equal, graph.reduce(Op::sum, axes, is_0), one);
  const NodeId rest = graph.reduce(Op::product, axes, where(graph, is_0, one, x));
  const NodeId quotient = divide(graph, graph.reduce(Op::product, axes, x), own);
  return where(graph, graph.apply(Op::equal, own, zero), where(graph, alone, rest, zero), quotient);
}

std::vector<NodeId> with_divided_products(Graph& graph, std::span<const NodeId> roots) {
  const std::vector<NodeId> order = graph.reachable(roots);
  if (std::ranges::none_of(order, [&](NodeId id) { return is(graph, id, Op::product); })) return {roots.begin(), roots.end()};
  std::unordered_map<NodeId, NodeId> image;
  for (NodeId id : order) {
    if (graph.node(id).operands.empty() || graph.node(id).op == Op::recurrence) {  // bodies are not among what is reachable
      image.emplace(id, id);
      continue;
    }
    std::vector<NodeId> operands;
    for (NodeId operand : graph.node(id).operands) operands.push_back(image.at(operand));
    const NodeId now = graph.rebuild(id, operands);
    image.emplace(id, divided_product(graph, now).value_or(now));
  }
  std::vector<NodeId> result;
  for (NodeId root : roots) result.push_back(image.at(root));
  return result;
}

}  // namespace tenet
