// Monomials as maps, for taking factors out and putting others in.
#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "compiler/normal_form/atoms.h"

namespace tenet {

// A sum of terms of both signs.
inline bool is_difference(const Polynomial& form) {
  const auto is_negative = [](const auto& term) { return term.second < 0; };
  return std::ranges::any_of(form, is_negative) && !std::ranges::all_of(form, is_negative);
}

using Exponents = std::map<AtomId, Rational>;

inline Exponents exponents_of(const Monomial& monomial) {
  Exponents result;
  for (const Factor& factor : monomial) result.emplace(factor.atom, factor.exponent);
  return result;
}

inline Monomial monomial_of(const Exponents& exponents) {
  Monomial result;
  for (const auto& [atom, exponent] : exponents)
    if (exponent != 0) result.push_back({atom, exponent});
  return result;
}

inline bool is_whole(const Rational& value) { return value.is_whole(); }

// Whether `part` can be taken out of `whole` without turning an exponent's sign.
inline bool divides(const Exponents& whole, AtomId atom, const Rational& part) {
  const auto found = whole.find(atom);
  return found != whole.end() && sgn(found->second) == sgn(part) && abs(found->second) >= abs(part);
}
inline bool divides(const Exponents& whole, const Monomial& part) {
  for (const Factor& factor : part)
    if (!divides(whole, factor.atom, factor.exponent)) return false;
  return true;
}

// Multiplies by the monomial to the power `times`.
inline void multiply_by(Exponents& exponents, const Monomial& monomial, const Rational& times = 1) {
  for (const Factor& factor : monomial) {
    Rational& exponent = exponents[factor.atom];
    exponent += factor.exponent * times;
    if (exponent == 0) exponents.erase(factor.atom);
  }
}

// A coefficient and a monomial: one term of a polynomial, or the form of a product.
struct ScaledMonomial {
  Rational coefficient;
  Monomial monomial;

  friend bool operator<(const ScaledMonomial& a, const ScaledMonomial& b) {
    const MonomialOrder order;
    return order(a.monomial, b.monomial) || (!order(b.monomial, a.monomial) && a.coefficient < b.coefficient);
  }
  friend bool operator==(const ScaledMonomial&, const ScaledMonomial&) = default;
};

using SumsAtHand = std::map<std::vector<ScaledMonomial>, AtomId>;  // terms in ascending order

}  // namespace tenet
