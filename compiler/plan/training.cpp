#include "compiler/plan/training.h"

#include <cassert>

#include "compiler/grad/gradient.h"
#include "compiler/plan/rewriting.h"

namespace tenet {

TrainingValues training_values(Program& program) {
  assert(program.train);
  std::vector<NodeId> targets;
  for (const Parameter& parameter : program.parameters) targets.push_back(parameter.node);
  return {{program.train->loss, program.train->rate, program.train->momentum},
          backward(program.graph, program.train->loss, targets)};
}

Computation training_step(Program& program, std::span<const NodeId> given, std::span<const NodeId> gradients) {
  assert(given.size() == 3 && gradients.size() == program.parameters.size());
  Graph& graph = program.graph;
  const NodeId rate = given[1], momentum = given[2];
  const bool heavy = !is_zero(graph, momentum);
  Computation result;
  result.loss = given[0];
  result.draws = program.train->source.has_value();
  for (std::size_t i = 0; i < program.parameters.size(); ++i) {
    const Parameter& parameter = program.parameters[i];
    NodeId velocity = gradients[i];
    if (is_zero(graph, velocity)) continue;
    if (heavy) {
      const Input& input = graph.input(parameter.input);
      const InputId state = graph.add_input({parameter.name + ".momentum", InputRole::state, Kind::real, input.axes, {}});
      const NodeId kept = graph.apply(Op::multiply, momentum, graph.input_node(state));
      velocity = graph.apply(Op::add, kept, velocity);
      result.assignments.push_back({state, velocity});
    }
    const NodeId step = graph.apply(Op::multiply, rate, velocity);
    result.assignments.push_back({parameter.input, graph.apply(Op::subtract, parameter.node, step)});
  }
  return result;
}

}  // namespace tenet
