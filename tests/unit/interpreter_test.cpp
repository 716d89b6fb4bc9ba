// The interpreter against values worked out by hand, and its random numbers against their promises.
#include "compiler/graph/interpreter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/graph/print.h"
#include "compiler/graph/random.h"
#include "compiler/graph/rational.h"
#include "tests/catch.h"

using namespace tenet;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
using Values = std::vector<double>;

// A graph with axes i (2), j (3), k (2) and real data x[i, j], y[j, k].
struct Fixture {
  Graph graph;
  Sizes sizes;
  AxisId i = axis("i", 2), j = axis("j", 3), k = axis("k", 2);
  InputId x_input = graph.add_input({"x", InputRole::data, Kind::real, {i, j}, {}});
  InputId y_input = graph.add_input({"y", InputRole::data, Kind::real, {j, k}, {}});
  NodeId x = graph.input_node(x_input), y = graph.input_node(y_input);
  Interpreter interpreter{graph, sizes, 7};

  Fixture() {
    bind(x_input, {1, 2, 3, 4, 5, 6});
    bind(y_input, {1, -1, 2, 0, 3, 0.5});
  }

  AxisId axis(std::string name, std::int64_t size) {
    const AxisId result = graph.axis(std::move(name));
    sizes.set(result, size);
    return result;
  }
  void bind(InputId input, Values values) {
    Tensor tensor = tensor_of(graph.input(input).axes, sizes);
    REQUIRE(tensor.values.size() == values.size());
    tensor.values = std::move(values);
    interpreter.bind(input, std::move(tensor));
  }
  InputId data(std::string name, Kind kind, std::vector<AxisId> axes, Values values) {
    const InputId input = graph.add_input({std::move(name), InputRole::data, kind, std::move(axes), {}});
    bind(input, std::move(values));
    return input;
  }
  NodeId number(long numerator, long denominator = 1) { return graph.constant(numerator, denominator); }
  Values value(NodeId node) { return interpreter.value(node).values; }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "pointwise operations align their operands by axis", "[unit]") {
  const NodeId row = graph.apply(Op::multiply, x, graph.coordinate(j));
  CHECK(value(row) == Values{0, 2, 6, 0, 5, 12});
  const NodeId outer = graph.apply(Op::add, graph.coordinate(k), graph.apply(Op::multiply, number(10), graph.coordinate(i)));
  CHECK(value(outer) == Values{0, 1, 10, 11});
  CHECK(value(graph.apply(Op::where, graph.apply(Op::less, x, number(3)), number(0), x)) == Values{0, 0, 3, 4, 5, 6});
}

TEST_CASE_METHOD(Fixture, "reductions go over one axis, several, or all", "[unit]") {
  CHECK(value(graph.reduce(Op::sum, {i}, x)) == Values{5, 7, 9});
  CHECK(value(graph.reduce(Op::sum, {j}, x)) == Values{6, 15});
  CHECK(value(graph.reduce(Op::sum, {i, j}, x)) == Values{21});
  CHECK(value(graph.reduce(Op::product, {j}, x)) == Values{6, 120});
  CHECK(value(graph.reduce(Op::max_over, {j}, graph.apply(Op::negate, x))) == Values{-1, -4});
  CHECK(value(graph.reduce(Op::min_over, {i}, x)) == Values{1, 2, 3});
}

TEST_CASE_METHOD(Fixture, "a sum of a product is a contraction", "[unit]") {
  const NodeId product = graph.apply(Op::multiply, x, y);
  CHECK(value(graph.reduce(Op::sum, {j}, product)) == Values{14, 0.5, 32, -1});
  CHECK(value(graph.reduce(Op::sum, {i, j}, product)) == Values{46, -0.5});
  // The product itself, and a second user of it.
  CHECK(value(product).size() == 12);
  CHECK(value(graph.reduce(Op::max_over, {i, j, k}, product)) == Values{18});
}

TEST_CASE_METHOD(Fixture, "a contraction is folded and a shared product stored", "[unit]") {
  const NodeId product = graph.apply(Op::multiply, x, y);
  const NodeId sum = graph.reduce(Op::sum, {j}, graph.named("p", product));
  auto no = [](NodeId) { return false; };
  CHECK(schedule(graph, std::span(&sum, 1), no, no).is_folded(product));
  const NodeId roots[] = {sum, product};
  CHECK_FALSE(schedule(graph, roots, no, no).is_folded(product));
  CHECK(value(sum) == Values{14, 0.5, 32, -1});
}

TEST_CASE_METHOD(Fixture, "long and deep reductions agree with the sum by hand", "[unit]") {
  const AxisId m = axis("m", 1300), n = axis("n", 3);
  const NodeId value_node = graph.apply(Op::add, graph.coordinate(m), graph.apply(Op::multiply, graph.coordinate(n), number(2)));
  CHECK(value(graph.reduce(Op::sum, {m}, value_node)) == Values{844350, 846950, 849550});
  CHECK(value(graph.reduce(Op::sum, {m, n}, graph.apply(Op::multiply, value_node, graph.coordinate(n)))) == Values{2546050});
  CHECK(value(graph.reduce(Op::max_over, {m}, graph.apply(Op::exp, graph.apply(Op::negate, value_node)))) ==
        Values{1, std::exp(-2.0), std::exp(-4.0)});
  NodeId deep = value_node;  // more pointwise nodes than one fold takes
  for (int step = 0; step < 60; ++step) deep = graph.apply(Op::add, deep, number(1));
  CHECK(value(graph.reduce(Op::min_over, {m}, deep)) == Values{60, 62, 64});
}

TEST_CASE_METHOD(Fixture, "argmax is the lowest coordinate at a tie", "[unit]") {
  const NodeId t = graph.input_node(data("t", Kind::real, {i, j}, {5, 7, 7, -inf, -inf, -inf}));
  CHECK(value(graph.reduce(Op::argmax, {j}, t)) == Values{1, 0});
  CHECK(value(graph.reduce(Op::argmax, {i}, t)) == Values{0, 0, 0});
}

TEST_CASE_METHOD(Fixture, "max of a NaN is NaN, and a masked NaN stays out", "[unit]") {
  const NodeId t = graph.input_node(data("t", Kind::real, {j}, {1, std::nan(""), 3}));
  CHECK(std::isnan(value(graph.reduce(Op::max_over, {j}, t))[0]));
  CHECK(std::isnan(value(graph.apply(Op::minimum, t, number(0)))[1]));
  CHECK(value(graph.apply(Op::where, graph.apply(Op::equal, graph.coordinate(j), number(1)), number(0), t)) == Values{1, 0, 3});
}

TEST_CASE_METHOD(Fixture, "substitution looks up, renames, and takes the diagonal", "[unit]") {
  const AxisId b = axis("b", 4);
  const NodeId index = graph.input_node(data("index", Kind::whole, {b}, {2, 0, 1, 2}));
  CHECK(value(graph.substitute(x, {{j, index}})) == Values{3, 1, 2, 3, 6, 4, 5, 6});
  CHECK(value(graph.substitute(y, {{j, index}, {k, graph.coordinate(i)}})) == Values{3, 1, 2, 3, 0.5, -1, 0, 0.5});
  CHECK(value(graph.substitute(y, {{j, graph.coordinate(k)}})) == Values{1, 0});  // the diagonal of its first two rows
  CHECK(value(graph.substitute(x, {{i, number(1)}})) == Values{4, 5, 6});
}

TEST_CASE_METHOD(Fixture, "substitution is simultaneous", "[unit]") {
  const AxisId m = axis("m", 2);
  const NodeId square = graph.input_node(data("square", Kind::real, {i, m}, {1, 2, 3, 4}));
  CHECK(value(graph.substitute(square, {{i, graph.coordinate(m)}, {m, graph.coordinate(i)}})) == Values{1, 3, 2, 4});
}

TEST_CASE_METHOD(Fixture, "an index that leaves the axis selects the else value", "[unit]") {
  const NodeId before = graph.apply(Op::subtract, graph.coordinate(j), number(1));
  CHECK(value(graph.substitute(x, {{j, before}}, number(-9))) == Values{-9, 1, 2, -9, 4, 5});
  const NodeId after = graph.apply(Op::add, graph.coordinate(j), number(2));
  CHECK(value(graph.substitute(x, {{j, after}}, graph.coordinate(i))) == Values{3, 0, 0, 6, 1, 1});
  // Axes that the value lacks are looked at for their range alone.
  const NodeId up = graph.apply(Op::add, graph.coordinate(k), number(1));
  CHECK(value(graph.substitute(graph.coordinate(j), {{k, up}}, number(5))) == Values{0, 5, 1, 5, 2, 5});
}

TEST_CASE_METHOD(Fixture, "a perturbation reaches what depends on the node, and only that", "[unit]") {
  const NodeId h = graph.named("h", graph.apply(Op::multiply, x, number(2)));
  const NodeId same = graph.apply(Op::multiply, x, number(2));
  const NodeId loss = graph.reduce(Op::sum, {i, j}, graph.apply(Op::power, h, number(2)));
  const NodeId other = graph.reduce(Op::sum, {i, j}, same);
  CHECK(value(loss) == Values{364});
  const Values* kept = &interpreter.value(other).values;

  Tensor difference = tensor_of(graph.node(h).axes, sizes);
  difference.values[0] = 1;
  interpreter.perturb(h, difference);
  CHECK(value(loss) == Values{369});
  CHECK(&interpreter.value(other).values == kept);
  CHECK(value(other) == Values{42});

  interpreter.perturb(x, tensor_of({}, sizes, 1));  // the same along all axes; h keeps its own difference
  CHECK(value(other) == Values{54});
  CHECK(value(loss) == Values{565});
  interpreter.clear_perturbations();
  CHECK(value(loss) == Values{364});
}

TEST_CASE_METHOD(Fixture, "a node inside a reduction can be perturbed", "[unit]") {
  const NodeId product = graph.apply(Op::multiply, x, y);
  const NodeId sum = graph.reduce(Op::sum, {i, j, k}, product);
  CHECK(value(sum) == Values{45.5});
  interpreter.perturb(product, tensor_of({}, sizes, 1));
  CHECK(value(sum) == Values{57.5});
}

TEST_CASE_METHOD(Fixture, "binding an input anew forgets what depended on it", "[unit]") {
  const NodeId sum = graph.reduce(Op::sum, {i, j}, x);
  CHECK(value(sum) == Values{21});
  bind(x_input, {1, 1, 1, 1, 1, 1});
  CHECK(value(sum) == Values{6});
}

TEST_CASE_METHOD(Fixture, "a chain of 100,000 nodes is evaluated without recursion", "[unit]") {
  NodeId node = graph.reduce(Op::sum, {i, j}, x);
  for (int step = 0; step < 100'000; ++step) node = step % 3 == 0 ? graph.stop(node) : graph.apply(Op::add, node, number(1));
  CHECK(value(node) == Values{21 + 66'666});
}

TEST_CASE_METHOD(Fixture, "values that do not fit the memory are said to be too large", "[unit]") {
  const AxisId huge = axis("huge", 2'000'000'000), wide = axis("wide", 2'000'000'000);
  const NodeId product = graph.apply(Op::multiply, graph.coordinate(huge), graph.coordinate(wide));
  CHECK(too_large(graph, sizes, std::span(&product, 1)).value() != "");
  CHECK_THAT(*too_large(graph, sizes, std::span(&product, 1)), ContainsSubstring("GiB"));
  CHECK_FALSE(too_large(graph, sizes, std::span(&x, 1)));
}

TEST_CASE_METHOD(Fixture, "random numbers depend on seed, stream and coordinates by name", "[unit]") {
  const NodeId draw = graph.random(Op::normal, "W", {i, j});
  const Values first = value(draw);

  // The same names in another order of declaration, and one axis longer.
  Graph other;
  Sizes other_sizes;
  const AxisId other_j = other.axis("j"), other_i = other.axis("i");
  other_sizes.set(other_j, 3);
  other_sizes.set(other_i, 5);
  const NodeId other_draw = other.random(Op::normal, "W", {other_i, other_j});
  Interpreter longer(other, other_sizes, 7);
  const Values turned = longer.value(other_draw).values;
  for (std::size_t row = 0; row < 2; ++row)
    for (std::size_t column = 0; column < 3; ++column) CHECK(turned[column * 5 + row] == first[row * 3 + column]);

  CHECK(value(graph.random(Op::normal, "V", {i, j})) != first);
  CHECK(Interpreter(graph, sizes, 8).value(draw).values != first);
}

TEST_CASE_METHOD(Fixture, "uniform and normal numbers have their moments", "[unit]") {
  const AxisId n = axis("n", 200'000);
  auto moment = [&](Op distribution, int power) {
    double sum = 0;
    for (double v : interpreter.value(graph.random(distribution, "r", {n})).values) sum += std::pow(v, power);
    return sum / 200'000;
  };
  CHECK(moment(Op::uniform, 1) == Approx(0.5).margin(0.003));
  CHECK(moment(Op::uniform, 2) == Approx(1.0 / 3).margin(0.003));
  CHECK(moment(Op::normal, 1) == Approx(0).margin(0.01));
  CHECK(moment(Op::normal, 2) == Approx(1).margin(0.015));
  CHECK(moment(Op::normal, 4) == Approx(3).margin(0.15));
  const Values uniform = value(graph.random(Op::uniform, "r", {n}));
  CHECK(std::ranges::all_of(uniform, [](double v) { return v >= 0 && v < 1; }));
}

TEST_CASE("a rational becomes the nearest double", "[unit]") {
  CHECK(nearest_double(mpq_class(1, 10)) == 0.1);
  CHECK(nearest_double(mpq_class(-1, 3)) == -1.0 / 3);
  CHECK(nearest_double(mpq_class(2, 3)) == 2.0 / 3);
  CHECK(nearest_double(mpq_class(0)) == 0);
  CHECK(nearest_double(mpq_class(mpz_class("1" + std::string(400, '0')))) == inf);
}

TEST_CASE_METHOD(Fixture, "the printer writes one node a line", "[unit]") {
  const NodeId sum = graph.named("s", graph.reduce(Op::sum, {j}, graph.apply(Op::multiply, x, number(1, 3))));
  const NodeId before = graph.apply(Op::subtract, graph.coordinate(i), number(1));
  const NodeId shifted = graph.substitute(sum, {{i, before}}, graph.size(k));
  CHECK(to_text(graph, std::span(&shifted, 1)) ==
        "%0 = input x : [i, j] real\n"
        "%2 = 1/3 : [] real\n"
        "%3 = * %0 %2 : [i, j] real\n"
        "%4 = sum[j] %3 : [i] real\n"
        "%5 = named s %4 : [i] real\n"
        "%6 = 1 : [] whole\n"
        "%7 = coordinate i : [i] whole\n"
        "%8 = - %7 %6 : [i] whole\n"
        "%9 = |k| : [] whole\n"
        "%10 = %5[i = %8 else %9] : [i] real\n");
}
