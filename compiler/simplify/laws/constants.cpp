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

struct Point {
  Op function;
  mpq_class at, value;
};

// The only rational points at which these have rational values.
std::span<const Point> points() {
  static const Point rows[] = {{Op::exp, 0, 1},   {Op::log, 1, 0},   {Op::sin, 0, 0},
                               {Op::cos, 0, 1},   {Op::tanh, 0, 0},  {Op::erf, 0, 0},
                               {Op::expm1, 0, 0}, {Op::log1p, 0, 0}, {Op::sigmoid, 0, mpq_class(1, 2)}};
  return rows;
}

NodeId function_of_constant(Rewriting& r, NodeId id) {
  const Node& node = r.graph.node(id);
  if (node.operands.size() != 1 || !is_constant(r.graph, node.operands[0])) return id;
  const mpq_class& at = r.graph.value_of(node.operands[0]);
  for (const Point& point : points())
    if (point.function == node.op && point.at == at) return r.graph.constant(point.value);
  return id;
}

NodeId root_of_square(Rewriting& r, NodeId id) {
  if (!is(r.graph, id, Op::sqrt) || !is_constant(r.graph, operand(r.graph, id, 0))) return id;
  const mpq_class& square = r.graph.value_of(operand(r.graph, id, 0));
  if (square < 0 || !mpz_perfect_square_p(square.get_num_mpz_t()) || !mpz_perfect_square_p(square.get_den_mpz_t())) return id;
  return r.graph.constant(mpq_class(sqrt(square.get_num()), sqrt(square.get_den())));
}

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
    {"function of a constant", "exp(0)", "1", "also expm1(0), log(1), log1p(0), sin(0), cos(0), tanh(0), sigmoid(0), erf(0)",
     Soundness::exact, function_of_constant},
    {"root of a square", "sqrt(4)", "2", "exact: the root is a fraction", Soundness::exact, root_of_square},
    {"constants compared", "u < u + 1", "0 == 0", "a false one is 0 != 0", Soundness::exact, compare},
};

}  // namespace

std::span<const Law> constant_laws() { return rows; }

}  // namespace tenet
