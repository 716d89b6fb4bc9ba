#include "compiler/simplify/extraction/closed_forms.h"

#include <functional>
#include <unordered_map>

#include "compiler/grad/axes.h"
#include "compiler/simplify/extraction/cuts.h"
#include "compiler/simplify/extraction/emission.h"
#include "compiler/simplify/extraction/record.h"

namespace tenet {

ClosedForms closed_forms(Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes,
                         Journal* journal) {
  Cuts cuts(graph, given, backward, sizes);
  std::unordered_map<NodeId, NodeId> images;
  // What is neither at hand nor a cut is its own operation over what is computed.
  const std::function<NodeId(NodeId)> image = [&](NodeId node) {
    if (const auto found = images.find(node); found != images.end()) return found->second;
    const Form form = operation(graph.node(node).op).form;
    if (cuts.values().is_given(node) || form == Form::leaf || form == Form::recurrence) return cuts.values().named(node);
    std::vector<NodeId> operands(graph.node(node).operands.begin(), graph.node(node).operands.end());
    for (NodeId& operand : operands) operand = image(operand);
    return images[node] = graph.rebuild(node, operands);
  };
  Emission emission(graph, cuts.values(), sizes, image);
  ClosedForms result;
  const std::vector<Cut> chosen = cuts.chosen();
  if (cuts.failed()) return {backward.gradients, {}, cuts.stop(), true};
  for (const Cut& cut : chosen) {
    NodeId node{};
    if (cut.verbatim) {
      std::vector<NodeId> operands;
      for (NodeId operand : graph.node(cut.node).operands) {
        operands.push_back(image(operand));
        const bool body = graph.node(cut.node).op == Op::recurrence && graph.node(operand).op == Op::named;  // keeps its name
        if (body && graph.node(operands.back()).op != Op::named)
          operands.back() = graph.named(graph.name_of(operand), operands.back());
      }
      node = graph.rebuild(cut.node, operands);
    } else {
      node = emission.node(*cut.tree);
    }
    node = broadcast(graph, node, graph.node(cut.node).axes);
    if (journal) record(cuts, emission, cut, chosen, node, *journal);
    images[cut.node] = node;
    result.cuts.emplace_back(cut.node, node);
  }
  result.stop = cuts.stop();
  if (journal) journal->laws = cuts.values().forms().fired();
  for (NodeId root : backward.gradients) result.roots.push_back(image(root));
  return result;
}

}  // namespace tenet
