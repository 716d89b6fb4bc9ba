// Arithmetic of constants, exact, and comparisons of them.
#include <algorithm>
#include <optional>

#include "compiler/simplify/families.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

constexpr std::size_t most_bits = 4096;  // of a numerator or denominator; beyond, the expression stays

std::size_t bits(const mpq_class& value) {
  return std::max(mpz_sizeinbase(value.get_num_mpz_t(), 2), mpz_sizeinbase(value.get_den_mpz_t(), 2));
}

std::optional<mpq_class> power(const mpq_class& base, const mpq_class& exponent) {
  if (exponent.get_den() != 1 || abs(exponent) > 1024 || (base == 0 && exponent < 0)) return {};
  const unsigned long n = mpz_class(abs(exponent.get_num())).get_ui();
  if (bits(base) * n > most_bits) return {};
  mpq_class result;
  mpz_pow_ui(result.get_num_mpz_t(), base.get_num_mpz_t(), n);
  mpz_pow_ui(result.get_den_mpz_t(), base.get_den_mpz_t(), n);
  return exponent < 0 ? mpq_class(1 / result) : result;
}

std::optional<mpq_class> of_two(Op op, const mpq_class& a, const mpq_class& b) {
  switch (op) {
    case Op::add:
      return a + b;
    case Op::subtract:
      return a - b;
    case Op::multiply:
      return a * b;
    case Op::divide:
      return b == 0 ? std::nullopt : std::optional<mpq_class>(a / b);
    case Op::power:
      return power(a, b);
    case Op::maximum:
      return std::max(a, b);
    case Op::minimum:
      return std::min(a, b);
    default:
      return {};
  }
}

std::optional<mpq_class> of_one(Op op, const mpq_class& a) {
  switch (op) {
    case Op::negate:
      return -a;
    case Op::abs:
      return abs(a);
    case Op::sign:
      return sgn(a);
    case Op::relu:
      return sgn(a) > 0 ? a : mpq_class(0);
    case Op::floor: {
      mpz_class result;
      mpz_fdiv_q(result.get_mpz_t(), a.get_num_mpz_t(), a.get_den_mpz_t());
      return mpq_class(result);
    }
    default:
      return {};
  }
}

NodeId folded(Rewriting& r, NodeId id, std::size_t arity) {
  const Node& node = r.graph.node(id);
  if (node.operands.size() != arity || operation(node.op).form != Form::pointwise) return id;
  for (NodeId operand : node.operands)
    if (!is_constant(r.graph, operand)) return id;
  const mpq_class& first = r.graph.value_of(node.operands[0]);
  const auto value = arity == 1 ? of_one(node.op, first) : of_two(node.op, first, r.graph.value_of(node.operands[1]));
  return value && bits(*value) <= most_bits ? r.graph.constant(*value) : id;
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
