// `where`, and the logic of truths.
#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

NodeId equal_branches(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  return node.op == Op::where && node.operands[1] == node.operands[2] ? node.operands[1] : id;
}

NodeId decided_condition(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::where) return id;
  const auto value = decided(r.graph, node.operands[0]);
  return value ? node.operands[*value ? 1 : 2] : id;
}

NodeId negated_condition(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::where || !is(r.graph, node.operands[0], Op::logical_not)) return id;
  return where(r.graph, operand(r.graph, node.operands[0], 0), node.operands[2], node.operands[1]);
}

// A branch that asks again what its place has already answered.
NodeId condition_again(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::where) return id;
  NodeId branches[] = {node.operands[1], node.operands[2]};
  for (std::size_t k = 0; k < 2; ++k)
    if (is(r.graph, branches[k], Op::where) && operand(r.graph, branches[k], 0) == node.operands[0])
      branches[k] = operand(r.graph, branches[k], k + 1);
  return where(r.graph, node.operands[0], branches[0], branches[1]);
}

NodeId one_and_zero(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::where || !is_constant(r.graph, node.operands[1], 1) || !is_zero(r.graph, node.operands[2])) return id;
  return node.operands[0];
}

NodeId same_mask(Rewriting& r, NodeId id) {
  const auto sum = two(r, id, Op::add);
  if (!sum || r.shared(sum->a) || r.shared(sum->b)) return id;
  const Node &a = r.graph.node(sum->a), &b = r.graph.node(sum->b);
  if (a.op != Op::where || b.op != Op::where || a.operands[0] != b.operands[0]) return id;
  if (!is_zero(r.graph, a.operands[2]) || !is_zero(r.graph, b.operands[2])) return id;
  return where(r.graph, a.operands[0], add(r.graph, a.operands[1], b.operands[1]), r.graph.constant(0));
}

NodeId double_not(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::logical_not) || !is(r.graph, operand(r.graph, id, 0), Op::logical_not)) return id;
  return operand(r.graph, operand(r.graph, id, 0), 0);
}

NodeId decided_not(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::logical_not)) return id;
  const auto value = decided(r.graph, operand(r.graph, id, 0));
  return value ? truth(r.graph, !*value) : id;
}

// `dominant`: the truth that decides the whole; the other one is neutral.
NodeId decided_part(Rewriting& r, NodeId id, Op op, bool dominant) {
  const auto parts = two(r, id, op);
  if (!parts || broadcast_of(r.graph, id)) return id;
  if (const auto a = decided(r.graph, parts->a)) return *a == dominant ? parts->a : parts->b;
  if (const auto b = decided(r.graph, parts->b)) return *b == dominant ? parts->b : parts->a;
  return id;
}

NodeId decided_in_and(Rewriting& r, NodeId id) { return decided_part(r, id, Op::logical_and, false); }
NodeId decided_in_or(Rewriting& r, NodeId id) { return decided_part(r, id, Op::logical_or, true); }

NodeId same_truth(Rewriting& r, NodeId id) {
  for (Op op : {Op::logical_and, Op::logical_or})
    if (const auto parts = two(r, id, op); parts && parts->a == parts->b) return parts->a;
  return id;
}

constexpr Law rows[] = {
    {"equal branches", "where(p, x, x)", "x", "", Soundness::exact, equal_branches},
    {"decided condition", "where(0 == 0, x, y)", "x", "also where(0 != 0, x, y) = y", Soundness::exact, decided_condition},
    {"negated condition", "where(not p, x, y)", "where(p, y, x)", "", Soundness::exact, negated_condition},
    {"condition again", "where(p, where(p, x, y), z)", "where(p, x, z)", "also in the other branch", Soundness::exact,
     condition_again},
    {"one and zero", "where(p, 1, 0)", "p", "", Soundness::exact, one_and_zero},
    {"same mask", "where(p, x, 0) + where(p, y, 0)", "where(p, x + y, 0)", "each is used once", Soundness::exact, same_mask},
    {"double not", "not not p", "p", "", Soundness::exact, double_not},
    {"decided not", "not 0 == 0", "0 != 0", "", Soundness::exact, decided_not},
    {"decided and", "p and 0 == 0", "p", "also 0 != 0", Soundness::exact, decided_in_and},
    {"decided or", "p or 0 == 0", "0 == 0", "also 0 != 0", Soundness::exact, decided_in_or},
    {"same truth", "p and p", "p", "also or", Soundness::exact, same_truth},
};

}  // namespace

std::span<const Law> condition_laws() { return rows; }

}  // namespace tenet
