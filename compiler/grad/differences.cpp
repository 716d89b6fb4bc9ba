#include "compiler/grad/differences.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <unordered_map>

#include "compiler/grad/formula.h"

namespace tenet {
namespace {

constexpr int directions = 3, coordinates = 5;
constexpr double steps[] = {1e-3, 1e-2, 1e-4, 1e-1, 1e-5, 1e-6};  // as shares of the target's size
constexpr double shortest_rounded = 1e-4;                         // below, rounding explains too much to be allowed for
constexpr double roundings = 64;                                  // that may add up in one difference

std::vector<bool> dependents(const Graph& graph, std::span<const NodeId> order, std::span<const NodeId> targets) {
  std::vector<bool> depends(graph.node_count());
  for (NodeId target : targets) depends[index_of(graph.defined(target))] = true;
  for (NodeId id : order)
    for (NodeId operand : graph.node(id).operands)
      if (depends[index_of(operand)]) depends[index_of(id)] = true;
  return depends;
}

bool passes_nothing(const Node& node) {
  const Operation& row = operation(node.op);
  if (row.form == Form::leaf || row.form == Form::recurrence) return false;
  if (node.kind != Kind::real) return true;
  return row.form != Form::substitution && std::ranges::all_of(row.adjoint, &std::string_view::empty);
}

// The distance below which two values count as tied.
NodeId nearness(Graph& graph, NodeId value) {
  const NodeId size = graph.apply(Op::add, graph.constant(1), graph.apply(Op::abs, value));
  return graph.apply(Op::multiply, graph.constant(1, 10'000'000), size);
}

// What has a convention is linear but for its kinks: the second difference says whether one is near.
NodeId pointwise_tie(Graph& graph, NodeId id) {
  const std::vector<NodeId> operands(graph.node(id).operands.begin(), graph.node(id).operands.end());
  const Op op = graph.node(id).op;
  std::optional<NodeId> result;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const NodeId step = nearness(graph, operands[k]);
    const auto moved = [&](Op direction) {
      std::vector<NodeId> at = operands;
      at[k] = graph.apply(direction, at[k], step);
      return graph.apply(op, at);
    };
    const NodeId both = graph.apply(Op::add, moved(Op::add), moved(Op::subtract));
    const NodeId bend = graph.apply(Op::abs, graph.apply(Op::subtract, both, graph.apply(Op::add, id, id)));
    const NodeId tie = graph.apply(Op::greater, bend, graph.apply(Op::divide, step, graph.constant(4)));
    result = result ? graph.apply(Op::logical_or, *result, tie) : tie;
  }
  return *result;
}

// More than one element is the greatest.
NodeId reduced_tie(Graph& graph, NodeId id) {
  const NodeId element = graph.node(id).operands[0];
  const AxisSet over = set_of(graph.node(id).bound);
  const NodeId distance = graph.apply(Op::abs, graph.apply(Op::subtract, element, id));
  const NodeId tied = graph.apply(Op::less_equal, distance, nearness(graph, id));
  return graph.apply(Op::greater, sum_over(graph, tied, over), graph.constant(1));
}

// y + sum_k dy/d(operand k) * (operand k - its value), every value but the operands' fixed.
NodeId tangent(Graph& graph, NodeId id) {
  static constexpr std::array<std::string_view, 3> letters{"a", "b", "c"};
  const Op op = graph.node(id).op;
  const AxisSet over = set_of(graph.node(id).bound);
  const std::vector<NodeId> operands(graph.node(id).operands.begin(), graph.node(id).operands.end());
  FormulaNames names;
  names.values = {{"g", graph.constant(1)}, {"y", id}};
  names.axes = {{"axes", over}};
  for (std::size_t k = 0; k < operands.size(); ++k) names.values.emplace_back(letters[k], operands[k]);
  NodeId result = graph.stop(id);
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const NodeId slope = graph.stop(instantiate(graph, *parse_formula(operation(op).adjoint[k]), names));
    const NodeId moved = graph.apply(Op::subtract, operands[k], graph.stop(operands[k]));
    const NodeId change = graph.apply(Op::multiply, slope, moved);
    result = graph.apply(Op::add, result, sum_over(graph, change, over));
  }
  return result;
}

double largest(std::span<const Tensor> tensors) {
  double result = 0;
  for (const Tensor& tensor : tensors)
    for (double value : tensor.values) result = std::max(result, std::isfinite(value) ? std::abs(value) : 0);
  return result;
}

double typical_size(const Tensor& tensor) {
  double square = 0;
  for (double x : tensor.values) square += std::isfinite(x) ? x * x : 0;
  const double typical = std::sqrt(square / static_cast<double>(tensor.values.size()));
  return typical > 1e-6 ? typical : 1;
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

// The derivative along `direction`: central differences at h and h/2 with Richardson's extrapolation, error O(h^4).
double slope(Interpreter& interpreter, NodeId value, NodeId target, const Tensor& direction, double h) {
  const auto moved = [&](double length) {
    Tensor difference = direction;
    for (double& x : difference.values) x *= length;
    interpreter.perturb(target, std::move(difference));
    return interpreter.value(value).values[0];
  };
  const double wide = (moved(h) - moved(-h)) / (2 * h);
  const double narrow = (moved(h / 2) - moved(-h / 2)) / h;
  return (4 * narrow - wide) / 3;
}

}  // namespace

std::vector<NodeId> held_by_grad(const Graph& graph, NodeId value, std::span<const NodeId> targets) {
  const std::vector<NodeId> order = graph.all_below(std::span(&value, 1));
  const std::vector<bool> depends = dependents(graph, order, targets);
  std::vector<NodeId> result;
  for (NodeId id : order)
    if (depends[index_of(id)] && !graph.node(id).open && passes_nothing(graph.node(id))) result.push_back(id);
  return result;
}

std::vector<Kink> kinks_of(Graph& graph, NodeId value, std::span<const NodeId> targets) {
  const std::vector<NodeId> order = graph.all_below(std::span(&value, 1));
  const std::vector<bool> depends = dependents(graph, order, targets);
  std::vector<Kink> result;
  for (NodeId id : order) {
    const Node& node = graph.node(id);
    if (!depends[index_of(id)] || node.open || node.kind != Kind::real || operation(node.op).convention.empty()) continue;
    const bool reduces = operation(node.op).form == Form::reduction;
    result.push_back({id, reduces ? reduced_tie(graph, id) : pointwise_tie(graph, id)});
  }
  return result;
}

Smoothed smoothed(Graph& graph, NodeId value, std::span<const NodeId> targets, std::span<const Kink> kinks) {
  if (kinks.empty()) return {value, {targets.begin(), targets.end()}};
  std::unordered_map<NodeId, NodeId> image;
  for (NodeId id : graph.all_below(std::span(&value, 1))) {
    std::vector<NodeId> operands;
    for (NodeId operand : graph.node(id).operands) operands.push_back(image.at(operand));
    const bool leaf = operation(graph.node(id).op).form == Form::leaf;
    NodeId rebuilt = leaf ? id : graph.rebuild(id, operands);
    if (const auto kink = std::ranges::find(kinks, id, &Kink::node); kink != kinks.end())
      rebuilt = graph.apply(Op::where, kink->at_tie, tangent(graph, rebuilt), rebuilt);
    image.emplace(id, rebuilt);
  }
  Smoothed result{image.at(value), {}};
  for (NodeId target : targets) {
    const auto found = image.find(target);
    const Node& node = graph.node(target);
    if (found != image.end())
      result.targets.push_back(found->second);
    else if (const auto component = image.find(node.op == Op::named ? node.operands[0] : target); component != image.end())
      result.targets.push_back(graph.named(graph.name_of(target), component->second));
    else
      result.targets.push_back(target);
  }
  return result;
}

double difference_error(Interpreter& interpreter, NodeId value, NodeId target, std::span<const Tensor> gradients,
                        const TermSizes& sizes, double tolerance) {
  constexpr double unit = std::numeric_limits<double>::epsilon() / 2;
  std::mt19937_64 random(index_of(target));
  const Tensor at = interpreter.value(target);
  const double scale = typical_size(at), gradient_scale = largest(gradients);
  const auto along = [](const Tensor& tensor, const Tensor& direction) {
    return std::inner_product(tensor.values.begin(), tensor.values.end(), direction.values.begin(), 0.0);
  };
  double result = 0;
  const int probes = at.values.size() == 1 ? 1 : coordinates + directions;
  for (int probe = 0; probe < probes; ++probe) {
    const Tensor direction = direction_of(at, probe, random);
    double best = std::numeric_limits<double>::infinity();
    for (double step : steps) {
      const double h = step * scale, measured = slope(interpreter, value, target, direction, h);
      double error = 0;
      for (std::size_t k = 0; k < gradients.size(); ++k) {
        const double difference = std::abs(measured - along(gradients[k], direction));
        const double rounding = unit * roundings * (sizes.value / h + sizes.gradients[k]);
        const double terms = step < shortest_rounded ? 0 : rounding / tolerance;
        const double share = difference == 0 ? 0 : difference / std::max({gradient_scale, std::abs(measured), terms});
        error = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(error, share);
      }
      best = std::min(best, error);
      if (best < tolerance / 10) break;
    }
    result = std::max(result, best);
  }
  interpreter.clear_perturbations();
  return result;
}

}  // namespace tenet
