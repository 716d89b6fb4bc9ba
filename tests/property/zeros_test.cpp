// Derivatives of products and powers at zeros, up to the third: as reverse mode leaves them, simplified, and in native code.
#include <fmt/ranges.h>

#include "compiler/simplify/other_elements.h"
#include "tests/property/algebra.h"
#include "tests/property/native_values.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

constexpr int orders = 3;
constexpr std::size_t elements = 4;

// value, then the derivatives by x of what `weighted` makes of the last one, each over the axis of x.
std::vector<NodeId> derivatives(Algebra& algebra, NodeId value) {
  Graph& graph = algebra.graph;
  const NodeId x = algebra["x"], w = algebra["w"];
  const AxisId i = algebra.axes.at("i");
  std::vector<NodeId> result;
  for (int order = 0; order < orders; ++order) {
    result.push_back(gradients(graph, value, std::span(&x, 1))[0]);
    value = graph.reduce(Op::sum, {i}, graph.apply(Op::multiply, w, result.back()));
  }
  return result;
}

// A small whole, often 0.
std::vector<double> some(std::mt19937& random) {
  std::vector<double> result;
  for (std::size_t k = 0; k < elements; ++k) result.push_back(random() % 2 ? 0 : static_cast<double>(random() % 5) - 2);
  return result;
}

void check_everywhere(Algebra& algebra, std::span<const NodeId> raw, const std::vector<std::vector<double>>& expected,
                      const std::map<std::string, std::vector<double>>& inputs) {
  const std::vector<NodeId> divided = with_divided_products(algebra.graph, raw);
  const std::vector<NodeId> simple = simplify(algebra.graph, raw).roots;
  algebra.complete_sizes();
  Interpreter interpreter(algebra.graph, algebra.sizes, 1);
  for (const auto& [name, values] : inputs)
    interpreter.bind(algebra.graph.input_of(algebra[name]), {{algebra.axes.at("i")}, {elements}, values});
  Computation computation;
  for (std::size_t k = 0; k < simple.size(); ++k) computation.outputs.push_back({fmt::format("v{}", k), simple[k]});
  const NativeValues native(algebra.graph, algebra.sizes, computation, interpreter);
  for (std::size_t k = 0; k < raw.size(); ++k) {
    INFO("derivative " << k + 1 << " by x = " << fmt::format("{}", fmt::join(inputs.at("x"), " ")));
    CHECK(difference(interpreter.value(raw[k]).values, expected[k]) < 1e-12);
    CHECK(difference(interpreter.value(divided[k]).values, expected[k]) < 1e-12);
    CHECK(difference(interpreter.value(simple[k]).values, expected[k]) < 1e-12);
    CHECK(difference(native[computation.outputs[k].name], expected[k]) < 1e-5);
  }
}

}  // namespace

TEST_CASE("every derivative of a product is right, however many factors are 0", "[property]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::vector<double> x = some(random), w{1, 2, -1, 3};
    // The sum over all others of the weights' products times the product of what is left.
    std::vector<std::vector<double>> expected(orders, std::vector<double>(elements));
    const auto left = [&](unsigned taken) {
      double product = 1;
      for (std::size_t k = 0; k < elements; ++k)
        if (!(taken >> k & 1)) product *= x[k];
      return product;
    };
    for (std::size_t a = 0; a < elements; ++a) {
      expected[0][a] = left(1u << a);
      for (std::size_t b = 0; b < elements; ++b) {
        if (b == a) continue;
        expected[1][a] += w[b] * left(1u << a | 1u << b);
        for (std::size_t c = 0; c < elements; ++c)
          if (c != a && c != b) expected[2][a] += w[b] * w[c] * left(1u << a | 1u << b | 1u << c);
      }
    }
    Algebra algebra("axis i = 4\nparam x[i] = 0\nparam w[i] = 0");
    check_everywhere(algebra, derivatives(algebra, algebra.build("prod[i](x)")), expected, {{"x", x}, {"w", w}});
  }
}

TEST_CASE("every derivative of a power by its base is right at 0", "[property]") {
  for (unsigned seed = 1; seed <= 12; ++seed)
    for (const std::string exponent : {"e", "i", "0", "1", "2", "3"}) {
      INFO("seed " << seed << ", exponent " << exponent);
      std::mt19937 random(seed);
      const std::vector<double> x = some(random), w{1, 2, -1, 3}, e{0, 1, 2, 3};
      std::vector<std::vector<double>> expected(orders, std::vector<double>(elements));
      for (std::size_t k = 0; k < elements; ++k) {
        double n = exponent == "e" || exponent == "i" ? e[k] : std::stod(exponent), factor = 1;
        for (std::size_t order = 0; order < orders; ++order) {
          factor *= n;
          n -= 1;
          expected[order][k] = factor == 0 ? 0 : factor * std::pow(x[k], n);
          factor *= w[k];
        }
      }
      Algebra algebra("axis i = 4\nparam x[i] = 0\nparam w[i] = 0\nparam e[i] = 0");
      check_everywhere(algebra, derivatives(algebra, algebra.build("sum[i](x^" + exponent + ")")), expected,
                       {{"x", x}, {"w", w}, {"e", e}});
    }
}

TEST_CASE("a power's derivative by its exponent is 0 at a base of 0", "[property]") {
  Algebra algebra("axis i = 4\nparam x[i] = 0\nparam w[i] = 0\nparam e[i] = 0");
  const std::vector<double> e{0, 1, 1.5, 2}, x{0, 0, 0, 3};
  std::vector<NodeId> raw;
  NodeId value = algebra.build("sum[i](x^e)");
  const NodeId target = algebra["e"];
  for (int order = 0; order < orders; ++order) {
    raw.push_back(gradients(algebra.graph, value, std::span(&target, 1))[0]);
    value = sum_over(algebra.graph, raw.back(), algebra.graph.node(raw.back()).axes);
  }
  const double l = std::log(3);
  check_everywhere(algebra, raw, {{0, 0, 0, 9 * l}, {0, 0, 0, 9 * l * l}, {0, 0, 0, 9 * l * l * l}},
                   {{"x", x}, {"w", e}, {"e", e}});
}
