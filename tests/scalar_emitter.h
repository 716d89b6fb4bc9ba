// The Emitter on plain numbers: what native code computes in one lane.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "compiler/ops/operations.h"

namespace tenet::tests {

class ScalarEmitter final : public Emitter {
 public:
  // Runs an operation's formula on reals; a whole or truth comes back as a real.
  static float run(const Operation& row, std::span<const float> operands, std::span<const Kind> kinds) {
    ScalarEmitter emitter;
    std::vector<Value> values;
    for (std::size_t i = 0; i < operands.size(); ++i)
      values.push_back(kinds[i] == Kind::real    ? emitter.real(operands[i])
                       : kinds[i] == Kind::whole ? emitter.whole(static_cast<std::int32_t>(operands[i]))
                                                 : emitter.truth(operands[i] != 0));
    const Cell result = get(row.emit(emitter, values));
    return result.kind == Kind::real ? std::bit_cast<float>(result.bits) : static_cast<float>(result.bits);
  }

  Value real(float constant) override { return put(Kind::real, std::bit_cast<std::int32_t>(constant)); }
  Value whole(std::int32_t constant) override { return put(Kind::whole, constant); }

  Value add(Value a, Value b) override {
    return arithmetic(a, b, [](auto x, auto y) { return x + y; });
  }
  Value subtract(Value a, Value b) override {
    return arithmetic(a, b, [](auto x, auto y) { return x - y; });
  }
  Value multiply(Value a, Value b) override {
    if (get(a).kind == Kind::truth) return both(a, b);
    return arithmetic(a, b, [](auto x, auto y) { return x * y; });
  }
  Value minimum(Value a, Value b) override {
    return arithmetic(a, b, [](auto x, auto y) { return x != x ? x : y != y ? y : lower(x, y); });
  }
  Value maximum(Value a, Value b) override {
    return arithmetic(a, b, [](auto x, auto y) { return x != x ? x : y != y ? y : lower(x, y) == x ? y : x; });
  }
  Value negate(Value a) override { return is_real(a) ? real(-as_real(a)) : whole(-as_whole(a)); }
  Value absolute(Value a) override { return is_real(a) ? real(std::fabs(as_real(a))) : whole(std::abs(as_whole(a))); }

  Value divide(Value a, Value b) override { return real(as_real(a) / as_real(b)); }
  Value multiply_add(Value a, Value b, Value c) override { return real(std::fma(as_real(a), as_real(b), as_real(c))); }
  Value square_root(Value a) override { return real(std::sqrt(as_real(a))); }
  Value round_down(Value a) override { return real(std::floor(as_real(a))); }
  Value round_nearest(Value a) override { return real(std::nearbyint(as_real(a))); }

  Value to_real(Value a) override { return is_real(a) ? a : real(static_cast<float>(get(a).bits)); }
  Value to_whole(Value a) override {
    return get(a).kind == Kind::whole ? a : whole(is_real(a) ? static_cast<std::int32_t>(as_real(a)) : get(a).bits);
  }

  Value bits_of(Value a) override { return whole(std::bit_cast<std::int32_t>(as_real(a))); }
  Value real_of_bits(Value a) override { return put(Kind::real, as_whole(a)); }
  Value shift_left(Value a, int bits) override {
    return whole(static_cast<std::int32_t>(static_cast<std::uint32_t>(as_whole(a)) << bits));
  }
  Value shift_right(Value a, int bits) override { return whole(as_whole(a) >> bits); }
  Value bit_and(Value a, std::int32_t mask) override { return whole(as_whole(a) & mask); }
  Value bit_or(Value a, std::int32_t mask) override { return whole(as_whole(a) | mask); }

  Value equal(Value a, Value b) override {
    return comparison(a, b, [](auto x, auto y) { return x == y; });
  }
  Value not_equal(Value a, Value b) override {
    return comparison(a, b, [](auto x, auto y) { return x != y; });
  }
  Value less(Value a, Value b) override {
    return comparison(a, b, [](auto x, auto y) { return x < y; });
  }
  Value less_equal(Value a, Value b) override {
    return comparison(a, b, [](auto x, auto y) { return x <= y; });
  }

  Value both(Value a, Value b) override { return truth(as_truth(a) && as_truth(b)); }
  Value either(Value a, Value b) override { return truth(as_truth(a) || as_truth(b)); }
  Value opposite(Value a) override { return truth(!as_truth(a)); }
  Value select(Value condition, Value a, Value b) override {
    require(get(a).kind == get(b).kind);
    return as_truth(condition) ? a : b;
  }

 private:
  // A value's kind travels with it, so that a formula that mixes kinds is found out.
  struct Cell {
    Kind kind;
    std::int32_t bits;
  };
  static Cell get(Value value) {
    const auto packed = reinterpret_cast<std::uintptr_t>(value.handle);
    return {static_cast<Kind>(packed >> 32), static_cast<std::int32_t>(static_cast<std::uint32_t>(packed))};
  }
  static Value put(Kind kind, std::int32_t bits) {
    const auto packed = (static_cast<std::uintptr_t>(kind) << 32) | static_cast<std::uint32_t>(bits);
    return {reinterpret_cast<void*>(packed)};
  }
  static Value truth(bool value) { return put(Kind::truth, value ? 1 : 0); }

  static void require(bool condition) {
    if (!condition) throw std::logic_error("a formula mixes kinds");
  }
  static bool is_real(Value a) { return get(a).kind == Kind::real; }
  static float as_real(Value a) {
    require(is_real(a));
    return std::bit_cast<float>(get(a).bits);
  }
  static std::int32_t as_whole(Value a) {
    require(get(a).kind == Kind::whole);
    return get(a).bits;
  }
  static bool as_truth(Value a) {
    require(get(a).kind == Kind::truth);
    return get(a).bits != 0;
  }

  template <class T>
  static T lower(T x, T y) {
    return y < x ? y : x;
  }

  template <class F>
  Value arithmetic(Value a, Value b, F f) {
    if (is_real(a)) return real(f(as_real(a), as_real(b)));
    return whole(static_cast<std::int32_t>(static_cast<std::uint32_t>(f(std::int64_t{as_whole(a)}, std::int64_t{as_whole(b)}))));
  }
  template <class F>
  Value comparison(Value a, Value b, F f) {
    return truth(is_real(a) ? f(as_real(a), as_real(b)) : f(as_whole(a), as_whole(b)));
  }
};

}  // namespace tenet::tests
