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
    const NodeId raw = reverse.gradients[0];
    const bool stays = reads_product(graph, raw);
    closed.emplace(written.result, stays ? raw : simplify_gradients(graph, std::span(&now[0], 1), reverse, sizes).gradients[0]);
  }
  return closed.empty() ? std::vector(roots.begin(), roots.end()) : rewritten(graph, roots, closed);
}

}  // namespace tenet
