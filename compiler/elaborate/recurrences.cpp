// Definitions that read one another at earlier, or at later, places of an axis. They are elaborated together: what is read there
// is a reading until all of them are known. A reading needs its definition's axes; these are found by elaborating without
// reports until nothing more turns up.
#include <algorithm>

#include "compiler/elaborate/elaborator.h"

namespace tenet {
namespace {

constexpr int deepest = 4;  // recurrences within one another: each is elaborated several times for one round of those around it

}  // namespace

// What elaborating definitions leaves behind, but for what layers own: that is made once, whenever it is first asked for.
struct Elaborator::Trace {
  std::size_t definitions, obligations;
  std::unordered_set<std::string> used_paths, places;
  Diagnostics::Mark reports;
};

Elaborator::Trace Elaborator::trace() const {
  return {program_.definitions.size(), program_.obligations.size(), used_paths_, places_, diagnostics_.mark()};
}

void Elaborator::rewind(const Trace& trace) {
  program_.definitions.erase(program_.definitions.begin() + static_cast<std::ptrdiff_t>(trace.definitions),
                             program_.definitions.end());
  program_.obligations.erase(program_.obligations.begin() + static_cast<std::ptrdiff_t>(trace.obligations),
                             program_.obligations.end());
  used_paths_ = trace.used_paths;
  places_ = trace.places;
  diagnostics_.rewind(trace.reports);
}

void Elaborator::in_order(std::span<const Declared> order, std::span<const std::string> circle_axes, const Steps& steps,
                          std::size_t level) {
  for (std::size_t i = 0; i < order.size();) {
    if (order[i].circles.size() <= level) {
      steps.elaborate(order[i++]);
      continue;
    }
    const std::size_t first = i, number = order[i].circles[level];
    std::vector<Member> members;
    while (i < order.size() && order[i].circles.size() > level && order[i].circles[level] == number)
      members.push_back(steps.member(order[i++]));
    const auto part = order.subspan(first, i - first);
    circle(circle_axes[number], std::move(members), [&] { in_order(part, circle_axes, steps, level + 1); });
    std::ranges::for_each(part, steps.known);
  }
}

void Elaborator::circle(std::string_view along, std::vector<Member> members, const std::function<void()>& elaborate) {
  int depth = 1;
  for (const Circle* outer = circle_; outer != nullptr; outer = outer->outer) ++depth;
  if (depth > deepest) {
    report(Message::recurrences_deep, members.front().span, deepest);
    return;
  }
  Circle circle{scope_, std::string(along), std::move(members), {}, {}, {}, circle_};
  circle_ = &circle;
  const Trace before = trace();
  for (bool grows = true; grows;) {
    circle.reads.clear();
    circle.grows = false;
    elaborate();
    for (Member& member : circle.members)
      if (const std::optional<Value> value = *member.value ? *member.value : std::nullopt)
        for (AxisId axis : graph().node(value->node).axes) circle.grows = add_axis(member, axis) || circle.grows;
    grows = circle.grows && !too_large_;
    rewind(before);
  }
  circle.reads.clear();
  elaborate();
  circle_ = circle.outer;
  const bool complete = std::ranges::all_of(circle.members, [](const Member& member) { return member.value->has_value(); });
  if (complete && closes(circle, before.definitions)) close(circle, before.definitions);
}

Elaborator::Member Elaborator::member(const syntax::Definition& row, std::optional<Value>& value) {
  Member result{row.name.text, row.name.span, &value};
  if (row.axes)
    if (const std::optional<std::vector<AxisId>> stated = axes(*row.axes)) result.axes = *stated;
  return result;
}

bool Elaborator::add_axis(Member& member, AxisId axis) {
  if (std::ranges::find(member.axes, axis) != member.axes.end()) return false;
  member.axes.push_back(axis);
  return true;
}

Elaborator::Member* Elaborator::circling(const syntax::Expression& e, std::string_view along) {
  for (Circle* circle = circle_; circle != nullptr; circle = circle->outer)
    if (circle->scope == scope_ && circle->along == along)
      for (Member& member : circle->members)
        if (member.name == e.text) return &member;
  return nullptr;
}

bool Elaborator::adds_axis(NodeId value, AxisId axis) {
  const std::vector<NodeId> below = graph().all_below(std::span(&value, 1));
  std::vector<std::pair<Circle*, Member*>> read;
  for (Circle* circle = circle_; circle != nullptr; circle = circle->outer)
    for (const Read& row : circle->reads)
      if (std::ranges::binary_search(below, row.reading)) read.emplace_back(circle, &circle->members[row.member]);
  if (std::ranges::any_of(read, [&](const auto& row) { return row.second->name != read.front().second->name; })) return false;
  bool added = false;
  for (const auto& [circle, member] : read)
    if (add_axis(*member, axis)) added = circle->grows = true;
  return added;
}

// e[axis = axis - c else start, ...] of a definition that is being elaborated: its reading; the other brackets apply to that.
std::optional<Value> Elaborator::read_elsewhere(Member& member, const syntax::Expression& e, const syntax::Bracket& bracket) {
  Circle* circle = circle_;
  while (std::ranges::none_of(circle->members, [&](const Member& row) { return &row == &member; })) circle = circle->outer;
  for (const syntax::Bracket& other : e.brackets)
    if (const std::optional<AxisId> own = this->axis(other.names.front()))
      circle->grows = add_axis(member, *own) || circle->grows;
  const std::optional<AxisId> axis = this->axis(bracket.names.front());
  const std::optional<Value> index = expression(*bracket.value), start = expression(*bracket.otherwise, true);
  if (!axis || !index || !start) return {};
  const long count = bracket.value->operands[1]->number.get_num().get_si();
  const std::int64_t offset = bracket.value->op == Op::subtract ? count : -count;
  if (!circle->reads.empty() && (offset > 0) != (circle->reads.front().offset > 0)) {
    report(Message::recurrence_turns, bracket.span, member.name, graph().axis(*circle->axis).name,
           circle->reads.front().offset > 0 ? "earlier" : "later")
        .hint = "every reading along an axis round a circle of definitions goes one way";
    return {};
  }
  if (!range(index->node, *axis, bracket.otherwise.get(), bracket.value->span)) return {};
  return reading(*circle, member, *axis, offset, start->node, bracket.span);
}

Value Elaborator::reading(Circle& circle, Member& member, AxisId axis, std::int64_t offset, NodeId start, Span span) {
  circle.axis = axis;
  circle.grows = add_axis(member, axis) || circle.grows;
  for (AxisId own : graph().node(start).axes) circle.grows = add_axis(member, own) || circle.grows;
  const auto place = static_cast<std::size_t>(&member - circle.members.data());
  for (const Read& read : circle.reads)
    if (read.member == place && read.offset == offset && read.start == start) return {read.reading, Kind::real};
  circle.reads.push_back({place, offset, start, graph().reading(member.axes), span});
  return {circle.reads.back().reading, Kind::real};
}

// Whether the circle is a recurrence; reports why not. `first`: of the program's definitions that were made in it.
bool Elaborator::closes(const Circle& circle, std::size_t first) {
  std::vector<NodeId> bodies;
  for (const Member& member : circle.members) {
    bodies.push_back((*member.value)->node);
    for (AxisId axis : member.axes)
      if (!graph().has_axis(bodies.back(), axis)) {
        report(Message::recurrence_lacks_axis, member.span, member.name, graph().axis(axis).name, axes_text(bodies.back()));
        return false;
      }
  }
  for (const Read& read : circle.reads)
    if (!starts(read, circle)) {
      report(Message::recurrence_start_open, read.span, circle.members[read.member].name, graph().axis(*circle.axis).name);
      return false;
    }
  for (std::size_t i = first; i < program_.definitions.size(); ++i) bodies.push_back(program_.definitions[i].node);
  for (NodeId id : dependents(bodies, circle.reads)) {
    const Node& node = graph().node(id);
    if (node.op == Op::input) continue;
    const bool along = node.op == Op::recurrence && graph().recurrence_of(id).axis == *circle.axis;
    if (!along && std::ranges::find(node.bound, *circle.axis) == node.bound.end()) continue;
    report(Message::recurrence_reads_across, circle.reads.front().span, circle.members.front().name,
           graph().axis(*circle.axis).name)
        .hint = fmt::format("read at one other place, `x[{0} = {0} - 1 else 0]`, and sum over `{0}` outside",
                            graph().axis(*circle.axis).name);
    return false;
  }
  return true;
}

// Whether a start value is known where the circle starts: all that is open in it is read by circles around this one.
bool Elaborator::starts(const Read& read, const Circle& circle) const {
  return std::ranges::all_of(program_.graph.reachable(std::span(&read.start, 1)), [&](NodeId id) {
    const Node& node = program_.graph.node(id);
    if (node.op != Op::input || !node.open) return true;
    for (const Circle* outer = circle.outer; outer != nullptr; outer = outer->outer)
      if (std::ranges::find(outer->reads, id, &Read::reading) != outer->reads.end()) return true;
    return false;
  });
}

// What depends on the readings, through recurrences within as well, ascending.
std::vector<NodeId> Elaborator::dependents(std::span<const NodeId> roots, const std::vector<Read>& reads) const {
  const Graph& graph = program_.graph;
  std::unordered_set<NodeId> found;
  for (const Read& read : reads) found.insert(read.reading);
  const std::vector<NodeId> below = graph.all_below(roots);
  for (std::size_t before = 0; before != found.size();) {
    before = found.size();
    for (NodeId id : below) {
      if (std::ranges::none_of(graph.node(id).operands, [&](NodeId operand) { return found.contains(operand); })) continue;
      found.insert(id);
      if (graph.node(id).op == Op::recurrence)
        for (const Recurrence::Read& read : graph.recurrence_of(id).reads) found.insert(read.reading);
    }
  }
  std::vector<NodeId> result(found.begin(), found.end());
  std::ranges::sort(result);
  return result;
}

bool Elaborator::depends_on(NodeId node, const std::vector<Read>& reads) {
  const std::vector<NodeId> below = graph().all_below(std::span(&node, 1));
  return std::ranges::any_of(reads, [&](const Read& read) { return std::ranges::binary_search(below, read.reading); });
}

// The members' values, and every other name that depends on a reading, become components of a recurrence.
void Elaborator::close(const Circle& circle, std::size_t first) {
  std::vector<NodeId> bodies, starts;
  const auto place_of = [&](NodeId body) {
    const auto found = std::ranges::find(bodies, body);
    if (found == bodies.end()) bodies.push_back(body);
    return static_cast<std::size_t>(found - bodies.begin());
  };
  Recurrence form{*circle.axis, {}};
  for (const Member& member : circle.members) place_of((*member.value)->node);
  for (std::size_t i = first; i < program_.definitions.size(); ++i)
    if (graph().node(program_.definitions[i].node).open && depends_on(program_.definitions[i].node, circle.reads))
      place_of(program_.definitions[i].node);
  for (const Read& read : circle.reads) {
    form.reads.push_back({place_of((*circle.members[read.member].value)->node), read.offset, read.reading});
    starts.push_back(read.start);
  }
  const std::vector<NodeId> components = graph().recurrence(form, bodies, starts);
  const auto outside = [&](NodeId body) {
    const NodeId value = components[place_of(body)];
    return graph().node(body).op == Op::named ? graph().named(graph().name_of(body), value) : value;
  };
  for (const Member& member : circle.members) **member.value = Value{outside((*member.value)->node), (*member.value)->kind};
  for (std::size_t i = first; i < program_.definitions.size(); ++i) {
    Definition& row = program_.definitions[i];
    if (std::ranges::find(bodies, row.node) == bodies.end()) continue;
    row.node = outside(row.node);
    if (const auto path = paths_.find(row.name); path != paths_.end()) path->second.node = row.node;
  }
}

}  // namespace tenet
