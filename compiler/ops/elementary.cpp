#include "compiler/ops/elementary.h"

#include <initializer_list>
#include <optional>

namespace tenet::emission {
namespace {

// Coefficients from the highest power down.
Value polynomial(Emitter& e, Value x, std::initializer_list<float> coefficients) {
  const float* c = coefficients.begin();
  Value result = e.real(*c);
  while (++c != coefficients.end()) result = e.multiply_add(result, x, e.real(*c));
  return result;
}

// Adding 1.5 * 2^23 rounds to the nearest whole number n, |n| < 2^22, and leaves it in the low bits.
constexpr float rounding = 12582912.0f;

struct Reduced {
  Value n;       // whole number as a real
  Value n_bits;  // n in the low 22 bits, in two's complement
  Value remainder;
};

// x = n * period + remainder, |remainder| <= period / 2. The period is a sum of parts (Cody and Waite): each product is exact in
// a fused multiply-add, so only the last digits of the remainder round.
Reduced reduce(Emitter& e, Value x, float inverse_period, std::initializer_list<float> period) {
  const Value shifted = e.multiply_add(x, e.real(inverse_period), e.real(rounding));
  const Value n = e.subtract(shifted, e.real(rounding));
  Value remainder = x;
  for (float part : period) remainder = e.multiply_add(n, e.real(-part), remainder);
  return {n, e.bits_of(shifted), remainder};
}

constexpr float least_exponent = -87.33654f, greatest_exponent = 88.72283f;  // log 2^-126, log 2^128
constexpr std::int32_t one_bits = 0x3f800000;

struct Exponential {
  Value minus_1;    // e^remainder - 1
  Value n_shifted;  // n in the exponent's place
};

// The polynomial is Cephes's expf (Moshier): e^r = 1 + r + r^2 P(r) for |r| <= log(2) / 2.
Exponential reduced_exponential(Emitter& e, Value x, std::optional<Value> rest = {}) {
  const Reduced r = reduce(e, x, 1.44269504f, {0.693359375f, -2.12194440e-4f});
  const Value remainder = rest ? e.add(r.remainder, *rest) : r.remainder;
  const Value p = polynomial(
      e, remainder, {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f});
  return {e.multiply_add(e.multiply(remainder, remainder), p, remainder), e.shift_left(r.n_bits, 23)};
}

// The factor 2^n goes into the exponent's bits; where that leaves the normal numbers, and for NaN, the value is put in place.
Value scaled_exponential(Emitter& e, Value x, const Exponential& reduced, Value underflow) {
  const Value significand = e.add(reduced.minus_1, e.real(1));
  const Value scaled = e.real_of_bits(e.add(e.bits_of(significand), reduced.n_shifted));
  const Value beyond = e.multiply(x, e.real(infinity));
  return e.select(e.less(x, e.real(least_exponent)), underflow, e.select(e.less(x, e.real(greatest_exponent)), scaled, beyond));
}

constexpr float least_normal = 0x1p-126f;
constexpr std::int32_t square_root_of_half_bits = 0x3f3504f3;

struct Split {
  Value exponent;     // as a real
  Value significand;  // in [sqrt 1/2, sqrt 2)
};

// x = significand * 2^exponent. A denormal is scaled up first.
Split split(Emitter& e, Value x) {
  const Value small = e.less(x, e.real(least_normal));
  const Value normal = e.select(small, e.multiply(x, e.real(0x1p24f)), x);
  const Value bits = e.bits_of(normal);
  const Value exponent = e.shift_right(e.subtract(bits, e.whole(square_root_of_half_bits)), 23);
  const Value significand = e.real_of_bits(e.subtract(bits, e.shift_left(exponent, 23)));
  return {e.subtract(e.to_real(exponent), e.select(small, e.real(24), e.real(0))), significand};
}

// log(1 + f) = f - f^2 / 2 + f^3 P(f) on the significand's range (Cephes's logf).
Value logarithm_tail(Emitter& e, Value f) {
  return polynomial(e, f,
                    {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                     -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f});
}

constexpr float log2_high = 0.693359375f, log2_low = -2.12194440e-4f;  // the high part's product with an exponent is exact

// -inf at 0, NaN below, infinity and NaN as they are.
Value special_logarithm(Emitter& e, Value x, Value regular) {
  const Value zero = e.real(0);
  const Value at_most_zero = e.select(e.less(x, zero), e.real(not_a_number), e.real(-infinity));
  return e.select(e.less_equal(x, zero), at_most_zero, e.select(e.less(x, e.real(infinity)), regular, x));
}

}  // namespace

Value exponential(Emitter& e, Value x) { return scaled_exponential(e, x, reduced_exponential(e, x), e.real(0)); }
Value exponential(Emitter& e, Value x, Value rest) {
  return scaled_exponential(e, x, reduced_exponential(e, x, rest), e.real(0));
}

// s (e^r - 1) + (s - 1) with s = 2^n loses nothing while s is moderate; from e^20 on the 1 does not count.
Value exponential_minus_1(Emitter& e, Value x) {
  const Exponential reduced = reduced_exponential(e, x);
  const Value scale = e.real_of_bits(e.add(reduced.n_shifted, e.whole(one_bits)));
  const Value moderate = e.multiply_add(scale, reduced.minus_1, e.subtract(scale, e.real(1)));
  const Value large = scaled_exponential(e, x, reduced, e.real(0));
  return e.select(e.less(x, e.real(-20)), e.real(-1), e.select(e.less(x, e.real(20)), moderate, large));
}

Value logarithm(Emitter& e, Value x) {
  const Split s = split(e, x);
  const Value f = e.subtract(s.significand, e.real(1)), square = e.multiply(f, f);
  Value low = e.multiply(e.multiply(f, square), logarithm_tail(e, f));
  low = e.multiply_add(s.exponent, e.real(log2_low), low);
  low = e.multiply_add(square, e.real(-0.5f), low);
  const Value result = e.multiply_add(s.exponent, e.real(log2_high), e.add(f, low));
  return special_logarithm(e, x, result);
}

Two exact_logarithm(Emitter& e, Value x) {
  const Split s = split(e, x);
  const Value f = e.subtract(s.significand, e.real(1)), square = e.multiply(f, f);
  const Value square_rest = e.multiply_add(f, f, e.negate(square));
  Value low = e.multiply(e.multiply(f, square), logarithm_tail(e, f));
  low = e.multiply_add(square_rest, e.real(-0.5f), low);
  low = e.multiply_add(s.exponent, e.real(log2_low), low);
  // Two exact sums (Dekker): each greater part first.
  const Value half = e.multiply(square, e.real(-0.5f));
  const Value a = e.add(f, half);
  low = e.add(low, e.subtract(half, e.subtract(a, f)));
  const Value whole = e.multiply(s.exponent, e.real(log2_high));
  const Value b = e.add(whole, a);
  const Value carried = e.select(e.equal(whole, e.real(0)), e.real(0), e.subtract(a, e.subtract(b, whole)));
  low = e.add(low, carried);
  const Value high = e.add(b, low);
  const Value rest = e.subtract(low, e.subtract(high, b));
  return {special_logarithm(e, x, high), rest};
}

// Polynomials on [-pi/4, pi/4] from Cephes's sinf and cosf; the low two bits of n say which one and its sign.
Value sine(Emitter& e, Value x, int quarters) {
  const Reduced r = reduce(e, x, 0.636619772f, {1.57079637f, -4.37113883e-8f, -1.71512489e-15f});
  const Value n = e.add(r.n_bits, e.whole(quarters));
  const Value square = e.multiply(r.remainder, r.remainder);
  const Value odd =
      e.multiply_add(e.multiply(polynomial(e, square, {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f}), square),
                     r.remainder, r.remainder);
  const Value even = e.multiply_add(e.multiply(square, square),
                                    polynomial(e, square, {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f}),
                                    e.multiply_add(square, e.real(-0.5f), e.real(1)));
  const Value magnitude = e.select(e.equal(e.bit_and(n, 1), e.whole(0)), odd, even);
  const Value flip = e.shift_left(e.bit_and(n, 2), 30);
  const Value result = e.real_of_bits(e.add(e.bits_of(magnitude), flip));
  return e.select(e.less(e.absolute(x), e.real(4e6f)), result, e.real(not_a_number));
}

// A rational function x P(x^2) / Q(x^2), as in Eigen; the range is clamped at the first place where it comes out as 1.
Value hyperbolic_tangent(Emitter& e, Value x) {
  const Value bound = e.real(7.99881172f), negative = e.real(-7.99881172f);
  const Value clamped = e.select(e.less(x, negative), negative, e.select(e.less(bound, x), bound, x));
  const Value square = e.multiply(clamped, clamped);
  const Value p = polynomial(e, square,
                             {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f, 5.12229709037114e-08f,
                              1.48572235717979e-05f, 6.37261928875436e-04f, 4.89352455891786e-03f});
  const Value q =
      polynomial(e, square, {1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f, 4.89352518554385e-03f});
  const Value quotient = e.divide(e.multiply(clamped, p), q);
  return e.select(e.less(e.absolute(x), e.real(0.0004f)), x, quotient);
}

// Up to 475/512 a polynomial, from there 1 - e^P(|x|); coefficients by N. Juffa.
Value error_function(Emitter& e, Value x) {
  const Value t = e.absolute(x), square = e.multiply(x, x);
  const Value near = e.multiply_add(
      polynomial(e, square, {-5.96761703e-4f, 4.99119423e-3f, -2.67681349e-2f, 1.12819925e-1f, -3.76125336e-1f, 1.28379166e-1f}),
      x, x);
  Value far = polynomial(e, t, {-1.72853470e-5f, 3.83197126e-4f});
  far = e.multiply_add(far, square, polynomial(e, t, {-3.88396438e-3f, 2.42546219e-2f}));
  far = e.multiply_add(far, t, e.real(-1.06777877e-1f));
  far = e.multiply_add(far, t, e.real(-6.34846687e-1f));
  far = e.multiply_add(far, t, e.real(-1.28717512e-1f));
  far = e.multiply_add(far, t, e.negate(t));
  far = e.subtract(e.real(1), exponential(e, far));
  const Value sign = e.bit_and(e.bits_of(x), sign_bit);
  far = e.real_of_bits(e.add(e.bits_of(far), sign));
  return e.select(e.less(e.real(0.927734375f), t), far, near);
}

}  // namespace tenet::emission
