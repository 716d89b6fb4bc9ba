// `where`, and the logic of truths.
#include <algorithm>

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

// A factor goes into the branch that is not 0, where that takes no more places. Then it does not matter where the value is 0.
NodeId masked_factor(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::multiply && node.op != Op::divide) return id;
  for (std::size_t k = 0; k < (node.op == Op::multiply ? 2 : 1); ++k) {
    const NodeId mask = node.operands[k], factor = node.operands[1 - k];
    const Node& row = r.graph.node(mask);
    if (row.op != Op::where || r.shared(mask) || is_indicator(r.graph, factor) || !std::ranges::equal(row.axes, node.axes))
      continue;
    const std::size_t kept = is_zero(r.graph, row.operands[2]) ? 1 : 2;
    if (!is_zero(r.graph, row.operands[3 - kept])) continue;
    NodeId branches[] = {row.operands[1], row.operands[2]}, product[] = {factor, factor};
    product[k] = branches[kept - 1];
    const NodeId condition = row.operands[0];
    branches[kept - 1] = r.graph.apply(node.op, product[0], product[1]);
    return where(r.graph, condition, branches[0], branches[1]);
  }
  return id;
}

std::vector<NodeId> operands_of(const Graph& graph, NodeId id) {
  return {graph.node(id).operands.begin(), graph.node(id).operands.end()};
}

// Two values under one condition, where at most one branch has terms from both.
NodeId joined_branches(Rewriting& r, NodeId id) {
  const Op op = r.graph.node(id).op;
  const auto terms = two(r, id, op == Op::subtract ? Op::subtract : Op::add);
  if (!terms || r.shared(terms->a) || r.shared(terms->b)) return id;
  if (!is(r.graph, terms->a, Op::where) || !is(r.graph, terms->b, Op::where)) return id;
  const std::vector<NodeId> a = operands_of(r.graph, terms->a), b = operands_of(r.graph, terms->b);
  if (a[0] != b[0]) return id;
  const auto from_both = [&](std::size_t k) { return !is_zero(r.graph, a[k]) && !is_zero(r.graph, b[k]); };
  if (from_both(1) && from_both(2)) return id;
  const auto joined = [&](std::size_t k) {
    if (is_zero(r.graph, b[k])) return a[k];
    if (!is_zero(r.graph, a[k])) return r.graph.apply(op, a[k], b[k]);
    return op == Op::add ? b[k] : negate(r.graph, b[k]);
  };
  return where(r.graph, a[0], joined(1), joined(2));
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
    {"masked factor", "x * where(p, y, 0)", "where(p, x * y, 0)",
     "the where has the product's axes, is used once; also where(p, y, 0) / x", Soundness::exact, masked_factor},
    {"joined branches", "where(p, x, 0) + where(p, 0, y)", "where(p, x, y)",
     "each is used once; one branch may have terms from both; also for differences", Soundness::exact, joined_branches},
    {"double not", "not not p", "p", "", Soundness::exact, double_not},
    {"decided not", "not 0 == 0", "0 != 0", "", Soundness::exact, decided_not},
    {"decided and", "p and 0 == 0", "p", "also 0 != 0", Soundness::exact, decided_in_and},
    {"decided or", "p or 0 == 0", "0 == 0", "also 0 != 0", Soundness::exact, decided_in_or},
    {"same truth", "p and p", "p", "also or", Soundness::exact, same_truth},
};

}  // namespace

std::span<const Law> condition_laws() { return rows; }

}  // namespace tenet
