// The operation table against itself: for every row, whatever it is, kinds, derivative and native formula agree with its value.
// A new row is tested without a change here.
#include "compiler/ops/operations.h"

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "compiler/grad/gradient.h"
#include "compiler/graph/interpreter.h"
#include "tests/catch.h"
#include "tests/scalar_emitter.h"

using namespace tenet;
using tenet::tests::ScalarEmitter;

namespace {

constexpr double step = 1e-4;  // of finite differences; a kink or tie nearer than that is not drawn
constexpr double clearance = 0.01;

// A number of the row's domain as float holds it; where the derivative has a convention, clear of 0.
double draw(const Operation& row, Kind kind) {
  if (kind == Kind::truth) return *rc::gen::inRange(0, 2);
  const double low = row.domain_low, high = row.domain_high;
  if (kind == Kind::whole) return *rc::gen::inRange(static_cast<int>(std::ceil(low)), static_cast<int>(std::floor(high)) + 1);
  const double part = *rc::gen::inRange(0, 1 << 20) / static_cast<double>(1 << 20);
  const auto value = static_cast<double>(static_cast<float>(low + part * (high - low)));
  return row.convention.empty() || std::fabs(value) > clearance ? value : clearance;
}

// What an operand may be: the kinds that all operands have together.
std::vector<std::vector<Kind>> operand_kinds(const Operation& row) {
  if (row.op == Op::where) return {{Kind::truth, Kind::real, Kind::real}, {Kind::truth, Kind::whole, Kind::whole}};
  const auto arity = static_cast<std::size_t>(row.arity);
  const bool logical = row.domain_low == 0 && row.domain_high == 1 && row.kind == KindRule::truth;
  if (logical) return {std::vector(arity, Kind::truth)};
  std::vector<std::vector<Kind>> result{std::vector(arity, Kind::real)};
  if (row.kind == KindRule::arithmetic || row.kind == KindRule::product || row.kind == KindRule::truth)
    result.push_back(std::vector(arity, Kind::whole));
  if (row.kind == KindRule::product) result.push_back(std::vector(arity, Kind::truth));
  return result;
}

std::vector<Kind> real_operands(const Operation& row) { return operand_kinds(row).front(); }

// Inputs over axis i for the operands of one operation, and its sum with weights.
struct Model {
  static constexpr std::int64_t extent = 4;
  Graph graph;
  Sizes sizes;
  AxisId i = graph.axis("i"), j = graph.axis("j");
  std::vector<NodeId> operands;
  std::vector<Tensor> values;
  Interpreter interpreter{graph, sizes};

  Model() {
    sizes.set(i, extent);
    sizes.set(j, extent - 1);
  }
  NodeId input(Kind kind, const std::vector<AxisId>& axes, auto draw_value) {
    const InputId id =
        graph.add_input({std::string("x").append(std::to_string(graph.input_count())), InputRole::data, kind, axes, {}});
    Tensor tensor = tensor_of(graph.input(id).axes, sizes);
    for (double& value : tensor.values) value = draw_value();
    interpreter.bind(id, tensor);
    values.push_back(std::move(tensor));
    operands.push_back(graph.input_node(id));
    return operands.back();
  }
  NodeId weighted_sum(NodeId value) {
    const std::vector<AxisId> axes{graph.node(value).axes.begin(), graph.node(value).axes.end()};
    const InputId id = graph.add_input({"weights", InputRole::data, Kind::real, axes, {}});
    Tensor weights = tensor_of(axes, sizes);
    for (double& weight : weights.values) weight = 0.5 + *rc::gen::inRange(0, 100) / 100.0;
    interpreter.bind(id, std::move(weights));
    return graph.reduce(Op::sum, axes, graph.apply(Op::multiply, value, graph.input_node(id)));
  }

  // The axes that the gradient makes have sizes then.
  NodeId gradient_by(NodeId value, NodeId target) {
    const NodeId gradient = gradients(graph, value, std::span(&target, 1))[0];
    AxisId failed{};
    REQUIRE(sizes.complete(graph, &failed));
    return gradient;
  }

  // The derived gradient of the scalar by one operand, element by element, against central differences.
  void check_gradient(NodeId scalar, NodeId target, const std::string& what) {
    const Tensor derived = interpreter.value(gradient_by(scalar, target));
    Tensor difference = tensor_of(graph.node(target).axes, sizes);
    RC_ASSERT(derived.values.size() == difference.values.size());
    for (std::size_t e = 0; e < difference.values.size(); ++e) {
      auto shifted = [&](double by) {
        difference.values[e] = by;
        interpreter.perturb(target, difference);
        return interpreter.value(scalar).values[0];
      };
      const double above = shifted(step), below = shifted(-step);
      difference.values[e] = 0;
      interpreter.clear_perturbations();
      const double measured = (above - below) / (2 * step);
      if (std::fabs(derived.values[e] - measured) > 1e-5 * (1 + std::fabs(measured)))
        RC_FAIL(what + ": derived " + std::to_string(derived.values[e]) + ", measured " + std::to_string(measured));
    }
  }
};

std::string title(const Operation& row) {
  return std::string(row.spelling) + (row.form == Form::reduction ? "[axes]" : "") + " with " + std::to_string(row.arity) +
         " operands";
}

template <class Test>
void check_every(Form form, Test test) {
  for (const Operation& row : operations()) {
    if (row.form != form) continue;
    INFO(title(row));
    CHECK(rc::check(title(row), [&] { test(row); }));
  }
}

}  // namespace

TEST_CASE("a pointwise operation's values are of the kind that it says", "[property]") {
  check_every(Form::pointwise, [](const Operation& row) {
    for (const std::vector<Kind>& kinds : operand_kinds(row)) {
      Model model;
      for (Kind kind : kinds) model.input(kind, {model.i}, [&] { return draw(row, kind); });
      const NodeId node = model.graph.apply(row.op, model.operands);
      const Kind kind = model.graph.node(node).kind;
      if (row.kind == KindRule::arithmetic) RC_ASSERT(kind == (kinds.back() == Kind::real ? Kind::real : Kind::whole));
      if (row.kind == KindRule::product) RC_ASSERT(kind == kinds.back());
      for (double value : model.interpreter.value(node).values) {
        RC_ASSERT(!std::isnan(value));
        if (kind == Kind::whole) RC_ASSERT(value == std::floor(value));
        if (kind == Kind::truth) RC_ASSERT((value == 0 || value == 1));
      }
    }
  });
}

TEST_CASE("a pointwise operation's adjoint agrees with finite differences", "[property]") {
  check_every(Form::pointwise, [](const Operation& row) {
    Model model;
    for (Kind kind : real_operands(row)) model.input(kind, {model.i}, [&] { return draw(row, kind); });
    if (!row.convention.empty() && row.arity == 2)
      for (std::size_t e = 0; e < Model::extent; ++e)
        RC_PRE(std::fabs(model.values[0].values[e] - model.values[1].values[e]) > clearance);
    const NodeId scalar = model.weighted_sum(model.graph.apply(row.op, model.operands));
    for (std::size_t o = 0; o < model.operands.size(); ++o)
      if (!row.adjoint[o].empty())
        model.check_gradient(scalar, model.operands[o], std::string("operand ").append(std::to_string(o)));
  });
}

TEST_CASE("where no gradient passes the derivative is 0", "[property]") {
  check_every(Form::pointwise, [](const Operation& row) {
    Model model;
    for (Kind kind : real_operands(row)) model.input(kind, {model.i}, [&] { return draw(row, kind); });
    const NodeId scalar = model.weighted_sum(model.graph.apply(row.op, model.operands));
    for (std::size_t o = 0; o < model.operands.size(); ++o) {
      if (!row.adjoint[o].empty() || model.graph.node(model.operands[o]).kind != Kind::real) continue;
      const std::vector<NodeId> gradient = gradients(model.graph, scalar, std::span(&model.operands[o], 1));
      for (double value : model.interpreter.value(gradient[0]).values) RC_ASSERT(value == 0);
    }
  });
}

TEST_CASE("a reduction's adjoint agrees with finite differences, over one axis and over two", "[property]") {
  check_every(Form::reduction, [](const Operation& row) {
    if (row.adjoint[0].empty()) return;
    for (const bool both : {false, true}) {
      Model model;
      double apart = 0;  // no ties: multiples of the clearance, each its own
      const NodeId x = model.input(Kind::real, {model.i, model.j}, [&] { return draw(row, Kind::real) + (apart += 3e-4); });
      std::vector<double> sorted = model.values[0].values;
      std::ranges::sort(sorted);
      if (!row.convention.empty())
        for (std::size_t e = 1; e < sorted.size(); ++e) RC_PRE(sorted[e] - sorted[e - 1] > 2 * step);
      const std::vector<AxisId> axes = both ? std::vector{model.i, model.j} : std::vector{model.j};
      model.check_gradient(model.weighted_sum(model.graph.reduce(row.op, axes, x)), x, both ? "two axes" : "one axis");
    }
  });
}

TEST_CASE("a reduction begins with its identity", "[property]") {
  check_every(Form::reduction, [](const Operation& row) {
    const double value = draw(row, Kind::real);
    RC_ASSERT(row.evaluate(row.identity, value, 0) == value);
  });
}

TEST_CASE("a native formula agrees with the value to 2e-6", "[property]") {
  auto agrees = [](const Operation& row) {
    for (std::vector<Kind> kinds : operand_kinds(row)) {
      if (row.form == Form::reduction) kinds.push_back(kinds.front());
      std::array<float, 3> operands{};
      for (std::size_t o = 0; o < kinds.size(); ++o) operands[o] = static_cast<float>(draw(row, kinds[o]));
      const double value = row.evaluate(operands[0], operands[1], operands[2]);
      const float native = ScalarEmitter::run(row, std::span(operands).first(kinds.size()), kinds);
      if (!(std::fabs(native - value) <= 2e-6 * std::max(1.0, std::fabs(value))))
        RC_FAIL("native " + std::to_string(native) + ", value " + std::to_string(value));
    }
  };
  check_every(Form::pointwise, agrees);
  check_every(Form::reduction, agrees);
}

TEST_CASE("NaN passes through every native formula as it does through the value", "[property]") {
  auto passes = [](const Operation& row) {
    if (row.kind == KindRule::truth || row.kind == KindRule::whole || row.op == Op::where) return;
    const std::size_t count = row.form == Form::reduction ? 2 : static_cast<std::size_t>(row.arity);
    const std::vector kinds(count, Kind::real);
    for (std::size_t at = 0; at < count; ++at) {
      std::array<float, 3> operands{};
      for (float& operand : operands) operand = static_cast<float>(draw(row, Kind::real));
      operands[at] = std::numeric_limits<float>::quiet_NaN();
      const double value = row.evaluate(operands[0], operands[1], operands[2]);
      const float native = ScalarEmitter::run(row, std::span(operands).first(count), kinds);
      RC_ASSERT(std::isnan(native) == std::isnan(value));
      if (row.op != Op::power) RC_ASSERT(std::isnan(value));  // 1^NaN and NaN^0 are 1
    }
  };
  check_every(Form::pointwise, passes);
  check_every(Form::reduction, passes);
}

TEST_CASE("what computes has a value and a native formula, and nothing else has", "[property]") {
  for (const Operation& row : operations()) {
    INFO(row.spelling);
    const bool computes = row.form == Form::pointwise || row.form == Form::reduction;
    CHECK((row.evaluate != nullptr) == computes);
    CHECK((row.emit != nullptr) == computes);
  }
}

TEST_CASE("a function or reduction is found by what it is called", "[property]") {
  for (const Operation& row : operations()) {
    const std::string name(row.spelling);
    INFO(name);
    if (row.form == Form::pointwise && row.notation == Notation::call) {
      REQUIRE(function_called(name) != nullptr);
      CHECK(function_called(name)->op == row.op);
    }
    if (row.form == Form::reduction) {
      REQUIRE(reduction_called(name) != nullptr);
      CHECK(reduction_called(name)->op == row.op);
    }
  }
  CHECK(function_called("sum") == nullptr);
  CHECK(reduction_called("tanh") == nullptr);
  CHECK(function_called("constant") == nullptr);
}

// The conventions, each as its sentence says.
namespace {

std::vector<double> derivative(Op op, std::vector<double> values, bool over_axis) {
  Model model;
  model.sizes.set(model.i, static_cast<std::int64_t>(values.size()));
  std::size_t next = 0;
  const NodeId x = model.input(Kind::real, {model.i}, [&] { return values[next++]; });
  const NodeId y =
      over_axis ? model.graph.reduce(op, {model.i}, x) : model.graph.reduce(Op::sum, {model.i}, model.graph.apply(op, x));
  return model.interpreter.value(model.gradient_by(y, x)).values;
}

}  // namespace

TEST_CASE("at a tie the derivative is split evenly", "[property]") {
  CHECK(derivative(Op::max_over, {1, 3, 2, 3}, true) == std::vector<double>{0, 0.5, 0, 0.5});
  CHECK(derivative(Op::min_over, {1, 1, 2, 1}, true)[3] == Approx(1.0 / 3));

  for (Op op : {Op::maximum, Op::minimum}) {
    Model model;
    const NodeId a = model.input(Kind::real, {}, [] { return 2.0; }), b = model.input(Kind::real, {}, [] { return 2.0; });
    const NodeId targets[] = {a, b};
    for (NodeId gradient : gradients(model.graph, model.graph.apply(op, a, b), targets))
      CHECK(model.interpreter.value(gradient).values == std::vector{0.5});
  }
}

TEST_CASE("at a kink the derivative is what the convention says", "[property]") {
  CHECK(derivative(Op::relu, {-1, 0, 1}, false) == std::vector<double>{0, 0, 1});
  CHECK(derivative(Op::abs, {-2, 0, 2}, false) == std::vector<double>{-1, 0, 1});
}

TEST_CASE("the derivative of a product is right where factors are 0", "[property]") {
  CHECK(derivative(Op::product, {2, 3, 4}, true) == std::vector<double>{12, 8, 6});
  CHECK(derivative(Op::product, {2, 0, 4}, true) == std::vector<double>{0, 8, 0});
  CHECK(derivative(Op::product, {0, 0, 4}, true) == std::vector<double>{0, 0, 0});
}
