#include "compiler/driver/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "compiler/driver/points.h"
#include "compiler/driver/tensors.h"
#include "compiler/grad/gradient.h"
#include "compiler/plan/simplified.h"
#include "compiler/simplify/gradients.h"
#include "runtime/arena.h"

namespace tenet {
namespace {

constexpr double negligible = 1e-9;
constexpr int directions = 3, coordinates = 5;

struct Subject {
  std::string name;
  NodeId node;
};

double largest(const Tensor& tensor) {
  double result = 0;
  for (double value : tensor.values) result = std::max(result, std::isfinite(value) ? std::abs(value) : 0);
  return result;
}

double relative(double error, double scale) { return scale < negligible ? error : error / scale; }

// The greatest difference, as a share of the largest expected value. Equal infinities do not differ.
double error_of(const Tensor& found, const Tensor& expected) {
  double error = 0;
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const double a = found.values[i], b = expected.values[i];
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double difference = std::abs(a - b);
    error = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(error, difference);
  }
  return relative(error, largest(expected));
}

// A random direction of length 1, or a coordinate's.
Tensor direction_of(const Tensor& shape, int probe, std::mt19937_64& random) {
  Tensor result = shape;
  std::ranges::fill(result.values, 0);
  if (probe < coordinates) {
    result.values[std::uniform_int_distribution<std::size_t>(0, result.values.size() - 1)(random)] = 1;
    return result;
  }
  std::normal_distribution<double> normal;
  double square = 0;
  for (double& value : result.values) {
    value = normal(random);
    square += value * value;
  }
  for (double& value : result.values) value /= std::sqrt(square);
  return result;
}

// The derivative of `loss` along `direction` at `target`: central differences at h and h/2 with Richardson's extrapolation,
// error O(h^4).
double slope(Interpreter& interpreter, NodeId loss, NodeId target, const Tensor& direction, double h) {
  const auto moved = [&](double length) {
    Tensor difference = direction;
    for (double& value : difference.values) value *= length;
    interpreter.perturb(target, std::move(difference));
    return interpreter.value(loss).values[0];
  };
  const double wide = (moved(h) - moved(-h)) / (2 * h);
  const double narrow = (moved(h / 2) - moved(-h / 2)) / h;
  return (4 * narrow - wide) / 3;
}

// The greater of both gradients' errors over coordinates and directions. Each probe takes the best of a few step lengths: too
// long a step bends, too short a one rounds, and a wrong gradient is wrong at all of them.
double finite_difference_error(Interpreter& interpreter, NodeId loss, NodeId target, const Tensor& raw, const Tensor& simple) {
  std::mt19937_64 random(index_of(target));
  const Tensor value = interpreter.value(target);
  double square = 0;
  for (double x : value.values) square += std::isfinite(x) ? x * x : 0;
  const double typical = std::sqrt(square / static_cast<double>(value.values.size()));
  const double scale = typical > 1e-6 ? typical : 1;
  const double gradient_scale = std::max(largest(raw), largest(simple));
  double result = 0;
  const int probes = value.values.size() == 1 ? 1 : coordinates + directions;
  for (int probe = 0; probe < probes; ++probe) {
    const Tensor direction = direction_of(value, probe, random);
    const double a = std::inner_product(raw.values.begin(), raw.values.end(), direction.values.begin(), 0.0);
    const double b = std::inner_product(simple.values.begin(), simple.values.end(), direction.values.begin(), 0.0);
    double best = std::numeric_limits<double>::infinity();
    for (double step : {1e-3, 1e-2, 1e-4, 1e-1, 1e-5, 1e-6}) {
      const double measured = slope(interpreter, loss, target, direction, step * scale);
      const double error = std::max(std::abs(measured - a), std::abs(measured - b));
      if (!std::isnan(error)) best = std::min(best, relative(error, gradient_scale));
      if (best < finite_difference_tolerance / 10) break;
    }
    result = std::max(result, best);
  }
  interpreter.clear_perturbations();
  return result;
}

// Named real values that the loss reads, operands before users.
std::vector<Subject> named_values(const Graph& graph, NodeId loss) {
  std::vector<Subject> result;
  for (NodeId id : graph.reachable(std::span(&loss, 1)))
    if (graph.node(id).op == Op::named && graph.node(id).kind == Kind::real) result.push_back({graph.name_of(id), id});
  return result;
}

std::string numbered(std::size_t output) { return "value." + std::to_string(output); }

// The outputs' values from native code at the point.
Outcome<std::vector<Tensor>> native_values(Session& session, const Computation& computation, const Point& point) {
  auto executable = executable_of(session.graph(), session.sizes, computation, session.times);
  if (!executable) return failed(executable.error());
  auto arena = Arena::allocate(executable->program.arena_bytes);
  if (!arena) return failed(arena.error());
  for (const auto& [input, value] : point)
    for (Slot::Role role : {Slot::Role::parameter, Slot::Role::data})
      if (int slot = slot_index(*executable, role, session.graph().input(input).name); slot >= 0)
        write_slot(*executable, slot, value, session.sizes, arena->data());
  float loss = 0;
  TenetFrame frame{arena->data(), 0, 1, &loss, nullptr};
  executable->program.run(&frame);
  std::vector<Tensor> result;
  for (std::size_t i = 0; i < computation.outputs.size(); ++i) {
    const int slot = slot_index(*executable, Slot::Role::output, numbered(i));
    result.push_back(read_slot(*executable, slot, session.sizes, arena->data()));
  }
  return result;
}

}  // namespace

Outcome<GradientChecks> check_gradients(Session& session, NodeId loss) {
  Graph& graph = session.graph();
  const std::vector<Subject> values = named_values(graph, loss);
  std::vector<Subject> targets;
  for (const Parameter& parameter : session.program->parameters) targets.push_back({parameter.name, parameter.node});
  targets.insert(targets.end(), values.begin(), values.end());

  std::vector<NodeId> nodes;
  for (const Subject& target : targets) nodes.push_back(target.node);
  const Backward reverse = session.times("grad", [&] { return backward(graph, loss, nodes); });
  const std::vector<NodeId>& raw = reverse.gradients;
  std::vector<NodeId> given;
  for (const Subject& value : values) given.push_back(value.node);
  // By the same road that training takes.
  const SimplifiedGradients forms =
      session.times("simplify", [&] { return simplify_gradients(graph, given, reverse, session.sizes); });
  Computation computation;
  for (NodeId value : forms.given) computation.outputs.push_back({numbered(computation.outputs.size()), value});
  for (NodeId gradient : forms.gradients) computation.outputs.push_back({numbered(computation.outputs.size()), gradient});
  const Computation simple = session.times("simplify", [&] { return simplified(graph, computation); });

  session.sizes = completed(graph, session.sizes);
  std::vector<NodeId> evaluated = raw;
  for (const Computation::Output& output : simple.outputs) evaluated.push_back(output.value);
  if (auto large = too_large(graph, session.sizes, evaluated)) return failed("checking in double precision: " + *large);
  const Point point = draw_point(session, Draw::initial, 0);
  auto native = native_values(session, simple, point);
  if (!native) return std::unexpected(native.error());

  Interpreter interpreter(graph, session.sizes);
  bind_point(point, interpreter);
  GradientChecks result;
  const auto expected = [&](std::size_t output, NodeId like) {
    const Tensor value = interpreter.value(simple.outputs[output].value);
    return laid_out(value, graph.node(like).axes, session.sizes);
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Tensor found = laid_out((*native)[i], graph.node(values[i].node).axes, session.sizes);
    result.values.push_back({values[i].name, error_of(found, expected(i, values[i].node))});
  }
  std::vector<std::pair<Tensor, Tensor>> derived;  // raw and simplified, at the unperturbed point
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Tensor first = laid_out(interpreter.value(raw[i]), graph.node(targets[i].node).axes, session.sizes);
    derived.emplace_back(first, expected(values.size() + i, targets[i].node));
    const Tensor found = laid_out((*native)[values.size() + i], graph.node(targets[i].node).axes, session.sizes);
    result.gradients.push_back({targets[i].name, 0, error_of(found, derived.back().second)});
  }
  for (std::size_t i = 0; i < targets.size(); ++i)
    result.gradients[i].finite_difference_error = session.times("differences", [&] {
      return finite_difference_error(interpreter, loss, targets[i].node, derived[i].first, derived[i].second);
    });
  return result;
}

}  // namespace tenet
