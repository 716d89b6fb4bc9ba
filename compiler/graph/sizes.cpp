#include <algorithm>
#include <unordered_map>

#include "compiler/graph/graph.h"

namespace tenet {
namespace {

constexpr std::size_t most_bits = 4096;  // far beyond any size; powers of powers would not end

std::optional<mpq_class> applied(Op op, const mpq_class& a, const mpq_class& b) {
  switch (op) {
    case Op::add:
      return a + b;
    case Op::subtract:
      return a - b;
    case Op::multiply:
      return a * b;
    case Op::divide:
      return b == 0 ? std::nullopt : std::optional<mpq_class>(a / b);
    case Op::negate:
      return -a;
    case Op::maximum:
      return a < b ? b : a;
    case Op::minimum:
      return a < b ? a : b;
    case Op::floor: {
      mpz_class result;
      mpz_fdiv_q(result.get_mpz_t(), a.get_num_mpz_t(), a.get_den_mpz_t());
      return mpq_class(result);
    }
    case Op::power: {
      if (b.get_den() != 1 || abs(b) > 64 || (a == 0 && b < 0)) return {};
      mpq_class result = 1;
      for (long i = mpz_class(abs(b.get_num())).get_si(); i > 0; --i) result *= a;
      return b < 0 ? mpq_class(1 / result) : result;
    }
    default:
      return {};
  }
}

}  // namespace

void Sizes::set(AxisId axis, std::int64_t size) {
  if (index_of(axis) >= values_.size()) values_.resize(index_of(axis) + 1);
  values_[index_of(axis)] = size;
}

bool Sizes::complete(const Graph& graph, AxisId* failed) {
  constexpr std::int64_t largest = 0x7fffffff;
  for (bool progress = true; progress;) {
    progress = false;
    for (std::uint32_t i = 0; i < graph.axis_count(); ++i) {
      const AxisId axis{i};
      if ((*this)[axis] != 0 || !graph.axis(axis).size) continue;
      const std::optional<mpq_class> size = size_value(graph, *graph.axis(axis).size, *this);
      if (!size) continue;
      if (size->get_den() != 1 || *size < 1 || *size > largest) {
        *failed = axis;
        return false;
      }
      set(axis, size->get_num().get_si());
      progress = true;
    }
  }
  return true;
}

std::optional<mpq_class> size_value(const Graph& graph, NodeId expression, const Sizes& sizes) {
  std::unordered_map<std::uint32_t, mpq_class> values;
  for (NodeId id : graph.reachable(std::span(&expression, 1))) {
    const Node& node = graph.node(id);
    std::optional<mpq_class> value;
    if (node.op == Op::constant) {
      value = graph.value_of(id);
    } else if (node.op == Op::size) {
      if (std::int64_t size = sizes[node.bound[0]]; size > 0) value = mpq_class(static_cast<long>(size));
    } else if (node.op == Op::named) {
      value = values[index_of(node.operands[0])];
    } else if (!node.operands.empty() && node.operands.size() <= 2) {
      value = applied(node.op, values[index_of(node.operands[0])], values[index_of(node.operands.back())]);
    }
    if (!value || mpz_sizeinbase(value->get_num_mpz_t(), 2) > most_bits || mpz_sizeinbase(value->get_den_mpz_t(), 2) > most_bits)
      return {};
    values[index_of(id)] = *value;
  }
  return values[index_of(expression)];
}

}  // namespace tenet
