// Rational numbers against GMP's, about the edge of what two words hold as well as far from it.
#include "compiler/normal_form/rational.h"

#include <rapidcheck.h>

#include <limits>
#include <vector>

#include "tests/catch.h"

using namespace tenet;

namespace {

constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();

mpz_class whole() {
  const auto small = *rc::gen::inRange<std::int64_t>(-12, 13);
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return mpz_class(greatest) + small;
    case 1:
      return -mpz_class(greatest) + small;
    case 2:
      return mpz_class(std::int64_t{1} << 32) * small + *rc::gen::inRange<std::int64_t>(-2, 3);
    case 3:
      return mpz_class(greatest) * greatest * small + small;
    default:
      return small;
  }
}

mpq_class number() {
  mpz_class below = whole();
  if (below == 0) below = 1;
  mpq_class value(whole(), below);
  value.canonicalize();
  return value;
}

// The same value, and held in the same way as one that was made from it.
void check_same(const Rational& own, const mpq_class& expected) {
  RC_ASSERT(mpq_class(own) == expected);
  RC_ASSERT(own == Rational(expected));
  RC_ASSERT(own.numerator() == expected.get_num());
  RC_ASSERT(own.denominator() == expected.get_den());
}

}  // namespace

TEST_CASE("rational arithmetic is GMP's") {
  CHECK(rc::check([] {
    const mpq_class a = number(), b = number();
    const Rational x = a, y = b;
    check_same(x, a);
    check_same(x + y, a + b);
    check_same(x - y, a - b);
    check_same(x * y, a * b);
    if (b != 0) check_same(x / y, a / b);
    check_same(-x, -a);
    check_same(abs(x), abs(a));
    RC_ASSERT((x < y) == (a < b));
    RC_ASSERT((x == y) == (a == b));
    RC_ASSERT((x > y) == (a > b));
    RC_ASSERT(sgn(x) == sgn(a));
    RC_ASSERT(x.is_whole() == (a.get_den() == 1));
    RC_ASSERT(x.is_even() == (a.get_den() == 1 && mpz_even_p(a.get_num_mpz_t())));
    const mpz_class top = abs(a.get_num());
    RC_ASSERT(x.bits() ==
              std::max(mpz_sizeinbase((top == 0 ? mpz_class(1) : top).get_mpz_t(), 2), mpz_sizeinbase(a.get_den_mpz_t(), 2)));
  }));
}

TEST_CASE("a rational number goes beyond its words and comes back") {
  Rational value = greatest;
  value += 1;
  check_same(value, mpq_class(mpz_class(greatest) + 1));
  const Rational copy = value;
  value -= 1;
  CHECK(value == Rational(greatest));
  check_same(copy, mpq_class(mpz_class(greatest) + 1));
  check_same(Rational(std::numeric_limits<std::int64_t>::min()), mpq_class(std::numeric_limits<std::int64_t>::min()));
  check_same(Rational(1, std::numeric_limits<std::int64_t>::min()), mpq_class(1) / std::numeric_limits<std::int64_t>::min());
  CHECK(Rational(6, -4) == Rational(-3, 2));
}

TEST_CASE("sums and products of many rational numbers are GMP's") {
  CHECK(rc::check([] {
    mpq_class sum = 0, product = 1;
    Rational own_sum, own_product = 1;
    for (int k = 0; k < 20; ++k) {
      const mpq_class next = number();
      sum += next, product *= next + 1;
      own_sum += next, own_product *= Rational(next) + 1;
    }
    check_same(own_sum, sum);
    check_same(own_product, product);
  }));
}
