#include "compiler/render/stated_axes.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

namespace tenet {
namespace {

using Axes = std::set<AxisId>;

class Shown {
 public:
  Shown(const Graph& graph, std::span<const NodeId> recurrences) : graph_(graph) {
    for (NodeId recurrence : recurrences) {
      const Recurrence& form = graph.recurrence_of(recurrence);
      const auto components = graph.components(recurrence);
      for (NodeId component : components) {
        axes_[component];
        for (NodeId body = graph.body_of(component);; body = graph.node(body).operands[0]) {
          if (graph.node(body).open && graph.node(body).op != Op::input) bodies_.try_emplace(body, component);
          if (graph.node(body).op != Op::named) break;
        }
      }
      for (std::size_t i = 0; i < form.reads.size(); ++i)
        reads_[form.reads[i].reading] = {components[form.reads[i].component], form.axis,
                                         graph.node(recurrence).operands[components.size() + i]};
    }
  }

  std::unordered_set<NodeId> lacking() {
    std::unordered_set<NodeId> result;
    for (;;) {
      settle();
      const auto lacks = std::ranges::find_if(axes_, [&](const auto& row) { return row.second.size() < own(row.first).size(); });
      if (lacks == axes_.end()) return result;
      lacks->second = own(lacks->first);
      result.insert(lacks->first);
    }
  }

 private:
  struct Read {
    NodeId component;
    AxisId axis;
    NodeId start;
  };

  Axes own(NodeId id) const { return {graph_.node(id).axes.begin(), graph_.node(id).axes.end()}; }

  // Until no line shows more.
  void settle() {
    for (bool grows = true; grows;) {
      grows = false;
      for (auto& [component, known] : axes_) {
        std::unordered_map<NodeId, Axes> seen;
        const std::size_t before = known.size();
        known.merge(shown(component, seen));
        grows = grows || known.size() > before;
      }
    }
  }

  Axes shown(NodeId component, std::unordered_map<NodeId, Axes>& seen) const {
    const NodeId body = graph_.body_of(component);
    for (NodeId id : graph_.all_below(std::span(&body, 1)))  // operands come first
      seen.try_emplace(id, shown_by(id, component, seen));
    return seen.at(body);
  }

  Axes shown_by(NodeId id, NodeId line, const std::unordered_map<NodeId, Axes>& seen) const {
    const Node& node = graph_.node(id);
    if (const auto other = bodies_.find(id); other != bodies_.end() && other->second != line) return axes_.at(other->second);
    if (const auto component = axes_.find(id); component != axes_.end()) return component->second;
    if (const auto read = reads_.find(id); read != reads_.end()) {
      Axes result = axes_.at(read->second.component);
      result.insert(read->second.axis);
      result.merge(own(read->second.start));
      return result;
    }
    if (!node.open || node.op == Op::recurrence) return own(id);
    const bool substitutes = operation(node.op).form == Form::substitution;
    Axes result;
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      const bool unread =
          substitutes && k > 0 && k <= node.bound.size() && !seen.at(node.operands[0]).contains(node.bound[k - 1]);
      if (!unread) result.insert(seen.at(node.operands[k]).begin(), seen.at(node.operands[k]).end());
      if (k == 0)
        for (AxisId axis : node.bound) result.erase(axis);
    }
    return result;
  }

  const Graph& graph_;
  std::map<NodeId, Axes> axes_;                // of components, as far as their lines show them
  std::unordered_map<NodeId, NodeId> bodies_;  // the components whose names they go by
  std::unordered_map<NodeId, Read> reads_;
};

}  // namespace

std::unordered_set<NodeId> components_stating_axes(const Graph& graph, std::span<const NodeId> recurrences) {
  return Shown(graph, recurrences).lacking();
}

}  // namespace tenet
