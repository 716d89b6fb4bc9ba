#include "compiler/ops/emission.h"

#include "compiler/ops/elementary.h"

namespace tenet::emission {
namespace {

// Whether x is whole, and then odd.
struct Parity {
  Value whole, odd;
};

Parity parity(Emitter& e, Value x) {
  const Value half = e.multiply(x, e.real(0.5f));
  const Value whole = e.equal(e.round_down(x), x);
  return {whole, e.both(whole, e.not_equal(e.round_down(half), half))};
}

}  // namespace

Value add(Emitter& e, Operands o) { return e.add(o[0], o[1]); }
Value subtract(Emitter& e, Operands o) { return e.subtract(o[0], o[1]); }
Value multiply(Emitter& e, Operands o) { return e.multiply(o[0], o[1]); }
Value divide(Emitter& e, Operands o) { return e.divide(o[0], o[1]); }
Value negate(Emitter& e, Operands o) { return e.negate(o[0]); }
Value abs(Emitter& e, Operands o) { return e.absolute(o[0]); }
Value sqrt(Emitter& e, Operands o) { return e.square_root(o[0]); }
Value maximum(Emitter& e, Operands o) { return e.maximum(o[0], o[1]); }
Value minimum(Emitter& e, Operands o) { return e.minimum(o[0], o[1]); }
Value equal(Emitter& e, Operands o) { return e.equal(o[0], o[1]); }
Value not_equal(Emitter& e, Operands o) { return e.not_equal(o[0], o[1]); }
Value less(Emitter& e, Operands o) { return e.less(o[0], o[1]); }
Value less_equal(Emitter& e, Operands o) { return e.less_equal(o[0], o[1]); }
Value greater(Emitter& e, Operands o) { return e.less(o[1], o[0]); }
Value greater_equal(Emitter& e, Operands o) { return e.less_equal(o[1], o[0]); }
Value logical_and(Emitter& e, Operands o) { return e.both(o[0], o[1]); }
Value logical_or(Emitter& e, Operands o) { return e.either(o[0], o[1]); }
Value logical_not(Emitter& e, Operands o) { return e.opposite(o[0]); }
Value where(Emitter& e, Operands o) { return e.select(o[0], o[1], o[2]); }

// The comparisons are false for NaN, which so falls through to the last branch.
Value sign(Emitter& e, Operands o) {
  const Value zero = e.real(0);
  return e.select(e.less(zero, o[0]), e.real(1), e.select(e.less(o[0], zero), e.real(-1), o[0]));
}

Value relu(Emitter& e, Operands o) { return e.select(e.less(o[0], e.real(0)), e.real(0), o[0]); }

// As a real: whoever emits knows how wide a whole it is.
Value floor(Emitter& e, Operands o) { return e.round_down(o[0]); }

Value exp(Emitter& e, Operands o) { return exponential(e, o[0]); }
Value expm1(Emitter& e, Operands o) { return exponential_minus_1(e, o[0]); }
Value log(Emitter& e, Operands o) { return logarithm(e, o[0]); }
Value sin(Emitter& e, Operands o) { return sine(e, o[0], 0); }
Value cos(Emitter& e, Operands o) { return sine(e, o[0], 1); }
Value tanh(Emitter& e, Operands o) { return hyperbolic_tangent(e, o[0]); }
Value erf(Emitter& e, Operands o) { return error_function(e, o[0]); }

// 1 / (1 + e^-x). Where e^-x overflows, 0 is the value.
Value sigmoid(Emitter& e, Operands o) { return e.divide(e.real(1), e.add(e.real(1), exponential(e, e.negate(o[0])))); }

// log(1 + x) where 1 + x is not what it should be: the sum w loses the part u - (w - 1), which is worth that over w in the
// logarithm.
Value log1p(Emitter& e, Operands o) {
  const Value x = o[0], one = e.real(1), zero = e.real(0), infinite = e.real(infinity);
  const Value w = e.add(one, x);
  const Value lost = e.divide(e.subtract(x, e.subtract(w, one)), w);
  const Value regular = e.both(e.less(zero, w), e.less(w, infinite));
  return e.add(logarithm(e, w), e.select(regular, lost, zero));
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|).
Value softplus(Emitter& e, Operands o) {
  const Value x = o[0], one = e.real(1);
  const Value u = exponential(e, e.negate(e.absolute(x)));
  const Value w = e.add(one, u);
  const Value lost = e.divide(e.subtract(u, e.subtract(w, one)), w);
  const Value inner = e.add(logarithm(e, w), lost);
  return e.add(e.select(e.less(x, e.real(0)), e.real(0), x), inner);
}

// |a|^b = e^(b log |a|), the exponent as a sum of two reals; the sign of an odd power is a's, a fractional power of a
// negative finite a is NaN. a^0 and 1^b are 1, as in IEEE 754.
Value power(Emitter& e, Operands o) {
  const Value a = o[0], b = o[1], one = e.real(1), zero = e.real(0), infinite = e.real(infinity);
  const Value magnitude = e.absolute(a);
  const Two logarithm = exact_logarithm(e, magnitude);
  const Value product = e.multiply(b, logarithm.high);
  const Value rest = e.multiply_add(b, logarithm.low, e.multiply_add(b, logarithm.high, e.negate(product)));
  // An infinite product has no rest; far outside exp's range the rest does not count.
  const Value regular = e.less(e.absolute(product), e.real(128));
  Value result = exponential(e, product, e.select(regular, rest, zero));

  const Parity exponent = parity(e, b);
  const Value sign = e.bit_and(e.bits_of(a), sign_bit);
  const Value flip = e.select(exponent.odd, sign, e.whole(0));
  result = e.real_of_bits(e.add(e.bits_of(result), flip));
  const Value negative = e.both(e.less(a, zero), e.less(magnitude, infinite));
  result = e.select(e.both(negative, e.opposite(exponent.whole)), e.real(not_a_number), result);
  const Value unit =
      e.either(e.equal(b, zero), e.both(e.equal(magnitude, one), e.either(e.equal(a, one), e.equal(e.absolute(b), infinite))));
  return e.select(unit, one, result);
}

}  // namespace tenet::emission
