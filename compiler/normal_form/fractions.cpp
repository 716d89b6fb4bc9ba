// Partial fractions: what makes forms with denominators inside sums and functions the same where they are equal.
#include <algorithm>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
namespace {

// D = a + b m, under a negative whole power
struct Denominator {
  Rational a, b;
  const Monomial* m;
};

std::optional<Denominator> denominator_of(const Atoms& atoms, const Factor& factor) {
  const Atom& atom = atoms[factor.atom];
  if (atom.kind != AtomKind::base || factor.exponent >= 0 || !factor.exponent.is_whole()) return {};
  const Polynomial& polynomial = atoms[atom.parts[0]];
  if (polynomial.size() != 2 || !polynomial.begin()->first.empty()) return {};
  const auto& [m, b] = *std::next(polynomial.begin());
  return Denominator{polynomial.begin()->second, b, &m};
}

Rational exponent_in(const Monomial& monomial, AtomId atom) {
  const auto found = std::ranges::find(monomial, atom, &Factor::atom);
  return found == monomial.end() ? Rational(0) : found->exponent;
}

mpz_class floor_of(const mpq_class& value) {
  mpz_class result;
  mpz_fdiv_q(result.get_mpz_t(), value.get_num_mpz_t(), value.get_den_mpz_t());
  return result;
}

// The term whose power the term is; nothing if it has a coefficient that is not rational.
std::optional<Polynomial::value_type> root_of(const Polynomial::value_type& term, long power) {
  mpq_class coefficient;
  const mpq_class size = abs(term.second);
  const auto degree = static_cast<unsigned long>(power);
  if (!mpz_root(coefficient.get_num_mpz_t(), size.get_num_mpz_t(), degree) ||
      !mpz_root(coefficient.get_den_mpz_t(), size.get_den_mpz_t(), degree))
    return {};
  Monomial monomial = term.first;
  for (Factor& factor : monomial) factor.exponent /= power;
  return Polynomial::value_type{std::move(monomial), coefficient};
}

void multiply(Monomial& monomial, AtomId atom, const Rational& exponent) {
  const auto place = std::ranges::lower_bound(monomial, atom, {}, &Factor::atom);
  if (place == monomial.end() || place->atom != atom) {
    monomial.insert(place, {atom, exponent});
  } else if ((place->exponent += exponent) == 0) {
    monomial.erase(place);
  }
}

}  // namespace

// D = a + b m to a negative whole power stays with as many factors m as it has itself, m^k D^-k:
//   D^-1 = (1 - b m D^-1) / a        where there are fewer,
//   m D^-1 = (1 - a D^-1) / b        where there are more.
// So sigmoid(x) = e^x / (1 + e^x) keeps its form, and 1 / (1 + e^x) is 1 - sigmoid(x). Nothing if there is nothing to do.
// Two denominators over the same atoms stay as they are: what one takes the other gives back.
//
// For what is summed over `indices`, m counts by those of its factors that vary with one, since the others go out of the sum.
// Null: all count.
std::optional<Polynomial> NormalForms::partial_fractions(const Monomial& monomial, const std::vector<AtomId>* indices) {
  if (unfolding_ == Unfolding::ring || !fraction_step(monomial, indices)) return {};
  Polynomial result, open{{monomial, 1}};
  while (!open.empty() && !stopped()) {
    const auto [term, coefficient] = *open.begin();
    open.erase(open.begin());
    if (const std::optional<Polynomial> terms = fraction_step(term, indices))
      add_to(open, *terms, coefficient);
    else
      add_term(result, term, coefficient);
  }
  return result;
}

std::optional<Polynomial> NormalForms::fraction_step(const Monomial& monomial, const std::vector<AtomId>* indices) {
  std::map<AtomId, int> users;  // in how many denominators an atom is
  for (const Factor& factor : monomial)
    if (const auto d = denominator_of(atoms_, factor))
      for (const Factor& part : *d->m) ++users[part.atom];
  const auto counts = [&](AtomId atom) {
    return !indices || std::ranges::any_of(*indices, [&](AtomId index) { return atoms_.varies(atom, index); });
  };
  for (const Factor& factor : monomial) {
    const auto d = denominator_of(atoms_, factor);
    if (!d || !counts(factor.atom) || std::ranges::any_of(*d->m, [&](const Factor& part) {
          return users[part.atom] > 1 || atoms_[part.atom].kind == AtomKind::base;
        }))
      continue;
    std::optional<mpz_class> has;  // the least of its factors: that does not depend on their order
    for (const Factor& part : *d->m) {
      if (!counts(part.atom)) continue;
      const mpz_class times = floor_of(exponent_in(monomial, part.atom) / part.exponent);
      if (!has || times < *has) has = times;
    }
    const mpz_class wants = -factor.exponent.numerator();
    if (*has == wants) continue;
    step();
    fire(FormLaw::partial_fractions);
    const int direction = *has < wants ? 1 : -1;  // of the powers of m
    // Where m is divided by, its factors have to be there, unless none can be 0.
    if (direction < 0 && std::ranges::any_of(*d->m, [&](const Factor& part) {
          return !counts(part.atom) && !atoms_[part.atom].positive && exponent_in(monomial, part.atom) < part.exponent;
        }))
      continue;
    Monomial reduced = monomial;
    if (direction < 0)
      for (const Factor& part : *d->m) multiply(reduced, part.atom, -part.exponent);
    Monomial other = reduced;
    if (direction > 0)
      for (const Factor& part : *d->m) multiply(other, part.atom, part.exponent);
    multiply(reduced, factor.atom, 1);
    const Rational by = direction > 0 ? d->a : d->b, of = direction > 0 ? d->b : d->a;
    Polynomial result{{std::move(reduced), 1 / by}};
    add_term(result, other, -of / by);
    return result;
  }
  return {};
}

// (u + v)^k from its terms: what stood under a power of a power, expanded. The first and the last term are u^k and v^k.
std::optional<std::pair<Polynomial, long>> NormalForms::binomial_root(const Polynomial& polynomial) {
  const auto power = static_cast<long>(polynomial.size()) - 1;
  constexpr long greatest = 6;
  if (unfolding_ == Unfolding::ring || power < 2 || power > greatest) return {};
  const auto first = root_of(*polynomial.begin(), power), last = root_of(*polynomial.rbegin(), power);
  if (!first || !last) return {};
  for (const int sign : {1, -1}) {
    Polynomial root{*first}, expanded = constant_polynomial(1);
    add_term(root, last->first, sign * last->second);
    for (long i = 0; i < power; ++i) expanded = product(expanded, root);
    if (compare(expanded, polynomial) == 0) return std::pair{std::move(root), power};
  }
  return {};
}

}  // namespace tenet
