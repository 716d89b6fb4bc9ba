#include "compiler/graph/schedule.h"

#include <algorithm>
#include <unordered_map>

namespace tenet {
namespace {

constexpr int largest_fold = 24;  // nodes in one reduction: a buffer each

struct Use {
  int count = 0;
  NodeId user{};
};

}  // namespace

NodeId resolved(const Graph& graph, NodeId node, const std::function<bool(NodeId)>& held) {
  while (operation(graph.node(node).op).form == Form::identity && !held(node)) node = graph.node(node).operands[0];
  return node;
}

Schedule schedule(const Graph& graph, std::span<const NodeId> roots, const std::function<bool(NodeId)>& known,
                  const std::function<bool(NodeId)>& held) {
  std::unordered_map<std::uint32_t, Use> uses;
  std::vector<NodeId> needed, open;
  auto need = [&](NodeId node) -> Use& {
    auto [entry, fresh] = uses.try_emplace(index_of(node));
    if (fresh && !known(node)) {
      needed.push_back(node);
      open.push_back(node);
    }
    return entry->second;
  };
  for (NodeId root : roots) need(resolved(graph, root, held)).count += 2;  // a root is stored
  while (!open.empty()) {
    const NodeId node = open.back();
    open.pop_back();
    for (NodeId operand : graph.reads_of(node)) {
      Use& use = need(resolved(graph, operand, held));
      ++use.count;
      use.user = node;
    }
  }
  std::ranges::sort(needed);

  Schedule result;
  std::unordered_map<std::uint32_t, NodeId> into;  // the reduction that a folded node belongs to
  std::unordered_map<std::uint32_t, int> fold_sizes;
  for (std::size_t i = needed.size(); i-- > 0;) {  // users first
    const NodeId id = needed[i];
    const Node& node = graph.node(id);
    const Use& use = uses.at(index_of(id));
    if (operation(node.op).form != Form::pointwise || use.count != 1 || held(id)) continue;
    const Node& user = graph.node(use.user);
    NodeId reduction = use.user;
    if (result.is_folded(use.user)) {
      if (!std::ranges::equal(node.axes, user.axes)) continue;  // smaller than the space: computed once
      reduction = into.at(index_of(use.user));
    } else if (operation(user.op).form != Form::reduction || user.op == Op::argmax) {
      continue;
    }
    if (++fold_sizes[index_of(reduction)] > largest_fold) continue;
    result.folded.insert(index_of(id));
    into.emplace(index_of(id), reduction);
  }
  for (NodeId id : needed)
    if (!result.is_folded(id)) result.stored.push_back(id);
  return result;
}

}  // namespace tenet
