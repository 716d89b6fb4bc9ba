// Indicators [i = e]: each becomes a factor of its own at the front of its product, where a sum can find it. A sum over the
// axis of an indicator is a substitution; over other axes it stays a sum with the indicator first, which is a scatter.
#include "compiler/simplify/cost.h"
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
  bool direct;                      // stated as `axis == index`, not solved for
  std::optional<NodeId> divisible;  // the index counts where this holds
};

bool is_divisor(const Graph& graph, NodeId id) {
  if (!is_constant(graph, id)) return is(graph, id, Op::size);
  return graph.value_of(id) != 0 && graph.value_of(id).get_den() == 1;
}

// side == other, where `side` has the axis in sums, differences and multiples of wholes and `other` lacks it: peels `side` down
// to the coordinate.
std::optional<Solution> solved(Graph& graph, NodeId side, NodeId other, AxisId axis) {
  const NodeId stated = other;
  std::optional<NodeId> divisible;
  for (int depth = 0; depth < 64; ++depth) {
    const Node& node = graph.node(side);
    if (node.kind != Kind::whole) return {};
    if (node.op == Op::coordinate) return Solution{axis, other, other == stated, divisible};
    if (node.op != Op::add && node.op != Op::subtract && node.op != Op::multiply) return {};
    const bool left = graph.has_axis(node.operands[0], axis), right = graph.has_axis(node.operands[1], axis);
    if (left == right) return {};
    if (node.op == Op::multiply) {
      const NodeId factor = node.operands[left ? 1 : 0];
      if (!is_divisor(graph, factor)) return {};
      const NodeId quotient = graph.apply(Op::floor, divide(graph, other, factor));
      const NodeId exact = graph.apply(Op::equal, multiply(graph, factor, quotient), other);
      divisible = divisible ? graph.apply(Op::logical_and, *divisible, exact) : exact;
      other = quotient;
    } else if (node.op == Op::add) {
      other = subtract(graph, other, node.operands[left ? 1 : 0]);
    } else {
      other = left ? add(graph, other, node.operands[1]) : subtract(graph, node.operands[0], other);
    }
    side = node.operands[left ? 0 : 1];
  }
  return {};
}

// The size as a number; a copy has that of what it is a copy of.
double extent(const Graph& graph, AxisId axis) {
  std::optional<NodeId> size = graph.axis(axis).size;
  while (size && is(graph, *size, Op::size)) size = graph.axis(graph.node(*size).bound[0]).size;
  const std::optional<mpq_class> value = size ? size_value(graph, *size, Sizes()) : std::nullopt;
  return value ? value->get_d() : open_size;
}

// Of several axes it is solved for the largest, which is then not summed over; among equals rather without a division.
std::optional<Solution> solution(Graph& graph, NodeId condition, std::span<const AxisId> bound) {
  const Node& node = graph.node(condition);
  if (node.op != Op::equal) return {};
  std::optional<Solution> best;
  const auto gain = [&](const Solution& found) { return std::pair(extent(graph, found.axis), !found.divisible); };
  for (const auto& [side, other] :
       {std::pair{node.operands[0], node.operands[1]}, std::pair{node.operands[1], node.operands[0]}}) {
    if (graph.node(other).kind != Kind::whole) continue;
    for (AxisId axis : bound) {
      if (!graph.has_axis(side, axis) || graph.has_axis(other, axis)) continue;
      const auto found = solved(graph, side, other, axis);
      if (found && (!best || gain(*found) > gain(*best))) best = found;
    }
  }
  return best;
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

NodeId within(Graph& graph, NodeId index, AxisId axis) {
  return graph.apply(Op::logical_and, graph.apply(Op::greater_equal, index, graph.constant(0)),
                     graph.apply(Op::less, index, graph.size(axis)));
}

// The sum of rest over the bound axes that are left, with the solved one replaced. Indicators that lack it stay in front, where
// the sum finds them.
NodeId gathered(Rewriting& r, const Node& sum, const Split& split, bool inside) {
  Graph& graph = r.graph;
  const AxisId axis = split.solution.axis;
  NodeId value = split.rest;
  std::vector<NodeId> others;
  for (auto product = led(r, value); product && !graph.has_axis(product->a, axis); product = led(r, value)) {
    others.push_back(product->a);
    value = product->b;
  }
  if (!inside && !graph.has_axis(value, axis)) {  // nothing to replace: 0 where no coordinate meets the index
    value = where(graph, within(graph, split.solution.index, axis), value, graph.constant(0));
  } else {
    value = replaced(graph, value, {{axis, split.solution.index}}, inside ? std::nullopt : std::optional(graph.constant(0)));
  }
  if (split.solution.divisible) value = where(graph, *split.solution.divisible, value, graph.constant(0));
  for (auto other = others.rbegin(); other != others.rend(); ++other) value = multiply(graph, *other, value);
  return sum_over(graph, value, difference(sum.bound, std::span(&axis, 1)));
}

enum class Case { inside, outside, solved, divided };

NodeId sum_over_indicator(Rewriting& r, NodeId id, Case wanted) {
  const Node& node = r.graph.node(id);
  if (node.op != Op::sum) return id;
  const auto found = split(r, id);
  if (!found) return id;
  const bool inside = is_coordinate_of(r.graph, found->solution.index, found->solution.axis);
  const Case present = inside                      ? Case::inside
                       : found->solution.direct    ? Case::outside
                       : found->solution.divisible ? Case::divided
                                                   : Case::solved;
  return present == wanted ? gathered(r, node, *found, inside) : id;
}

NodeId sum_inside(Rewriting& r, NodeId id) { return sum_over_indicator(r, id, Case::inside); }
NodeId sum_outside(Rewriting& r, NodeId id) { return sum_over_indicator(r, id, Case::outside); }
NodeId sum_solved(Rewriting& r, NodeId id) { return sum_over_indicator(r, id, Case::solved); }
NodeId sum_divided(Rewriting& r, NodeId id) { return sum_over_indicator(r, id, Case::divided); }

// How often a conjunction holds that an equality is part of.
NodeId sum_over_conjunction(Rewriting& r, NodeId id) {
  Graph& graph = r.graph;
  const Node& node = graph.node(id);
  if (node.op != Op::sum || !is(graph, node.operands[0], Op::logical_and)) return id;
  std::vector<NodeId> parts, open{node.operands[0]};
  while (!open.empty()) {
    const NodeId part = open.back();
    open.pop_back();
    if (is(graph, part, Op::logical_and))
      open.insert(open.end(), graph.node(part).operands.rbegin(), graph.node(part).operands.rend());
    else
      parts.push_back(part);
  }
  for (NodeId part : parts) {
    const auto found = solution(graph, part, node.bound);
    if (!found) continue;
    const bool inside = is_coordinate_of(graph, found->index, found->axis);
    std::optional<NodeId> result, touched;
    const auto join = [&](std::optional<NodeId>& place, NodeId more) {
      place = place ? graph.apply(Op::logical_and, *place, more) : more;
    };
    for (NodeId other : parts)
      if (other != part) join(graph.has_axis(other, found->axis) ? touched : result, other);
    if (found->divisible) join(result, *found->divisible);
    if (touched)
      join(result,
           replaced(graph, *touched, {{found->axis, found->index}}, inside ? std::nullopt : std::optional(truth(graph, false))));
    else if (!inside)
      join(result, within(graph, found->index, found->axis));
    if (!result) return id;
    return sum_over(graph, *result, difference(node.bound, std::span(&found->axis, 1)));
  }
  return id;
}

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
    {"sum over a scaled indicator", "sum[j]((i == w * j + u) * x)",
     "where(w * floor((i - u) / w) == i - u, x[j = floor((i - u) / w) else 0], 0)", "w and u are whole and lack j, w is not 0",
     Soundness::exact, sum_divided},
    {"sum over a conjunction with an indicator", "sum[j](i == j + u and q)", "q[j = i - u else 0 != 0]",
     "u is whole and lacks j; likewise for other indicators", Soundness::exact, sum_over_conjunction},
};

}  // namespace

std::span<const Law> indicator_laws() { return rows; }

}  // namespace tenet
