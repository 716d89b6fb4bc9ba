#include "compiler/plan/inspection.h"

#include "compiler/grad/closing.h"
#include "compiler/grad/gradient.h"
#include "compiler/plan/rewriting.h"

namespace tenet {

Computation inspection(Program& program) {
  Graph& graph = program.graph;
  const NodeId loss = with_training(program, std::span(&program.train->loss, 1), true)[0];
  Computation result;
  for (NodeId id : names_below(graph, loss))
    if (graph.node(id).kind != Kind::truth) result.outputs.push_back({graph.name_of(id), id});
  std::vector<NodeId> targets;
  for (const Parameter& parameter : program.parameters) targets.push_back(parameter.node);
  const std::vector<NodeId> derived = gradients(graph, loss, targets);
  for (std::size_t i = 0; i < targets.size(); ++i)
    result.outputs.push_back({"grad(" + program.train->loss_name + ", " + program.parameters[i].name + ")", derived[i]});
  return result;
}

}  // namespace tenet
