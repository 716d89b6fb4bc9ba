// Indicators [i = e]: each becomes a factor of its own at the front of its product, where a sum can find it. A sum over the
// axis of an indicator is a substitution; over other axes it stays a sum with the indicator first, which is a scatter.
#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

// The parts of `[i = e] * rest`.
std::optional<Two> led(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (!product || !is_indicator(r.graph, product->a)) return {};
  return product;
}

NodeId coordinate_first(Rewriting& r, NodeId id) {
  const auto sides = two(r, id, Op::equal);
  if (!sides || is(r.graph, sides->a, Op::coordinate) || !is(r.graph, sides->b, Op::coordinate)) return id;
  return r.graph.apply(Op::equal, sides->b, sides->a);
}

NodeId indicator_first(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (!product || is_indicator(r.graph, product->a) || !is_indicator(r.graph, product->b)) return id;
  return multiply(r.graph, product->b, product->a);
}

NodeId out_of_product(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (!product || is_indicator(r.graph, product->a)) return id;
  if (const auto left = led(r, product->a)) return multiply(r.graph, left->a, multiply(r.graph, left->b, product->b));
  if (const auto right = led(r, product->b)) return multiply(r.graph, right->a, multiply(r.graph, product->a, right->b));
  return id;
}

NodeId out_of_quotient(Rewriting& r, NodeId id) {
  const auto quotient = two(r, id, Op::divide);
  if (!quotient) return id;
  if (is_indicator(r.graph, quotient->a))
    return multiply(r.graph, quotient->a, divide(r.graph, r.graph.constant(1), quotient->b));
  const auto left = led(r, quotient->a);
  return left ? multiply(r.graph, left->a, divide(r.graph, left->b, quotient->b)) : id;
}

NodeId out_of_negation(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::negate)) return id;
  const auto inner = led(r, operand(r.graph, id, 0));
  return inner ? multiply(r.graph, inner->a, negate(r.graph, inner->b)) : id;
}

NodeId out_of_where(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::where || !is_zero(r.graph, node.operands[2])) return id;
  const auto inner = led(r, node.operands[1]);
  if (!inner) return id;
  return multiply(r.graph, inner->a, where(r.graph, node.operands[0], inner->b, r.graph.constant(0)));
}

NodeId common_indicator(Rewriting& r, NodeId id) {
  for (Op op : {Op::add, Op::subtract})
    if (const auto sum = two(r, id, op); sum && !r.shared(sum->a) && !r.shared(sum->b)) {
      const auto a = led(r, sum->a), b = led(r, sum->b);
      if (a && b && a->a == b->a) return multiply(r.graph, a->a, r.graph.apply(op, a->b, b->b));
    }
  return id;
}

// The condition of a sum's body that is 0 elsewhere, solved for one of the bound axes.
struct Solution {
  AxisId axis;
  NodeId index;
  bool direct;  // stated as `axis == index`, not solved for
};

// side == other, where `side` has the axis in sums and differences of wholes and `other` lacks it: peels `side` down to the
// coordinate.
std::optional<NodeId> solved(Graph& graph, NodeId side, NodeId other, AxisId axis) {
  for (int depth = 0; depth < 64; ++depth) {
    const Node& node = graph.node(side);
    if (node.kind != Kind::whole) return {};
    if (node.op == Op::coordinate) return other;
    if (node.op != Op::add && node.op != Op::subtract) return {};
    const bool left = graph.has_axis(node.operands[0], axis), right = graph.has_axis(node.operands[1], axis);
    if (left == right) return {};
    if (node.op == Op::add) {
      other = subtract(graph, other, node.operands[left ? 1 : 0]);
    } else {
      other = left ? add(graph, other, node.operands[1]) : subtract(graph, node.operands[0], other);
    }
    side = node.operands[left ? 0 : 1];
  }
  return {};
}

std::optional<Solution> solution(Graph& graph, NodeId condition, std::span<const AxisId> bound) {
  const Node& node = graph.node(condition);
  if (node.op != Op::equal) return {};
  for (const auto& [side, other] :
       {std::pair{node.operands[0], node.operands[1]}, std::pair{node.operands[1], node.operands[0]}}) {
    if (graph.node(other).kind != Kind::whole) continue;
    for (AxisId axis : bound) {
      if (!graph.has_axis(side, axis) || graph.has_axis(other, axis)) continue;
      if (const auto index = solved(graph, side, other, axis)) return Solution{axis, *index, *index == other};
    }
  }
  return {};
}

// A sum's body as condition and rest: one factor of the indicators that lead it, or the condition of where(c, x, 0).
struct Split {
  Solution solution;
  NodeId rest;
};

std::optional<Split> split(Rewriting& r, NodeId sum) {
  Graph& graph = r.graph;
  const Node& node = graph.node(sum);
  NodeId rest = node.operands[0];
  if (is(graph, rest, Op::where) && is_zero(graph, operand(graph, rest, 2))) {
    const auto found = solution(graph, operand(graph, rest, 0), node.bound);
    return found ? std::optional(Split{*found, operand(graph, rest, 1)}) : std::nullopt;
  }
  std::vector<NodeId> passed;
  while (true) {
    const auto product = led(r, rest);
    const NodeId factor = product ? product->a : rest;
    if (const auto found = solution(graph, factor, node.bound)) {
      rest = product ? product->b : graph.constant(1);
      for (auto other = passed.rbegin(); other != passed.rend(); ++other) rest = multiply(graph, *other, rest);
      return Split{*found, rest};
    }
    if (!product) return {};
    passed.push_back(product->a);
    rest = product->b;
  }
}

// The sum of rest over the bound axes that are left, with the solved one replaced.
NodeId gathered(Graph& graph, const Node& sum, const Split& split, bool inside) {
  const AxisId axis = split.solution.axis;
  NodeId value = split.rest;
  if (!inside && !graph.has_axis(value, axis)) {  // nothing to replace: 0 where no coordinate meets the index
    const NodeId index = split.solution.index;
    const NodeId within = graph.apply(Op::logical_and, graph.apply(Op::greater_equal, index, graph.constant(0)),
                                      graph.apply(Op::less, index, graph.size(axis)));
    value = where(graph, within, value, graph.constant(0));
  } else {
    value = replaced(graph, value, {{axis, split.solution.index}}, inside ? std::nullopt : std::optional(graph.constant(0)));
  }
  return sum_over(graph, value, difference(sum.bound, std::span(&axis, 1)));
}

enum class Case { inside, outside, solved };

NodeId sum_over_indicator(Rewriting& r, NodeId id, Case wanted) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::sum) return id;
  const auto found = split(r, id);
  if (!found) return id;
  const bool inside = is_coordinate_of(r.graph, found->solution.index, found->solution.axis);
  const Case present = inside ? Case::inside : found->solution.direct ? Case::outside : Case::solved;
  return present == wanted ? gathered(r.graph, node, *found, inside) : id;
}

NodeId sum_inside(Rewriting& r, NodeId id) { return sum_over_indicator(r, id, Case::inside); }
NodeId sum_outside(Rewriting& r, NodeId id) { return sum_over_indicator(r, id, Case::outside); }
NodeId sum_solved(Rewriting& r, NodeId id) { return sum_over_indicator(r, id, Case::solved); }

constexpr Law rows[] = {
    {"coordinate first", "k == i", "i == k", "", Soundness::exact, coordinate_first},
    {"indicator first", "x * (i == k)", "(i == k) * x", "", Soundness::exact, indicator_first},
    {"indicator out of a product", "x * ((i == k) * y)", "(i == k) * (x * y)", "", Soundness::exact, out_of_product},
    {"indicator out of a quotient", "(i == k) * x / y", "(i == k) * (x / y)", "", Soundness::exact, out_of_quotient},
    {"indicator out of a negation", "-((i == k) * x)", "(i == k) * -x", "", Soundness::exact, out_of_negation},
    {"indicator out of a where", "where(p, (i == k) * x, 0)", "(i == k) * where(p, x, 0)", "", Soundness::exact, out_of_where},
    {"common indicator", "(i == k) * x + (i == k) * y", "(i == k) * (x + y)", "each is used once; also for differences",
     Soundness::exact, common_indicator},
    {"sum over an indicator", "sum[i]((i == k) * x)", "x[i = k]", "k lacks i and stays within it; also for where(i == k, x, 0)",
     Soundness::exact, sum_inside},
    {"sum over an indicator that may miss", "sum[i]((i == r) * x)", "x[i = r else 0]", "r is whole and lacks i", Soundness::exact,
     sum_outside},
    {"sum over a shifted indicator", "sum[j]((i == j + u) * x)", "x[j = i - u else 0]", "u is whole and lacks j",
     Soundness::exact, sum_solved},
};

}  // namespace

std::span<const Law> indicator_laws() { return rows; }

}  // namespace tenet
