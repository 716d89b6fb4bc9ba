#include <fmt/ranges.h>

#include <algorithm>

#include "compiler/elaborate/names.h"
#include "compiler/elaborate/program.h"
#include "compiler/elaborate/ranges.h"

namespace tenet {
namespace {

constexpr std::int64_t largest_size = 0x7fffffff;

std::optional<std::size_t> place_of(const Program& program, AxisId axis) {
  const auto row = std::ranges::find(program.axes, axis, &std::pair<std::string, AxisId>::second);
  if (row == program.axes.end()) return {};
  return static_cast<std::size_t>(row - program.axes.begin());
}

Span span_of(const Program& program, AxisId axis) {
  const std::optional<std::size_t> place = place_of(program, axis);
  return place ? program.axis_spans[*place] : program.axis_spans.empty() ? Span{} : program.axis_spans.front();
}

// Axes whose size some value, parameter or data of the program reads, in ascending order.
std::vector<AxisId> axes_used(const Program& program) {
  std::vector<NodeId> roots;
  for (const DataInput& row : program.data) roots.push_back(row.node);
  for (const Parameter& row : program.parameters) roots.insert(roots.end(), {row.node, row.initial});
  for (const Definition& row : program.definitions) roots.push_back(row.node);
  for (const Claim& row : program.claims) roots.insert(roots.end(), {row.left, row.right});
  for (const Assumption& row : program.assumptions) roots.insert(roots.end(), {row.left, row.right});
  for (const RangeObligation& row : program.obligations) roots.push_back(row.index);
  for (const State& row : program.states) roots.insert(roots.end(), {row.initial, row.next});
  if (program.train) {
    roots.insert(roots.end(), {program.train->loss, program.train->rate});
    for (const Rule& rule : program.train->rules) roots.push_back(rule.next);
  }
  std::vector<bool> used(program.graph.axis_count());
  const auto use = [&](std::span<const AxisId> axes) {
    for (AxisId axis : axes) used[index_of(axis)] = true;
  };
  for (NodeId id : program.graph.reachable(roots)) {
    const Node& node = program.graph.node(id);
    use(node.axes);
    use(node.bound);
    if (node.op == Op::input)
      if (const std::optional<AxisId>& typed_by = program.graph.input(program.graph.input_of(id)).typed_by)
        used[index_of(*typed_by)] = true;
  }
  for (const RangeObligation& row : program.obligations) used[index_of(row.axis)] = true;
  std::vector<AxisId> result;
  for (std::uint32_t i = 0; i < used.size(); ++i)
    if (used[i]) result.push_back(AxisId{i});
  return result;
}

// What an obligation that these sizes decide demands and does not get.
bool violated(const RangeObligation& obligation, Ranges& ranges) {
  const bool inside = ranges.within(obligation.index, obligation.axis) == Decision::always;
  return inside == obligation.has_else;
}

bool obligations_hold(const Program& program, const Sizes& sizes) {
  Ranges ranges(program.graph, &sizes);
  return std::ranges::none_of(program.obligations, [&](const RangeObligation& row) { return violated(row, ranges); });
}

// Whether what is assumed of sizes alone holds.
bool assumptions_hold(const Program& program, const Sizes& sizes) {
  return std::ranges::all_of(program.assumptions, [&](const Assumption& row) {
    const std::optional<mpq_class> left = size_value(program.graph, row.left, sizes);
    const std::optional<mpq_class> right = size_value(program.graph, row.right, sizes);
    if (!left || !right) return true;
    const int sign = cmp(*left, *right);
    if (row.relation == Op::equal) return sign == 0;
    const bool less = row.relation == Op::less || row.relation == Op::less_equal;
    const bool strict = row.relation == Op::less || row.relation == Op::greater;
    return sign == 0 ? !strict : (sign < 0) == less;
  });
}
}  // namespace

std::optional<Sizes> allowed_sizes(const Program& program, Sizes sizes) {
  AxisId failed;
  if (!sizes.complete(program.graph, &failed) || !obligations_hold(program, sizes) || !assumptions_hold(program, sizes))
    return {};
  return sizes;
}

namespace {

void report_obligations(const Program& program, Diagnostics& diagnostics, const Sizes& sizes) {
  Ranges ranges(program.graph, &sizes);
  for (const RangeObligation& row : program.obligations) {
    if (!violated(row, ranges)) continue;
    const std::string& axis = program.graph.axis(row.axis).name;
    Diagnostic& report = row.has_else ? diagnostics.report(Message::index_stays_inside, row.span, ranges.interval_text(row.index),
                                                           axis, ranges.last_text(row.axis))
                                      : diagnostics.report(Message::index_may_leave, row.span, axis,
                                                           ranges.interval_text(row.index), ranges.last_text(row.axis));
    report.hint =
        row.has_else ? "with these sizes; leave the `else` out" : "with these sizes; say what stands beyond the axis: `else 0`";
    report.related = row.calls;
  }
}

void report_size(const Program& program, Diagnostics& diagnostics, AxisId axis, const Sizes& sizes) {
  const std::optional<mpq_class> size = size_value(program.graph, *program.graph.axis(axis).size, sizes);
  diagnostics.report(Message::size_not_whole, span_of(program, axis), program.graph.axis(axis).name,
                     size ? size->get_str() : std::string("no number"));
}

// Sizes for axes that nothing closes: distinct ones from `least` on; where the program's size expressions, indices or assumptions
// do not come out so, other small ones, by a fixed sequence of tries.
std::optional<Sizes> small_sizes(const Program& program, const Sizes& known, const std::vector<AxisId>& open,
                                 std::int64_t least) {
  constexpr std::size_t most_work = 200'000, most_tries = 4000;
  const std::size_t tries = std::min(most_tries, 10 + most_work / (1 + program.obligations.size() + program.graph.axis_count()));
  std::uint64_t state = 1;
  for (std::size_t attempt = 0; attempt < tries; ++attempt) {
    Sizes sizes = known;
    for (std::size_t i = 0; i < open.size(); ++i) {
      std::int64_t size = least + static_cast<std::int64_t>(i);
      if (attempt > 0) {  // Knuth's generator (MMIX), for variety only
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        size = least + static_cast<std::int64_t>((state >> 33) % (4 + open.size() + attempt / 32));
      }
      sizes.set(open[i], size);
    }
    if (auto allowed = allowed_sizes(program, std::move(sizes))) return allowed;
  }
  return {};
}

bool set_given(const Program& program, Diagnostics& diagnostics, const std::map<std::string, std::int64_t>& given, Sizes& sizes) {
  bool complete = true;
  for (const auto& [name, size] : given) {
    const auto row = std::ranges::find(program.axes, name, &std::pair<std::string, AxisId>::first);
    if (row == program.axes.end()) {
      std::vector<std::string> names;
      for (const auto& [axis, id] : program.axes) names.push_back(axis);
      const std::string hint = suggestion(name, names);
      diagnostics.report(Message::size_axis_unknown, program.axis_spans.empty() ? Span{} : program.axis_spans.front(), name)
          .hint = hint.empty() && !names.empty() ? fmt::format("its axes are {}", fmt::join(names, ", ")) : hint;
      complete = false;
    } else if (size < 1 || size > largest_size) {
      diagnostics.report(Message::size_not_whole, span_of(program, row->second), name, size);
      complete = false;
    } else {
      sizes.set(row->second, size);
    }
  }
  return complete;
}

// A size that the program states and `given` contradicts. The axis of items is as long as what runs over it: a batch, a split.
bool given_agrees(const Program& program, Diagnostics& diagnostics, const std::map<std::string, std::int64_t>& given,
                  const Sizes& sizes) {
  bool agrees = true;
  for (const auto& [name, axis] : program.axes) {
    const auto row = given.find(name);
    if (row == given.end() || !program.graph.axis(axis).size) continue;
    if (program.train && program.train->source && program.train->source->items == axis) continue;
    const std::optional<mpq_class> stated = size_value(program.graph, *program.graph.axis(axis).size, sizes);
    if (!stated || *stated == static_cast<long>(row->second)) continue;
    diagnostics.report(Message::size_given_differs, span_of(program, axis), name, stated->get_str(), row->second);
    agrees = false;
  }
  return agrees;
}

void report_open(const Program& program, Diagnostics& diagnostics, AxisId axis) {
  const std::string& name = program.graph.axis(axis).name;
  std::string hint = fmt::format("give it one: `axis {0} = ...`, or `--size {0}=N`", name);
  if (program.train && batch_axis(program, *program.train) == axis) hint += "; or `batch` in the recipe";
  diagnostics.report(Message::size_open, span_of(program, axis), name).hint = hint;
}

}  // namespace

std::optional<AxisId> batch_axis(const Program& program, const Train& train) {
  if (train.source) return train.source->items;
  const auto row = std::ranges::find(program.axes, "batch", &std::pair<std::string, AxisId>::first);
  if (row == program.axes.end()) return {};
  return row->second;
}

std::optional<Sizes> close_sizes(Program& program, Diagnostics& diagnostics, const std::map<std::string, std::int64_t>& given,
                                 std::int64_t open_default) {
  Sizes sizes;
  if (!set_given(program, diagnostics, given, sizes)) return {};
  if (program.train && program.train->batch)
    if (const std::optional<AxisId> axis = batch_axis(program, *program.train); axis && sizes[*axis] == 0)
      sizes.set(*axis, *program.train->batch);
  AxisId failed;
  if (!sizes.complete(program.graph, &failed)) {
    report_size(program, diagnostics, failed, sizes);
    return {};
  }
  if (!given_agrees(program, diagnostics, given, sizes)) return {};

  std::vector<AxisId> open;
  for (AxisId axis : axes_used(program))
    if (sizes[axis] == 0) open.push_back(axis);
  std::erase_if(open, [&](AxisId axis) { return program.graph.axis(axis).size.has_value(); });
  // A size expression may read an axis that no value has.
  for (const auto& [name, axis] : program.axes) {
    if (!program.graph.axis(axis).size || sizes[axis] != 0) continue;
    for (NodeId id : program.graph.reachable(std::span(&*program.graph.axis(axis).size, 1)))
      if (const Node& node = program.graph.node(id); node.op == Op::size && sizes[node.bound[0]] == 0 &&
                                                     !program.graph.axis(node.bound[0]).size &&
                                                     std::ranges::find(open, node.bound[0]) == open.end())
        open.push_back(node.bound[0]);
  }
  if (open_default > 0 && !open.empty()) {
    if (std::optional<Sizes> small = small_sizes(program, sizes, open, open_default)) return small;
    for (std::size_t i = 0; i < open.size(); ++i) sizes.set(open[i], open_default + static_cast<std::int64_t>(i));
    if (!sizes.complete(program.graph, &failed)) {
      report_size(program, diagnostics, failed, sizes);
      return {};
    }
  } else if (!open.empty()) {
    for (AxisId axis : open) report_open(program, diagnostics, axis);
    return {};
  }
  // A size that divides by 0 or has too many digits is no number at all.
  for (AxisId axis : axes_used(program))
    if (sizes[axis] == 0) return report_size(program, diagnostics, axis, sizes), std::nullopt;
  if (!obligations_hold(program, sizes)) {
    report_obligations(program, diagnostics, sizes);
    return {};
  }
  return sizes;
}

}  // namespace tenet
