// Recurrences. Each has readings of its own, and equal ones are equal nodes all the same.
#include <algorithm>
#include <cassert>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "compiler/graph/graph.h"

namespace tenet {

NodeId Graph::reading(std::vector<AxisId> axes, std::string name) {
  if (name.empty()) name = "previous." + std::to_string(input_count());
  return input_node(add_input({std::move(name), InputRole::previous, Kind::real, std::move(axes), {}}));
}

// The operands with other nodes in place of the readings; a recurrence below that has these readings keeps them.
std::vector<NodeId> Graph::over_readings(std::span<const NodeId> operands, const Recurrence& form,
                                         std::span<const NodeId> readings) {
  std::unordered_map<NodeId, NodeId> images;
  for (std::size_t i = 0; i < readings.size(); ++i) images.emplace(form.reads[i].reading, readings[i]);
  const auto image = [&](NodeId id) {
    const auto found = images.find(id);
    return found == images.end() ? id : found->second;
  };
  for (NodeId id : all_below(operands)) {
    const bool binds = node(id).op == Op::recurrence && recurrence_of(id).reads.front().reading == form.reads.front().reading;
    if (binds || images.contains(id)) continue;
    const std::vector<NodeId> before(node(id).operands.begin(), node(id).operands.end());
    std::vector<NodeId> now;
    for (NodeId operand : before) now.push_back(image(operand));
    if (now != before) images.emplace(id, rebuild(id, now));
  }
  std::vector<NodeId> result;
  for (NodeId operand : operands) result.push_back(image(operand));
  return result;
}

std::vector<NodeId> Graph::recurrence(Recurrence form, std::vector<NodeId> bodies, std::vector<NodeId> starts) {
  assert(!form.reads.empty() && starts.size() == form.reads.size());
  const std::size_t count = bodies.size();
  std::vector<NodeId> operands = std::move(bodies);
  operands.insert(operands.end(), starts.begin(), starts.end());
  const int height = height_of(operands) + 1;

  // Known by its operands over readings that are told apart from those below by this height.
  std::vector<NodeId> general;
  for (std::size_t i = 0; i < form.reads.size(); ++i) {
    const std::vector<AxisId> axes(node(form.reads[i].reading).axes.begin(), node(form.reads[i].reading).axes.end());
    std::vector<std::uint32_t> key{static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(i)};
    for (AxisId axis : axes) key.push_back(index_of(axis));
    auto found = general_readings_.find(key);
    if (found == general_readings_.end()) found = general_readings_.emplace(std::move(key), reading(axes)).first;
    general.push_back(found->second);
  }
  std::vector<std::uint64_t> key{index_of(form.axis), count};
  for (const auto& [component, offset, reading] : form.reads)
    key.insert(key.end(), {component, static_cast<std::uint64_t>(offset)});
  for (NodeId operand : over_readings(operands, form, general)) key.push_back(index_of(operand));
  if (const auto known = group_index_.find(key); known != group_index_.end()) return groups_[known->second].components;

  std::vector<NodeId> own;
  for (Recurrence::Read& read : form.reads)
    own.push_back(reading({node(read.reading).axes.begin(), node(read.reading).axes.end()}));
  operands = over_readings(operands, form, own);
  for (std::size_t i = 0; i < own.size(); ++i) form.reads[i].reading = own[i];
  const std::uint32_t number = static_cast<std::uint32_t>(groups_.size());
  group_index_.emplace(std::move(key), number);
  Group& group =
      groups_.emplace_back(std::move(form), std::vector<NodeId>(), std::vector<NodeId>(), std::vector<NodeId>(), height);
  find_region(group, operands);
  for (std::size_t place = 0; place < count; ++place) {
    recurrence_components_.push_back({number, place});
    const Node body = node(operands[place]);
    group.components.push_back(intern(Op::recurrence, body.kind, operands, {body.axes.begin(), body.axes.end()}, {},
                                      static_cast<std::uint32_t>(recurrence_components_.size() - 1)));
  }
  return group.components;
}

NodeId Graph::defined(NodeId id) const {
  if (node(id).op != Op::named || node(node(id).operands[0]).op != Op::recurrence) return id;
  const NodeId body = body_of(node(id).operands[0]);
  return node(body).op == Op::named && node(body).attribute == node(id).attribute ? defined(body) : id;
}

void Graph::find_region(Group& group, std::span<const NodeId> operands) const {
  const std::span<const NodeId> bodies = operands.first(operands.size() - group.form.reads.size());
  std::unordered_set<NodeId> seen, own;
  std::vector<NodeId> found, open(bodies.begin(), bodies.end());
  for (const Recurrence::Read& read : group.form.reads) own.insert(read.reading);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (!node(id).open || !seen.insert(id).second) continue;
    found.push_back(id);
    const auto read = reads_of(id);
    open.insert(open.end(), read.begin(), read.end());
  }
  std::ranges::sort(found);
  for (NodeId id : found)
    if (own.contains(id) || std::ranges::any_of(reads_of(id), [&](NodeId read) { return own.contains(read); })) {
      own.insert(id);
      group.region.push_back(id);
    }
  std::vector<NodeId>& frontier = group.frontier;
  for (NodeId id : group.region) {
    assert(!std::ranges::binary_search(node(id).bound, group.form.axis) || node(id).op == Op::input);
    for (NodeId read : reads_of(id))
      if (!own.contains(read)) frontier.push_back(read);
  }
  for (NodeId body : bodies)
    if (!own.contains(body)) frontier.push_back(body);
  const auto starts = operands.subspan(bodies.size());
  frontier.insert(frontier.end(), starts.begin(), starts.end());
  std::ranges::sort(frontier);
  frontier.erase(std::unique(frontier.begin(), frontier.end()), frontier.end());
}

int Graph::height_of(std::span<const NodeId> roots) const {
  int height = 0;
  if (groups_.empty()) return height;
  for (NodeId id : all_below(roots))
    if (node(id).op == Op::recurrence) height = std::max(height, groups_[component_of(id).group].height);
  return height;
}

}  // namespace tenet
