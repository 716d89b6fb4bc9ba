#include "compiler/simplify/original_axes.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "compiler/grad/axes.h"

namespace tenet {
namespace {

bool renames(const Graph& graph, const Node& node) {
  return node.op == Op::substitute && node.operands.size() == node.bound.size() + 1 &&
         std::ranges::all_of(node.operands.subspan(1), [&](NodeId index) { return graph.node(index).op == Op::coordinate; });
}

using Renaming = std::pair<AxisId, AxisId>;  // from and to

// A value under other axes. Names are not looked into.
class Renamed {
 public:
  Renamed(Graph& graph, std::vector<Renaming> axes) : graph_(graph), axes_(std::move(axes)) {}

  // Nothing if a name would be captured.
  std::optional<NodeId> of(NodeId id) {
    if (std::ranges::none_of(axes_, [&](const auto& pair) { return graph_.has_axis(id, pair.first); })) return id;
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    const std::optional<NodeId> result = worked_out(id);
    known_.emplace(id, result);
    return result;
  }

 private:
  std::optional<NodeId> worked_out(NodeId id) {
    const Node node = graph_.node(id);
    const Form form = operation(node.op).form;
    if (node.op == Op::substitute) return substitution(node);
    if (node.op == Op::coordinate) return graph_.coordinate(std::ranges::find(axes_, node.bound[0], &Renaming::first)->second);
    if (form != Form::pointwise && form != Form::reduction) return graph_.substitute(id, replacements(id, {}));
    for (const auto& [from, to] : axes_)
      for (AxisId bound : node.bound)
        if (bound == from || bound == to) return {};
    std::vector<NodeId> operands;
    for (NodeId operand : std::vector<NodeId>(node.operands.begin(), node.operands.end())) {
      const std::optional<NodeId> now = of(operand);
      if (!now) return {};
      operands.push_back(*now);
    }
    return graph_.rebuild(id, operands);
  }

  // e[i = index] is read at what the index becomes, and where e's other axes become others.
  std::optional<NodeId> substitution(const Node& node) {
    const std::vector<NodeId> operands(node.operands.begin(), node.operands.end());
    const std::vector<AxisId> bound(node.bound.begin(), node.bound.end());
    if (operands.size() > bound.size() + 1) return {};  // an `else` value stays where it is
    std::vector<Replacement> all = replacements(operands[0], bound);
    for (std::size_t k = 0; k < bound.size(); ++k) {
      const std::optional<NodeId> index = of(operands[k + 1]);
      if (!index) return {};
      const Node& now = graph_.node(*index);
      if (now.op != Op::coordinate || now.bound[0] != bound[k]) all.push_back({bound[k], *index});
    }
    return all.empty() ? operands[0] : graph_.substitute(operands[0], std::move(all));
  }

  std::vector<Replacement> replacements(NodeId id, std::span<const AxisId> bound) {
    std::vector<Replacement> result;
    for (const auto& [from, to] : axes_)
      if (graph_.has_axis(id, from) && std::ranges::find(bound, from) == bound.end())
        result.push_back({from, graph_.coordinate(to)});
    return result;
  }

  Graph& graph_;
  std::vector<Renaming> axes_;
  std::unordered_map<NodeId, std::optional<NodeId>> known_;
};

class OriginalAxes {
 public:
  explicit OriginalAxes(Graph& graph) : graph_(graph) {}

  NodeId of(NodeId id) {
    const Node node = graph_.node(id);
    if (node.op != Op::sum) return id;
    for (AxisId copy : std::vector<AxisId>(node.bound.begin(), node.bound.end()))
      if (const std::optional<NodeId> better = without(id, copy)) return of(*better);
    return id;
  }

 private:
  struct Renamings {
    int count = 0;
    std::set<AxisId> from;  // what is read under another axis
  };

  // Down to names.
  Renamings renamings(NodeId root) const {
    Renamings result;
    std::vector<NodeId> open{root};
    std::set<NodeId> seen;
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      const Node& node = graph_.node(id);
      if (node.op == Op::named || node.op == Op::recurrence || !seen.insert(id).second) continue;
      if (renames(graph_, node)) {
        ++result.count;
        result.from.insert(node.bound.begin(), node.bound.end());
      }
      open.insert(open.end(), node.operands.begin(), node.operands.end());
    }
    return result;
  }

  // The sum over `original` in place of the copy, of a value that has another axis in place of `original`, which is read as that.
  std::optional<NodeId> without(NodeId sum, AxisId copy) {
    const Node node = graph_.node(sum);
    const NodeId value = node.operands[0];
    const Renamings before = renamings(value);
    std::optional<std::pair<int, NodeId>> best;
    const std::vector<AxisId> free(node.axes.begin(), node.axes.end());
    for (AxisId original : free) {
      if (!before.from.contains(original) || !same_size(graph_, original, copy)) continue;
      for (AxisId other : before.from) {
        if (other == original || other == copy || graph_.has_axis(value, other) || !same_size(graph_, original, other)) continue;
        const std::optional<NodeId> now = Renamed(graph_, {{original, other}, {copy, original}}).of(value);
        if (!now) continue;
        const int left = renamings(*now).count + 1;
        if (left >= (best ? best->first : before.count)) continue;
        std::vector<AxisId> bound(node.bound.begin(), node.bound.end());
        std::ranges::replace(bound, copy, original);
        best = {left, graph_.substitute(graph_.reduce(Op::sum, bound, *now), {{other, graph_.coordinate(original)}})};
      }
    }
    return best ? std::optional(best->second) : std::nullopt;
  }

  Graph& graph_;
};

}  // namespace

std::vector<NodeId> over_original_axes(Graph& graph, std::span<const NodeId> values) {
  std::unordered_map<NodeId, NodeId> images;
  const auto image = [&](NodeId id) {
    const auto found = images.find(id);
    return found == images.end() ? id : found->second;
  };
  OriginalAxes original(graph);
  for (NodeId id : graph.reachable(values)) {
    if (graph.node(id).op == Op::recurrence) continue;
    std::vector<NodeId> operands;
    for (NodeId operand : graph.node(id).operands) operands.push_back(image(operand));
    if (const NodeId now = original.of(graph.rebuild(id, operands)); now != id) images.emplace(id, now);
  }
  std::vector<NodeId> result;
  for (NodeId value : values) result.push_back(image(value));
  return result;
}

}  // namespace tenet
