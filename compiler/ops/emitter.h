// What an operation's native code is written in: vectors of single-precision reals, 32-bit wholes or truths. The operation
// table stays free of LLVM, and the tests run the same formulas on plain numbers to measure their accuracy. Each operation
// rounds once, as IEEE 754 says: an implementation neither reassociates nor contracts them (error terms would vanish).
#pragma once

#include <cstdint>

namespace tenet {

class Emitter {
 public:
  struct Value { void* handle = nullptr; };

  virtual ~Emitter() = default;

  virtual Value real(float constant) = 0;
  virtual Value whole(std::int32_t constant) = 0;

  // Arithmetic on two reals or two wholes alike. Wholes wrap around at 32 bits. What is said of NaN goes for reals.
  virtual Value add(Value, Value) = 0;
  virtual Value subtract(Value, Value) = 0;
  virtual Value multiply(Value, Value) = 0;
  virtual Value minimum(Value, Value) = 0;   // NaN if either is NaN
  virtual Value maximum(Value, Value) = 0;   // NaN if either is NaN
  virtual Value negate(Value) = 0;
  virtual Value absolute(Value) = 0;

  // Reals only.
  virtual Value divide(Value, Value) = 0;
  virtual Value multiply_add(Value a, Value b, Value c) = 0;  // a*b + c, rounded once
  virtual Value square_root(Value) = 0;
  virtual Value round_down(Value) = 0;
  virtual Value round_nearest(Value) = 0;

  // Kinds: real <- whole, truth; whole <- real (toward zero; of a real within the wholes' range), truth. A value that has the
  // kind already stays.
  virtual Value to_real(Value) = 0;
  virtual Value to_whole(Value) = 0;

  // The bits of a real as a whole and back; shifts of wholes.
  virtual Value bits_of(Value real) = 0;
  virtual Value real_of_bits(Value whole) = 0;
  virtual Value shift_left(Value whole, int bits) = 0;
  virtual Value shift_right(Value whole, int bits) = 0;  // arithmetic
  virtual Value bit_and(Value whole, std::int32_t mask) = 0;
  virtual Value bit_or(Value whole, std::int32_t mask) = 0;

  // Comparisons of two reals or two wholes: ordered (false with NaN), except not_equal (true with NaN).
  virtual Value equal(Value, Value) = 0;
  virtual Value not_equal(Value, Value) = 0;
  virtual Value less(Value, Value) = 0;
  virtual Value less_equal(Value, Value) = 0;

  // Truths.
  virtual Value both(Value, Value) = 0;
  virtual Value either(Value, Value) = 0;
  virtual Value opposite(Value) = 0;
  virtual Value select(Value truth, Value then, Value otherwise) = 0;
};

}  // namespace tenet
