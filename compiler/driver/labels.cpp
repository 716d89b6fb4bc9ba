#include "compiler/driver/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "compiler/driver/model.h"

namespace tenet {
namespace {

constexpr std::int64_t short_axis = 1 << 16, sparsest = 1000;

// How many of the axis's places the data have.
std::int64_t places_used(const Session& session, AxisId axis) {
  std::unordered_set<double> used;
  for (std::size_t i = 0; i < session.dataset.columns.size(); ++i) {
    if (session.program->graph.input(session.recipe().source->columns[i].input).typed_by != axis) continue;
    for (const Items& split : session.splits)
      for (std::int64_t place = 0; place < split.size(); ++place) {
        const std::vector<double> item = item_values(session.dataset.columns[i], split[place]);
        used.insert(item.begin(), item.end());
      }
  }
  return static_cast<std::int64_t>(used.size());
}

}  // namespace

Outcome<void> check_labels(const Session& session, const std::map<std::string, std::int64_t>& asked) {
  const Graph& graph = session.program->graph;
  for (std::size_t i = 0; i < session.dataset.columns.size(); ++i) {
    const Column& column = session.dataset.columns[i];
    const std::optional<AxisId> axis = graph.input(session.recipe().source->columns[i].input).typed_by;
    if (!axis || graph.axis(*axis).size || asked.contains(graph.axis(*axis).name)) continue;
    const std::int64_t size = session.sizes[*axis];
    if (size <= short_axis || column.largest + 1 < size) continue;
    const std::int64_t used = places_used(session, *axis);
    if (used >= size / sparsest) continue;
    const auto bytes = training_bytes(session, 0);
    if (!bytes) return std::unexpected(bytes.error());
    return failed(
        fmt::format("{0}: the label {1} makes the axis `{2}` {3} long, and the data have {4} of its places; training needs "
                    "{5} and more. If this is meant, give the size: --size {2}={3}",
                    column.largest_at, column.largest, graph.axis(*axis).name, size, used, format_bytes(*bytes)));
  }
  return {};
}

}  // namespace tenet
