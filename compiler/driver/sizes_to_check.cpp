#include "compiler/driver/sizes_to_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace tenet {
namespace {

constexpr std::int64_t shortest = 4;  // that a long axis is halved to
// Sizes for the open axes in turn, from the first row's first entry on.
constexpr std::array<std::array<std::int64_t, 3>, 4> rows{{{4, 2, 5}, {2, 1, 3}, {1, 1, 1}, {6, 4, 2}}};
constexpr std::size_t most_others = 2;

// Whether data that were read have this axis, and so its size. Of a source's items any number may be drawn.
bool data_has(const Session& session, AxisId axis) {
  if (session.has_source() && axis == session.recipe().source->items) return false;
  return std::ranges::any_of(session.program->data, [&](const DataInput& data) {
    const Input& input = session.program->graph.input(data.input);
    return session.is_filled(data.input) && (input.typed_by == axis || std::ranges::find(input.axes, axis) != input.axes.end());
  });
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

}  // namespace

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

double elements_of(const Graph& graph, const Sizes& sizes, std::span<const NodeId> roots) {
  double result = 0;
  for (NodeId id : graph.reachable(roots)) {
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
  Sizes chosen = independent(session), result = session.sizes;
  while (elements_of(graph, result, roots) > most) {
    std::ranges::stable_sort(may_shrink, std::ranges::greater{}, [&](AxisId axis) { return chosen[axis]; });
    if (may_shrink.empty() || chosen[may_shrink[0]] <= shortest) break;
    const std::int64_t before = chosen[may_shrink[0]];
    chosen.set(may_shrink[0], std::max(shortest, before / 2));
    if (auto found = allowed_sizes(program, chosen)) {
      result = std::move(*found);
    } else {
      chosen.set(may_shrink[0], before);
      may_shrink.erase(may_shrink.begin());
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
