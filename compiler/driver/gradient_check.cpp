#include "compiler/driver/gradient_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "compiler/driver/infinities.h"
#include "compiler/driver/native_check.h"
#include "compiler/driver/not_finite.h"
#include "compiler/driver/points.h"
#include "compiler/driver/sizes_to_check.h"
#include "compiler/driver/tensors.h"
#include "compiler/grad/closing.h"
#include "compiler/grad/differences.h"
#include "compiler/grad/gradient.h"
#include "compiler/plan/reals.h"
#include "compiler/plan/rewriting.h"
#include "compiler/plan/simplified.h"
#include "compiler/simplify/gradients.h"

namespace tenet {
namespace {

// Elements in all nodes: of the loss, for all differences of all targets; of the loss and its gradients, for one evaluation.
constexpr double most_of_differences = 1 << 24, most_at_once = 1 << 21;

struct Subject {
  std::string name;
  NodeId node;
};

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
  for (NodeId value : forms.given) computation.outputs.push_back({output_name(computation.outputs.size()), value});
  for (NodeId gradient : forms.gradients) computation.outputs.push_back({output_name(computation.outputs.size()), gradient});
  result.simple = session.times("simplify", [&] { return simplified(graph, computation); });
  const auto gradients = std::span(result.simple.outputs).subspan(result.values.size());
  std::vector<NodeId> reals;
  for (const Computation::Output& gradient : gradients) reals.push_back(gradient.value);
  reals = as_reals(graph, reals, session.sizes);
  for (std::size_t k = 0; k < reals.size(); ++k) gradients[k].value = reals[k];
  return result;
}

std::vector<NodeId> outputs_of(const Computation& computation) {
  std::vector<NodeId> result;
  for (const Computation::Output& output : computation.outputs) result.push_back(output.value);
  return result;
}

// The first of the values that is not finite, and where the program defines it. `tensor(k)`: the k-th value.
template <class Value>
std::string first_of(const Session& session, const std::vector<Subject>& values, Value tensor) {
  const Graph& graph = session.program->graph;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const Tensor value = tensor(k);
    if (not_finite_text(graph, values[k].name, value, false).empty()) continue;
    const std::string text = not_finite_text(graph, values[k].name, value, may_be_infinite(*session.program, values[k].node));
    if (!text.empty()) return text + place_text(session, values[k].name) + (finite(value) ? ", in single precision" : "");
  }
  return {};
}

bool reads(const Graph& graph, NodeId node, NodeId target) {
  return std::ranges::binary_search(graph.all_below(std::span(&node, 1)), graph.defined(target));
}

// Both gradients of every target against differences of the loss.
Outcome<void> measure_differences(Session& session, NodeId loss, const Point& point, const Subjects& subjects,
                                  const std::vector<double>& terms, const std::vector<std::array<Tensor, 2>>& derived,
                                  Waiting& waiting, GradientChecks& result) {
  Graph& graph = session.graph();
  std::vector<NodeId> targets;
  for (const Subject& target : subjects.targets) targets.push_back(target.node);
  Interpreter interpreter(graph, session.sizes, session.seed);
  bind_point(point, interpreter);
  const auto holds = [&](NodeId truth) {
    session.sizes = completed(graph, session.sizes);
    return std::ranges::any_of(interpreter.value(truth).values, [](double x) { return x != 0; });
  };
  const double share = most_of_differences / static_cast<double>(targets.size());
  const double probes = share / elements_of(graph, session.sizes, std::span(&loss, 1)) / static_cast<double>(moves_of(1));
  const Moved all = session.times("differences", [&] {
    return moved(graph, loss, targets, static_cast<int>(std::clamp(probes, 1.0, 1.0 * most_probes)), holds);
  });
  session.sizes = completed(graph, session.sizes);
  if (auto large = too_large(graph, session.sizes, std::span(&all.value, 1))) return failed("taking differences: " + *large);
  unmove(interpreter, all);
  std::vector<NodeId> ties;
  for (const Tie& tie : all.ties)
    if (holds(tie.where)) ties.push_back(tie.node);
  const std::size_t count = targets.size(), values = subjects.values.size();
  for (std::size_t i = 0; i < count; ++i) {
    waiting("gradients", i + 1, count, subjects.targets[i].name);
    GradientCheck& check = result.gradients[i];
    check.at_tie = std::ranges::any_of(ties, [&](NodeId node) { return reads(graph, node, targets[i]); });
    // What reverse mode leaves that is no number asks for none.
    std::array<Tensor, 2> both = derived[i];
    bool lost = false;
    for (std::size_t k = 0; k < both[0].values.size(); ++k)
      lost = lost || (std::isfinite(both[0].values[k]) && !std::isfinite(both[1].values[k]));
    if (lost) continue;
    const TermSizes sizes{terms[0], {terms[1 + i], terms[1 + count + values + i]}};
    check.differences = session.times("differences", [&] {
      const Tensor at = laid_out(interpreter.value(targets[i]), graph.node(targets[i]).axes, session.sizes);
      return difference_error(interpreter, all, i, at, both, sizes, finite_difference_tolerance);
    });
  }
  return {};
}

// Where the loss is finite, the first such; else where training starts, almost.
std::optional<Point> point_of(Session& session, NodeId loss) {
  std::optional<Point> first;
  for (Draw draw : {Draw::initial, Draw::normal, Draw::positive, Draw::unit}) {
    std::optional<Point> point = draw_point(session, draw, 0);
    if (!point) continue;
    round_to_float(*point);
    Interpreter interpreter(session.graph(), session.sizes, session.seed);
    bind_point(*point, interpreter);
    if (finite(interpreter.value(loss))) return point;
    if (!first) first = std::move(point);
  }
  return first;
}

}  // namespace

std::string first_not_finite(Session& session, NodeId loss) {
  Graph& graph = session.graph();
  loss = with_training(*session.program, std::span(&loss, 1), true)[0];
  session.sizes = completed(graph, session.sizes);
  const std::optional<Point> start = draw_point(session, Draw::start, 0);
  if (!start || too_large(graph, session.sizes, std::span(&loss, 1))) return {};
  Interpreter interpreter(graph, session.sizes, session.seed);
  bind_point(*start, interpreter);
  const std::vector<Subject> values = named_values(graph, loss);
  return first_of(session, values, [&](std::size_t k) { return interpreter.value(values[k].node); });
}

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
  const double most = most_of_differences / static_cast<double>(moves_of(most_probes)) / static_cast<double>(targets);
  session.sizes = completed(graph, reduced_sizes(session, std::span(&loss, 1), most, Shortened::all));
  session.sizes = completed(graph, reduced_sizes(session, evaluated, most_at_once, Shortened::all));
  result.sizes = changed_sizes(session, own);
  if (auto large = too_large(graph, session.sizes, evaluated)) return failed("checking in double precision: " + *large);
  const std::optional<Point> point = point_of(session, loss);
  if (!point) return failed("no values were found at which gradients could be checked");
  std::vector<Watched> watched;
  for (std::size_t i = 0; i < values; ++i) watched.push_back({"`" + subjects.values[i].name + "`", subjects.values[i].node});
  for (std::size_t i = 0; i < targets; ++i)
    watched.push_back({"the gradient of `" + subjects.targets[i].name + "`", subjects.raw[i]});
  waiting("gradients", 0, targets, "compiling");
  auto code = NativeCheck::make(graph, session.sizes, subjects.simple, watched, session.times, Runs::once);
  if (!code) return failed(code.error());
  const auto native = code->values(*point);
  if (!native) return failed(native.error());
  const std::vector<Deviation> deviations = session.times("rounding", [&] { return code->deviations(*point, *native, false); });

  Interpreter interpreter(graph, session.sizes, session.seed);
  bind_point(*point, interpreter);
  const std::vector<double> terms =
      session.times("rounding", [&] { return term_sizes(graph, session.sizes, *point, interpreter, evaluated); });
  const auto at = [&](NodeId value, NodeId like) {
    return laid_out(interpreter.value(value), graph.node(like).axes, session.sizes);
  };
  for (std::size_t i = 0; i < values; ++i) result.values.push_back({subjects.values[i].name, deviations[i]});
  std::vector<std::array<Tensor, 2>> derived;  // raw and simplified, at the unperturbed point
  bool all_finite = finite(interpreter.value(loss));
  for (std::size_t i = 0; i < targets; ++i) {
    const NodeId like = subjects.targets[i].node;
    derived.push_back({at(subjects.raw[i], like), at(outputs[values + i], like)});
    all_finite = all_finite && finite(derived[i][0]) && finite(derived[i][1]) && finite((*native)[values + i]);
    result.gradients.push_back({subjects.targets[i].name, {}, deviations[values + i], false});
  }
  const bool wrong = std::ranges::any_of(result.values, [](const ValueCheck& check) { return std::isinf(check.native.error); });
  if (!all_finite || wrong) {
    result.not_finite =
        first_of(session, subjects.values, [&](std::size_t k) { return at(subjects.values[k].node, subjects.values[k].node); });
    if (result.not_finite.empty()) {
      result.not_finite = first_of(session, subjects.values, [&](std::size_t k) { return (*native)[k]; });
      if (!result.not_finite.empty()) result.not_finite += ", in single precision";
    }
  }
  if (auto measured = measure_differences(session, loss, *point, subjects, terms, derived, waiting, result); !measured)
    return std::unexpected(measured.error());
  return result;
}

}  // namespace tenet
