#include "compiler/simplify/extraction/reads.h"

#include <algorithm>
#include <queue>
#include <unordered_set>

namespace tenet {

Reads::Reads(const Graph& graph, const std::set<NodeId>& values, const std::function<bool(NodeId)>& is_given)
    : nodes_(values.begin(), values.end()), reads_(nodes_.size()), readers_(nodes_.size()) {
  for (Index k = 0; k < nodes_.size(); ++k) {
    indices_.emplace(nodes_[k], k);
    ranks_.push_back(std::uint64_t{graph.node(nodes_[k]).axes.size()} << 32 | k);
  }
  for (Index k = 0; k < nodes_.size(); ++k) {
    std::unordered_set<NodeId> seen;
    std::vector<NodeId> open(graph.node(nodes_[k]).operands.begin(), graph.node(nodes_[k]).operands.end());
    while (!open.empty()) {
      const NodeId next = open.back();
      open.pop_back();
      if (is_given(next) || !seen.insert(next).second) continue;
      if (const auto value = indices_.find(next); value != indices_.end()) {
        reads_[k].push_back(value->second);
        readers_[value->second].push_back(k);
        continue;
      }
      open.insert(open.end(), graph.node(next).operands.begin(), graph.node(next).operands.end());
    }
  }
}

Reads::Indices Reads::below(Index value, const Flags& cut) const {
  Indices result, passed, open{value};
  while (!open.empty()) {
    const Index next = open.back();
    open.pop_back();
    for (Index read : reads_[next]) {
      Indices& seen = cut[read] ? result : passed;
      if (std::ranges::find(seen, read) != seen.end()) continue;
      seen.push_back(read);
      if (!cut[read]) open.push_back(read);
    }
  }
  std::ranges::sort(result);
  return result;
}

Reads::Indices Reads::above(Index value, const Flags& cut, const Flags& computed) const {
  Indices result, seen, open{value};
  while (!open.empty()) {
    const Index next = open.back();
    open.pop_back();
    for (Index reader : readers_[next]) {
      if (std::ranges::find(seen, reader) != seen.end()) continue;
      seen.push_back(reader);
      if (computed[reader]) result.push_back(reader);
      if (!cut[reader]) open.push_back(reader);
    }
  }
  return result;
}

Reads::Indices Reads::order(std::span<const Indices* const> below, std::vector<Indices>& readers) const {
  readers.resize(count());
  for (Indices& list : readers) list.clear();
  std::vector<std::size_t> waiting(count());
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> ready;
  for (Index k = 0; k < count(); ++k) {
    if (!below[k]) continue;
    waiting[k] = below[k]->size();
    for (Index read : *below[k]) readers[read].push_back(k);
    if (waiting[k] == 0) ready.push(ranks_[k]);
  }
  Indices result;
  while (!ready.empty()) {
    const auto next = static_cast<Index>(ready.top());
    ready.pop();
    result.push_back(next);
    for (Index reader : readers[next])
      if (--waiting[reader] == 0) ready.push(ranks_[reader]);
  }
  return result;
}

}  // namespace tenet
