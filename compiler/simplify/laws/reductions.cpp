// What leaves a reduction, and reductions of reductions.
#include "compiler/simplify/families.h"
#include "compiler/simplify/other_elements.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

// A product as (what lacks the bound axes) * (what has them). The shape of both parts is the product's own: flattening it
// could multiply large things first.
struct Parts {
  std::optional<NodeId> outer, inner;
};

std::optional<NodeId> combined(Graph& graph, Op op, std::optional<NodeId> a, std::optional<NodeId> b) {
  if (a && b) return graph.apply(op, *a, *b);
  if (a || op == Op::multiply) return a ? a : b;
  return b ? std::optional(divide(graph, graph.constant(1), *b)) : std::nullopt;
}

Parts parted(Rewriting& r, NodeId id, std::span<const AxisId> bound, int depth) {
  const Node& node = r.graph.node(id);
  if (intersection(node.axes, bound).empty()) return {id, {}};
  const bool splits = node.op == Op::multiply || node.op == Op::divide || node.op == Op::negate;
  if (!splits || depth == 0 || r.shared(id)) return {{}, id};
  if (node.op == Op::negate) {  // the sign goes with the outer part
    const Parts of = parted(r, node.operands[0], bound, depth - 1);
    return {of.outer ? negate(r.graph, *of.outer) : r.graph.constant(-1), of.inner};
  }
  const Parts a = parted(r, node.operands[0], bound, depth - 1), b = parted(r, node.operands[1], bound, depth - 1);
  return {combined(r.graph, node.op, a.outer, b.outer), combined(r.graph, node.op, a.inner, b.inner)};
}

NodeId factor_out(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::sum) return id;
  const Parts parts = parted(r, node.operands[0], node.bound, 24);
  if (!parts.outer || !parts.inner || *parts.inner == node.operands[0]) return id;  // 1 / x has only a 1 to give
  return multiply(r.graph, *parts.outer, sum_over(r.graph, *parts.inner, node.bound));
}

NodeId where_out(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  const NodeId body = node.op == Op::sum ? node.operands[0] : id;
  if (body == id || !is(r.graph, body, Op::where) || r.shared(body)) return id;
  const NodeId condition = operand(r.graph, body, 0);
  if (!is_zero(r.graph, operand(r.graph, body, 2)) || !intersection(r.graph.node(condition).axes, node.bound).empty()) return id;
  return where(r.graph, condition, sum_over(r.graph, operand(r.graph, body, 1), node.bound), r.graph.constant(0));
}

NodeId nested(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (operation(node.op).form != Form::reduction || node.op == Op::argmax) return id;
  const Node& inner = r.graph.node(node.operands[0]);
  if (inner.op != node.op || r.shared(node.operands[0])) return id;
  return r.graph.reduce(node.op, united(node.bound, inner.bound), inner.operands[0]);
}

NodeId divided(Rewriting& r, NodeId id) { return divided_product(r.graph, id).value_or(id); }

constexpr Law rows[] = {
    {"factor out of a sum", "sum[i](a * x)", "a * sum[i](x)",
     "a lacks the axes; the product is used once; also a sign or a divisor", Soundness::exact, factor_out},
    {"where out of a sum", "sum[i](where(t, x, 0))", "where(t, sum[i](x), 0)", "t lacks the axes", Soundness::exact, where_out},
    {"nested reductions", "sum[i](sum[j](x))", "sum[i, j](x)", "the inner one is used once; also prod, max, min",
     Soundness::exact, nested},
    {"product of the others", "prod[j](where(j == l, 1, x))",
     "where(x[j = l] == 0, where(sum[j](x == 0) == 1, prod[j](where(x == 0, 1, x)), 0), prod[j](x) / x[j = l])", "l has axes",
     Soundness::exact, divided},
};

}  // namespace

std::span<const Law> reduction_laws() { return rows; }

}  // namespace tenet
