#include "compiler/plan/sharing.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "compiler/grad/closing.h"

namespace tenet {
namespace {

constexpr int light = 8;  // operations for an element that are as soon done again as kept

// A region's value under its names, and without.
std::vector<NodeId> names_of(const Graph& graph, NodeId value) {
  std::vector<NodeId> result{value};
  while (graph.node(value).op == Op::named) result.push_back(value = graph.node(value).operands[0]);
  if (!graph.node(value).open || graph.node(value).op == Op::input) result.pop_back();
  return result;
}

// Operations for an element, from what the recurrence gives or does not work out on.
std::unordered_map<NodeId, int> weights(const Graph& graph, NodeId component) {
  const std::span<const NodeId> region = graph.region_of(component);
  std::unordered_set<NodeId> given;
  for (NodeId id : graph.components(component))
    for (NodeId body : names_of(graph, graph.body_of(id))) given.insert(body);
  std::unordered_map<NodeId, int> result;
  for (NodeId id : region) {
    const Node& node = graph.node(id);
    int weight = operation(node.op).form == Form::reduction || node.op == Op::recurrence ? light + 1 : operation(node.op).cost;
    for (NodeId read : graph.reads_of(id))
      if (const auto below = result.find(read); below != result.end() && !given.contains(read))
        weight = std::min(light + 1, weight + below->second);
    result.emplace(id, weight);
  }
  return result;
}

// Nodes as they are without names.
class Nameless {
 public:
  explicit Nameless(Graph& graph) : graph_(graph) {}

  // Its operands were asked for before.
  NodeId of(NodeId id) {
    const auto [entry, fresh] = known_.try_emplace(id, id);
    if (!fresh) return entry->second;
    const Op op = graph_.node(id).op;
    if (op == Op::recurrence || graph_.node(id).operands.empty()) return id;
    std::vector<NodeId> operands;
    for (NodeId operand : graph_.node(id).operands) operands.push_back(known(operand));
    return known_[id] = op == Op::named ? operands[0] : graph_.rebuild(id, operands);
  }
  NodeId known(NodeId id) const {
    const auto found = known_.find(id);
    return found == known_.end() ? id : found->second;
  }

 private:
  Graph& graph_;
  std::unordered_map<NodeId, NodeId> known_;
};

// Of one recurrence: its components by those of one that shares more, and what is shared by its component; nothing if nothing is.
Replaced shared(Graph& graph, std::span<const NodeId> roots, NodeId component) {
  const std::vector<NodeId> components(graph.components(component).begin(), graph.components(component).end());
  const std::vector<NodeId> region(graph.region_of(component).begin(), graph.region_of(component).end());
  std::vector<NodeId> outside = graph.all_below(roots);
  std::erase_if(outside, [&](NodeId id) { return std::ranges::binary_search(region, id); });
  Nameless nameless(graph);
  for (NodeId id : outside) nameless.of(id);

  // What the region's values are there, and which of these something else reads.
  Replaced elsewhere = closing(graph, component);
  for (NodeId id : components)
    for (NodeId body : names_of(graph, graph.body_of(id))) elsewhere.by.emplace(body, id);
  const std::vector<NodeId> images = replaced(graph, region, elsewhere);
  for (NodeId id : graph.all_below(images)) nameless.of(id);
  const std::unordered_map<NodeId, int> weight = weights(graph, component);
  std::unordered_map<NodeId, NodeId> values;  // by what they are elsewhere
  for (std::size_t i = 0; i < region.size(); ++i)
    if (graph.node(region[i]).kind == Kind::real && weight.at(region[i]) > light && graph.node(region[i]).op != Op::named)
      values.try_emplace(nameless.known(images[i]), region[i]);
  for (NodeId id : components) values.erase(id);
  const auto stands_for = [&](NodeId id) {
    return graph.node(id).op == Op::named ? values.end() : values.find(nameless.known(id));
  };
  std::map<NodeId, std::vector<NodeId>> read;  // by the value
  const auto want = [&](NodeId id) {
    if (const auto value = stands_for(id); value != values.end()) read[value->second].push_back(id);
  };
  std::ranges::for_each(roots, want);
  for (NodeId id : outside)
    if (stands_for(id) == values.end()) std::ranges::for_each(graph.node(id).operands, want);
  if (read.empty()) return {};

  const auto operands = graph.node(component).operands;
  std::vector<NodeId> bodies(operands.begin(), operands.begin() + static_cast<std::ptrdiff_t>(components.size()));
  const std::vector<NodeId> starts(operands.begin() + static_cast<std::ptrdiff_t>(components.size()), operands.end());
  for (const auto& [value, reads] : read) bodies.push_back(value);
  Replaced now;
  now.fixed = graph.recurrence(graph.recurrence_of(component), bodies, starts);
  for (std::size_t i = 0; i < components.size(); ++i) now.by.emplace(components[i], now.fixed[i]);
  std::size_t place = components.size();
  for (const auto& [value, reads] : read) {
    for (NodeId id : reads) now.by.emplace(id, now.fixed[place]);
    ++place;
  }
  return now;
}

}  // namespace

// Ends, as what has become a component is read as one from then on.
Computation with_shared_components(Graph& graph, const Computation& computation) {
  std::vector<NodeId> roots = computation.roots();
  for (bool again = true; again;) {
    again = false;
    for (NodeId component : recurrences_below(graph, roots)) {
      const Replaced now = shared(graph, roots, component);
      if (now.by.empty()) continue;
      roots = replaced(graph, roots, now);
      again = true;
      break;
    }
  }
  return computation.with_roots(roots);
}

}  // namespace tenet
