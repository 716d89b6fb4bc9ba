// What stands between a wrong native form and `tenet check`.
#include "compiler/driver/native_check.h"

#include "tests/catch.h"
#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// What comes of `computed` in place of `written` at x = -2, -1, 0, 1, 2; both are expressions over x and i.
Deviation deviation(const std::string& written, const std::string& computed, bool strict = false) {
  Algebra algebra("axis i = 5\nparam x[i] = 0\ny = x + 0");
  const NodeId value = algebra.build(written), native = algebra.build(computed);
  algebra.complete_sizes();
  Computation computation;
  computation.outputs.push_back({output_name(0), native});
  StageTimes times;
  auto check = NativeCheck::make(algebra.graph, algebra.sizes, computation, {{"y", value}}, times);
  REQUIRE(check.has_value());
  const InputId x = algebra.graph.input_of(algebra["x"]);
  Tensor at = tensor_of(algebra.graph.input(x).axes, algebra.sizes);
  at.values = {-2, -1, 0, 1, 2};
  const auto result = check->at({{x, at}}, strict);
  REQUIRE(result.has_value());
  return *result;
}

bool passes(const Deviation& deviation) { return deviation.wrong.empty() && deviation.error <= native_tolerance; }

}  // namespace

TEST_CASE("a native form that is the formula's passes", "[unit]") {
  CHECK(passes(deviation("tanh(x) * i", "tanh(x) * i")));
  CHECK(passes(deviation("(x + 1)^2 - x^2", "2 * x + 1")));
  CHECK(passes(deviation("where(x > 0, log(x), 0)", "where(x > 0, log(x), 0)")));
}

TEST_CASE("a native form that is not finite where the formula is fails, with the value and its place", "[unit]") {
  const Deviation masked = deviation("where(x > 0, log(x), 0)", "where(x > 0, 1, 0) * log(x)");
  CHECK(std::isinf(masked.error));
  CHECK_THAT(masked.wrong, ContainsSubstring("y is") && ContainsSubstring("nan") && ContainsSubstring("at i = 0"));
  CHECK(std::isinf(deviation("where(abs(x) > 1.5, x / (abs(x) - 1), 0)", "x / (abs(x) - 1) * where(abs(x) > 1.5, 1, 0)").error));
  CHECK(std::isinf(deviation("exp(x) / (1 + exp(x))", "exp(100 * x) / exp(99 * x) / (1 + exp(x))").error));
}

TEST_CASE("a native form that is another value fails", "[unit]") {
  CHECK(!passes(deviation("tanh(x) * i", "tanh(x) * i * 1.001")));
  CHECK(!passes(deviation("x^2", "where(i == 3, x^2 + 0.001, x^2)")));
  CHECK(!passes(deviation("where(x == 0, 1, 0)", "0 * x")));
}

TEST_CASE("a formula that is no number at one place excuses that place alone", "[unit]") {
  CHECK(passes(deviation("log(x)", "log(x)")));
  CHECK(!passes(deviation("log(x)", "log(x) * 1.001")));
  CHECK(!passes(deviation("sqrt(x)", "sqrt(x) / where(i == 4, 0, 1)")));
  // Where training starts, nothing is excused; what is better than its formula passes.
  CHECK(!passes(deviation("log(x)", "log(x)", true)));
  CHECK(passes(deviation("log(exp(1000 * x)) / 1000", "x", true)));
}

TEST_CASE("a jump of what is computed may go either way, and has to be finite", "[unit]") {
  CHECK(passes(deviation("where(i == 2, 0, floor(x / 3 * 3))", "where(i == 2, 0, floor(x / 3 * 3 - 0.0001))")));
  CHECK(!passes(deviation("floor(x / 3 * 3)", "floor(x / 3 * 3) / 0")));
}

TEST_CASE("an error is a share of the terms that cancel within a sum, and of nothing where single precision has none", "[unit]") {
  CHECK(passes(deviation("sum[i](3 * sin(x) - (sin(x) + 2 * sin(x)))", "1e-7 * sum[i](cos(x))")));
  CHECK(!passes(deviation("sum[i](3 * sin(x) - (sin(x) + 2 * sin(x)))", "1e-3 * sum[i](cos(x))")));
  CHECK(passes(deviation("1e-36 * x", "0 * x")));
  CHECK(!passes(deviation("1e-25 * x", "0 * x")));
}
