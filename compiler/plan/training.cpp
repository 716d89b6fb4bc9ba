#include "compiler/plan/training.h"

#include <algorithm>
#include <cassert>

#include "compiler/grad/gradient.h"
#include "compiler/plan/closed_gradients.h"
#include "compiler/plan/reals.h"
#include "compiler/plan/rewriting.h"
#include "compiler/plan/sharing.h"
#include "compiler/simplify/hazards.h"
#include "compiler/simplify/simplify.h"
#include "compiler/simplify/stabilise.h"

namespace tenet {
namespace {

NodeId product(Graph& graph, NodeId a, NodeId b) { return graph.apply(Op::multiply, a, b); }

// The gradients times min(1, clip / |g|), and not finite unless clip >= 0. They are divided by the greatest of them before they
// are squared, so that no square overflows, nor is lost, where the gradient is not; that divisor is held in a range in which it
// and its reciprocal are normal numbers, and is never 0.
std::vector<NodeId> clipped(Graph& graph, NodeId clip, std::span<const NodeId> gradients) {
  const auto reduced = [&](Op reduction, NodeId value) {
    const std::vector<AxisId> axes(graph.node(value).axes.begin(), graph.node(value).axes.end());
    return graph.reduce(reduction, axes, value);
  };
  static const mpq_class smallest("1/1000000000000000000000000000000"), largest("1000000000000000000000000000000");
  NodeId greatest = graph.constant(smallest);
  for (NodeId gradient : gradients)
    greatest = graph.apply(Op::maximum, greatest, reduced(Op::max_over, graph.apply(Op::abs, gradient)));
  const NodeId scale = graph.apply(Op::minimum, greatest, graph.constant(largest));
  const NodeId shrink = graph.apply(Op::divide, graph.constant(1), scale);
  NodeId squares = graph.constant(0);
  std::vector<NodeId> result;
  for (NodeId gradient : gradients) {
    result.push_back(product(graph, gradient, shrink));
    squares = graph.apply(Op::add, squares, reduced(Op::sum, product(graph, result.back(), result.back())));
  }
  const NodeId norm = graph.apply(Op::sqrt, squares);  // of the gradients over the scale
  const NodeId sensible = graph.apply(Op::greater_equal, clip, graph.constant(0));
  const NodeId limit = graph.apply(Op::where, sensible, clip, graph.apply(Op::negate, graph.infinity()));
  const NodeId longer = graph.apply(Op::greater, product(graph, norm, scale), limit);
  const NodeId factor = graph.apply(Op::divide, limit, norm);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    result[i] = graph.apply(Op::where, longer, product(graph, result[i], factor), gradients[i]);
  return result;
}

// What a step does to one input, its right side in simplest form.
struct Update {
  InputId target;
  NodeId next;
};

// The rules of parameters that are live, by rule, then those of the states that they read, directly or through one another.
std::vector<Update> live_updates(Program& program, const std::vector<bool>& live, std::size_t& parameters) {
  Graph& graph = program.graph;
  std::vector<NodeId> nexts;
  for (const Rule& rule : program.train->rules) nexts.push_back(rule.next);
  for (const State& state : program.states) nexts.push_back(state.next);
  nexts = simplify(graph, with_training(program, nexts, true)).roots;
  std::vector<Update> result;
  for (std::size_t i = 0; i < live.size(); ++i)
    if (live[i]) result.push_back({program.parameters[program.train->rules[i].parameter].input, nexts[i]});
  parameters = result.size();
  std::vector<bool> taken(program.states.size());
  for (std::size_t done = 0; done < result.size(); ++done) {
    const std::vector<NodeId> read = graph.reachable(std::span(&result[done].next, 1));
    for (std::size_t i = 0; i < program.states.size(); ++i) {
      const State& state = program.states[i];
      if (taken[i] || state.own || !std::ranges::binary_search(read, state.node)) continue;
      taken[i] = true;
      result.push_back({state.input, nexts[live.size() + i]});
    }
  }
  return result;
}

std::vector<NodeId> trained(const Program& program) {
  std::vector<NodeId> result;
  for (const Rule& rule : program.train->rules) result.push_back(program.parameters[rule.parameter].node);
  return result;
}

bool reads_noise(const Graph& graph, const Computation& step) {
  std::vector<NodeId> roots{*step.loss};
  for (const Computation::Assignment& assignment : step.assignments) roots.push_back(assignment.value);
  return std::ranges::any_of(graph.reachable(roots), [&](NodeId id) {
    return graph.node(id).op == Op::input && graph.input(graph.input_of(id)).role == InputRole::noise;
  });
}

// The loss, then the next values of the program's own states.
std::vector<NodeId> written_roots(const Program& program) {
  assert(program.train);
  std::vector<NodeId> result{program.train->loss};
  for (const State& state : program.states)
    if (state.own) result.push_back(state.next);
  return result;
}

}  // namespace

SimplifiedGradients training_forms(Program& program, const TrainingValues& raw, const Sizes& sizes) {
  Graph& graph = program.graph;
  const auto hazards = [&](const SimplifiedGradients& forms) {
    std::vector<NodeId> roots = forms.given;
    roots.insert(roots.end(), forms.gradients.begin(), forms.gradients.end());
    return hazard_count(graph, roots);
  };
  SimplifiedGradients result = simplify_gradients(graph, raw.given, raw.backward, sizes);
  if (hazards(result) == 0) return result;
  std::vector<LawApplication> journal;
  const std::vector<NodeId> stable = stabilised(graph, raw.given, journal);
  if (stable == raw.given) return result;
  SimplifiedGradients other = simplify_gradients(graph, stable, backward(graph, stable[0], trained(program)), sizes);
  return hazards(other) < hazards(result) ? other : result;
}

TrainingValues written_training_values(Program& program) {
  const std::vector<NodeId> given = with_training(program, written_roots(program), true);
  return {given, backward(program.graph, given[0], trained(program))};
}

TrainingValues training_values(Program& program, const Sizes& sizes) {
  const std::vector<NodeId> given = with_training(program, with_closed_gradients(program, written_roots(program), sizes), true);
  return {given, backward(program.graph, given[0], trained(program))};
}

Computation training_step(Program& program, const TrainingValues& raw, std::span<const NodeId> given,
                          std::span<const NodeId> gradients, const Sizes& sizes) {
  assert(gradients.size() == program.train->rules.size());
  Graph& graph = program.graph;
  const Train& train = *program.train;
  Computation result;
  result.loss = given[0];
  std::size_t own = 0;
  for (const State& state : program.states)
    if (state.own && given[++own] != state.node) result.assignments.push_back({state.input, given[own]});

  std::vector<NodeId> scaled = as_reals(graph, gradients, sizes), counted;
  for (std::size_t i = 0; i < scaled.size(); ++i)
    if (is_zero(graph, gradients[i]))
      scaled[i] = gradients[i];
    else
      counted.push_back(scaled[i]);
  if (train.clip) {
    const std::vector<NodeId> within = clipped(graph, *train.clip, counted);
    for (NodeId& gradient : scaled)
      if (const auto place = std::ranges::find(counted, gradient); place != counted.end())
        gradient = within[static_cast<std::size_t>(place - counted.begin())];
  }
  NodeMap gradient_of;
  for (std::size_t i = 0; i < scaled.size(); ++i) gradient_of.emplace(graph.input_node(train.rules[i].gradient), scaled[i]);
  std::vector<bool> live;
  for (NodeId gradient : raw.backward.gradients) live.push_back(!is_zero(graph, gradient));
  std::size_t parameters = 0;
  std::vector<Update> updates = live_updates(program, live, parameters);
  std::vector<NodeId> nexts;
  for (const Update& update : updates) nexts.push_back(update.next);
  nexts = rewritten(graph, nexts, gradient_of);
  for (std::size_t i = 0; i < updates.size(); ++i) result.assignments.push_back({updates[i].target, nexts[i]});
  result.draws = train.source || reads_noise(graph, result);
  return with_shared_components(graph, result);
}

}  // namespace tenet
