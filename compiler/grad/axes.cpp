#include "compiler/grad/axes.h"

namespace tenet {
namespace {

bool is_zero(const Graph& graph, NodeId id) { return graph.node(id).op == Op::constant && graph.value_of(id) == 0; }

// The axis whose declaration states this size: `|time|` leads from `source = |time|` to `time`.
AxisId origin(const Graph& graph, AxisId axis) {
  while (graph.axis(axis).size && graph.node(*graph.axis(axis).size).op == Op::size)
    axis = graph.node(*graph.axis(axis).size).bound[0];
  return axis;
}

}  // namespace

NodeId sum_over(Graph& graph, NodeId value, std::span<const AxisId> axes) {
  AxisSet present = intersection(graph.node(value).axes, axes);
  value = graph.reduce(Op::sum, present, value);
  for (AxisId axis : difference(axes, present)) value = graph.apply(Op::multiply, graph.size(axis), value);
  return value;
}

NodeId broadcast(Graph& graph, NodeId value, std::span<const AxisId> axes) {
  const AxisSet lacking = difference(axes, graph.node(value).axes);
  if (lacking.empty()) return value;
  if (graph.node(value).kind == Kind::truth) {
    for (AxisId axis : lacking) {
      const NodeId same = graph.apply(Op::equal, graph.coordinate(axis), graph.coordinate(axis));
      value = graph.apply(Op::logical_and, value, same);
    }
    return value;
  }
  NodeId zero = graph.constant(0);
  for (AxisId axis : lacking) zero = graph.apply(Op::multiply, zero, graph.coordinate(axis));
  return is_zero(graph, value) ? zero : graph.apply(Op::add, value, zero);
}

bool same_size(const Graph& graph, AxisId a, AxisId b) {
  a = origin(graph, a);
  b = origin(graph, b);
  return a == b || (graph.axis(a).size && graph.axis(a).size == graph.axis(b).size);
}

AxisId copy_outside(Graph& graph, AxisId axis, std::span<const AxisId> taken) {
  for (int n = 1;; ++n)
    if (const AxisId copy = graph.copy_of(axis, n); !contains(taken, copy)) return copy;
}

}  // namespace tenet
