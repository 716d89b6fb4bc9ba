// Substitution moves towards the leaves as long as that makes nothing larger: there it is a rename or a gather.
#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

NodeId axis_by_itself(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::substitute || has_otherwise(node)) return id;
  std::vector<Replacement> changing;
  for (const Replacement& replacement : replacements_of(node))
    if (replacement.index != r.graph.coordinate(replacement.axis)) changing.push_back(replacement);
  return changing.size() == node.bound.size() ? id : r.graph.substitute(node.operands[0], std::move(changing));
}

NodeId coordinate_replaced(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::substitute || has_otherwise(node) || !is(r.graph, node.operands[0], Op::coordinate)) return id;
  return node.operands[1];
}

NodeId else_never_taken(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::substitute || !has_otherwise(node)) return id;
  for (const Replacement& replacement : replacements_of(node))
    if (!is_coordinate_of(r.graph, replacement.index, replacement.axis)) return id;
  return replaced(r.graph, node.operands[0], replacements_of(node));
}

NodeId into_function(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::substitute || has_otherwise(node) || !shrinks(r.graph, node)) return id;
  const NodeId inner = node.operands[0];
  const Node& function = r.graph.node(inner);
  if (operation(function.op).form != Form::pointwise) return id;
  if (function.kind == Kind::real && r.shared(inner)) return id;  // index arithmetic is free
  std::vector<NodeId> operands(function.operands.begin(), function.operands.end());
  for (NodeId& operand : operands) operand = replaced(r.graph, operand, replacements_of(node));
  return r.graph.rebuild(inner, operands);
}

// A bound axis that an index has is another axis: it gets a fresh name.
NodeId into_reduction(Rewriting& r, NodeId id) {
  Graph& graph = r.graph;
  const Node& node = graph.node(id);
  if (node.op != Op::substitute || has_otherwise(node) || !shrinks(graph, node)) return id;
  const NodeId inner = node.operands[0];
  const Node& reduction = graph.node(inner);
  if (operation(reduction.op).form != Form::reduction || r.shared(inner)) return id;
  std::vector<Replacement> replacements = replacements_of(node);
  AxisSet taken = united(graph.node(reduction.operands[0]).axes, node.bound);
  AxisSet free;
  for (const Replacement& replacement : replacements) free = united(free, graph.node(replacement.index).axes);
  taken = united(taken, free);
  AxisSet bound = difference(reduction.bound, free);
  for (AxisId axis : intersection(reduction.bound, free)) {
    const AxisId copy = copy_outside(graph, axis, taken);
    taken = united(taken, std::span(&copy, 1));
    bound = united(bound, std::span(&copy, 1));
    replacements.push_back({axis, graph.coordinate(copy)});
  }
  return graph.reduce(reduction.op, bound, replaced(graph, reduction.operands[0], replacements));
}

NodeId nested(Rewriting& r, NodeId id) {
  Graph& graph = r.graph;
  const Node& node = graph.node(id);
  if (node.op != Op::substitute || has_otherwise(node)) return id;
  const NodeId middle = node.operands[0];
  const Node& inner = graph.node(middle);
  if (inner.op != Op::substitute || has_otherwise(inner)) return id;
  const auto outer = replacements_of(node);
  std::vector<Replacement> replacements = replacements_of(inner);
  const bool free_of_cost = shrinks(graph, node);
  bool cheap = true;  // indices that are only read, at whatever size
  for (Replacement& replacement : replacements) {
    cheap = cheap && operation(graph.node(replacement.index).op).form == Form::leaf;
    replacement.index = replaced(graph, replacement.index, outer);
  }
  if (!free_of_cost && !cheap) return id;
  const Op base = graph.node(inner.operands[0]).op;
  const bool lookup = cheap && (base == Op::named || operation(base).form == Form::leaf);  // costs nothing to do again
  if (r.shared(middle) && !lookup) return id;
  for (const Replacement& replacement : outer)
    if (graph.has_axis(inner.operands[0], replacement.axis) && !contains(inner.bound, replacement.axis))
      replacements.push_back(replacement);
  return graph.substitute(inner.operands[0], std::move(replacements));
}

// The axis that a renaming brought in goes by its old name until it is replaced.
NodeId renamed_and_replaced(Rewriting& r, NodeId id) {
  Graph& graph = r.graph;
  const Node& node = graph.node(id);
  if (node.op != Op::substitute || !has_otherwise(node) || node.bound.size() != 1) return id;
  const NodeId value = node.operands[0], index = node.operands[1], otherwise = node.operands[2];
  const Node& renaming = graph.node(value);
  if (renaming.op != Op::substitute || has_otherwise(renaming)) return id;
  const AxisId axis = node.bound[0];
  const auto size = graph.axis(axis).size;
  if (!size || !is(graph, *size, Op::size) || graph.has_axis(renaming.operands[0], axis)) return id;
  const AxisId origin = graph.node(*size).bound[0];
  if (graph.has_axis(value, origin) || graph.has_axis(otherwise, origin)) return id;
  std::vector<Replacement> replacements = replacements_of(renaming);
  for (Replacement& replacement : replacements)
    replacement.index = replaced(graph, replacement.index, {{axis, graph.coordinate(origin)}});
  return graph.substitute(graph.substitute(renaming.operands[0], std::move(replacements)), {{origin, index}}, otherwise);
}

constexpr Law rows[] = {
    {"axis replaced by itself", "x[i = i]", "x", "", Soundness::exact, axis_by_itself},
    {"coordinate replaced", "i[i = k]", "k", "", Soundness::exact, coordinate_replaced},
    {"else never taken", "x[i = k else y]", "x[i = k]", "k stays within i", Soundness::exact, else_never_taken},
    {"substitution into a function", "(x * y)[i = k]", "x[i = k] * y[i = k]",
     "the result is no larger than x * y, which is used once or not real", Soundness::exact, into_function},
    {"substitution into a reduction", "sum[j](x)[i = o]", "sum[j](x[i = o])",
     "o lacks j; the result is no larger than the sum, which is used once", Soundness::exact, into_reduction},
    {"nested substitution", "x[i = k][j = l]", "x[i = k[j = l], j = l]",
     "nothing gets larger; the inner one is used once or a lookup", Soundness::exact, nested},
    {"renamed and replaced", "x[i = h][h = k + 1 else 0]", "x[i = k + 1 else 0]", "h is declared as long as i; x lacks h",
     Soundness::exact, renamed_and_replaced},
};

}  // namespace

std::span<const Law> substitution_laws() { return rows; }

}  // namespace tenet
