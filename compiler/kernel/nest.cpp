#include "compiler/kernel/nest.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

namespace tenet {
namespace {

// The kind that operands take before the operation's code runs.
Kind working_kind(Op op, Kind result, std::span<const Kind> operands) {
  switch (operation(op).kind) {
    case KindRule::arithmetic:
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

Kind result_kind(Op op, std::span<const Kind> operands) {
  switch (operation(op).kind) {
    case KindRule::truth:
      return Kind::truth;
    case KindRule::whole:
      return Kind::whole;
    case KindRule::same:
      return operands[0];
    case KindRule::arithmetic:
      return std::ranges::find(operands, Kind::real) != operands.end() ? Kind::real : Kind::whole;
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
                                 term.operands.size()};
  for (TermId operand : term.operands) key.push_back(index_of(operand));
  for (LoopId loop : term.loops) key.push_back(index_of(loop));
  auto [entry, fresh] = known_.try_emplace(std::move(key), TermId{static_cast<std::uint32_t>(terms_.size())});
  if (fresh) terms_.push_back(std::move(term));
  return entry->second;
}

TermId Nest::constant(Kind kind, double number) {
  return add({.kind = Term::Kind::constant, .type = kind, .constant = number, .operands = {}, .loops = {}});
}

TermId Nest::loop(AxisId axis) {
  loops_.push_back({graph_.axis(axis).name, sizes_[axis]});
  return add({.kind = Term::Kind::loop,
              .type = Kind::whole,
              .loop = LoopId{static_cast<std::uint32_t>(loops_.size() - 1)},
              .operands = {},
              .loops = {}});
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
  return add({.kind = Term::Kind::convert, .type = kind, .operands = {id}, .loops = {}});
}

TermId Nest::apply(Op op, std::vector<TermId> operands) {
  const auto constant_value = [&](std::size_t i) -> std::optional<double> {
    const Term& term = terms_[index_of(operands[i])];
    return term.kind == Term::Kind::constant ? std::optional(term.constant) : std::nullopt;
  };
  std::vector<Kind> kinds;
  for (std::size_t i = op == Op::where ? 1 : 0; i < operands.size(); ++i) kinds.push_back(terms_[index_of(operands[i])].type);
  const Kind result = result_kind(op, kinds);
  bool folded = true;
  for (std::size_t i = 0; i < operands.size(); ++i) folded &= constant_value(i).has_value();
  if (folded) {
    double values[3] = {};
    for (std::size_t i = 0; i < operands.size(); ++i) values[i] = *constant_value(i);
    return constant(result, operation(op).evaluate(values[0], values[1], values[2]));
  }
  if (op == Op::where)
    if (const auto condition = constant_value(0)) return as(result, operands[*condition != 0 ? 1 : 2]);
  // A product with a reciprocal that is known now is within half a unit of the quotient.
  if (op == Op::divide)
    if (const auto divisor = constant_value(1);
        divisor && *divisor != 0 && std::abs(*divisor) > 1e-30 && std::abs(*divisor) < 1e30) {
      if (*divisor == 1) return as(Kind::real, operands[0]);
      return apply(Op::multiply, {as(Kind::real, operands[0]), constant(Kind::real, 1 / *divisor)});
    }
  if (op == Op::multiply)
    for (std::size_t i = 0; i < 2; ++i)
      if (const auto factor = constant_value(i); factor && *factor == 1) return as(result, operands[1 - i]);
  const Kind working = working_kind(op, result, kinds);
  for (std::size_t i = 0; i < operands.size(); ++i)
    operands[i] = as(op == Op::where && i == 0 ? Kind::truth : working, operands[i]);
  return add({.kind = Term::Kind::apply, .type = result, .op = op, .operands = std::move(operands), .loops = {}});
}

TermId Nest::load(BufferId id, const Coordinates& coordinates) {
  const Buffer& buffer = buffers_[index_of(id)];
  std::vector<TermId> indices;
  for (AxisId axis : buffer.axes) indices.push_back(coordinates.at(axis));
  return add({.kind = Term::Kind::load, .type = buffer.kind, .buffer = id, .operands = std::move(indices), .loops = {}});
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
          term = constant(node.kind, graph_.value_of(id).get_d());
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
  std::vector<TermId> operands;
  for (std::size_t i = 0; i < graph_.node(id).operands.size(); ++i)
    operands.push_back(value(values_.operand(id, i), coordinates));
  return apply(graph_.node(id).op, std::move(operands));
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
  term.operands = {element};
  return add(std::move(term));
}

TermId Nest::substitution(NodeId id, const Coordinates& coordinates) {
  const Node& node = graph_.node(id);
  const bool has_else = node.operands.size() > node.bound.size() + 1;
  Coordinates inside = coordinates;
  for (AxisId axis : node.bound) inside.erase(axis);
  // An axis that stays keeps its coordinate; one that is replaced takes the index's value.
  for (AxisId axis : graph_.node(values_.operand(id, 0)).axes)
    if (std::ranges::find(node.bound, axis) == node.bound.end()) inside[axis] = coordinates.at(axis);
  TermId within = truth(true);
  for (std::size_t i = 0; i < node.bound.size(); ++i) {
    TermId index = as(Kind::whole, value(values_.operand(id, i + 1), coordinates));
    if (has_else) {
      const TermId first = whole(0), last = whole(sizes_[node.bound[i]] - 1);
      const TermId here = apply(Op::logical_and, {apply(Op::less_equal, {first, index}), apply(Op::less_equal, {index, last})});
      within = i == 0 ? here : apply(Op::logical_and, {within, here});
      index = apply(Op::maximum, {first, apply(Op::minimum, {index, last})});
    }
    inside[node.bound[i]] = index;
  }
  const TermId result = value(values_.operand(id, 0), inside);
  if (!has_else) return result;
  return apply(Op::where, {within, result, value(values_.operand(id, node.bound.size() + 1), coordinates)});
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

Kernel Nest::finish(std::string name, std::vector<LoopId> order, std::vector<Store> stores) {
  std::vector<LoopId> sequences;
  for (const auto& [axis, coordinate] : sequences_) sequences.push_back(terms_[index_of(coordinate)].loop);
  return {std::move(name), std::move(loops_), std::move(order), std::move(sequences), std::move(terms_), std::move(stores), {}};
}

}  // namespace tenet
