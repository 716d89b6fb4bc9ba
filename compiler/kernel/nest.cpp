#include "compiler/kernel/nest.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

#include "compiler/graph/rational.h"

namespace tenet {
namespace {

constexpr double exact_whole = 0x1p53;  // below it double precision has every whole

// The kind that operands take before the operation's code runs.
Kind working_kind(Op op, Kind result, std::span<const Kind> operands) {
  switch (operation(op).kind) {
    case KindRule::arithmetic:
    case KindRule::product:
    case KindRule::same:
      return result == Kind::truth ? Kind::truth : result;
    case KindRule::truth: {
      if (op == Op::logical_and || op == Op::logical_or || op == Op::logical_not) return Kind::truth;
      return std::ranges::find(operands, Kind::real) != operands.end() ? Kind::real : Kind::whole;
    }
    default:
      return Kind::real;
  }
}

}  // namespace

TermId Nest::add(Term term) {
  std::vector<std::uint64_t> key{static_cast<std::uint64_t>(term.kind),
                                 static_cast<std::uint64_t>(term.type),
                                 std::bit_cast<std::uint64_t>(term.constant),
                                 index_of(term.loop),
                                 index_of(term.buffer),
                                 static_cast<std::uint64_t>(term.op),
                                 static_cast<std::uint64_t>(term.division),
                                 static_cast<std::uint64_t>(term.range.low),
                                 static_cast<std::uint64_t>(term.range.high),
                                 term.operands.size()};
  for (TermId operand : term.operands) key.push_back(index_of(operand));
  for (LoopId loop : term.loops) key.push_back(index_of(loop));
  auto [entry, fresh] = known_.try_emplace(std::move(key), TermId{static_cast<std::uint32_t>(terms_.size())});
  if (fresh) terms_.push_back(std::move(term));
  return entry->second;
}

TermId Nest::constant(Kind kind, double number) {
  const WholeRange range = kind == Kind::whole ? range_of(number) : WholeRange{};
  return add({.kind = Term::Kind::constant, .type = kind, .constant = number, .operands = {}, .loops = {}, .range = range});
}

std::optional<double> Nest::constant_of(TermId id) const {
  const Term& term = terms_[index_of(id)];
  return term.kind == Term::Kind::constant ? std::optional(term.constant) : std::nullopt;
}

TermId Nest::loop(AxisId axis) {
  loops_.push_back({graph_.axis(axis).name, sizes_[axis]});
  return add({.kind = Term::Kind::loop,
              .type = Kind::whole,
              .loop = LoopId{static_cast<std::uint32_t>(loops_.size() - 1)},
              .operands = {},
              .loops = {},
              .range = {0, sizes_[axis] - 1, false, true}});
}

void Nest::stand_in(AxisId axis) {
  sequences_.emplace_back(axis, loop(axis));
  loops_.back().role = LoopRole::sequence;
}

std::optional<TermId> Nest::place_in_sequence(AxisId axis) const {
  const auto found = std::ranges::find(sequences_, axis, &std::pair<AxisId, TermId>::first);
  return found == sequences_.end() ? std::nullopt : std::optional(found->second);
}

TermId Nest::as(Kind kind, TermId id) {
  const Term& term = terms_[index_of(id)];
  if (term.type == kind) return id;
  if (term.kind == Term::Kind::constant) return constant(kind, kind == Kind::truth ? term.constant != 0 : term.constant);
  WholeRange range;
  if (kind == Kind::whole) range = term.type == Kind::real ? open_whole : WholeRange{0, 1};
  return add({.kind = Term::Kind::convert, .type = kind, .operands = {id}, .loops = {}, .range = range});
}

TermId Nest::apply(Op op, std::vector<TermId> operands) {
  std::vector<Kind> kinds;
  for (std::size_t i = op == Op::where ? 1 : 0; i < operands.size(); ++i) kinds.push_back(terms_[index_of(operands[i])].type);
  const Kind result = result_kind(op, kinds);
  if (op == Op::multiply && result == Kind::truth) return apply(Op::logical_and, std::move(operands));
  if (std::ranges::all_of(operands, [&](TermId operand) { return constant_of(operand).has_value(); })) {
    double values[3] = {};
    for (std::size_t i = 0; i < operands.size(); ++i) values[i] = *constant_of(operands[i]);
    if (const double value = operation(op).evaluate(values[0], values[1], values[2]);
        result != Kind::whole || !(std::abs(value) > exact_whole))
      return constant(result, value);
  }
  if (op == Op::where)
    if (const auto condition = constant_of(operands[0])) return as(result, operands[*condition != 0 ? 1 : 2]);
  if (op == Op::multiply)
    for (std::size_t i = 0; i < 2; ++i) {
      if (const auto factor = constant_of(operands[i]); factor && *factor == 1) return as(result, operands[1 - i]);
      if (result == Kind::real && kinds[i] == Kind::truth)  // it chooses, whatever is infinite or no number where it is false
        return apply(Op::where, {operands[i], operands[1 - i], constant(result, 0)});
    }
  if (result == Kind::real && (op == Op::multiply || op == Op::divide))
    if (const auto split = split_factor(op, operands)) return *split;
  if (op == Op::logical_and)
    for (std::size_t i = 0; i < 2; ++i)
      if (const auto holds = constant_of(operands[i]); holds && *holds != 0) return as(Kind::truth, operands[1 - i]);
  const Kind working = working_kind(op, result, kinds);
  std::vector<WholeRange> ranges;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    operands[i] = as(op == Op::where && i == 0 ? Kind::truth : working, operands[i]);
    if (op != Op::where || i > 0) ranges.push_back(range(operands[i]));
  }
  WholeRange range;
  if (result == Kind::whole && op == Op::floor) {
    const std::optional<Bounds> proved = bounds(operands[0]);
    range = proved ? WholeRange{std::int64_t(std::floor(proved->low)), std::int64_t(std::floor(proved->high))} : open_whole;
  } else if (result == Kind::whole) {
    range = range_of(op, ranges);
  }
  return add({.kind = Term::Kind::apply, .type = result, .op = op, .operands = std::move(operands), .loops = {}, .range = range});
}

// By a constant that single precision does not have, such as the 1e40 that 1e20 * x * 1e20 is simplified to, in two steps.
std::optional<TermId> Nest::split_factor(Op op, const std::vector<TermId>& operands) {
  constexpr double most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::min(), step = 0x1p100;
  for (std::size_t i = op == Op::divide ? 1 : 0; i < 2; ++i) {
    const std::optional<double> factor = constant_of(operands[i]);
    if (!factor || *factor == 0 || !std::isfinite(*factor)) continue;
    if (std::abs(*factor) <= most && std::abs(*factor) >= least) continue;
    const double first = std::abs(*factor) > most ? step : 1 / step;
    const TermId scaled = apply(op, {operands[1 - i], constant(Kind::real, first)});
    return apply(op, {scaled, constant(Kind::real, *factor / first)});
  }
  return {};
}

TermId Nest::load(BufferId id, const Coordinates& coordinates) {
  const Buffer& buffer = buffers_[index_of(id)];
  std::vector<TermId> indices;
  for (AxisId axis : buffer.axes) indices.push_back(coordinates.at(axis));
  WholeRange range = buffer.range;
  range.rising = false;
  return add(
      {.kind = Term::Kind::load, .type = buffer.kind, .buffer = id, .operands = std::move(indices), .loops = {}, .range = range});
}

TermId Nest::value(NodeId id, const Coordinates& coordinates) {
  const Node& node = graph_.node(id);
  if (node.op == Op::recurrence) return value(values_.operand(id, graph_.place_of(id)), coordinates);
  if (node.op == Op::input && node.open) return reading(id, coordinates);
  if (node.op == Op::input || values_.stored(id)) return load(buffer_of_.at(index_of(id)), coordinates);
  return work_out(id, coordinates);
}

TermId Nest::work_out(NodeId id, const Coordinates& coordinates) {
  const Node& node = graph_.node(id);
  std::vector<TermId> at;
  for (AxisId axis : node.axes) at.push_back(coordinates.at(axis));
  const std::pair key{id, std::move(at)};
  if (auto found = worked_out_.find(key); found != worked_out_.end()) return found->second;
  TermId term{};
  switch (operation(node.op).form) {
    case Form::leaf:
      switch (node.op) {
        case Op::constant:
          term = constant(node.kind, nearest_double(graph_.value_of(id)));
          break;
        case Op::infinity:
          term = constant(Kind::real, std::numeric_limits<double>::infinity());
          break;
        case Op::pi:
          term = constant(Kind::real, std::numbers::pi);
          break;
        case Op::size:
          term = constant(Kind::whole, static_cast<double>(sizes_[node.bound[0]]));
          break;
        case Op::coordinate:
          term = coordinates.at(node.bound[0]);
          break;
        default:
          term = load(buffer_of_.at(index_of(id)), coordinates);
          break;
      }
      break;
    case Form::pointwise:
      term = pointwise(id, coordinates);
      break;
    case Form::reduction:
      term = reduction(id, coordinates);
      break;
    case Form::substitution:
      term = substitution(id, coordinates);
      break;
    case Form::recurrence:
      return value(id, coordinates);
    case Form::identity:
      assert(false);
      break;  // value numbering has removed these
  }
  worked_out_.emplace(key, term);
  return term;
}

TermId Nest::pointwise(NodeId id, const Coordinates& coordinates) {
  const Node& node = graph_.node(id);
  if (node.op == Op::floor)
    if (const auto whole = fraction(values_.operand(id, 0), coordinates)) return quotient_rounded_down(*whole);
  if (node.op == Op::multiply && node.kind == Kind::real && values_.seen(id))
    if (const auto term = product_with_reciprocal(id, coordinates)) return *term;
  std::vector<TermId> operands;
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    const int around = masked_;
    if (node.op == Op::where && i > 0) ++masked_;
    operands.push_back(value(values_.operand(id, i), coordinates));
    masked_ = around;
  }
  if (node.op == Op::divide) return quotient(operands[0], operands[1], values_.seen(id));
  if (node.op == Op::power)
    if (const auto term = whole_power(operands[0], values_.operand(id, 1))) return *term;
  if (node.kind == Kind::whole && masked_ == 0) note_beyond(id, operands);
  return apply(node.op, std::move(operands));
}

void Nest::note_beyond(NodeId id, const std::vector<TermId>& operands) {
  std::vector<WholeRange> ranges;
  bool above = false, beyond = false;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Term& term = terms_[index_of(operands[i])];
    beyond = beyond || (term.kind == Term::Kind::constant && std::abs(term.constant) >= exact_whole);
    ranges.push_back(term.type == Kind::whole ? term.range : term.type == Kind::truth ? WholeRange{0, 1} : open_whole);
    above = above || (!beyond_.empty() && values_.operand(id, i) == beyond_.back());
  }
  bool leaves = false;
  range_of(graph_.node(id).op, ranges, &leaves);
  if (beyond || leaves || above) beyond_.push_back(id);
}

TermId Nest::reduction(NodeId id, const Coordinates& coordinates) {
  const Node& node = graph_.node(id);
  Coordinates inside = coordinates;
  Term term{.kind = Term::Kind::reduce, .type = node.kind, .op = node.op, .operands = {}, .loops = {}};
  for (AxisId axis : node.bound) {
    const TermId coordinate = loop(axis);
    inside[axis] = coordinate;
    term.loops.push_back(terms_[index_of(coordinate)].loop);
  }
  TermId element = value(values_.operand(id, 0), inside);
  if (node.op != Op::argmax) element = as(node.kind, element);
  if (node.kind == Kind::whole) term.range = range_of(node.op, range(element), values_.points(node.bound));
  term.operands = {element};
  return add(std::move(term));
}

bool Nest::stays_within(NodeId index, TermId term, AxisId axis) {
  if (range(term).open) return false;
  return range(term).within(0, sizes_[axis] - 1) || proofs_.within(index, axis) == Decision::always;
}

TermId Nest::is_within(TermId index, AxisId axis) {
  return apply(Op::logical_and,
               {apply(Op::less_equal, {whole(0), index}), apply(Op::less_equal, {index, whole(sizes_[axis] - 1)})});
}

TermId Nest::confined(TermId index, AxisId axis) {
  const WholeRange within{0, sizes_[axis] - 1};
  if (const auto number = constant_of(index))
    return whole(std::clamp<std::int64_t>(static_cast<std::int64_t>(*number), 0, within.high));
  return add({.kind = Term::Kind::convert, .type = Kind::whole, .operands = {index}, .loops = {}, .range = within});
}

Nest::Inside Nest::inside(NodeId id, const Coordinates& coordinates) {
  const Node& node = graph_.node(id);
  const bool has_else = node.operands.size() > node.bound.size() + 1;
  Inside result{coordinates, truth(true)};
  for (AxisId axis : node.bound) result.coordinates.erase(axis);
  // An axis that stays keeps its coordinate; one that is replaced takes the index's value.
  for (AxisId axis : graph_.node(values_.operand(id, 0)).axes)
    if (std::ranges::find(node.bound, axis) == node.bound.end()) result.coordinates[axis] = coordinates.at(axis);
  for (std::size_t i = 0; i < node.bound.size(); ++i) {
    const NodeId value = values_.operand(id, i + 1);
    const AxisId axis = node.bound[i];
    TermId index = as(Kind::whole, this->value(value, coordinates));
    if (has_else ? !range(index).within(0, sizes_[axis] - 1) : !stays_within(value, index, axis)) {
      result.within = apply(Op::logical_and, {result.within, is_within(index, axis)});
      index = confined(index, axis);
    }
    result.coordinates[axis] = index;
  }
  return result;
}

// An index that leaves its axis reads nothing: the `else` value, or NaN without one.
TermId Nest::substitution(NodeId id, const Coordinates& coordinates) {
  const Node& node = graph_.node(id);
  const auto [coordinates_inside, within] = inside(id, coordinates);
  const bool always = constant_of(within) == 1.0;
  if (!always) ++masked_;
  const TermId result = value(values_.operand(id, 0), coordinates_inside);
  if (!always) --masked_;
  if (always) return result;
  if (node.operands.size() > node.bound.size() + 1)
    return apply(Op::where, {within, result, value(values_.operand(id, node.bound.size() + 1), coordinates)});
  const Kind kind = terms_[index_of(result)].type;
  return apply(Op::where, {within, result, constant(kind, kind == Kind::truth ? 0 : std::numeric_limits<double>::quiet_NaN())});
}

// Its component elsewhere along the axis; beyond the axis, where another element is read instead and not used, its start value.
TermId Nest::reading(NodeId id, const Coordinates& coordinates) {
  const Values::Read& read = values_.read(id);
  const TermId first = whole(0), last = whole(sizes_[read.axis] - 1);
  const TermId place = coordinates.at(read.axis);
  const TermId index = apply(Op::subtract, {place, whole(read.offset)});
  const TermId within = read.offset > 0 ? apply(Op::less_equal, {first, index}) : apply(Op::less_equal, {index, last});
  Coordinates inside = coordinates;
  inside[read.axis] = read.offset > 0 ? apply(Op::maximum, {first, index}) : apply(Op::minimum, {index, last});
  return apply(Op::where, {within, as(Kind::real, value(read.value, inside)), as(Kind::real, value(read.start, coordinates))});
}

Kernel Nest::finish(std::string name, std::vector<Level> order, std::vector<Store> stores) {
  std::vector<LoopId> sequences;
  for (const auto& [axis, coordinate] : sequences_) sequences.push_back(terms_[index_of(coordinate)].loop);
  return {std::move(name), std::move(loops_), std::move(order), std::move(sequences), std::move(terms_), std::move(stores), {}};
}

}  // namespace tenet
