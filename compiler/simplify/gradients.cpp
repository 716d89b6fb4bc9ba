#include "compiler/simplify/gradients.h"

#include "compiler/simplify/cost.h"
#include "compiler/simplify/extraction/closed_forms.h"
#include "compiler/simplify/simplify.h"

namespace tenet {
namespace {

struct Attempt {
  SimplifiedGradients result;
  double operations;
};

// The directed laws over everything together.
Attempt rewritten(Graph& graph, std::span<const NodeId> given, std::vector<NodeId> gradients,
                  std::vector<std::pair<NodeId, NodeId>> values, const Sizes& sizes) {
  std::vector<NodeId> roots(given.begin(), given.end());
  roots.insert(roots.end(), gradients.begin(), gradients.end());
  for (const auto& [raw, value] : values) roots.push_back(value);
  const Simplified simple = simplify(graph, roots);
  const std::size_t g = given.size(), n = gradients.size();
  const auto at = [&](std::size_t k) { return simple.roots.begin() + static_cast<std::ptrdiff_t>(k); };
  for (std::size_t k = 0; k < values.size(); ++k) values[k].second = simple.roots[g + n + k];
  const double operations = cost_of(graph, std::span(simple.roots).first(g + n), sizes).operations;
  return {{{at(0), at(g)}, {at(g), at(g + n)}, std::move(values), simple.stop}, operations};
}

}  // namespace

SimplifiedGradients simplify_gradients(Graph& graph, std::span<const NodeId> given, const Backward& backward,
                                       const Sizes& sizes) {
  std::vector<std::pair<NodeId, NodeId>> adjoints;
  for (const Adjoint& adjoint : backward.adjoints) adjoints.emplace_back(adjoint.value, adjoint.value);
  Attempt plain = rewritten(graph, given, backward.gradients, std::move(adjoints), sizes);
  const ClosedForms closed = closed_forms(graph, given, backward, sizes);
  Attempt best = rewritten(graph, given, closed.roots, closed.cuts, sizes);
  return std::move(best.operations <= plain.operations ? best : plain).result;
}

}  // namespace tenet
