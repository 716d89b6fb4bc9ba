// The formulas that native code is written in, run on plain numbers and measured against double precision.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <vector>

#include "compiler/ops/operations.h"
#include "tests/catch.h"
#include "tests/scalar_emitter.h"
#include "tests/unit/loop_nests.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float least_normal = 0x1p-126f;
constexpr float denormal = 0x1p-140f;

float emitted(Op op, float a) { return ScalarEmitter::run(operation(op), std::array{a}, std::array{Kind::real}); }
float emitted(Op op, float a, float b) {
  return ScalarEmitter::run(operation(op), std::array{a, b}, std::array{Kind::real, Kind::real});
}
double exact(Op op, float a, float b = 0) { return operation(op).evaluate(a, b, 0); }

// The error in units of the last place that a float near `expected`, or near `floor` if that is greater, has.
double error_in_ulp(double actual, double expected, double floor = least_normal) {
  const int exponent = std::ilogb(std::max(std::fabs(expected), floor));
  return std::fabs(actual - expected) / std::ldexp(1.0, exponent - 23);
}

struct Worst {
  double ulp = 0;
  float at = 0;
  void see(double error, float x) {
    if (!(error <= ulp)) ulp = error, at = x;  // a NaN counts
  }
};

// Every `stride`-th float from low to high, both included.
template <class Visit>
void sweep(float low, float high, std::int32_t stride, Visit visit) {
  // Floats in their order as whole numbers.
  auto place = [](float x) {
    const auto bits = std::bit_cast<std::int32_t>(x);
    return std::int64_t{bits < 0 ? std::numeric_limits<std::int32_t>::min() - bits : bits};
  };
  auto value = [](std::int64_t place) {
    const auto bits = static_cast<std::int32_t>(place);
    return std::bit_cast<float>(bits < 0 ? std::numeric_limits<std::int32_t>::min() - bits : bits);
  };
  for (std::int64_t i = place(low); i <= place(high); i += stride) visit(value(i));
  visit(high);
}

// How far an operation may be off, from `low` to `high`, in units of the last place of its value or of `floor`.
struct Accuracy {
  Op op;
  float low, high;
  double ulp;
  double floor = least_normal;
};

constexpr float greatest = std::numeric_limits<float>::max();
constexpr Accuracy accuracies[] = {
    {Op::exp, -87.3f, 88.72f, 1.1},
    {Op::expm1, -100, 88.72f, 1.7},
    {Op::log, denormal, greatest, 1.0},
    {Op::log, 0.9f, 1.1f, 1.0},
    {Op::log1p, -0.9999f, 1e30f, 1.5},
    {Op::log1p, -1e-3f, 1e-3f, 1.5},
    {Op::tanh, -20, 20, 5},
    {Op::sigmoid, -87, 100, 2.5},
    {Op::softplus, -87, 100, 2},
    {Op::erf, -10, 10, 2},
    {Op::sin, -1e4f, 1e4f, 1.6, 0x1p-11},
    {Op::cos, -1e4f, 1e4f, 1.6, 0x1p-11},
    {Op::sin, -0.5f, 0.5f, 1.5},
    {Op::sin, 1e4f, 3.9e6f, 4, 1.0},
    {Op::cos, 1e4f, 3.9e6f, 4, 1.0},
    {Op::sqrt, denormal, greatest, 0.5},
};

// `Values` gives what an operation makes of up to `row` floats.
template <class Values>
void check_accuracies(std::int32_t stride) {
  constexpr std::size_t row = 1 << 14;
  for (const Accuracy& accuracy : accuracies) {
    Values of(accuracy.op, row);
    Worst found;
    std::vector<float> inputs;
    const auto see = [&] {
      const std::vector<float> actual = of(inputs);
      for (std::size_t i = 0; i < inputs.size(); ++i)
        found.see(error_in_ulp(actual[i], exact(accuracy.op, inputs[i]), accuracy.floor), inputs[i]);
      inputs.clear();
    };
    sweep(accuracy.low, accuracy.high, stride, [&](float x) {
      inputs.push_back(x);
      if (inputs.size() == row) see();
    });
    see();
    INFO(operation(accuracy.op).spelling << " on [" << accuracy.low << ", " << accuracy.high << "]: " << found.ulp << " ulp at "
                                         << found.at);
    CHECK(found.ulp <= accuracy.ulp);
  }
}

// An operation's formula, on plain numbers.
struct Formula {
  Op op;
  Formula(Op op, std::size_t) : op(op) {}
  std::vector<float> operator()(const std::vector<float>& inputs) const {
    std::vector<float> result;
    for (float x : inputs) result.push_back(emitted(op, x));
    return result;
  }
};

// An operation as native code of this machine, or of the one that TENET_TEST_CPU names. Denormals are flushed: 0 is right then.
class Native {
 public:
  Native(Op op, std::size_t row) : op_(op) {
    x_ = add_buffer(kernels_, "x", Kind::real, {static_cast<std::int64_t>(row)});
    y_ = add_buffer(kernels_, "y", Kind::real, {static_cast<std::int64_t>(row)});
    Nest nest("values");
    const TermId i = nest.at(nest.output("i", static_cast<std::int64_t>(row), LoopRole::lanes));
    nest.store(y_, {i}, nest.apply(op, {nest.load(kernels_, x_, {i})}));
    kernels_.kernels.push_back(nest.kernel);
    run_.emplace(kernels_, compiled(kernels_));
  }

  std::vector<float> operator()(const std::vector<float>& inputs) {
    Memory memory = empty_memory(kernels_);
    std::ranges::copy(inputs, memory[index_of(x_)].begin());
    run_->write(memory);
    run_->run();
    memory = run_->read();
    std::vector<float> result(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const double expected = exact(op_, inputs[i]);
      const bool flushed = std::abs(inputs[i]) < least_normal || std::abs(expected) < least_normal;
      result[i] = static_cast<float>(flushed ? expected : memory[index_of(y_)][i]);
    }
    return result;
  }

 private:
  Op op_;
  Kernels kernels_;
  BufferId x_, y_;
  std::optional<NativeRun> run_;
};

bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void check_value(Op op, float x, float expected) {
  INFO(operation(op).spelling << "(" << x << ") is " << emitted(op, x));
  CHECK(same(emitted(op, x), expected));
}

}  // namespace

TEST_CASE("functions are as right as their formulas promise", "[unit]") {
  check_accuracies<Formula>(4099);
  for (Op op : {Op::sin, Op::cos}) {
    check_value(op, 1e8f, not_a_number);  // others work those out
    check_value(op, -inf, not_a_number);
  }
}

// Of every float, which takes more than an hour, with TENET_EVERY_FLOAT=1 build-tests/tests/tenet_tests "native functions*".
TEST_CASE("native functions are as right as their formulas promise", "[unit]") {
  check_accuracies<Native>(std::getenv("TENET_EVERY_FLOAT") ? 1 : 4099);
}

TEST_CASE("a power is right within 8 ulp", "[unit]") {
  Worst found;
  float base = 0;
  for (float b : {0.5f, -0.5f, 1.0f / 3, 1.5f, 2.0f, -1.0f, 3.7f, -7.25f, 20.0f, 100.0f, 1e-3f})
    sweep(1e-6f, 1e6f, 65537, [&](float a) {
      const double expected = exact(Op::power, a, b);
      if (std::fabs(expected) < least_normal || std::fabs(expected) > std::numeric_limits<float>::max()) return;
      const double before = found.ulp;
      found.see(error_in_ulp(emitted(Op::power, a, b), expected), b);
      if (found.ulp != before) base = a;
    });
  INFO(base << "^" << found.at << ": " << found.ulp);
  CHECK(found.ulp <= 8);
}

TEST_CASE("infinities, NaN, zeros and denormals give what IEEE 754 says", "[unit]") {
  constexpr std::array special = {0.0f,      -0.0f,        inf,  -inf,  not_a_number, denormal,
                                  -denormal, least_normal, 1.0f, -1.0f, 200.0f,       -200.0f};
  for (const Operation& row : operations()) {
    if (row.form != Form::pointwise || row.arity != 1 || row.kind == KindRule::truth || row.op == Op::floor) continue;
    for (float x : special) {
      auto expected = static_cast<float>(row.evaluate(x, 0, 0));
      const float actual = emitted(row.op, x);
      INFO(row.spelling << "(" << x << ") is " << actual << ", not " << expected);
      const bool flushed = actual == 0 && std::fabs(expected) < least_normal;
      CHECK((same(actual, expected) || flushed || std::fabs(actual - expected) <= 2e-7f * std::fabs(expected)));
    }
  }
}

TEST_CASE("powers of special numbers are those of IEEE 754", "[unit]") {
  constexpr std::array special = {0.0f, -0.0f, inf, -inf, not_a_number, 1.0f, -1.0f, 2.0f, -2.0f, 3.0f, -3.0f, 0.5f, -0.5f, 2.5f};
  for (float a : special)
    for (float b : special) {
      auto expected = static_cast<float>(exact(Op::power, a, b));
      const float actual = emitted(Op::power, a, b);
      INFO(a << "^" << b << " is " << actual << ", not " << expected);
      CHECK((same(actual, expected) || error_in_ulp(actual, expected) <= 2));
    }
}

TEST_CASE("tanh and erf never leave [-1, 1], and reach the ends", "[unit]") {
  for (Op op : {Op::tanh, Op::erf}) {
    float greatest = 0;
    sweep(0, 100, 1021, [&](float x) { greatest = std::max(greatest, emitted(op, x)); });
    CHECK(greatest == 1);
    check_value(op, -inf, -1);
  }
}

TEST_CASE("exp overflows to infinity and underflows to 0 where float does", "[unit]") {
  CHECK(emitted(Op::exp, 88.722f) < inf);
  CHECK(emitted(Op::exp, 88.7229f) == inf);
  CHECK(emitted(Op::exp, -87.33f) > 0);
  CHECK(emitted(Op::exp, -104) == 0);
}

TEST_CASE("floor gives a whole as a real, whatever its size", "[unit]") {
  check_value(Op::floor, -0.5f, -1);
  check_value(Op::floor, 7.9f, 7);
  check_value(Op::floor, 1e30f, 1e30f);
  check_value(Op::floor, -inf, -inf);
  check_value(Op::floor, not_a_number, not_a_number);
}

TEST_CASE("max, min and where of wholes are whole", "[unit]") {
  const std::array kinds = {Kind::whole, Kind::whole};
  CHECK(ScalarEmitter::run(operation(Op::maximum), std::array{-3.0f, 2.0f}, kinds) == 2);
  CHECK(ScalarEmitter::run(operation(Op::minimum), std::array{-3.0f, 2.0f}, kinds) == -3);
  CHECK(ScalarEmitter::run(operation(Op::where), std::array{1.0f, 5.0f, 6.0f},
                           std::array{Kind::truth, Kind::whole, Kind::whole}) == 5);
}
