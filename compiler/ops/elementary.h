// Elementary functions in single precision as inline vector code: a reduced range, a polynomial, a reconstruction.
// Bounds are stated in ulp of the result for fused multiply-add; special values as in IEEE 754.
#pragma once

#include <cstdint>
#include <limits>

#include "compiler/ops/emitter.h"

namespace tenet::emission {

using Value = Emitter::Value;

inline constexpr float infinity = std::numeric_limits<float>::infinity();
inline constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
inline constexpr std::int32_t sign_bit = std::numeric_limits<std::int32_t>::min();

// An unevaluated sum that holds about twice the digits.
struct Two {
  Value high, low;
};

// e^x: 1.1 ulp. 0 below -87.33, where the result would be less than 2^-126; infinity from log(2^128) on.
Value exponential(Emitter& e, Value x);
// e^(x + rest) with |rest| far below |x| + 1.
Value exponential(Emitter& e, Value x, Value rest);
// e^x - 1: 1.7 ulp, near 0 too.
Value exponential_minus_1(Emitter& e, Value x);

// log x: 1 ulp, denormals too. -inf at 0, NaN below.
Value logarithm(Emitter& e, Value x);
// log x to about 2^-28 relative to 1 + |log x|, x positive and finite; elsewhere the high part is right and the low part
// unspecified.
Two exact_logarithm(Emitter& e, Value x);

// sin(x + quarters pi/2): 1.6 ulp of the greater of the result and 2^-11 up to |x| = 10,000; NaN beyond |x| = 4,000,000: native
// code works out large angles in another way (native/large_angles.cpp).
Value sine(Emitter& e, Value x, int quarters);

// 5 ulp; never outside [-1, 1].
Value hyperbolic_tangent(Emitter& e, Value x);

// 2 ulp.
Value error_function(Emitter& e, Value x);

}  // namespace tenet::emission
