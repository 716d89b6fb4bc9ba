#include "compiler/graph/rational.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenet {
namespace {

constexpr std::size_t most_bits = 4096;

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
    case Op::power:
      return power(a, b);
    case Op::maximum:
      return std::max(a, b);
    case Op::minimum:
      return std::min(a, b);
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

}  // namespace

std::optional<mpq_class> exact_value(Op op, const mpq_class& a, const mpq_class& b) {
  std::optional<mpq_class> result = applied(op, a, b);
  if (result && bits(*result) > most_bits) return {};
  return result;
}

double nearest_double(const mpq_class& value) {
  const double truncated = value.get_d();  // toward zero
  if (!std::isfinite(truncated)) return truncated;
  const double next = std::nextafter(truncated, sgn(value) * std::numeric_limits<double>::infinity());
  if (sgn(value) == 0 || !std::isfinite(next)) return truncated;
  const mpq_class below = abs(mpq_class(value - mpq_class(truncated))), above = abs(mpq_class(mpq_class(next) - value));
  return above < below ? next : truncated;
}

}  // namespace tenet
