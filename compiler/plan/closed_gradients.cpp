#include "compiler/plan/closed_gradients.h"

#include <algorithm>

#include "compiler/grad/gradient.h"
#include "compiler/plan/rewriting.h"
#include "compiler/simplify/gradients.h"

namespace tenet {
namespace {

// What is computed in place of the product of other elements asks where elements are 0, and has no derivative there.
bool reads_product(const Graph& graph, NodeId node) {
  return std::ranges::any_of(graph.all_below(std::span(&node, 1)), [&](NodeId id) { return graph.node(id).op == Op::product; });
}

// What a form of `written` has to leave where it stands, for gradients of what reads it: `stop`, and named values that one of
// them is taken by.
std::vector<NodeId> kept_in(const Program& program, const WrittenGradient& written) {
  const Graph& graph = program.graph;
  const std::vector<NodeId> below = graph.all_below(std::span(&written.result, 1));
  std::vector<NodeId> result;
  std::ranges::copy_if(below, std::back_inserter(result), [&](NodeId id) { return graph.node(id).op == Op::stop; });
  for (const WrittenGradient& outer : program.gradients)
    if (operation(graph.node(outer.target).op).form != Form::leaf && std::ranges::binary_search(below, outer.target) &&
        std::ranges::binary_search(graph.all_below(std::span(&outer.value, 1)), written.result))
      result.push_back(outer.target);
  return result;
}

// Both ways between the values and inputs in their place.
struct Opaque {
  NodeMap inputs, values;
};

Opaque opaque(Graph& graph, std::span<const NodeId> values) {
  Opaque result;
  for (NodeId value : values) {
    const auto axes = graph.node(value).axes;
    const InputId input = graph.add_input({"kept", InputRole::given, graph.node(value).kind, {axes.begin(), axes.end()}, {}});
    if (result.inputs.emplace(value, graph.input_node(input)).second) result.values.emplace(graph.input_node(input), value);
  }
  return result;
}

Backward with_inputs(Graph& graph, const Backward& reverse, const NodeMap& inputs) {
  std::vector<NodeId> nodes = reverse.gradients;
  for (const Adjoint& adjoint : reverse.adjoints) nodes.insert(nodes.end(), {adjoint.of, adjoint.value});
  const std::vector<NodeId> now = rewritten(graph, nodes, inputs);
  auto next = now.begin();
  Backward result = reverse;
  for (NodeId& gradient : result.gradients) gradient = *next++;
  for (auto& [of, value] : result.adjoints) of = *next++, value = *next++;
  return result;
}

}  // namespace

std::vector<NodeId> with_closed_gradients(Program& program, std::span<const NodeId> roots, const Sizes& sizes) {
  Graph& graph = program.graph;
  const std::vector<NodeId> read = graph.all_below(roots);
  NodeMap closed;
  for (const WrittenGradient& written : program.gradients) {
    if (!std::ranges::binary_search(read, written.result) || operation(graph.node(written.result).op).form == Form::leaf)
      continue;
    const NodeId of[] = {written.value, written.target};
    const std::vector<NodeId> now = rewritten(graph, of, closed);
    const Backward reverse = backward(graph, now[0], std::span(&now[1], 1));
    NodeId gradient = reverse.gradients[0];
    if (!reads_product(graph, gradient)) {
      const Opaque kept = opaque(graph, rewritten(graph, kept_in(program, written), closed));
      const std::vector<NodeId> given = rewritten(graph, std::span(&now[0], 1), kept.inputs);
      gradient = simplify_gradients(graph, given, with_inputs(graph, reverse, kept.inputs), sizes).gradients[0];
      gradient = rewritten(graph, std::span(&gradient, 1), kept.values)[0];
    }
    closed.emplace(written.result, gradient);
  }
  return closed.empty() ? std::vector(roots.begin(), roots.end()) : rewritten(graph, roots, closed);
}

}  // namespace tenet
