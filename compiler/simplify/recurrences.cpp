#include "compiler/simplify/recurrences.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "compiler/grad/axes.h"
#include "compiler/grad/closing.h"

namespace tenet {

RecurrenceBodies::RecurrenceBodies(Graph& graph, std::span<const NodeId> roots) : graph_(graph) {
  need({roots.begin(), roots.end()});
}

// From a component to its body, from a reading to the body that it reads and to its start value.
void RecurrenceBodies::need(std::vector<NodeId> open) {
  std::unordered_map<NodeId, std::pair<NodeId, std::size_t>> read_of;
  std::unordered_set<NodeId> seen;
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    if (graph_.node(id).op == Op::recurrence) {
      const NodeId group = graph_.components(id).front();
      const auto& reads = graph_.recurrence_of(id).reads;
      for (std::size_t i = 0; i < reads.size(); ++i) read_of.try_emplace(reads[i].reading, group, i);
      groups_[group].components.insert(graph_.place_of(id));
      open.push_back(graph_.body_of(id));
      continue;
    }
    if (const auto found = read_of.find(id); found != read_of.end()) {
      const auto& [group, i] = found->second;
      groups_[group].reads.insert(i);
      open.push_back(graph_.components(group)[graph_.recurrence_of(group).reads[i].component]);
      open.push_back(graph_.node(group).operands[graph_.components(group).size() + i]);
    }
    open.insert(open.end(), graph_.node(id).operands.begin(), graph_.node(id).operands.end());
  }
}

bool RecurrenceBodies::is_below(std::span<const NodeId> nodes, NodeId group) const {
  return std::ranges::any_of(graph_.components(group), [&](NodeId id) { return std::ranges::binary_search(nodes, id); });
}

std::vector<NodeId> RecurrenceBodies::values(NodeId group, const Needed& needed) const {
  std::vector<NodeId> result;
  for (std::size_t place : needed.components) result.push_back(graph_.node(group).operands[place]);
  for (std::size_t i : needed.reads) result.push_back(graph_.node(group).operands[graph_.components(group).size() + i]);
  return result;
}

std::vector<NodeId> RecurrenceBodies::of(std::span<const NodeId> first) const { return of_those(first, true); }

std::vector<NodeId> RecurrenceBodies::of_others(std::span<const NodeId> first) const { return of_those(first, false); }

std::vector<NodeId> RecurrenceBodies::of_those(std::span<const NodeId> first, bool below) const {
  const std::vector<NodeId> nodes = graph_.all_below(first);
  std::vector<NodeId> result;
  for (const auto& [group, needed] : groups_) {
    if (is_below(nodes, group) != below) continue;
    for (NodeId value : values(group, needed))
      if (operation(graph_.node(value).op).form != Form::leaf) result.push_back(value);
  }
  return result;
}

std::vector<std::pair<NodeId, NodeId>> RecurrenceBodies::leaves_for_others(std::span<const NodeId> first) {
  const std::vector<NodeId> nodes = graph_.all_below(first);
  std::vector<std::pair<NodeId, NodeId>> result;
  for (const auto& [group, needed] : groups_) {
    if (is_below(nodes, group)) continue;
    for (std::size_t place : needed.components) {
      const NodeId component = graph_.components(group)[place];
      const auto axes = graph_.node(component).axes;
      result.emplace_back(component, graph_.reading({axes.begin(), axes.end()}));
    }
  }
  return result;
}

std::vector<NodeId> RecurrenceBodies::put_back(std::span<const NodeId> roots, const std::map<NodeId, NodeId>& images) {
  Replaced now;
  for (const auto& [group, needed] : groups_) {
    const std::vector<NodeId> before = values(group, needed);
    std::vector<NodeId> after;
    for (NodeId value : before) {
      const auto image = images.find(value);
      const NodeId simple = broadcast(graph_, image == images.end() ? value : image->second, graph_.node(value).axes);
      const bool loses_name = graph_.node(value).op == Op::named && graph_.node(simple).op != Op::named;
      after.push_back(loses_name ? graph_.named(graph_.name_of(value), simple) : simple);
    }
    after = replaced(graph_, after, now);
    const std::vector<NodeId> components(graph_.components(group).begin(), graph_.components(group).end());
    const Recurrence whole = graph_.recurrence_of(group);
    const std::vector<std::size_t> places(needed.components.begin(), needed.components.end());
    std::vector<NodeId> bodies(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(places.size()));

    // Simplified, a body may no longer need a reading.
    const std::vector<NodeId> read = graph_.all_below(bodies);
    Recurrence form{whole.axis, {}};
    std::vector<NodeId> starts;
    auto start = after.begin() + static_cast<std::ptrdiff_t>(places.size());
    for (std::size_t i : needed.reads) {
      const NodeId value = *start++;
      const auto& [component, offset, reading] = whole.reads[i];
      if (!std::ranges::binary_search(read, reading)) continue;
      form.reads.push_back({static_cast<std::size_t>(std::ranges::find(places, component) - places.begin()), offset, reading});
      starts.push_back(value);
    }
    if (!form.reads.empty()) bodies = graph_.recurrence(form, bodies, starts);
    for (std::size_t k = 0; k < places.size(); ++k) now.by.emplace(components[places[k]], bodies[k]);
  }
  return replaced(graph_, roots, now);
}

}  // namespace tenet
