#include "compiler/simplify/cost.h"

#include <algorithm>
#include <cmath>

#include "compiler/ops/operations.h"

namespace tenet {

double elements(const Graph& graph, std::span<const AxisId> axes, const Sizes& sizes) {
  double result = 1;
  for (AxisId axis : axes) {
    double size = open_size;
    if (sizes[axis] > 0)
      size = static_cast<double>(sizes[axis]);
    else if (const auto expression = graph.axis(axis).size)
      if (const auto value = size_value(graph, *expression, sizes)) size = value->get_d();
    result *= size;
  }
  return result;
}

namespace {

// A whole power is that many products less one, a reciprocal one operation.
double operations_of(const Graph& graph, const Node& node) {
  if (node.op == Op::power && graph.node(node.operands[1]).op == Op::constant) {
    const mpq_class& exponent = graph.value_of(node.operands[1]);
    if (exponent.get_den() == 1) return std::max(1.0, std::abs(exponent.get_d()) - (exponent < 0 ? 0 : 1));
  }
  return operation(node.op).cost;
}

}  // namespace

Cost cost_of(const Graph& graph, std::span<const NodeId> roots, const Sizes& sizes) {
  Cost result;
  for (NodeId id : graph.reachable(roots)) {
    const Node& node = graph.node(id);
    if (node.kind != Kind::real) continue;
    const Form form = operation(node.op).form;
    if (form == Form::reduction) {
      ++result.reductions;
      result.operations += operation(node.op).cost * elements(graph, graph.node(node.operands[0]).axes, sizes);
    } else if (form == Form::pointwise) {
      // What only chooses, or is added where an indicator chooses, touches few elements.
      const bool chooses = std::ranges::any_of(node.operands, [&](NodeId operand) {
        const Node& o = graph.node(operand);
        if (o.kind == Kind::truth && o.op == Op::equal) return true;
        return o.op == Op::multiply && graph.node(o.operands[0]).op == Op::equal && node.op != Op::multiply;
      });
      // A scalar on a sum is part of the sum's loop.
      const bool on_sum =
          (node.op == Op::multiply || node.op == Op::divide) &&
          std::ranges::any_of(node.operands,
                              [&](NodeId operand) {
                                return graph.node(operand).op == Op::sum && graph.node(operand).axes.size() == node.axes.size();
                              }) &&
          std::ranges::any_of(node.operands, [&](NodeId operand) { return graph.node(operand).axes.empty(); });
      if (!chooses && !on_sum) result.operations += operations_of(graph, node) * elements(graph, node.axes, sizes);
    }
  }
  return result;
}

}  // namespace tenet
