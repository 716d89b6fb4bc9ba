// Products, quotients and powers: units, zeros, coefficients, signs, sizes.
#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

NodeId zero_factor(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  return product && (is_zero(r.graph, product->a) || is_zero(r.graph, product->b)) ? r.graph.constant(0) : id;
}

NodeId zero_divided(Rewriting& r, NodeId id) {
  const auto quotient = two(r, id, Op::divide);
  return quotient && is_zero(r.graph, quotient->a) && !is_zero(r.graph, quotient->b) ? r.graph.constant(0) : id;
}

NodeId unit_factor(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (product && is_constant(r.graph, product->a, 1)) return product->b;
  return product && is_constant(r.graph, product->b, 1) ? product->a : id;
}

NodeId unit_divisor(Rewriting& r, NodeId id) {
  const auto quotient = two(r, id, Op::divide);
  return quotient && is_constant(r.graph, quotient->b, 1) ? quotient->a : id;
}

NodeId minus_one(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  return product && is_constant(r.graph, product->a, -1) ? negate(r.graph, product->b) : id;
}

NodeId constant_first(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (!product || !is_constant(r.graph, product->b) || is_constant(r.graph, product->a)) return id;
  return is_indicator(r.graph, product->a) ? id : multiply(r.graph, product->b, product->a);
}

// n * (m * x), n * (m / x), n * (x / m), n * -x: one coefficient.
NodeId constants_multiplied(Rewriting& r, NodeId id) {
  const auto outer = two(r, id, Op::multiply);
  if (!outer || !is_constant(r.graph, outer->a)) return id;
  const mpq_class n = r.graph.value_of(outer->a);
  if (const auto inner = two(r, outer->b, Op::multiply); inner && is_constant(r.graph, inner->a))
    return multiply(r.graph, r.graph.constant(n * r.graph.value_of(inner->a)), inner->b);
  if (const auto inner = two(r, outer->b, Op::divide)) {
    if (is_constant(r.graph, inner->a)) return divide(r.graph, r.graph.constant(n * r.graph.value_of(inner->a)), inner->b);
    if (is_constant(r.graph, inner->b) && !is_constant(r.graph, inner->b, 0))
      return multiply(r.graph, r.graph.constant(n / r.graph.value_of(inner->b)), inner->a);
  }
  return id;
}

NodeId constants_divided(Rewriting& r, NodeId id) {
  const auto outer = two(r, id, Op::divide);
  if (!outer || !is_constant(r.graph, outer->b) || is_constant(r.graph, outer->b, 0)) return id;
  const mpq_class m = r.graph.value_of(outer->b);
  if (const auto inner = two(r, outer->a, Op::multiply); inner && is_constant(r.graph, inner->a))
    return multiply(r.graph, r.graph.constant(r.graph.value_of(inner->a) / m), inner->b);
  if (const auto inner = two(r, outer->a, Op::divide)) {
    if (is_constant(r.graph, inner->a)) return divide(r.graph, r.graph.constant(r.graph.value_of(inner->a) / m), inner->b);
    if (is_constant(r.graph, inner->b)) return divide(r.graph, inner->a, r.graph.constant(m * r.graph.value_of(inner->b)));
  }
  return id;
}

NodeId constant_times_negation(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (!product || !is_constant(r.graph, product->a) || !is(r.graph, product->b, Op::negate)) return id;
  return multiply(r.graph, r.graph.constant(-r.graph.value_of(product->a)), operand(r.graph, product->b, 0));
}

NodeId negated_coefficient(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::negate)) return id;
  const NodeId inner = operand(r.graph, id, 0);
  for (Op op : {Op::multiply, Op::divide})
    if (const auto parts = two(r, inner, op);
        parts && is_constant(r.graph, parts->a) && (!r.shared(inner) || r.graph.node(inner).axes.empty()))
      return r.graph.apply(op, r.graph.constant(-r.graph.value_of(parts->a)), parts->b);
  return id;
}

NodeId signs_cancel(Rewriting& r, NodeId id) {
  for (Op op : {Op::multiply, Op::divide})
    if (const auto parts = two(r, id, op); parts && is(r.graph, parts->a, Op::negate) && is(r.graph, parts->b, Op::negate))
      return r.graph.apply(op, operand(r.graph, parts->a, 0), operand(r.graph, parts->b, 0));
  return id;
}

// Only where the negation has as many elements as the product: elsewhere it is cheaper inside.
NodeId sign_outwards(Rewriting& r, NodeId id) {
  for (Op op : {Op::multiply, Op::divide}) {
    const auto parts = two(r, id, op);
    if (!parts || is_indicator(r.graph, parts->a)) continue;
    const std::size_t axes = r.graph.node(id).axes.size();
    const auto movable = [&](NodeId part) {
      return is(r.graph, part, Op::negate) && !r.shared(part) && r.graph.node(part).axes.size() == axes;
    };
    if (movable(parts->a)) return negate(r.graph, r.graph.apply(op, operand(r.graph, parts->a, 0), parts->b));
    if (movable(parts->b)) return negate(r.graph, r.graph.apply(op, parts->a, operand(r.graph, parts->b, 0)));
  }
  return id;
}

// `value` with one factor (or divisor, if `divisor`) taken out; nothing if it is not there within a few levels.
std::optional<NodeId> without_factor(Rewriting& r, NodeId value, NodeId factor, bool divisor, int depth) {
  Graph& graph = r.graph;
  if (!divisor && value == factor) return graph.constant(1);
  const Node& node = graph.node(value);
  const bool multiplies = node.op == Op::multiply, divides = node.op == Op::divide;
  if (depth == 0 || !(multiplies || divides || node.op == Op::negate)) return {};
  if (divides && divisor && node.operands[1] == factor) return node.operands[0];
  if (depth < 8 && r.shared(value)) return {};
  if (const auto rest = without_factor(r, node.operands[0], factor, divisor, depth - 1))
    return node.op == Op::negate ? negate(graph, *rest) : graph.apply(node.op, *rest, node.operands[1]);
  if (!multiplies) return {};
  if (const auto rest = without_factor(r, node.operands[1], factor, divisor, depth - 1))
    return graph.apply(node.op, node.operands[0], *rest);
  return {};
}

NodeId size_divided_out(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (!product) return id;
  for (const auto& [size, rest] : {std::pair{product->a, product->b}, std::pair{product->b, product->a}})
    if (is(r.graph, size, Op::size))
      if (const auto value = without_factor(r, rest, size, true, 8)) return *value;
  return id;
}

NodeId size_multiplied_out(Rewriting& r, NodeId id) {
  const auto quotient = two(r, id, Op::divide);
  if (!quotient || !is(r.graph, quotient->b, Op::size)) return id;
  const auto value = without_factor(r, quotient->a, quotient->b, false, 8);
  return value ? *value : id;
}

bool is_nonzero(Rewriting& r, NodeId id) {
  const Facts facts = r.facts.of(id);
  return facts.finite && facts.nonzero && !is_constant(r.graph, id);
}

NodeId factor_divided_out(Rewriting& r, NodeId id) {
  if (const auto quotient = two(r, id, Op::divide)) {
    if (!is_nonzero(r, quotient->b)) return id;
    const auto value = without_factor(r, quotient->a, quotient->b, false, 8);
    return value ? *value : id;
  }
  const auto product = two(r, id, Op::multiply);
  if (!product) return id;
  for (const auto& [factor, rest] : {std::pair{product->a, product->b}, std::pair{product->b, product->a}})
    if (is_nonzero(r, factor))
      if (const auto value = without_factor(r, rest, factor, true, 8)) return *value;
  return id;
}

// Where both have the same axes; where y has fewer, one reciprocal serves many products. A truth as a factor is 0 whatever it
// is a factor of, where as a dividend it would be 0 / 0.
NodeId product_with_reciprocal(Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (!product) return id;
  for (const auto& [reciprocal, other] : {std::pair{product->b, product->a}, std::pair{product->a, product->b}}) {
    const auto quotient = two(r, reciprocal, Op::divide);
    if (!quotient || !is_constant(r.graph, quotient->a, 1) || r.shared(reciprocal)) continue;
    const bool divides = is_nonzero(r, quotient->b) && !r.facts.of(quotient->b).vanishes;
    const bool chooses = r.graph.node(other).kind == Kind::truth && !divides;
    if (is_indicator(r.graph, other) || chooses || is_constant(r.graph, other)) continue;
    if (r.graph.node(reciprocal).axes.size() == r.graph.node(id).axes.size()) return divide(r.graph, other, quotient->b);
  }
  return id;
}

NodeId power_one(Rewriting& r, NodeId id) {
  const auto power = two(r, id, Op::power);
  return power && is_constant(r.graph, power->b, 1) ? power->a : id;
}

NodeId power_zero(Rewriting& r, NodeId id) {
  const auto power = two(r, id, Op::power);
  return power && is_constant(r.graph, power->b, 0) ? r.graph.constant(1) : id;
}

NodeId power_of_one(Rewriting& r, NodeId id) {
  const auto power = two(r, id, Op::power);
  return power && is_constant(r.graph, power->a, 1) ? power->a : id;
}

NodeId power_of_power(Rewriting& r, NodeId id) {
  const auto outer = two(r, id, Op::power);
  if (!outer || !is_constant(r.graph, outer->b)) return id;
  const auto inner = two(r, outer->a, Op::power);
  if (!inner || !is_constant(r.graph, inner->b) || r.shared(outer->a)) return id;
  const mpq_class &u = r.graph.value_of(inner->b), &w = r.graph.value_of(outer->b);
  if (u.get_den() != 1 || w.get_den() != 1 || u < 0 || w < 0) return id;
  return r.graph.apply(Op::power, inner->a, r.graph.constant(u * w));
}

constexpr Law rows[] = {
    {"zero factor", "x * 0", "0", "x finite", Soundness::exact, zero_factor},
    {"zero divided", "0 / x", "0", "x not 0", Soundness::exact, zero_divided},
    {"unit factor", "x * 1", "x", "", Soundness::exact, unit_factor},
    {"unit divisor", "x / 1", "x", "", Soundness::exact, unit_divisor},
    {"minus one", "-1 * x", "-x", "", Soundness::exact, minus_one},
    {"constant first", "x * n", "n * x", "x no indicator", Soundness::exact, constant_first},
    {"constants multiplied", "n * (m * x)", "n * m * x", "also n * (m / x), n * (x / m)", Soundness::exact, constants_multiplied},
    {"constants divided", "m * x / n", "m / n * x", "also m / x / n, x / m / n; n not 0", Soundness::exact, constants_divided},
    {"constant times negation", "n * -x", "-n * x", "", Soundness::exact, constant_times_negation},
    {"negated coefficient", "-(n * x)", "-n * x", "the product is used once or a scalar; also -(n / x)", Soundness::exact,
     negated_coefficient},
    {"signs cancel", "-x * -y", "x * y", "also -x / -y", Soundness::exact, signs_cancel},
    {"sign outwards", "-x * y", "-(x * y)", "x has the product's axes, -x is used once; also for quotients", Soundness::exact,
     sign_outwards},
    {"size divided out", "|i| * (x / |i|)", "x", "", Soundness::exact, size_divided_out},
    {"size multiplied out", "|i| * x / |i|", "x", "", Soundness::exact, size_multiplied_out},
    {"factor divided out", "x * (1 + y^2) / (1 + y^2)", "x", "the factor is finite and never 0; also x / y * y", Soundness::exact,
     factor_divided_out},
    {"product with a reciprocal", "x * (1 / y)", "x / y", "y has the product's axes, 1 / y is used once", Soundness::exact,
     product_with_reciprocal},
    {"power one", "x^1", "x", "", Soundness::exact, power_one},
    {"power zero", "x^0", "1", "", Soundness::exact, power_zero},
    {"power of one", "1^x", "1", "", Soundness::exact, power_of_one},
    {"power of a power", "(x^u)^w", "x^(u * w)", "whole exponents, not negative; the inner power is used once", Soundness::exact,
     power_of_power},
};

}  // namespace

std::span<const Law> product_laws() { return rows; }

}  // namespace tenet
