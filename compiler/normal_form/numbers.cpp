// Numbers under roots and in logarithms, by their prime factors.
#include <utility>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
namespace {

struct PrimePower {
  mpz_class base;
  long exponent;
};

// Of a positive number: the prime factors that are found at once, and what is left above and below the line.
std::vector<PrimePower> prime_powers(const mpq_class& value) {
  constexpr unsigned long greatest_prime = 1000;
  std::vector<PrimePower> result;
  for (const int sign : {1, -1}) {
    mpz_class rest = sign > 0 ? value.get_num() : value.get_den();
    for (unsigned long prime = 2; prime < greatest_prime && rest != 1; ++prime) {
      const mpz_class base = prime;
      if (const mp_bitcnt_t times = mpz_remove(rest.get_mpz_t(), rest.get_mpz_t(), base.get_mpz_t()); times > 0)
        result.push_back({base, sign * static_cast<long>(times)});
    }
    if (rest != 1) result.push_back({rest, sign});
  }
  return result;
}

bool is_prime(const std::vector<PrimePower>& parts) { return parts.size() == 1 && parts[0].exponent == 1; }

// value^exponent where that is rational.
std::optional<mpq_class> rational_power(const mpq_class& value, const mpq_class& exponent, int greatest_power) {
  if (!exponent.get_num().fits_slong_p() || !exponent.get_den().fits_ulong_p()) return {};
  const long numerator = exponent.get_num().get_si();
  const unsigned long root = exponent.get_den().get_ui();
  if (std::abs(numerator) > greatest_power || std::cmp_greater(root, greatest_power) || (root > 1 && value < 0)) return {};
  mpz_class top, bottom;
  if (!mpz_root(top.get_mpz_t(), value.get_num_mpz_t(), root) || !mpz_root(bottom.get_mpz_t(), value.get_den_mpz_t(), root))
    return {};
  mpz_pow_ui(top.get_mpz_t(), top.get_mpz_t(), static_cast<unsigned long>(std::abs(numerator)));
  mpz_pow_ui(bottom.get_mpz_t(), bottom.get_mpz_t(), static_cast<unsigned long>(std::abs(numerator)));
  mpq_class result = numerator < 0 ? mpq_class(bottom, top) : mpq_class(top, bottom);
  result.canonicalize();
  return result;
}

mpz_class floor_of(const Rational& value) {
  mpz_class result;
  const mpz_class above = value.numerator(), below = value.denominator();
  mpz_fdiv_q(result.get_mpz_t(), above.get_mpz_t(), below.get_mpz_t());
  return result;
}

}  // namespace

Polynomial NormalForms::power_of_constant(const Rational& value, const Rational& exponent) {
  if (static_cast<double>(value.bits()) * std::abs(exponent.get_d()) > static_cast<double>(most_bits))
    return give_up("too large a number"), Polynomial{};
  if (const auto exact = rational_power(value, exponent, greatest_power)) return constant_polynomial(*exact);
  if (value < 0 && !exponent.is_whole()) return give_up("a root of a negative number"), Polynomial{};
  const auto base_of = [&](const mpq_class& number) {
    return atoms_.atom({AtomKind::base, 0, 0, {}, {atoms_.polynomial(constant_polynomial(number))}});
  };
  if (unfolding_ == Unfolding::ring || value < 0) return settled({{base_of(value), exponent}});
  const std::vector<PrimePower> parts = prime_powers(value);
  if (!is_prime(parts)) fire(FormLaw::root_of_number);
  Polynomial result = constant_polynomial(1);
  for (const PrimePower& part : parts) result = product(result, settled({{base_of(part.base), exponent * part.exponent}}));
  return result;
}

// In proofs a number stands under a power between 0 and 1: the whole power that its factor has beyond that, taken from the
// factor.
std::optional<Polynomial> NormalForms::whole_power_of_number(Factor& factor) {
  const Atom& atom = atoms_[factor.atom];
  if (unfolding_ == Unfolding::ring || atom.kind != AtomKind::base) return {};
  const std::optional<Rational> number = constant_of(atoms_[atom.parts[0]]);
  const mpz_class whole = floor_of(factor.exponent);
  if (!number || whole == 0) return {};
  factor.exponent -= whole;
  return power_of_constant(*number, whole);
}

Polynomial NormalForms::logarithm_of_number(const mpq_class& value) {
  if (unfolding_ == Unfolding::ring) return opaque(Op::log, {constant_polynomial(value)});
  const std::vector<PrimePower> parts = prime_powers(value);
  if (!is_prime(parts)) fire(FormLaw::log_of_number);
  Polynomial result;
  for (const PrimePower& part : parts) add_to(result, opaque(Op::log, {constant_polynomial(part.base)}), part.exponent);
  return result;
}

}  // namespace tenet
