#include "compiler/driver/sizes_to_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "compiler/elaborate/ranges.h"

namespace tenet {
namespace {

constexpr std::int64_t shortest[] = {4, 2};  // that a long axis is halved to, in turn
// Sizes for the open axes in turn, from the first row's first entry on.
constexpr std::array<std::array<std::int64_t, 3>, 4> rows{{{4, 2, 5}, {2, 1, 3}, {1, 1, 1}, {6, 4, 2}}};
constexpr std::size_t most_others = 2;
constexpr std::int64_t most_shortened = 16;  // places by which axes that index others are shorter than half

// Whether data that were read have this axis, and so its size. Of a source's items any number may be drawn.
bool data_has(const Session& session, AxisId axis) {
  if (session.has_source() && axis == session.recipe().source->items) return false;
  return std::ranges::any_of(session.program->data, [&](const DataInput& data) {
    const Input& input = session.program->graph.input(data.input);
    return session.is_filled(data.input) && (input.typed_by == axis || std::ranges::find(input.axes, axis) != input.axes.end());
  });
}

// Everything that the program says of values.
std::vector<NodeId> roots_of(const Program& program) {
  std::vector<NodeId> roots;
  for (const Definition& row : program.definitions) roots.push_back(row.node);
  for (const Claim& row : program.claims) roots.insert(roots.end(), {row.left, row.right});
  for (const Assumption& row : program.assumptions) roots.insert(roots.end(), {row.left, row.right});
  for (const Parameter& row : program.parameters) roots.push_back(row.initial);
  for (const State& row : program.states) roots.insert(roots.end(), {row.initial, row.next});
  if (program.train) roots.push_back(program.train->loss);
  return roots;
}

// The axes that index the axis, or that it indexes, through others too, itself among them.
struct Family {
  std::vector<AxisId> members;
  std::vector<bool> indexes;  // by axis: its coordinate is part of an index
};

Family family_of(const Graph& graph, const Indices& indices, AxisId axis) {
  Family result{{axis}, std::vector<bool>(graph.axis_count())};
  for (std::size_t before = 0; before != result.members.size();) {
    before = result.members.size();
    for (const auto& [index, looked_at] : indices) {
      std::vector<AxisId> related{looked_at};
      for (NodeId part : graph.reachable(std::span(&index, 1)))
        if (graph.node(part).op == Op::coordinate) related.push_back(graph.node(part).bound[0]);
      const auto is_member = [&](AxisId other) { return std::ranges::find(result.members, other) != result.members.end(); };
      if (std::ranges::none_of(related, is_member)) continue;
      for (AxisId other : related) {
        result.indexes[index_of(other)] = result.indexes[index_of(other)] || other != looked_at;
        if (!is_member(other)) result.members.push_back(other);
      }
    }
  }
  return result;
}

// The sizes of axes that are no expression in others.
Sizes independent(const Session& session) {
  Sizes result;
  const Graph& graph = session.program->graph;
  for (const auto& [name, axis] : session.program->axes)
    if (const std::optional<NodeId> size = graph.axis(axis).size; !size || graph.node(*size).op == Op::constant)
      result.set(axis, session.sizes[axis]);
  return result;
}

// Half of a size that may shrink, rounded up or down.
std::int64_t halved(std::int64_t size, bool up, std::int64_t least) { return std::max(least, (size + (up ? 1 : 0)) / 2); }

}  // namespace

Indices indices_of(const Program& program) {
  Indices result;
  const Graph& graph = program.graph;
  const std::vector<NodeId> roots = roots_of(program);
  for (NodeId id : graph.all_below(roots)) {
    const Node& node = graph.node(id);
    if (node.op != Op::substitute || node.operands.size() > node.bound.size() + 1) continue;
    for (std::size_t k = 0; k < node.bound.size(); ++k) result.emplace_back(node.operands[k + 1], node.bound[k]);
  }
  return result;
}

bool stay_inside(const Program& program, const Sizes& sizes, const Indices& indices) {
  Ranges ranges(program.graph, &sizes);
  return std::ranges::all_of(indices, [&](const auto& row) { return ranges.within(row.first, row.second) == Decision::always; });
}

bool indexed_by_numbers(const Graph& graph, AxisId axis) {
  for (std::uint32_t i = 0; i < graph.node_count(); ++i) {
    const Node& node = graph.node(NodeId{i});
    if (node.op != Op::substitute) continue;
    for (std::size_t k = 0; k < node.bound.size(); ++k) {
      if (node.bound[k] != axis) continue;
      for (NodeId part : graph.reachable(std::span(&node.operands[k + 1], 1)))
        if (graph.node(part).op == Op::constant) return true;
    }
  }
  return false;
}

std::vector<AxisId> open_axes(const Session& session) {
  std::vector<AxisId> result;
  for (const auto& [name, axis] : session.program->axes)
    if (!session.program->graph.axis(axis).size && !session.options.sizes.contains(name) && !data_has(session, axis))
      result.push_back(axis);
  return result;
}

std::vector<Sizes> other_sizes(const Session& session) {
  std::vector<Sizes> result;
  const std::vector<AxisId> open = open_axes(session);
  if (open.empty()) return result;
  for (const auto& row : rows) {
    Sizes sizes = independent(session);
    for (std::size_t k = 0; k < open.size(); ++k) sizes.set(open[k], row[k % row.size()]);
    if (auto found = allowed_sizes(*session.program, std::move(sizes)); found && result.size() < most_others)
      result.push_back(std::move(*found));
  }
  return result;
}

std::optional<Sizes> sizes_of_one(const Session& session) {
  const std::vector<AxisId> open = open_axes(session);
  if (open.empty()) return {};
  Sizes sizes = independent(session);
  for (AxisId axis : open) sizes.set(axis, 1);
  return allowed_sizes(*session.program, std::move(sizes));
}

double elements_of(const Graph& graph, const Sizes& sizes, std::span<const NodeId> roots) {
  double result = 0;
  for (NodeId id : graph.all_below(roots)) {
    double elements = 1;
    for (AxisId axis : graph.node(id).axes) elements *= static_cast<double>(sizes[axis]);
    result += elements;
  }
  return result;
}

Sizes reduced_sizes(const Session& session, std::span<const NodeId> roots, double most, Shortened which) {
  const Program& program = *session.program;
  const Graph& graph = program.graph;
  std::vector<AxisId> may_shrink;
  for (const auto& [name, axis] : program.axes)
    if (const std::optional<NodeId> size = graph.axis(axis).size;
        (!size || (which == Shortened::all && graph.node(*size).op == Op::constant)) && !data_has(session, axis) &&
        !indexed_by_numbers(graph, axis))
      may_shrink.push_back(axis);
  // What leaves its axis now may do so later: it is how the program is.
  Indices inside = indices_of(program);
  std::erase_if(inside, [&](const auto& row) { return !stay_inside(program, session.sizes, {row}); });
  const auto allowed = [&](const Sizes& sizes) {
    auto found = allowed_sizes(program, sizes);
    if (found && !stay_inside(program, *found, inside)) found.reset();
    return found;
  };
  Sizes chosen = independent(session), result = session.sizes;
  // An axis halved, with those that index it or that it indexes where it cannot be alone.
  const auto halve = [&](AxisId axis, std::int64_t least) {
    Sizes next = chosen;
    next.set(axis, halved(chosen[axis], false, least));
    auto found = allowed(next);
    if (!found) {
      const Family family = family_of(graph, inside, axis);
      std::vector<AxisId> with;
      for (AxisId member : family.members)
        if (std::ranges::find(may_shrink, member) != may_shrink.end() && chosen[member] > least) with.push_back(member);
      for (std::int64_t less = 0; !found && less < most_shortened; ++less) {
        for (AxisId member : with) {
          const bool indexes = family.indexes[index_of(member)];
          next.set(member, std::max<std::int64_t>(1, halved(chosen[member], !indexes, least) - (indexes ? less : 0)));
        }
        found = allowed(next);
      }
    }
    if (!found) return false;
    chosen = std::move(next);
    result = std::move(*found);
    return true;
  };
  for (std::int64_t least : shortest) {
    std::vector<AxisId> left = may_shrink;
    while (elements_of(graph, result, roots) > most) {
      std::ranges::stable_sort(left, std::ranges::greater{}, [&](AxisId axis) { return chosen[axis]; });
      if (left.empty() || chosen[left[0]] <= least) break;
      if (!halve(left[0], least)) left.erase(left.begin());
    }
  }
  return result;
}

std::string changed_sizes(const Session& session, const Sizes& before) {
  std::string result;
  for (const auto& [name, axis] : session.program->axes)
    if (before[axis] != session.sizes[axis])
      result += fmt::format("{}{} = {}", result.empty() ? "" : ", ", name, session.sizes[axis]);
  return result;
}

}  // namespace tenet
