// A rational number: two machine words while they hold it, which coefficients and exponents of forms almost always are, else
// GMP's. Exact in any case; the words are used whenever they can hold the value, so that equal numbers look equal.
#pragma once

#include <gmpxx.h>

#include <compare>
#include <concepts>
#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>

namespace tenet {

class Rational {
 public:
  constexpr Rational() = default;
  Rational(std::signed_integral auto value) : Rational(std::int64_t{value}, 1) {}
  Rational(std::int64_t numerator, std::int64_t denominator);  // the denominator is not 0
  Rational(const mpz_class& value) : Rational(mpq_class(value)) {}
  Rational(const mpq_class& value);
  Rational(const Rational& other) : numerator_(other.numerator_), denominator_(other.denominator_) {
    if (other.large_) large_ = std::make_unique<mpq_class>(*other.large_);
  }
  Rational(Rational&& other) noexcept = default;
  Rational& operator=(const Rational& other) {
    if (this != &other) *this = Rational(other);
    return *this;
  }
  Rational& operator=(Rational&& other) noexcept = default;

  operator mpq_class() const;
  mpz_class numerator() const { return large_ ? mpz_class(large_->get_num()) : mpz_class(numerator_); }
  mpz_class denominator() const { return large_ ? mpz_class(large_->get_den()) : mpz_class(denominator_); }
  double get_d() const { return large_ ? large_->get_d() : static_cast<double>(numerator_) / static_cast<double>(denominator_); }
  bool is_whole() const { return large_ ? large_->get_den() == 1 : denominator_ == 1; }
  bool is_even() const { return is_whole() && (large_ ? mpz_even_p(large_->get_num_mpz_t()) != 0 : numerator_ % 2 == 0); }
  // The numbers of bits above and below the line, the greater of them.
  std::size_t bits() const;

  Rational operator-() const { return *this * Rational(-1); }
  Rational& operator+=(const Rational& other) { return *this = *this + other; }
  Rational& operator-=(const Rational& other) { return *this = *this - other; }
  Rational& operator*=(const Rational& other) { return *this = *this * other; }
  Rational& operator/=(const Rational& other) { return *this = *this / other; }

  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b);
  friend Rational operator*(const Rational& a, const Rational& b);
  friend Rational operator/(const Rational& a, const Rational& b);  // b is not 0
  friend bool operator==(const Rational& a, const Rational& b) {
    if (a.large_ || b.large_) return a.large_ && b.large_ && *a.large_ == *b.large_;
    return a.numerator_ == b.numerator_ && a.denominator_ == b.denominator_;
  }
  friend std::strong_ordering operator<=>(const Rational& a, const Rational& b);
  friend int sgn(const Rational& value) {
    return value.large_ ? sgn(*value.large_) : (value.numerator_ > 0) - (value.numerator_ < 0);
  }
  friend Rational abs(const Rational& value) { return sgn(value) < 0 ? -value : value; }

 private:
  std::int64_t numerator_ = 0, denominator_ = 1;  // without common factor, the denominator positive
  std::unique_ptr<mpq_class> large_;              // the value, where the words do not hold it
};

}  // namespace tenet
