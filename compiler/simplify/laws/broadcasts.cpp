// A value that lacks an axis of its place is written `a + 0 * i`. These laws carry the broadcast outwards, to where the axis
// is there anyway, is reduced, or is replaced.
#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

// Every operand by its core; the engine broadcasts the result over what is then missing.
NodeId under_function(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (operation(node.op).form != Form::pointwise) return id;
  if (const auto broadcast = broadcast_of(r.graph, id)) return broadcast->core;
  std::vector<NodeId> operands(node.operands.begin(), node.operands.end());
  for (NodeId& operand : operands)
    if (const auto broadcast = broadcast_of(r.graph, operand)) operand = broadcast->core;
  return r.graph.rebuild(id, operands);
}

// A reduction over axes of which the operand varies along `present` only: `combine` accounts for the others.
template <class Combine>
NodeId under_reduction(Rewriting& r, NodeId id, Combine combine) {
  const Node& node = r.graph.node(id);
  const auto broadcast = broadcast_of(r.graph, node.operands[0]);
  if (!broadcast) return id;
  const AxisSet present = intersection(node.bound, r.graph.node(broadcast->core).axes);
  NodeId result = r.graph.reduce(node.op, present, broadcast->core);
  for (AxisId axis : difference(node.bound, present)) result = combine(result, axis);
  return result;
}

NodeId under_sum(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::sum)) return id;
  return under_reduction(r, id, [&](NodeId value, AxisId axis) { return multiply(r.graph, r.graph.size(axis), value); });
}

NodeId under_extremum(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::max_over) && !is(r.graph, id, Op::min_over)) return id;
  return under_reduction(r, id, [](NodeId value, AxisId) { return value; });
}

NodeId under_product(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::product)) return id;
  return under_reduction(r, id, [&](NodeId value, AxisId axis) { return r.graph.apply(Op::power, value, r.graph.size(axis)); });
}

NodeId under_argmax(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::argmax)) return id;
  const auto broadcast = broadcast_of(r.graph, operand(r.graph, id, 0));
  if (!broadcast || r.graph.has_axis(broadcast->core, r.graph.node(id).bound[0])) return id;
  return r.graph.constant(0);
}

NodeId under_substitution(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::substitute || has_otherwise(node)) return id;
  const auto broadcast = broadcast_of(r.graph, node.operands[0]);
  return broadcast ? replaced(r.graph, broadcast->core, replacements_of(node)) : id;
}

constexpr Law rows[] = {
    {"broadcast under a function", "(a + 0 * i) * x", "a * x", "", Soundness::exact, under_function},
    {"broadcast under a sum", "sum[i](a + 0 * i)", "|i| * a", "", Soundness::exact, under_sum},
    {"broadcast under max or min", "max[i](a + 0 * i)", "a", "", Soundness::exact, under_extremum},
    {"broadcast under a product", "prod[i](a + 0 * i)", "a^|i|", "", Soundness::exact, under_product},
    {"broadcast under argmax", "argmax[i](a + 0 * i)", "0", "", Soundness::exact, under_argmax},
    {"broadcast under a substitution", "(a + 0 * i)[i = k]", "a", "", Soundness::exact, under_substitution},
};

}  // namespace

std::span<const Law> broadcast_laws() { return rows; }

}  // namespace tenet
