#include "compiler/grad/reverse_recurrence.h"

#include <algorithm>

namespace tenet {

NodeId ReverseRecurrence::stand_in(NodeId node) {
  const auto [entry, fresh] = stand_ins_.try_emplace(node);
  if (fresh) entry->second = graph_.reading(axes_of(node));
  return entry->second;
}

NodeId ReverseRecurrence::from_read(std::size_t read) {
  const auto [entry, fresh] = reads_.try_emplace(read);
  if (fresh) entry->second = graph_.reading(axes_of(graph_.recurrence_of(component_).reads[read].reading));
  return entry->second;
}

void ReverseRecurrence::define(NodeId node, NodeId adjoint) {
  adjoints_.emplace(node, broadcast(graph_, adjoint, axes_of(node)));
}

// `dh`; for what a component gets from where it was read, `dh_later`, or `dh_earlier`.
std::string ReverseRecurrence::name_of(NodeId node) const {
  const Recurrence& form = graph_.recurrence_of(component_);
  const auto read = std::ranges::find(form.reads, node, &Recurrence::Read::reading);
  const NodeId body = read == form.reads.end() ? node : graph_.node(component_).operands[read->component];
  const std::string name = "d" + (graph_.node(body).op == Op::named ? graph_.name_of(body) : std::string("value"));
  return read == form.reads.end() ? name : name + (form.backwards() ? "_earlier" : "_later");
}

// The body whose adjoint this is, perhaps under other axes.
std::optional<NodeId> ReverseRecurrence::renamed_from(NodeId adjoint) const {
  const Node& node = graph_.node(adjoint);
  const bool rename =
      node.op == Op::substitute && node.operands.size() == node.bound.size() + 1 &&
      std::ranges::all_of(node.operands.subspan(1), [&](NodeId index) { return graph_.node(index).op == Op::coordinate; });
  const NodeId of = rename ? node.operands[0] : adjoint;
  for (const auto& [body, stand_in] : stand_ins_)
    if (stand_in == of && adjoints_.contains(body) && graph_.node(body).op != Op::input) return body;
  return {};
}

// Those that depend on what stands in for this one's adjoints; what is within another one of them is a component of that.
std::vector<NodeId> ReverseRecurrence::components_within(std::span<const NodeId> values) const {
  std::vector<NodeId> result;
  const auto stands_in = [&](NodeId id) {
    const auto is = [id](const auto& row) { return row.second == id; };
    return std::ranges::any_of(stand_ins_, is) || std::ranges::any_of(reads_, is);
  };
  const std::vector<NodeId> groups = recurrences_below(graph_, values);
  for (NodeId group : groups) {
    const auto components = graph_.components(group);
    const auto holds = [&](NodeId other) {
      const auto holds_it = [&](NodeId id) { return std::ranges::binary_search(graph_.region_of(other), id); };
      return other != group && std::ranges::any_of(components, holds_it);
    };
    if (std::ranges::any_of(graph_.all_below(std::span(&group, 1)), stands_in) && std::ranges::none_of(groups, holds))
      result.insert(result.end(), components.begin(), components.end());
  }
  return result;
}

Replaced ReverseRecurrence::built(std::span<const Replaced> before) {
  const Recurrence forward = graph_.recurrence_of(component_);
  Replaced result = closing(graph_, component_);

  // Users before what they use: an adjoint reads those of its users.
  std::vector<NodeId> nodes, bodies;
  std::map<NodeId, NodeId> renamed;  // readings, by the body whose adjoint theirs is
  for (const auto& [node, adjoint] : adjoints_) {
    const bool reading = graph_.node(node).op == Op::input;
    if (const std::optional<NodeId> body = reading ? renamed_from(adjoint) : std::nullopt)
      renamed.emplace(node, *body);
    else
      nodes.push_back(node);
  }
  std::ranges::reverse(nodes);
  Replaced inside = result;
  std::vector<NodeId> over_stand_ins;
  for (NodeId node : nodes) {
    NodeId body = adjoints_.at(node);
    for (const Replaced& other : before) body = replaced(graph_, std::span(&body, 1), other)[0];
    over_stand_ins.push_back(body);
    body = graph_.named(name_of(node), replaced(graph_, std::span(&body, 1), inside)[0]);
    bodies.push_back(body);
    if (const auto stand_in = stand_ins_.find(node); stand_in != stand_ins_.end()) inside.by.emplace(stand_in->second, body);
  }
  // What recurrences within give, too: it is read where theirs is.
  const std::vector<NodeId> within = components_within(over_stand_ins);
  for (NodeId component : within) {
    const NodeId named = by_name(graph_, component);
    bodies.push_back(replaced(graph_, std::span(&named, 1), inside)[0]);
  }

  Recurrence form{forward.axis, {}};
  Replaced unread;  // readings that no adjoint reaches, or that read another one's
  for (const auto& [read, reading] : reads_) {
    const NodeId of = forward.reads[read].reading;
    if (const auto body = renamed.find(of); body != renamed.end()) {
      const NodeId fresh = graph_.reading(axes_of(body->second)), stand_in = stand_ins_.at(body->second);
      unread.by.emplace(reading, replaced(graph_, std::span(&adjoints_.at(of), 1), {{{stand_in, fresh}}, {}})[0]);
      const auto place = static_cast<std::size_t>(std::ranges::find(nodes, body->second) - nodes.begin());
      form.reads.push_back({place, -forward.reads[read].offset, fresh});
      continue;
    }
    const auto node = std::ranges::find(nodes, of);
    if (node == nodes.end())
      unread.by.emplace(reading, broadcast(graph_, graph_.constant(0), graph_.node(reading).axes));
    else
      form.reads.push_back({static_cast<std::size_t>(node - nodes.begin()), -forward.reads[read].offset, reading});
  }
  bodies = replaced(graph_, bodies, unread);
  std::vector<NodeId> values = bodies;
  if (!form.reads.empty()) {
    values = graph_.recurrence(form, bodies, std::vector<NodeId>(form.reads.size(), graph_.constant(0)));
    result.fixed.insert(result.fixed.end(), values.begin(), values.end());
  }
  for (std::size_t i = 0; i < within.size(); ++i) {
    const NodeId value = values[nodes.size() + i];
    for (NodeId component : {within[i], by_name(graph_, within[i])})
      result.by.emplace(component, graph_.node(value).op == Op::recurrence ? by_name(graph_, value) : value);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (const auto stand_in = stand_ins_.find(nodes[i]); stand_in != stand_ins_.end())
      result.by.emplace(stand_in->second, graph_.node(values[i]).op == Op::recurrence ? by_name(graph_, values[i]) : values[i]);
  for (const auto& [node, body] : renamed)
    if (const auto stand_in = stand_ins_.find(node); stand_in != stand_ins_.end()) {
      const Replaced value{{{stand_ins_.at(body), result.by.at(stand_ins_.at(body))}}, {}};
      result.by.emplace(stand_in->second, replaced(graph_, std::span(&adjoints_.at(node), 1), value)[0]);
    }
  for (const auto& [node, stand_in] : stand_ins_)
    result.by.try_emplace(stand_in, broadcast(graph_, graph_.constant(0), graph_.node(stand_in).axes));
  return result;
}

}  // namespace tenet
