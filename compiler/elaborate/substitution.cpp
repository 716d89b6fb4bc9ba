// e[i = index, j = other else value]. The graph's substitution is a node with a meaning of its own, a function of e's free axes
// at other coordinates, so nothing is captured here: what e reduces over is not free in it.
#include <algorithm>

#include "compiler/elaborate/elaborator.h"

namespace tenet {
namespace {

// One of the brackets.
struct Part {
  AxisId axis;
  NodeId index;
  std::optional<NodeId> otherwise;
};

// The `else` value with the other replacements applied where it has their axes.
NodeId with_others(Graph& graph, NodeId otherwise, const std::vector<Part>& parts, AxisId own) {
  std::vector<Replacement> others;
  for (const Part& part : parts)
    if (part.axis != own && graph.has_axis(otherwise, part.axis)) others.push_back({part.axis, part.index});
  return graph.substitute(otherwise, std::move(others));
}

// The one `else` value that stands for all indices, if one can: a node has a single one.
std::optional<NodeId> shared_else(Graph& graph, const std::vector<Part>& parts) {
  std::optional<NodeId> shared;
  for (const Part& part : parts) {
    if (!part.otherwise) continue;
    const NodeId value = with_others(graph, *part.otherwise, parts, part.axis);
    if (shared && (*shared != value || value != *part.otherwise)) return {};
    shared = value;
  }
  return shared;
}

// The index, held within its axis: what a value without an `else` of its own is read at where several indices leave.
NodeId held_within(Graph& graph, const Part& part) {
  const NodeId last = graph.apply(Op::subtract, graph.size(part.axis), graph.constant(1));
  return graph.apply(Op::minimum, graph.apply(Op::maximum, part.index, graph.constant(0)), last);
}

// The `else` value of parts[own] as it stands while the parts before it are applied and those after it are not yet: an index
// still to come is its fresh axis; where one that came before has left its axis, that one's `else` value holds.
NodeId else_in_turn(Graph& graph, const std::vector<Part>& parts, std::size_t own) {
  const NodeId otherwise = *parts[own].otherwise;
  std::vector<Replacement> others;
  std::optional<NodeId> beyond;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i == own || !graph.has_axis(otherwise, parts[i].axis)) continue;
    const bool to_come = i > own && parts[i].otherwise;
    others.push_back({parts[i].axis, to_come ? graph.coordinate(graph.copy_of(parts[i].axis)) : parts[i].index});
    if (to_come || !parts[i].otherwise) continue;
    std::vector<Part> held = parts;
    for (Part& part : held)
      if (part.otherwise) part.index = held_within(graph, part);
    beyond = with_others(graph, *parts[i].otherwise, held, parts[i].axis);
  }
  return graph.substitute(otherwise, std::move(others), beyond);
}

// Several `else` values: first every replaced axis is renamed to a fresh one, then the replacements follow one another, which
// is the same as all at once since no index has a fresh axis. Where several indices leave their axes the last one decides.
NodeId one_by_one(Graph& graph, NodeId value, const std::vector<Part>& parts) {
  std::vector<Replacement> renaming, inside;
  for (const Part& part : parts) {
    const AxisId fresh = graph.copy_of(part.axis);
    renaming.push_back({part.axis, graph.coordinate(fresh)});
    if (!part.otherwise) inside.push_back({fresh, part.index});
  }
  value = graph.substitute(graph.substitute(value, std::move(renaming)), std::move(inside));
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].otherwise)
      value = graph.substitute(value, {{graph.copy_of(parts[i].axis), parts[i].index}}, else_in_turn(graph, parts, i));
  return value;
}

}  // namespace

std::optional<Value> Elaborator::substitution(const syntax::Expression& e) {
  const syntax::Bracket* elsewhere = shift_of(e);
  Member* const member = elsewhere != nullptr ? circling(*e.operands[0], elsewhere->names.front().text) : nullptr;
  if (member == nullptr) elsewhere = nullptr;
  const std::optional<Value> value = member != nullptr ? read_elsewhere(*member, e, *elsewhere) : expression(*e.operands[0]);
  std::vector<Part> parts;
  Kind kind = value ? value->kind : Kind::real;
  bool complete = value.has_value();
  for (const syntax::Bracket& bracket : e.brackets) {
    if (&bracket == elsewhere) continue;
    const std::optional<AxisId> axis = this->axis(bracket.names[0]);
    const std::optional<Value> index = expression(*bracket.value);
    std::optional<Value> otherwise;
    if (bracket.otherwise != nullptr) otherwise = expression(*bracket.otherwise, true);
    if (!axis || !index || (bracket.otherwise != nullptr && !otherwise)) {
      complete = false;
      continue;
    }
    if (index->kind != Kind::whole) {
      report(Message::index_not_whole, bracket.value->span, index->kind == Kind::truth ? "a truth" : "real").hint =
          index->kind == Kind::truth ? "`where(..., 1, 0)` makes a whole number of it"
                                     : "`floor(...)` makes a whole number of it";
      complete = false;
      continue;
    }
    if (std::ranges::find(parts, *axis, &Part::axis) != parts.end()) {
      report(Message::axis_repeated, bracket.names[0].span, bracket.names[0].text);
      complete = false;
      continue;
    }
    if (value && !graph().has_axis(value->node, *axis)) {
      complete = false;
      if (adds_axis(value->node, *axis)) continue;
      report(Message::replaced_axis_missing, bracket.names[0].span, graph().axis(*axis).name, axes_text(value->node));
      continue;
    }
    complete = range(index->node, *axis, bracket.otherwise.get(), bracket.value->span) && complete;
    parts.push_back({*axis, index->node, otherwise ? std::optional(otherwise->node) : std::nullopt});
    if (otherwise && otherwise->kind != kind)
      kind = otherwise->kind == Kind::real || kind == Kind::real ? Kind::real : Kind::whole;
  }
  if (!complete) return {};

  const bool any_else = std::ranges::any_of(parts, [](const Part& part) { return part.otherwise.has_value(); });
  const std::optional<NodeId> shared = shared_else(graph(), parts);
  if (any_else && !shared) return Value{one_by_one(graph(), value->node, parts), kind};
  std::vector<Replacement> replacements;
  for (const Part& part : parts) replacements.push_back({part.axis, part.index});
  return Value{graph().substitute(value->node, std::move(replacements), shared), kind};
}

// Whether an `else` stands exactly where the index may leave its axis. What open sizes leave undecided is kept for later.
bool Elaborator::range(NodeId index, AxisId axis, const syntax::Expression* otherwise, Span span) {
  const bool has_else = otherwise != nullptr;
  const Decision within = ranges_.within(index, axis);
  const std::string& name = graph().axis(axis).name;
  if (within == Decision::depends) {
    Diagnostic place;
    with_calls(place);
    program_.obligations.push_back({index, axis, has_else, span, std::move(place.related)});
  } else if (within == Decision::never && !has_else) {
    report(Message::index_may_leave, span, name, ranges_.interval_text(index), ranges_.last_text(axis)).hint =
        fmt::format("say what stands beyond the axis: `[{} = {} else 0]`", name, source_text(span));
    return false;
  } else if (within == Decision::always && has_else) {
    report(Message::index_stays_inside, otherwise->span, ranges_.interval_text(index), name, ranges_.last_text(axis)).hint =
        "leave the `else` out";
    return false;
  }
  return true;
}

}  // namespace tenet
