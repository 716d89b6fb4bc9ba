#include "compiler/normal_form/rational.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

namespace tenet {
namespace {

static_assert(sizeof(long) == sizeof(std::int64_t), "GMP's words hold ours");

// Without the least number, so that every number in words has an opposite.
bool fits(const mpz_class& value) { return value.fits_slong_p() && value != std::numeric_limits<long>::min(); }

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

// The reduced fraction in words, if it fits.
struct Words {
  std::int64_t numerator, denominator;
  bool exact;
};

Words reduced(std::int64_t numerator, std::int64_t denominator, bool overflow) {
  if (overflow || numerator == std::numeric_limits<std::int64_t>::min() ||
      denominator == std::numeric_limits<std::int64_t>::min())
    return {0, 1, false};
  if (denominator < 0) numerator = -numerator, denominator = -denominator;
  if (denominator != 1) {
    const std::int64_t common = std::gcd(numerator, denominator);
    numerator /= common, denominator /= common;
  }
  return {numerator, denominator, true};
}

}  // namespace

Rational::Rational(std::int64_t numerator, std::int64_t denominator) {
  const Words words = reduced(numerator, denominator, false);
  numerator_ = words.numerator, denominator_ = words.denominator;
  if (words.exact) return;
  large_ = std::make_unique<mpq_class>(mpz_class(numerator), mpz_class(denominator));
  large_->canonicalize();
}

Rational::Rational(const mpq_class& value) {
  if (fits(value.get_num()) && fits(value.get_den()))
    numerator_ = value.get_num().get_si(), denominator_ = value.get_den().get_si();
  else
    large_ = std::make_unique<mpq_class>(value);
}

Rational::operator mpq_class() const {
  if (large_) return *large_;
  mpq_class value;
  mpz_set_si(value.get_num_mpz_t(), numerator_);
  mpz_set_si(value.get_den_mpz_t(), denominator_);
  return value;
}

std::size_t Rational::bits() const {
  if (large_) return std::max(mpz_sizeinbase(large_->get_num_mpz_t(), 2), mpz_sizeinbase(large_->get_den_mpz_t(), 2));
  return static_cast<std::size_t>(std::bit_width(magnitude(numerator_) | magnitude(denominator_)));
}

Rational operator+(const Rational& a, const Rational& b) {
  if (!a.large_ && !b.large_) {
    std::int64_t left = 0, right = 0, numerator = 0, denominator = 0;
    const bool overflow = __builtin_mul_overflow(a.numerator_, b.denominator_, &left) ||
                          __builtin_mul_overflow(b.numerator_, a.denominator_, &right) ||
                          __builtin_add_overflow(left, right, &numerator) ||
                          __builtin_mul_overflow(a.denominator_, b.denominator_, &denominator);
    if (const Words words = reduced(numerator, denominator, overflow); words.exact) {
      Rational result;
      result.numerator_ = words.numerator, result.denominator_ = words.denominator;
      return result;
    }
  }
  return mpq_class(mpq_class(a) + mpq_class(b));
}

Rational operator-(const Rational& a, const Rational& b) { return a + -b; }

Rational operator*(const Rational& a, const Rational& b) {
  if (!a.large_ && !b.large_) {
    std::int64_t numerator = 0, denominator = 0;
    const bool overflow = __builtin_mul_overflow(a.numerator_, b.numerator_, &numerator) ||
                          __builtin_mul_overflow(a.denominator_, b.denominator_, &denominator);
    if (const Words words = reduced(numerator, denominator, overflow); words.exact) {
      Rational result;
      result.numerator_ = words.numerator, result.denominator_ = words.denominator;
      return result;
    }
  }
  return mpq_class(mpq_class(a) * mpq_class(b));
}

Rational operator/(const Rational& a, const Rational& b) {
  assert(sgn(b) != 0);
  if (b.large_) return a * Rational(mpq_class(1 / *b.large_));
  return a * Rational(b.denominator_, b.numerator_);
}

std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
  if (a.large_ || b.large_) return cmp(mpq_class(a), mpq_class(b)) <=> 0;
  if (a.denominator_ == b.denominator_) return a.numerator_ <=> b.numerator_;
  __extension__ using Wide = __int128;
  const Wide left = Wide{a.numerator_} * b.denominator_, right = Wide{b.numerator_} * a.denominator_;
  return left < right ? std::strong_ordering::less : left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
}

}  // namespace tenet
