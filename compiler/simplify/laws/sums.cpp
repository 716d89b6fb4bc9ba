// Sums, differences and signs.
#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

NodeId zero_added(Rewriting& r, NodeId id) {
  const auto sum = two(r, id, Op::add);
  if (sum && is_zero(r.graph, sum->b)) return sum->a;
  return sum && is_zero(r.graph, sum->a) ? sum->b : id;
}

NodeId zero_subtracted(Rewriting& r, NodeId id) {
  const auto difference = two(r, id, Op::subtract);
  return difference && is_zero(r.graph, difference->b) ? difference->a : id;
}

NodeId subtracted_from_zero(Rewriting& r, NodeId id) {
  const auto difference = two(r, id, Op::subtract);
  return difference && is_zero(r.graph, difference->a) ? negate(r.graph, difference->b) : id;
}

NodeId negation_added(Rewriting& r, NodeId id) {
  const auto sum = two(r, id, Op::add);
  if (!sum || is_zero(r.graph, sum->a) || is_zero(r.graph, sum->b)) return id;
  if (is(r.graph, sum->b, Op::negate)) return subtract(r.graph, sum->a, operand(r.graph, sum->b, 0));
  if (is(r.graph, sum->a, Op::negate)) return subtract(r.graph, sum->b, operand(r.graph, sum->a, 0));
  return id;
}

NodeId negation_subtracted(Rewriting& r, NodeId id) {
  const auto difference = two(r, id, Op::subtract);
  if (!difference || !is(r.graph, difference->b, Op::negate)) return id;
  return add(r.graph, difference->a, operand(r.graph, difference->b, 0));
}

// A product without its sign, which stands within a few levels. What others read stays as it is, scalars aside.
std::optional<NodeId> without_sign(Rewriting& r, NodeId factor, int depth) {
  Graph& graph = r.graph;
  if (is_constant(graph, factor)) {
    if (graph.value_of(factor) >= 0) return {};
    return graph.constant(-graph.value_of(factor));
  }
  if (r.shared(factor) && !graph.node(factor).axes.empty()) return {};
  if (is(graph, factor, Op::negate)) return operand(graph, factor, 0);
  const Op op = graph.node(factor).op;
  if (depth == 0 || (op != Op::multiply && op != Op::divide)) return {};
  const NodeId a = operand(graph, factor, 0), b = operand(graph, factor, 1);
  if (const auto rest = without_sign(r, a, depth - 1)) return graph.apply(op, *rest, b);
  if (const auto rest = without_sign(r, b, depth - 1)) return graph.apply(op, a, *rest);
  return {};
}

NodeId negative_term(Rewriting& r, NodeId id) {
  constexpr int levels = 4;
  const auto positive = [&](NodeId term) {
    const bool product = is(r.graph, term, Op::multiply) || is(r.graph, term, Op::divide);
    return product ? without_sign(r, term, levels) : std::nullopt;
  };
  if (const auto sum = two(r, id, Op::add)) {
    if (is_zero(r.graph, sum->a) || is_zero(r.graph, sum->b)) return id;
    if (const auto b = positive(sum->b)) return subtract(r.graph, sum->a, *b);
    if (const auto a = positive(sum->a)) return subtract(r.graph, sum->b, *a);
  } else if (const auto difference = two(r, id, Op::subtract)) {
    if (const auto b = positive(difference->b)) return add(r.graph, difference->a, *b);
  }
  return id;
}

NodeId equals_cancel(Rewriting& r, NodeId id) {
  const auto difference = two(r, id, Op::subtract);
  return difference && difference->a == difference->b ? r.graph.constant(0) : id;
}

NodeId double_negation(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::negate) || !is(r.graph, operand(r.graph, id, 0), Op::negate)) return id;
  return operand(r.graph, operand(r.graph, id, 0), 0);
}

NodeId negated_difference(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::negate)) return id;
  const NodeId inner = operand(r.graph, id, 0);
  const auto difference = two(r, inner, Op::subtract);
  return difference && !r.shared(inner) ? subtract(r.graph, difference->b, difference->a) : id;
}

NodeId constants_added(Rewriting& r, NodeId id) {
  const auto outer = two(r, id, Op::add);
  if (!outer || !is_constant(r.graph, outer->b)) return id;
  const auto inner = two(r, outer->a, Op::add);
  if (!inner || !is_constant(r.graph, inner->b)) return id;
  return add(r.graph, inner->a, r.graph.constant(r.graph.value_of(inner->b) + r.graph.value_of(outer->b)));
}

struct Term {
  mpq_class times;
  NodeId value;
};

Term term_of(const Rewriting& r, NodeId id) {
  const auto product = two(r, id, Op::multiply);
  if (product && is_constant(r.graph, product->a)) return {r.graph.value_of(product->a), product->b};
  return {1, id};
}

// n x + m x, also where the first stands at the end of a sum that is used once.
NodeId like_terms(Rewriting& r, NodeId id) {
  const auto sum = two(r, id, Op::add);
  if (!sum || is_zero(r.graph, sum->a) || is_zero(r.graph, sum->b)) return id;
  const auto longer = two(r, sum->a, Op::add);
  const bool nested = longer && !r.shared(sum->a);
  const Term b = term_of(r, sum->b);
  for (const NodeId before : {sum->a, nested ? longer->b : sum->a}) {
    const Term a = term_of(r, before);
    if (a.value != b.value || is_constant(r.graph, a.value) || a.times == -b.times) continue;
    const NodeId both = multiply(r.graph, r.graph.constant(a.times + b.times), a.value);
    return before == sum->a ? both : add(r.graph, longer->a, both);
  }
  return id;
}

constexpr Law rows[] = {
    {"zero added", "x + 0", "x", "", Soundness::exact, zero_added},
    {"zero subtracted", "x - 0", "x", "", Soundness::exact, zero_subtracted},
    {"subtracted from zero", "0 - x", "-x", "", Soundness::exact, subtracted_from_zero},
    {"negation added", "x + -y", "x - y", "", Soundness::exact, negation_added},
    {"negation subtracted", "x - -y", "x + y", "", Soundness::exact, negation_subtracted},
    {"negative term", "x + -n * y", "x - n * y", "also x - -n * y, and -n deeper in the product, which is used once or a scalar",
     Soundness::exact, negative_term},
    {"equals cancel", "x - x", "0", "x finite", Soundness::exact, equals_cancel},
    {"double negation", "-(-x)", "x", "", Soundness::exact, double_negation},
    {"negated difference", "-(x - y)", "y - x", "the difference is used once", Soundness::exact, negated_difference},
    {"like terms", "n * x + m * x", "(n + m) * x", "also x + x; also at the end of a sum that is used once", Soundness::exact,
     like_terms},
    {"constants added", "x + n + m", "x + (n + m)", "", Soundness::exact, constants_added},
};

}  // namespace

std::span<const Law> sum_laws() { return rows; }

}  // namespace tenet
