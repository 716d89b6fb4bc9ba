#include "compiler/grad/gradient.h"
#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// Every gradient of `value`, raw and simplified, against finite differences.
void check_gradients(const std::string& text, const std::string& value, const std::vector<std::string>& targets,
                     double tolerance = 1e-6) {
  Algebra algebra(text);
  std::vector<NodeId> nodes;
  for (const auto& target : targets) nodes.push_back(algebra[target]);
  const std::vector<NodeId> raw = gradients(algebra.graph, algebra[value], nodes);
  const std::vector<NodeId> simplified = simplify(algebra.graph, raw).roots;
  Interpreter interpreter = algebra.interpreter(7);
  for (std::size_t k = 0; k < targets.size(); ++k) {
    INFO("the derivative of " << value << " by " << targets[k] << " in\n" << text);
    const Tensor expected = finite_difference(algebra, interpreter, algebra[value], nodes[k]);
    CHECK(distance(interpreter.value(raw[k]), expected) < tolerance);
    CHECK(distance(interpreter.value(simplified[k]), expected) < tolerance);
  }
}

}  // namespace

TEST_CASE("the gradient of a sum of a product is the other factor, summed over what was broadcast", "[unit]") {
  check_gradients(R"(
axis i = 3, j = 4
param x[i, j] = 0
param w[j] = 0
param b = 0
y = sum[j](x * w) + b
loss = sum[i](y^2)
)",
                  "loss", {"x", "w", "b", "y"});
}

TEST_CASE("an adjoint without an axis that its consumer has counts that axis", "[unit]") {
  check_gradients("axis i = 5\nparam x = 0\ndata z[i]\nloss = sum[i](x + z)", "loss", {"x"});
  check_gradients("axis i = 5, j = 2\nparam x = 0\ndata z[i, j]\nloss = sum[i, j](x + z)", "loss", {"x"});
  check_gradients("axis i = 5\nparam x = 0\ndata z[i]\nloss = sum[i](z - x * 3)", "loss", {"x"});
}

TEST_CASE("every pointwise function passes its gradient", "[unit]") {
  for (const std::string call : {"exp(x)",        "log(x^2 + 1)", "sqrt(x^2 + 1)", "tanh(x)",
                                 "sigmoid(x)",    "abs(x)",       "sin(x)",        "cos(x)",
                                 "erf(x)",        "relu(x)",      "log1p(x^2)",    "expm1(x)",
                                 "softplus(x)",   "max(x, z)",    "min(x, z)",     "where(x > z, x * z, x + z)",
                                 "x / (z^2 + 1)", "x^3",          "(x^2 + 1)^z",   "-x",
                                 "x - z"})
    check_gradients("axis i = 4\nparam x[i] = 0\nparam z[i] = 0\nloss = sum[i](" + call + ")", "loss", {"x", "z"}, 1e-5);
}

TEST_CASE("every reduction passes its gradient", "[unit]") {
  for (const std::string reduction : {"sum", "prod", "max", "min"})
    check_gradients("axis i = 3, j = 4\nparam x[i, j] = 0\nparam z[i] = 0\nloss = sum[i](" + reduction + "[j](x) * z)", "loss",
                    {"x", "z"});
  check_gradients("axis i = 3, j = 4\nparam x[i, j] = 0\nloss = prod[i, j](x)", "loss", {"x"});
}

TEST_CASE("substitution's adjoint is a sum over an indicator", "[unit]") {
  const std::string axes = "axis i = 3, j = 4, k = 3\ndata n[j] : i\ndata m[i] : j\n";
  SECTION("a lookup") {
    check_gradients(axes + "param c[i, k] = 0\nparam w[j, k] = 0\nloss = sum[j, k](c[i = n] * w)", "loss", {"c", "w"});
  }
  SECTION("a lookup that shares an axis") {
    check_gradients(axes + "param s[i, j] = 0\nloss = sum[i](s[j = m]^2)", "loss", {"s"});
  }
  SECTION("a rename") { check_gradients(axes + "param c[i] = 0\nloss = sum[k](c[i = k] * k)", "loss", {"c"}); }
  SECTION("the diagonal") { check_gradients(axes + "param s[i, k] = 0\nloss = sum[k](s[i = k]^2)", "loss", {"s"}); }
  SECTION("an exchange of two axes") {
    check_gradients(axes + "param s[i, k] = 0\nloss = sum[i, k](s[i = k, k = i] * s * i)", "loss", {"s"});
  }
  SECTION("a shift") {
    check_gradients(axes + "param x[j] = 0\nparam z = 0\nloss = sum[j](x[j = j - 1 else z] * x * j)", "loss", {"x", "z"});
  }
  SECTION("a shift with an `else` value that has the axis") {
    check_gradients(axes + "param x[j] = 0\nparam z[j] = 0\nloss = sum[j](x[j = j + 2 else z]^2 * j)", "loss", {"x", "z"});
  }
  SECTION("a window") {
    check_gradients(axes + "param x[j] = 0\nparam w[k] = 0\ny = sum[k](x[j = j + k - 1 else 0] * w)\nloss = sum[j](y^2)", "loss",
                    {"x", "w", "y"});
  }
}

TEST_CASE("a value with axes has a Jacobian", "[unit]") {
  const std::string text = R"(
axis i = 3, j = 4, k = 4
param x[i] = 0
param w[i, j] = 0
z = sum[i](x * w)
p = exp(z - max[j](z)) / sum[j](exp(z - max[j](z)))
q = p[j = k]
)";
  check_gradients(text, "p", {"x"});
  check_gradients(text, "q", {"x", "z", "w"});
  check_gradients(text, "z", {"x"});
}

TEST_CASE("the gradient of a gradient is taken like any other", "[unit]") {
  Algebra algebra("axis i = 3\nparam x[i] = 0\nparam v[i] = 0\nloss = sum[i](tanh(x)^2 * x)");
  const NodeId x = algebra["x"];
  const NodeId first = gradients(algebra.graph, algebra["loss"], std::span(&x, 1)).front();
  const NodeId along = algebra.graph.reduce(Op::sum, {algebra.axes["i"]}, algebra.graph.apply(Op::multiply, first, algebra["v"]));
  const NodeId second = gradients(algebra.graph, along, std::span(&x, 1)).front();
  Interpreter interpreter = algebra.interpreter(3);
  CHECK(distance(interpreter.value(second), finite_difference(algebra, interpreter, along, x)) < 1e-6);
}

TEST_CASE("a gradient goes through every use of the name and through no equal expression", "[unit]") {
  Algebra algebra("param x = 0\na = x^2\nb = x^2\nloss = a * b + a");
  const NodeId targets[] = {algebra["a"], algebra["b"]};
  const auto results = gradients(algebra.graph, algebra["loss"], targets);
  Interpreter interpreter = algebra.interpreter(1);
  const double value = interpreter.value(algebra["a"]).values[0];
  CHECK(interpreter.value(results[0]).values[0] == Approx(value + 1));
  CHECK(interpreter.value(results[1]).values[0] == Approx(value));
}

TEST_CASE("a target that the value does not depend on has the gradient 0 with its axes", "[unit]") {
  Algebra algebra("axis i = 3\nparam x[i] = 0\nparam z = 0\nn = floor(z)\nloss = stop(z)^2 + n");
  const NodeId targets[] = {algebra["x"], algebra["z"]};
  const auto results = gradients(algebra.graph, algebra["loss"], targets);
  Interpreter interpreter = algebra.interpreter(1);
  CHECK(interpreter.value(results[0]).values == std::vector<double>{0, 0, 0});
  CHECK(interpreter.value(results[1]).values == std::vector<double>{0});
}

TEST_CASE("a branch that is masked out leaks no NaN backward", "[unit]") {
  for (const std::string value :
       {"where(x > 0, log(x), 0)", "where(x > 0, 2 * log(x), 0)", "where(x > 0, 1 / x, x)", "where(x > 0, sqrt(x) * z, z)",
        "where(x < 100, exp(x * 1000 / z), x)", "where(x > 0, log(x), where(x < 0, log(-x), 0))",
        "where(x == 0, 0, where(x > 0, log(x), 1) * z / x)"})
    for (const std::string input : {"0 * s", "0 * s - 1"}) {
      INFO(value << " at x = " << input);
      Algebra algebra("axis i = 2\nparam s[i] = 0\nz = 1 + s^2\nx = " + input + "\nloss = sum[i](" + value + ")");
      const NodeId targets[] = {algebra["x"], algebra["s"], algebra["z"]};
      auto results = gradients(algebra.graph, algebra["loss"], targets);
      const auto simplified = simplify(algebra.graph, results).roots;
      results.insert(results.end(), simplified.begin(), simplified.end());
      Interpreter interpreter = algebra.interpreter(1);
      for (NodeId result : results)
        for (double element : interpreter.value(result).values) CHECK(std::isfinite(element));
    }
}

TEST_CASE("a scalar behind a mask that is nowhere true leaks no NaN backward", "[unit]") {
  Algebra algebra("axis i = 3\nparam s = 0\nx = 0 * s\ny = log(x)\nloss = sum[i](where(i > 5, y * i, 0))");
  const NodeId x = algebra["x"];
  const auto result = gradients(algebra.graph, algebra["loss"], std::span(&x, 1));
  Interpreter interpreter = algebra.interpreter(1);
  CHECK(interpreter.value(result[0]).values[0] == 0);
}

TEST_CASE("a mask costs nothing where what it masks is finite", "[unit]") {
  Algebra algebra("axis i = 2, j = 3\nparam x[i] = 0\nparam w[i, j] = 0\nloss = sum[j](relu(sum[i](x * w)))");
  const NodeId w = algebra["w"];
  const auto result = gradients(algebra.graph, algebra["loss"], std::span(&w, 1));
  CHECK(algebra.graph.node(result[0]).op == Op::multiply);
}

TEST_CASE("a kink masks its own operand, and no sum over places on both of its sides", "[unit]") {
  Algebra algebra(R"(axis i = 2, j = 3
param x[i] = 0
param w[i, j] = 0
n = x / sqrt(sum[i](log(x)))
loss = sum[j](relu(sum[i](n * w)))
)");
  const NodeId x = algebra["x"];
  const auto result = gradients(algebra.graph, algebra["loss"], std::span(&x, 1));
  const auto nodes = algebra.graph.reachable(result);
  CHECK(std::ranges::count_if(nodes, [&](NodeId id) { return algebra.graph.node(id).op == Op::where; }) == 1);
}

TEST_CASE("a graph of 100,000 nodes in a row is differentiated without recursion", "[unit]") {
  Algebra algebra("param x = 0");
  NodeId value = algebra["x"];
  for (int i = 0; i < 50'000; ++i) value = algebra.graph.apply(Op::add, algebra.graph.apply(Op::tanh, value), algebra["x"]);
  const NodeId x = algebra["x"];
  const auto result = gradients(algebra.graph, value, std::span(&x, 1));
  const auto simplified = simplify(algebra.graph, result);
  CHECK(simplified.stop == "complete");
  Interpreter interpreter = algebra.interpreter(1);
  CHECK(std::isfinite(interpreter.value(simplified.roots[0]).values[0]));
}
