#include "compiler/grad/closing.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace tenet {

std::vector<NodeId> replaced(Graph& graph, std::span<const NodeId> roots, const Replaced& nodes) {
  std::unordered_map<NodeId, NodeId> images = nodes.by;
  for (NodeId id : nodes.fixed) images.emplace(id, id);
  std::vector<NodeId> operands;
  for (NodeId id : graph.all_below(roots)) {
    if (images.contains(id)) continue;
    operands.clear();
    bool changed = false;
    for (NodeId operand : graph.node(id).operands) {
      const auto found = images.find(operand);
      operands.push_back(found == images.end() ? operand : found->second);
      changed = changed || operands.back() != operand;
    }
    if (changed) images.emplace(id, graph.rebuild(id, operands));
  }
  std::vector<NodeId> result;
  for (NodeId root : roots) {
    const auto found = images.find(root);
    result.push_back(found == images.end() ? root : found->second);
  }
  return result;
}

NodeId shifted(Graph& graph, NodeId component, AxisId axis, std::int64_t offset, NodeId start) {
  const NodeId coordinate = graph.coordinate(axis);
  const NodeId index = offset > 0 ? graph.apply(Op::subtract, coordinate, graph.constant(offset))
                                  : graph.apply(Op::add, coordinate, graph.constant(-offset));
  return graph.substitute(component, {{axis, index}}, start);
}

Replaced closing(Graph& graph, NodeId component) {
  const Recurrence form = graph.recurrence_of(component);
  const std::vector<NodeId> components(graph.components(component).begin(), graph.components(component).end());
  Replaced result{{}, components};
  for (std::size_t i = 0; i < form.reads.size(); ++i) {
    const auto& [read, offset, reading] = form.reads[i];
    const NodeId start = graph.node(component).operands[components.size() + i];
    result.by.emplace(reading, shifted(graph, by_name(graph, components[read]), form.axis, offset, start));
  }
  // What a recurrence within gives is read from here, where it is one of these.
  for (NodeId own : components) {
    const NodeId body = graph.body_of(own), value = graph.node(body).op == Op::named ? graph.node(body).operands[0] : body;
    if (graph.node(value).op != Op::recurrence || !graph.node(value).open) continue;
    for (NodeId within : {body, value}) result.by.emplace(within, by_name(graph, own));
  }
  return result;
}

namespace {

// Whether the node is a component at another place of one of the axes: c[time = time - 1 else ..., ...].
bool reads_elsewhere(const Graph& graph, NodeId id, NodeId component, const std::set<AxisId>& axes) {
  const Node& node = graph.node(id);
  if (node.op != Op::substitute || node.operands.size() == node.bound.size() + 1) return false;
  NodeId value = node.operands[0];
  while (graph.node(value).op == Op::named) value = graph.node(value).operands[0];
  if (graph.node(value).op != Op::recurrence || graph.components(value).front() != component) return false;
  for (std::size_t i = 0; i < node.bound.size(); ++i) {
    const Node& index = graph.node(node.operands[i + 1]);
    if (axes.contains(node.bound[i]) && (index.op == Op::add || index.op == Op::subtract) &&
        graph.node(index.operands[0]).op == Op::coordinate && graph.node(index.operands[0]).bound[0] == node.bound[i] &&
        graph.node(index.operands[1]).op == Op::constant)
      return true;
  }
  return false;
}

}  // namespace

Unfolded unfolded(Graph& graph, std::span<const NodeId> roots, std::size_t count, std::span<const NodeId> kept) {
  Unfolded result{{roots.begin(), roots.end()}, {}};
  std::unordered_set<NodeId> done(kept.begin(), kept.end());
  for (;;) {  // one written out is another one in those that read it
    const std::vector<NodeId> now = recurrences_below(graph, std::span(result.roots).first(count));
    const auto next = std::ranges::find_if(now, [&](NodeId id) { return !done.contains(id); });
    if (next == now.end()) return result;
    const NodeId component = *next;
    done.insert(component);
    const std::vector<NodeId> components(graph.components(component).begin(), graph.components(component).end());
    std::vector<NodeId> bodies(graph.node(component).operands.begin(),
                               graph.node(component).operands.begin() + static_cast<std::ptrdiff_t>(components.size()));
    Replaced elsewhere = closing(graph, component);
    for (const auto& [body, within] : result.closed)
      if (const auto place = std::ranges::find(bodies, body); place != bodies.end())
        for (NodeId inner : {within, graph.node(within).operands[0]})
          elsewhere.by.emplace(inner, by_name(graph, components[static_cast<std::size_t>(place - bodies.begin())]));
    bodies = replaced(graph, bodies, elsewhere);
    Replaced written_out;
    for (const auto& [reading, value] : elsewhere.by) written_out.fixed.push_back(value);
    std::set<AxisId> axes;  // its own, and those of recurrences within
    for (NodeId within : recurrences_below(graph, std::span(&component, 1))) axes.insert(graph.recurrence_of(within).axis);
    for (NodeId id : graph.all_below(result.roots))
      if (reads_elsewhere(graph, id, component, axes)) written_out.fixed.push_back(id);
    for (std::size_t place = 0; place < bodies.size(); ++place) {
      const NodeId named = by_name(graph, components[place]);
      written_out.by.emplace(components[place], bodies[place]);
      written_out.by.emplace(named, bodies[place]);
      if (named != components[place]) result.closed.emplace_back(bodies[place], named);
    }
    result.roots = replaced(graph, result.roots, written_out);
  }
}

NodeId by_name(Graph& graph, NodeId component) {
  const NodeId body = graph.body_of(component);
  return graph.node(body).op == Op::named ? graph.named(graph.name_of(body), component) : component;
}

std::vector<NodeId> names_below(Graph& graph, NodeId root) {
  std::vector<NodeId> result;
  const auto include = [&](NodeId id) {
    if (std::ranges::find(result, id) == result.end()) result.push_back(id);
  };
  for (NodeId id : graph.reachable(std::span(&root, 1))) {
    if (graph.node(id).op == Op::named) include(id);
    if (graph.node(id).op != Op::recurrence) continue;
    const std::vector<NodeId> components(graph.components(id).begin(), graph.components(id).end());
    for (NodeId component : components)
      if (const NodeId named = by_name(graph, component); named != component) include(named);
  }
  return result;
}

std::vector<NodeId> recurrences_below(const Graph& graph, std::span<const NodeId> roots) {
  std::vector<NodeId> result;
  for (NodeId id : graph.all_below(roots))
    if (graph.node(id).op == Op::recurrence)
      if (const NodeId first = graph.components(id).front(); std::ranges::find(result, first) == result.end())
        result.push_back(first);
  return result;
}

}  // namespace tenet
