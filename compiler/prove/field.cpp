#include "compiler/prove/field.h"

#include <iterator>

namespace tenet {
namespace {

constexpr Field::Element primes[] = {2305843009213542959, 2305843009213348799, 2305843009213193999, 2305843009213155359,
                                     2305843009213057079, 2305843009212977519, 2305843009212033359, 2305843009211462159};

__extension__ typedef unsigned __int128 Wide;

Field::Element residue(const mpz_class& value, Field::Element modulus) { return mpz_fdiv_ui(value.get_mpz_t(), modulus); }

}  // namespace

Field::Field(std::size_t number) : prime_(primes[number % std::size(primes)]) {}

Field::Element Field::product(Element a, Element b, Element modulus) { return static_cast<Element>(Wide{a} * b % modulus); }

Field::Element Field::power(Element base, Element exponent, Element modulus) {
  Element result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result = product(result, base, modulus);
    base = product(base, base, modulus);
  }
  return result;
}

std::int64_t Field::whole(Element a) const {
  return a > prime_ / 2 ? -static_cast<std::int64_t>(prime_ - a) : static_cast<std::int64_t>(a);
}

bool Field::negative_sign(Element a) const {
  constexpr std::int64_t small = 1 << 20;
  const std::int64_t near = whole(a);
  if (near > -small && near < small) return near < 0;
  return power(a, (prime_ - 1) / 2, prime_) != 1;
}

std::optional<Field::Element> Field::of(const mpq_class& value) const {
  const Element divisor = residue(value.get_den(), prime_);
  if (divisor == 0) return {};
  return product(residue(value.get_num(), prime_), power(divisor, prime_ - 2, prime_));
}

std::optional<Field::Element> Field::power(Element base, const mpq_class& exponent) const {
  if (base == 0) return sgn(exponent) < 0 ? std::nullopt : std::optional<Element>(sgn(exponent) == 0);
  // The order of what the base is in: of all elements but 0, or of the squares.
  const bool whole = exponent.get_den() == 1;
  const Element order = whole ? prime_ - 1 : prime_ / 2;
  if (!whole && power(base, order, prime_) != 1) return {};
  const Element divisor = residue(exponent.get_den(), order);
  if (divisor == 0) return {};
  const Element inverse = whole ? 1 : power(divisor, order - 2, order);  // the order of the squares is a prime
  return power(base, product(residue(exponent.get_num(), order), inverse, order), prime_);
}

// The finalizer of SplitMix64 (Steele, Lea, Flood 2014), number by number.
Field::Element Field::drawn(std::span<const Element> numbers) const {
  Element state = 0x9e3779b97f4a7c15u;
  for (Element number : numbers) {
    state += 0x9e3779b97f4a7c15u ^ number;
    state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9u;
    state = (state ^ state >> 27) * 0x94d049bb133111ebu;
    state ^= state >> 31;
  }
  return state % prime_;
}

}  // namespace tenet
