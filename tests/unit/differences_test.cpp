// What stands between a wrong gradient and `tenet check`.
#include "compiler/grad/differences.h"

#include <fmt/format.h>

#include <cmath>

#include "compiler/grad/gradient.h"
#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

constexpr double tolerance = 1e-6;

// The error of the derived gradient of `loss` by `target` after `change` had its way with it.
template <class Change>
DifferenceError difference_after(const std::string& text, const std::string& target, Change change) {
  Algebra algebra(text);
  Graph& graph = algebra.graph;
  const NodeId loss = algebra["loss"], by[] = {algebra[target]};
  const NodeId gradient = gradients(graph, loss, by)[0];
  Interpreter interpreter = algebra.interpreter(5);
  Tensor derived = interpreter.value(gradient);
  const Tensor at = interpreter.value(by[0]);
  const auto holds = [&](NodeId truth) {
    algebra.complete_sizes();
    return std::ranges::any_of(interpreter.value(truth).values, [](double x) { return x != 0; });
  };
  const Moved all = moved(graph, loss, by, 2, holds);
  algebra.complete_sizes();
  unmove(interpreter, all);
  change(derived);
  return difference_error(interpreter, all, 0, at, std::span(&derived, 1), {10, {10}}, tolerance);
}

template <class Change>
double error_after(const std::string& text, const std::string& target, Change change) {
  return difference_after(text, target, change).error;
}

struct Case {
  std::string text, target;
};
const Case cases[] = {
    {"axis i = 4, j = 5\nparam x[i, j] = 0\nparam w[j] = 0\nloss = sum[i](tanh(sum[j](x * w))^2)", "x"},
    {"axis i = 4, j = 5\nparam x[i, j] = 0\nparam w[j] = 0\nloss = sum[i](tanh(sum[j](x * w))^2)", "w"},
    {"axis i = 6\nparam x[i] = 0\nloss = sum[i](stop(x) * x + relu(x) + floor(x) * x + sign(x) * x^2 + where(x > 0, x, 2 * x))",
     "x"},
    {"axis i = 6\nparam x[i] = 0\nt = stop(x^2)\nloss = sum[i](t * x) + sum[i](stop(exp(x)) * t)", "x"},
    {"axis i = 6\nparam x[i] = 0\nloss = sum[i](max(x, x) * x + relu(x - x) * i + abs(0 * x) + min(2 * x, x + x) * i)", "x"},
    {"axis i = 6\nparam x[i] = 0\nloss = max[i](0 * x + 3 * x[i = 0]) + sum[i](sin(x) * max(x, floor(i / 2)))", "x"},
    {"axis i = 6\nparam x[i] = 0\ny = where(i < 3, 0, x)\nz = relu(y) - relu(-y)\nloss = sum[i](z * (i + x)) + max[i](-abs(y))",
     "x"},
    {"axis i = 6\nparam x[i] = 0\nparam s = 2\nloss = sum[i](i * x / sqrt(sum[i](x^2) / |i| + 1e-3))", "x"},
};

}  // namespace

TEST_CASE("a right gradient passes, where values are held and at ties too", "[unit]") {
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(error_after(one.text, one.target, [](Tensor&) {}) < tolerance);
  }
}

TEST_CASE("a gradient that is wrong in one entry by a hundredth of its largest fails", "[unit]") {
  for (const Case& one : cases)
    for (const std::size_t entry : {0, 1, 3}) {
      INFO(one.text << ", entry " << entry);
      const double error = error_after(one.text, one.target, [&](Tensor& gradient) {
        REQUIRE(largest(gradient) > 0);
        gradient.values.at(entry) += 0.01 * largest(gradient);
      });
      CHECK(error > 10 * tolerance);
      CHECK(error_after(one.text, one.target, [](Tensor& gradient) {
              for (double& value : gradient.values) value *= 1.01;
            }) > 10 * tolerance);
    }
}

TEST_CASE("a gradient that is zero passes, and what is not zero does not pass for it", "[unit]") {
  const std::string shifted = "axis i = 5\nparam s = 1\ndata x[i]\ne = exp(x + s)\nloss = sum[i](i * e / sum[i](e))";
  CHECK(error_after(shifted, "s", [](Tensor&) {}) < tolerance);
  CHECK(error_after(shifted, "s", [](Tensor& gradient) { gradient.values[0] = 1e-6; }) > tolerance);
}

TEST_CASE("differences that settle at no step say nothing, and only they", "[unit]") {
  const auto wrong = [](Tensor& gradient) { gradient.values[0] *= 1.1; };
  const auto chain = [](int scale) {
    std::string text = "param x = 0\ny_0 = sin(x)\n";
    for (int k = 1; k < 50; ++k) text += fmt::format("y_{} = sin({} * y_{})\n", k, scale, k - 1);
    return text + "loss = y_49";
  };
  CHECK(difference_after(chain(1), "x", wrong).settles);
  CHECK(difference_after(chain(1), "x", wrong).error > 0.01);
  CHECK(!difference_after(chain(20), "x", wrong).settles);
}
