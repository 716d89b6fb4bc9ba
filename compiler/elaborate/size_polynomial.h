// Polynomials in the sizes of axes, and what is known of their signs when every size is at least 1.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

enum class Decision : std::uint8_t { always, never, depends };

class SizePolynomial {
 public:
  SizePolynomial(long constant = 0) : SizePolynomial(mpq_class(constant)) {}
  SizePolynomial(const mpq_class& constant);
  static SizePolynomial size(AxisId axis);

  bool is_constant() const;
  const mpq_class& constant() const;  // the constant term
  bool has_whole_coefficients() const;

  SizePolynomial operator+(const SizePolynomial& other) const;
  SizePolynomial operator-(const SizePolynomial& other) const;
  // Nothing where the product grows beyond what is worth following.
  std::optional<SizePolynomial> times(const SizePolynomial& other) const;
  SizePolynomial scaled(const mpq_class& factor) const;
  // floor(this / divisor), where the divisor is a single term of a positive whole coefficient and this polynomial, whose
  // coefficients are whole, tells for all sizes what is left over; nothing where it does not.
  std::optional<SizePolynomial> divided_down(const SizePolynomial& divisor) const;
  bool reasonable() const;  // few terms, short numbers

  // Whether the value is at least 0, or above 0, for all sizes from 1 on. With s = 1 + u a polynomial whose coefficients in u
  // are all of one sign takes its extreme value at u = 0.
  Decision at_least_zero() const { return sign(false); }
  Decision above_zero() const { return sign(true); }

  std::string text(const Graph& graph) const;  // |time| - 1

 private:
  using Monomial = std::vector<AxisId>;  // ascending, with repetition; empty: the constant term
  Decision sign(bool strict) const;
  void add(const Monomial& monomial, const mpq_class& coefficient);

  std::map<Monomial, mpq_class> terms_;  // no zero coefficient
};

}  // namespace tenet
