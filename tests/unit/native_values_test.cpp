// The values that compiled operations give: kinds, powers, quotients, NaN, denormals, every row of the operation table.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>

#include "tests/catch.h"
#include "tests/unit/loop_nests.h"

using namespace tenet;
using namespace tenet::tests;

TEST_CASE("truths, conditions and whole arithmetic", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {6, 19});
  const BufferId t = add_buffer(kernels, "t", Kind::truth, {19});
  const BufferId n = add_buffer(kernels, "n", Kind::whole, {19});
  const BufferId y = add_buffer(kernels, "y", Kind::real, {6, 19});
  const BufferId u = add_buffer(kernels, "u", Kind::truth, {6, 19});
  const BufferId w = add_buffer(kernels, "w", Kind::whole, {6, 19});
  const BufferId hits = add_buffer(kernels, "hits", Kind::whole, {6});
  const BufferId any = add_buffer(kernels, "any", Kind::truth, {6});
  Nest nest("conditions");
  const TermId i = nest.at(nest.output("i", 6));
  const TermId j = nest.at(nest.output("j", 19, LoopRole::lanes, 2));
  const TermId x = nest.load(kernels, a, {i, j}), truth = nest.load(kernels, t, {j}), whole = nest.load(kernels, n, {j});
  const TermId causal = nest.apply(Op::less_equal, {j, i}, Kind::truth);
  const TermId positive = nest.apply(Op::greater, {x, nest.constant(0, Kind::whole)}, Kind::truth);
  const TermId masked = nest.apply(Op::where, {causal, x, nest.constant(-std::numeric_limits<double>::infinity())});
  nest.store(y, {i, j}, nest.apply(Op::multiply, {nest.apply(Op::maximum, {masked, nest.constant(-3)}), truth}));
  nest.store(u, {i, j},
             nest.apply(Op::logical_or,
                        {nest.apply(Op::logical_and, {causal, truth}, Kind::truth),
                         nest.apply(Op::logical_not, {positive}, Kind::truth)},
                        Kind::truth));
  const TermId floor = nest.apply(Op::floor, {nest.apply(Op::multiply, {x, nest.constant(3)})}, Kind::whole);
  const TermId least = nest.apply(Op::minimum, {nest.apply(Op::multiply, {whole, i}, Kind::whole), floor}, Kind::whole);
  nest.store(w, {i, j}, nest.apply(Op::subtract, {least, positive}, Kind::whole));
  const LoopId loop = nest.bound("k", 19, LoopRole::lanes);
  const TermId k = nest.at(loop);
  const TermId matches = nest.apply(Op::equal, {nest.load(kernels, n, {k}), i}, Kind::truth);
  nest.store(hits, {i}, nest.reduce(Op::sum, matches, {loop}, Kind::whole));
  nest.store(any, {i}, nest.reduce(Op::max_over, matches, {loop}, Kind::truth));
  kernels.kernels.push_back(nest.kernel);
  check(kernels, random_memory(kernels, 11, 8));
}

TEST_CASE("powers by multiplication and root", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {40});
  for (const double exponent : {-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 7.0, 16.0}) {
    const BufferId y = add_buffer(kernels, named("y", std::to_string(exponent)), Kind::real, {40});
    Nest nest("power");
    const TermId i = nest.at(nest.output("i", 40, LoopRole::lanes));
    const TermId x = nest.apply(Op::add, {nest.load(kernels, a, {i}), nest.constant(2.5)});
    nest.store(y, {i}, nest.apply(Op::power, {x, nest.constant(exponent)}));
    kernels.kernels.push_back(nest.kernel);
  }
  check(kernels, random_memory(kernels, 12), 2e-6);
}

TEST_CASE("a quotient by one number keeps the range of single precision", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {16});
  const BufferId d = add_buffer(kernels, "d", Kind::real, {8});
  const BufferId y = add_buffer(kernels, "y", Kind::real, {8, 16});
  Nest nest("quotient");
  const TermId i = nest.at(nest.output("i", 8));
  const TermId j = nest.at(nest.output("j", 16, LoopRole::lanes));
  const TermId quotient = nest.apply(Op::divide, {nest.load(kernels, a, {j}), nest.load(kernels, d, {i})});
  nest.kernel.terms[index_of(quotient)].division = Division::by_reciprocal;
  nest.store(y, {i, j}, quotient);
  kernels.kernels.push_back(nest.kernel);

  constexpr float inf = std::numeric_limits<float>::infinity();
  const std::array<float, 8> divisors = {3.3e38f, -2e38f, 1e38f, 7, 1e-37f, 0, inf, 1e30f};
  const std::array<float, 8> dividends = {3e38f, -1e38f, 1, 0, 1e-30f, inf, -7, 1e10f};
  Memory memory = tests::empty_memory(kernels);
  for (std::size_t n = 0; n < 16; ++n) memory[0][n] = dividends[n % 8];
  for (std::size_t n = 0; n < 8; ++n) memory[1][n] = divisors[n];
  NativeRun native(kernels, compiled(kernels));
  native.write(memory);
  native.run();
  const Memory found = native.read();
  for (std::size_t row = 0; row < 8; ++row)
    for (std::size_t column = 0; column < 8; ++column) {
      const float exact = dividends[column] / divisors[row];
      const auto quotient = static_cast<float>(found[2][row * 16 + column]);
      INFO(dividends[column] << " / " << divisors[row] << " = " << quotient);
      if (std::isnan(exact))
        CHECK(std::isnan(quotient));
      else if (std::abs(exact) < std::numeric_limits<float>::min())
        CHECK(std::abs(quotient) <= std::numeric_limits<float>::min());
      else
        CHECK((quotient == exact || std::abs(quotient - exact) <= 3e-7f * std::abs(exact)));
    }
}

TEST_CASE("every pointwise operation agrees with its table in double precision", "[unit]") {
  constexpr std::int64_t points = 333;
  for (const Operation& op : operations()) {
    if (op.form != Form::pointwise) continue;
    INFO(op.spelling << "/" << op.arity);
    Kernels kernels;
    const bool logical = op.op == Op::logical_and || op.op == Op::logical_or || op.op == Op::logical_not;
    std::vector<BufferId> inputs;
    for (int i = 0; i < op.arity; ++i) {
      const bool truth = logical || (op.op == Op::where && i == 0);
      inputs.push_back(add_buffer(kernels, named("abc", std::to_string(i)), truth ? Kind::truth : Kind::real, {points}));
    }
    const Kind kind = op.kind == KindRule::truth ? Kind::truth : op.kind == KindRule::whole ? Kind::whole : Kind::real;
    const BufferId y = add_buffer(kernels, "y", kind, {points});
    const BufferId one = add_buffer(kernels, "one", kind, {});
    for (const bool lanes : {true, false}) {
      Nest nest(named("op ", std::string(op.spelling)));
      const TermId i = lanes ? nest.at(nest.output("i", points, LoopRole::lanes)) : nest.constant(1, Kind::whole);
      std::vector<TermId> operands;
      for (BufferId input : inputs) operands.push_back(nest.load(kernels, input, {i}));
      nest.store(lanes ? y : one, lanes ? std::vector<TermId>{i} : std::vector<TermId>{}, nest.apply(op.op, operands, kind));
      kernels.kernels.push_back(nest.kernel);
    }
    Memory memory = random_memory(kernels, 13);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (kernels.buffers[i].kind == Kind::real)
        for (double& x : memory[i]) x = static_cast<float>(op.domain_low + (x + 2) / 4 * (op.domain_high - op.domain_low));
    check(kernels, memory, 4e-6);
  }
}

TEST_CASE("NaN reaches every value that depends on it, but not through a branch that is masked out", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {20});
  const BufferId extremes = add_buffer(kernels, "extremes", Kind::real, {2});
  const BufferId y = add_buffer(kernels, "y", Kind::real, {20});
  const BufferId zero = add_buffer(kernels, "zero", Kind::real, {20});
  Nest nest("nan");
  const TermId i = nest.at(nest.output("i", 20, LoopRole::lanes));
  const LoopId loop = nest.bound("k", 20, LoopRole::lanes);
  const TermId x = nest.load(kernels, a, {i}), element = nest.load(kernels, a, {nest.at(loop)});
  nest.store(extremes, {nest.constant(0, Kind::whole)}, nest.reduce(Op::max_over, element, {loop}));
  nest.store(extremes, {nest.constant(1, Kind::whole)}, nest.reduce(Op::min_over, element, {loop}));
  const TermId sane = nest.apply(Op::less, {nest.apply(Op::abs, {x}), nest.constant(5)}, Kind::truth);
  nest.store(y, {i}, nest.apply(Op::where, {sane, x, nest.constant(9)}));
  nest.store(zero, {i}, nest.apply(Op::multiply, {nest.apply(Op::exp, {x}), nest.constant(0)}));
  kernels.kernels.push_back(nest.kernel);
  Memory memory = random_memory(kernels, 14);
  memory[0][0] = std::numeric_limits<double>::quiet_NaN();
  memory[0][18] = std::numeric_limits<double>::infinity();
  check(kernels, memory);
  std::swap(memory[0][0], memory[0][19]);
  check(kernels, memory);
}

TEST_CASE("denormal results and operands count as zero", "[unit]") {
  Kernels kernels;
  const BufferId a = add_buffer(kernels, "a", Kind::real, {17});
  const BufferId y = add_buffer(kernels, "y", Kind::real, {17});
  Nest nest("halve");
  const TermId i = nest.at(nest.output("i", 17, LoopRole::lanes));
  nest.store(y, {i}, nest.apply(Op::multiply, {nest.load(kernels, a, {i}), nest.constant(0.5)}));
  kernels.kernels.push_back(nest.kernel);
  Memory memory = tests::empty_memory(kernels);
  std::ranges::fill(memory[0], 0x1p-126);
  NativeRun native(kernels, compiled(kernels));
  native.write(memory);
  native.run();
  CHECK(native.read()[1] == std::vector<double>(17, 0.0));
}

TEST_CASE("sine and cosine are right within 2 ulp for every number", "[unit]") {
  constexpr std::int64_t count = 1 << 16;
  Kernels kernels;
  const BufferId x = add_buffer(kernels, "x", Kind::real, {count});
  const BufferId s = add_buffer(kernels, "s", Kind::real, {count}), c = add_buffer(kernels, "c", Kind::real, {count});
  Nest nest("angles");
  const LoopId loop = nest.output("i", count, LoopRole::lanes, 1);
  const TermId i = nest.at(loop), angle = nest.load(kernels, x, {i});
  nest.store(s, {i}, nest.apply(Op::sin, {angle}));
  nest.store(c, {i}, nest.apply(Op::cos, {angle}));
  kernels.kernels.push_back(nest.kernel);
  Memory memory = empty_memory(kernels);
  std::mt19937 random(1);
  for (double& number : memory[0]) {
    const auto bits = static_cast<std::uint32_t>(random());
    number = std::isnormal(std::bit_cast<float>(bits)) ? std::bit_cast<float>(bits) : 16367173.0f * 0x1p72f;
  }
  memory[0][0] = std::numeric_limits<double>::infinity();
  memory[0][1] = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t n = 2; n < 2000; ++n) memory[0][n] = static_cast<float>(static_cast<double>(n * n) * std::numbers::pi / 2);
  NativeRun native(kernels, compiled(kernels));
  native.write(memory);
  native.run();
  const Memory found = native.read();
  const auto ulps = [](double a, double exact) {
    return std::abs(a - exact) / std::ldexp(1.0, std::ilogb(std::max(std::abs(exact), 0x1p-126)) - 23);
  };
  double worst = 0, at = 0;
  for (std::size_t n = 2; n < static_cast<std::size_t>(count); ++n)
    for (const double error : {ulps(found[1][n], std::sin(memory[0][n])), ulps(found[2][n], std::cos(memory[0][n]))})
      if (!(error <= worst)) worst = error, at = memory[0][n];
  INFO("at " << at);
  CHECK(worst <= 2);
  CHECK(std::isnan(found[1][0]));
  CHECK(std::isnan(found[2][1]));
}
