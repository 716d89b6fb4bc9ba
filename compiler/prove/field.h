// Arithmetic modulo a prime.
//
// The prime is p = 2 q + 1 with q prime and p = 7 modulo 8. The squares other than 0 are a group of odd prime order q, so that in
// it every rational power is one well-defined element, (x y)^a = x^a y^a and (x^a)^b = x^(a b): the squares stand for what is
// positive. 2, 3, 5, 7, 11, 13, 17 and 19 are squares.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <optional>
#include <span>

namespace tenet {

class Field {
 public:
  using Element = std::uint64_t;

  // The primes that `number` chooses from, cyclically: a root that one lacks another may have.
  explicit Field(std::size_t number);

  Element sum(Element a, Element b) const { return a + b >= prime_ ? a + b - prime_ : a + b; }
  Element negative(Element a) const { return a == 0 ? 0 : prime_ - a; }
  Element difference(Element a, Element b) const { return sum(a, negative(b)); }
  Element product(Element a, Element b) const { return product(a, b, prime_); }
  Element of(std::int64_t value) const { return value < 0 ? negative(of(-value)) : static_cast<Element>(value) % prime_; }
  std::int64_t whole(Element a) const;  // the whole number nearest to 0

  // By that number where it is small; else whether the element is no square.
  bool negative_sign(Element a) const;

  // Nothing: the divisor is 0.
  std::optional<Element> of(const mpq_class& value) const;
  // Nothing: 0 to a negative power, or a fractional power of what is no square.
  std::optional<Element> power(Element base, const mpq_class& exponent) const;

  // An element that looks drawn at random, the same for the same numbers.
  Element drawn(std::span<const Element> numbers) const;

 private:
  static Element product(Element a, Element b, Element modulus);
  static Element power(Element base, Element exponent, Element modulus);

  Element prime_;
};

}  // namespace tenet
