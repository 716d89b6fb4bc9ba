#include "compiler/driver/gradient_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "compiler/driver/not_finite.h"
#include "compiler/driver/points.h"
#include "compiler/driver/sizes_to_check.h"
#include "compiler/driver/tensors.h"
#include "compiler/grad/closing.h"
#include "compiler/grad/differences.h"
#include "compiler/grad/gradient.h"
#include "compiler/plan/rewriting.h"
#include "compiler/plan/simplified.h"
#include "compiler/simplify/gradients.h"
#include "runtime/arena.h"

namespace tenet {
namespace {

// Elements in all nodes: of the loss, for all differences of all targets; of the loss and its gradients, for one evaluation.
constexpr double most_of_differences = 1 << 28, most_at_once = 1 << 24;
constexpr double evaluations = 32;  // for the differences of one target

struct Subject {
  std::string name;
  NodeId node;
};

double largest(const Tensor& tensor) {
  double result = 0;
  for (double value : tensor.values) result = std::max(result, std::isfinite(value) ? std::abs(value) : 0);
  return result;
}

// The greatest difference, as a share of the largest expected value or of the terms that it was added up from. Equal infinities
// do not differ, nor do numbers below what single precision holds.
double error_of(const Tensor& found, const Tensor& expected, double terms) {
  double error = 0;
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const double a = found.values[i], b = expected.values[i];
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double difference = std::abs(a - b);
    if (difference < std::numeric_limits<float>::min()) continue;
    error = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(error, difference);
  }
  return error == 0 ? 0 : error / std::max(largest(expected), terms);
}

bool finite(const Tensor& tensor) {
  return std::ranges::all_of(tensor.values, [](double x) { return std::isfinite(x); });
}

// Named real values that the loss reads, operands before users.
std::vector<Subject> named_values(Graph& graph, NodeId loss) {
  std::vector<Subject> result;
  for (NodeId id : names_below(graph, loss))
    if (graph.node(id).kind == Kind::real) result.push_back({graph.name_of(id), id});
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
    for (Slot::Role role : {Slot::Role::parameter, Slot::Role::state, Slot::Role::data, Slot::Role::normal, Slot::Role::uniform})
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

// What is checked, and its nodes.
struct Subjects {
  std::vector<Subject> values, targets;  // named values; parameters, then named values
  std::vector<NodeId> raw;               // the targets' gradients as reverse mode leaves them
  Computation simple;                    // the values, then the gradients, as they are computed
};

Subjects subjects_of(Session& session, NodeId loss) {
  Graph& graph = session.graph();
  Subjects result;
  result.values = named_values(graph, loss);
  for (const Parameter& parameter : session.program->parameters) result.targets.push_back({parameter.name, parameter.node});
  result.targets.insert(result.targets.end(), result.values.begin(), result.values.end());
  std::vector<NodeId> nodes, given;
  for (const Subject& target : result.targets) nodes.push_back(target.node);
  for (const Subject& value : result.values) given.push_back(value.node);
  const Backward reverse = session.times("grad", [&] { return backward(graph, loss, nodes); });
  result.raw = reverse.gradients;
  // By the same road that training takes.
  const SimplifiedGradients forms =
      session.times("simplify", [&] { return simplify_gradients(graph, given, reverse, session.sizes); });
  Computation computation;
  for (NodeId value : forms.given) computation.outputs.push_back({numbered(computation.outputs.size()), value});
  for (NodeId gradient : forms.gradients) computation.outputs.push_back({numbered(computation.outputs.size()), gradient});
  result.simple = session.times("simplify", [&] { return simplified(graph, computation); });
  return result;
}

std::vector<NodeId> outputs_of(const Computation& computation) {
  std::vector<NodeId> result;
  for (const Computation::Output& output : computation.outputs) result.push_back(output.value);
  return result;
}

// The sizes of the terms that the nodes' values are added up from: how far they move, as a multiple of a small random error in
// everything that they are computed from. Conditions stay as they are.
std::vector<double> term_sizes(const Session& session, const Point& point, Interpreter& exact, std::span<const NodeId> nodes) {
  constexpr double relative = 1e-9;
  const Graph& graph = session.program->graph;
  std::vector<double> result(nodes.size());
  for (const std::uint64_t seed : {1, 2}) {
    Interpreter disturbed(graph, session.sizes, session.seed);
    bind_point(point, disturbed);
    for (NodeId id : graph.reachable(nodes))
      if (graph.node(id).kind != Kind::real && operation(graph.node(id).op).form != Form::leaf) disturbed.hold(id);
    disturbed.disturb(relative, seed);
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      const Tensor moved = disturbed.value(nodes[k]);
      const Tensor& value = exact.value(nodes[k]);
      for (std::size_t i = 0; i < moved.values.size(); ++i)
        if (const double change = std::abs(moved.values[i] - value.values[i]) / relative; std::isfinite(change))
          result[k] = std::max(result[k], change);
    }
  }
  return result;
}

// The first of the values that is not finite, and where the program defines it. `tensor(k)`: the k-th value.
template <class Value>
std::string first_of(const Session& session, const std::vector<Subject>& values, Value tensor) {
  const Graph& graph = session.program->graph;
  for (std::size_t k = 0; k < values.size(); ++k) {
    std::string text = not_finite_text(graph, values[k].name, tensor(k), writes_infinity(graph, values[k].node));
    if (!text.empty()) return text + place_text(session, values[k].name);
  }
  return {};
}

// The kinks that are at a tie somewhere at the point.
std::vector<Kink> tied(std::vector<Kink> kinks, Interpreter& interpreter) {
  std::erase_if(kinks, [&](const Kink& kink) {
    const Tensor& where = interpreter.value(kink.at_tie);
    return std::ranges::none_of(where.values, [](double truth) { return truth != 0; });
  });
  return kinks;
}

bool reads(const Graph& graph, NodeId node, NodeId target) {
  return std::ranges::binary_search(graph.reachable(std::span(&node, 1)), target);
}

// Both gradients of every target against differences of the loss.
void measure_differences(Session& session, NodeId loss, const Point& point, const Subjects& subjects,
                         const std::vector<double>& terms, const std::vector<std::array<Tensor, 2>>& derived, Waiting& waiting,
                         GradientChecks& result) {
  Graph& graph = session.graph();
  std::vector<NodeId> targets;
  for (const Subject& target : subjects.targets) targets.push_back(target.node);
  const std::vector<Kink> kinks = kinks_of(graph, loss, targets);
  session.sizes = completed(graph, session.sizes);
  Interpreter probe(graph, session.sizes, session.seed);
  bind_point(point, probe);
  const std::vector<Kink> ties = tied(kinks, probe);
  const Smoothed smooth = smoothed(graph, loss, targets, ties);
  session.sizes = completed(graph, session.sizes);
  Interpreter interpreter(graph, session.sizes, session.seed);
  bind_point(point, interpreter);
  for (NodeId node : held_by_grad(graph, smooth.value, smooth.targets)) interpreter.hold(node);
  const std::size_t count = targets.size(), values = subjects.values.size();
  for (std::size_t i = 0; i < count; ++i) {
    waiting("gradients", i + 1, count, subjects.targets[i].name);
    GradientCheck& check = result.gradients[i];
    check.at_tie = std::ranges::any_of(ties, [&](const Kink& kink) { return reads(graph, kink.node, targets[i]); });
    if (!finite(derived[i][0]) || !finite(derived[i][1])) continue;
    const TermSizes sizes{terms[0], {terms[1 + i], terms[1 + count + values + i]}};
    check.finite_difference_error = session.times("differences", [&] {
      return difference_error(interpreter, smooth.value, smooth.targets[i], derived[i], sizes, finite_difference_tolerance);
    });
  }
}

}  // namespace

Outcome<GradientChecks> check_gradients(Session& session, NodeId loss, Waiting& waiting) {
  Graph& graph = session.graph();
  loss = with_training(*session.program, std::span(&loss, 1), true)[0];
  waiting("gradients", 0, 1, "simplifying");
  const Subjects subjects = subjects_of(session, loss);
  const std::size_t values = subjects.values.size(), targets = subjects.targets.size();
  const std::vector<NodeId> outputs = outputs_of(subjects.simple);
  session.sizes = completed(graph, session.sizes);
  std::vector<NodeId> evaluated{loss};
  evaluated.insert(evaluated.end(), subjects.raw.begin(), subjects.raw.end());
  evaluated.insert(evaluated.end(), outputs.begin(), outputs.end());

  GradientChecks result;
  const Sizes own = session.sizes;
  const double most = most_of_differences / evaluations / static_cast<double>(targets);
  session.sizes = completed(graph, reduced_sizes(session, std::span(&loss, 1), most, Shortened::all));
  session.sizes = completed(graph, reduced_sizes(session, evaluated, most_at_once, Shortened::all));
  result.sizes = changed_sizes(session, own);
  if (auto large = too_large(graph, session.sizes, evaluated)) return failed("checking in double precision: " + *large);
  std::optional<Point> point;
  for (Draw draw : {Draw::initial, Draw::normal, Draw::positive, Draw::unit})
    if (!point) point = draw_point(session, draw, 0);
  if (!point) return failed("no values were found at which gradients could be checked");
  round_to_float(*point);
  auto native = native_values(session, subjects.simple, *point);
  if (!native) return std::unexpected(native.error());

  Interpreter interpreter(graph, session.sizes, session.seed);
  bind_point(*point, interpreter);
  const std::vector<double> terms = term_sizes(session, *point, interpreter, evaluated);
  const auto at = [&](NodeId value, NodeId like) {
    return laid_out(interpreter.value(value), graph.node(like).axes, session.sizes);
  };
  const auto native_at = [&](std::size_t k, NodeId like) { return laid_out((*native)[k], graph.node(like).axes, session.sizes); };
  const auto native_error = [&](std::size_t k, NodeId like) {
    return error_of(native_at(k, like), at(outputs[k], like), terms[1 + targets + k]);
  };
  for (std::size_t i = 0; i < values; ++i)
    result.values.push_back({subjects.values[i].name, native_error(i, subjects.values[i].node)});
  std::vector<std::array<Tensor, 2>> derived;  // raw and simplified, at the unperturbed point
  bool all_finite = finite(interpreter.value(loss));
  for (std::size_t i = 0; i < targets; ++i) {
    const NodeId like = subjects.targets[i].node;
    derived.push_back({at(subjects.raw[i], like), at(outputs[values + i], like)});
    all_finite = all_finite && finite(derived[i][0]) && finite(derived[i][1]) && finite(native_at(values + i, like));
    result.gradients.push_back(
        {subjects.targets[i].name, std::numeric_limits<double>::infinity(), native_error(values + i, like), false});
  }
  const bool wrong = std::ranges::any_of(result.values, [](const ValueCheck& check) { return std::isinf(check.native_error); });
  if (!all_finite || wrong) {
    result.not_finite =
        first_of(session, subjects.values, [&](std::size_t k) { return at(subjects.values[k].node, subjects.values[k].node); });
    if (result.not_finite.empty()) {
      result.not_finite =
          first_of(session, subjects.values, [&](std::size_t k) { return native_at(k, subjects.values[k].node); });
      if (!result.not_finite.empty()) result.not_finite += ", in single precision";
    }
  }
  measure_differences(session, loss, *point, subjects, terms, derived, waiting, result);
  return result;
}

}  // namespace tenet
