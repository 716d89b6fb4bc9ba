// Arithmetic of constants, exact, and comparisons of them.
#include "compiler/graph/rational.h"
#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

NodeId folded(Rewriting& r, NodeId id, std::size_t arity) {
  const Node& node = r.graph.node(id);
  if (node.operands.size() != arity || operation(node.op).form != Form::pointwise) return id;
  for (NodeId operand : node.operands)
    if (!is_constant(r.graph, operand)) return id;
  const mpq_class& first = r.graph.value_of(node.operands[0]);
  const auto value = exact_value(node.op, first, r.graph.value_of(node.operands.back()));
  return value ? r.graph.constant(*value) : id;
}

NodeId fold_two(Rewriting& r, NodeId id) { return folded(r, id, 2); }
NodeId fold_one(Rewriting& r, NodeId id) { return folded(r, id, 1); }

NodeId compare(Rewriting& r, NodeId id) {
  const auto value = decided(r.graph, id);
  return value ? truth(r.graph, *value) : id;
}

NodeId declared_size(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::size)) return id;
  const auto& size = r.graph.axis(r.graph.node(id).bound[0]).size;
  return size && is(r.graph, *size, Op::size) ? *size : id;
}

constexpr Law rows[] = {
    {"size of a copy", "|h|", "|i|", "h is declared as long as i", Soundness::exact, declared_size},
    {"constants combined", "n + m", "n + m", "exact: + - * / ^ max min", Soundness::exact, fold_two},
    {"constant transformed", "abs(n)", "abs(n)", "exact: - abs sign floor relu", Soundness::exact, fold_one},
    {"constants compared", "u < u + 1", "0 == 0", "a false one is 0 != 0", Soundness::exact, compare},
};

}  // namespace

std::span<const Law> constant_laws() { return rows; }

}  // namespace tenet
