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

bool is_whole_kind(Kind kind) { return kind != Kind::real; }

// A reciprocal of such a divisor is exact, or as good as one.
bool is_power_of_two(double number) {
  int exponent;
  return std::abs(std::frexp(number, &exponent)) == 0.5 && std::abs(exponent) < 120;
}
bool is_moderate(double number) { return std::abs(number) > 1e-30 && std::abs(number) < 1e30; }

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

TermId Nest::whole_constant(const mpz_class& number) { return constant(Kind::whole, nearest_double(mpq_class(number))); }

TermId Nest::apply(Op op, std::vector<TermId> operands) {
  std::vector<Kind> kinds;
  for (std::size_t i = op == Op::where ? 1 : 0; i < operands.size(); ++i) kinds.push_back(terms_[index_of(operands[i])].type);
  const Kind result = result_kind(op, kinds);
  if (std::ranges::all_of(operands, [&](TermId operand) { return constant_of(operand).has_value(); })) {
    double values[3] = {};
    for (std::size_t i = 0; i < operands.size(); ++i) values[i] = *constant_of(operands[i]);
    return constant(result, operation(op).evaluate(values[0], values[1], values[2]));
  }
  if (op == Op::where)
    if (const auto condition = constant_of(operands[0])) return as(result, operands[*condition != 0 ? 1 : 2]);
  if (op == Op::multiply)
    for (std::size_t i = 0; i < 2; ++i)
      if (const auto factor = constant_of(operands[i]); factor && *factor == 1) return as(result, operands[1 - i]);
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

// What a real is proved to stay within, NaN excluded, as far as wholes within 32 bits take it.
std::optional<Nest::Bounds> Nest::bounds(TermId id, int depth) const {
  const Term& term = terms_[index_of(id)];
  const auto moderate = [](Bounds b) {
    return std::max(std::abs(b.low), std::abs(b.high)) < 0x1p30 ? std::optional(b) : std::nullopt;
  };
  const auto operand = [&](std::size_t i) { return bounds(term.operands[i], depth - 1); };
  if (depth == 0) return {};
  switch (term.kind) {
    case Term::Kind::constant:
      return moderate({term.constant, term.constant});
    case Term::Kind::convert: {
      const Term& whole = terms_[index_of(term.operands[0])];
      if (whole.type != Kind::whole || whole.range.open) return {};
      return moderate({static_cast<double>(whole.range.low), static_cast<double>(whole.range.high)});
    }
    case Term::Kind::load: {
      const std::optional<InputId> input = buffers_[index_of(term.buffer)].input;
      if (!input || graph_.input(*input).role != InputRole::noise || graph_.input(*input).distribution != Op::uniform) return {};
      return Bounds{0, 1};
    }
    case Term::Kind::apply: {
      if (term.op != Op::add && term.op != Op::multiply) return {};
      const auto a = operand(0), b = operand(1);
      if (!a || !b) return {};
      if (term.op == Op::add) return moderate({a->low + b->low, a->high + b->high});
      const auto [low, high] = std::minmax({a->low * b->low, a->low * b->high, a->high * b->low, a->high * b->high});
      return moderate({low, high});
    }
    default:
      return {};
  }
}

// Of reals. `exact`: something sees its last bit.
TermId Nest::quotient(TermId dividend, TermId divisor, bool exact) {
  const auto number = constant_of(divisor);
  if (number && constant_of(dividend)) return constant(Kind::real, *constant_of(dividend) / *number);
  if (number && *number == 1) return as(Kind::real, dividend);
  if (number && (exact ? is_power_of_two(*number) : is_moderate(*number)))
    return apply(Op::multiply, {as(Kind::real, dividend), constant(Kind::real, 1 / *number)});
  return add({.kind = Term::Kind::apply,
              .type = Kind::real,
              .op = Op::divide,
              .operands = {as(Kind::real, dividend), as(Kind::real, divisor)},
              .loops = {},
              .division = exact ? Division::exact : Division::free});
}

TermId Nest::quotient_rounded_down(Fraction fraction) {
  auto [dividend, divisor] = fraction;
  if (const auto number = constant_of(divisor)) {
    if (*number == 1) return dividend;
    if (const auto above = constant_of(dividend)) return constant(Kind::whole, std::floor(*above / *number));
    if (*number < 0) {
      dividend = apply(Op::negate, {dividend});
      divisor = constant(Kind::whole, -*number);
    }
  }
  return add({.kind = Term::Kind::quotient,
              .type = Kind::whole,
              .operands = {dividend, divisor},
              .loops = {},
              .range = range_of_quotient(range(dividend), range(divisor))});
}

// The value as a quotient of wholes: one made of wholes and fractions by + - * / and whole powers is.
std::optional<Nest::Fraction> Nest::fraction(NodeId id, const Coordinates& coordinates, int depth) {
  const Node& node = graph_.node(id);
  const TermId one = whole(1);
  const auto proved = [&](Fraction f) -> std::optional<Fraction> {
    return range(f.dividend).open || range(f.divisor).open ? std::nullopt : std::optional(f);
  };
  if (is_whole_kind(node.kind)) return proved({as(Kind::whole, value(id, coordinates)), one});
  if (depth == 0) return {};
  const auto operand = [&](std::size_t i) { return fraction(values_.operand(id, i), coordinates, depth - 1); };
  const auto times = [&](TermId a, TermId b) { return apply(Op::multiply, {a, b}); };
  switch (node.op) {
    case Op::constant: {
      const mpq_class& number = graph_.value_of(id);
      return proved({whole_constant(number.get_num()), whole_constant(number.get_den())});
    }
    case Op::negate: {
      const auto a = operand(0);
      return a ? proved({apply(Op::negate, {a->dividend}), a->divisor}) : a;
    }
    case Op::add:
    case Op::subtract: {
      const auto a = operand(0), b = a ? operand(1) : a;
      if (!a || !b) return {};
      if (a->divisor == b->divisor) return proved({apply(node.op, {a->dividend, b->dividend}), a->divisor});
      return proved(
          {apply(node.op, {times(a->dividend, b->divisor), times(b->dividend, a->divisor)}), times(a->divisor, b->divisor)});
    }
    case Op::multiply:
    case Op::divide: {
      const auto a = operand(0), b = a ? operand(1) : a;
      if (!a || !b) return {};
      const bool divides = node.op == Op::divide;
      return proved(
          {times(a->dividend, divides ? b->divisor : b->dividend), times(a->divisor, divides ? b->dividend : b->divisor)});
    }
    case Op::power: {
      const auto base = operand(0);
      const auto above = base ? whole_power(base->dividend, values_.operand(id, 1)) : std::nullopt;
      const auto below = above ? whole_power(base->divisor, values_.operand(id, 1)) : std::nullopt;
      return below ? proved({*above, *below}) : std::nullopt;
    }
    case Op::substitute: {
      if (node.operands.size() > node.bound.size() + 1) return {};
      return fraction(values_.operand(id, 0), inside(id, coordinates).coordinates, depth - 1);
    }
    default:
      return {};
  }
}

// A whole to a constant power that is whole and not negative, where the result is proved.
std::optional<TermId> Nest::whole_power(TermId base, NodeId exponent) {
  constexpr int highest = 64;
  if (graph_.node(exponent).op != Op::constant || terms_[index_of(base)].type == Kind::real) return {};
  const mpq_class& number = graph_.value_of(exponent);
  if (number.get_den() != 1 || number < 0 || number > highest) return {};
  std::optional<TermId> result;
  TermId square = as(Kind::whole, base);
  for (long rest = number.get_num().get_si(); rest > 0; rest /= 2) {
    if (rest % 2 == 1) result = result ? apply(Op::multiply, {*result, square}) : square;
    if (rest > 1) square = apply(Op::multiply, {square, square});
  }
  if (!result) return whole(1);
  return range(*result).open ? std::nullopt : result;
}

// x * (1 / y), y^-n * x and p / q * x, where the last bit is seen, are quotients: divided once, by what the fraction says.
std::optional<TermId> Nest::product_with_reciprocal(NodeId id, const Coordinates& coordinates) {
  constexpr double exact_whole = 0x1p24;  // of a real
  for (std::size_t side = 0; side < 2; ++side) {
    const NodeId reciprocal = values_.operand(id, side), other = values_.operand(id, 1 - side);
    const Node& node = graph_.node(reciprocal);
    const auto divided = [&](TermId above, TermId below) {
      return quotient(apply(Op::multiply, {as(Kind::real, above), value(other, coordinates)}), below, true);
    };
    if (node.op == Op::constant) {
      const mpq_class& number = graph_.value_of(reciprocal);
      const double above = nearest_double(number.get_num()), below = nearest_double(number.get_den());
      if (is_power_of_two(below) || std::abs(above) > exact_whole || below > exact_whole) continue;
      return divided(constant(Kind::real, above), constant(Kind::real, below));
    }
    if (node.op == Op::divide && graph_.node(values_.operand(reciprocal, 0)).op == Op::constant)
      return divided(value(values_.operand(reciprocal, 0), coordinates), value(values_.operand(reciprocal, 1), coordinates));
    const NodeId exponent = node.op == Op::power ? values_.operand(reciprocal, 1) : reciprocal;
    if (node.op == Op::power && graph_.node(exponent).op == Op::constant && graph_.value_of(exponent) < 0 &&
        graph_.value_of(exponent).get_den() == 1) {
      const TermId power = constant(Kind::whole, -nearest_double(graph_.value_of(exponent)));
      return divided(whole(1), apply(Op::power, {value(values_.operand(reciprocal, 0), coordinates), power}));
    }
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
  if (node.kind == Kind::whole && masked_ == 0) {
    std::vector<WholeRange> ranges;
    for (TermId operand : operands) ranges.push_back(range(as(Kind::whole, operand)));
    bool beyond = false;
    range_of(node.op, ranges, &beyond);
    bool above = false;
    for (std::size_t i = 0; i < node.operands.size() && !beyond_.empty(); ++i) above |= values_.operand(id, i) == beyond_.back();
    if (beyond || above) beyond_.push_back(id);
  }
  return apply(node.op, std::move(operands));
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

Kernel Nest::finish(std::string name, std::vector<LoopId> order, std::vector<Store> stores) {
  std::vector<LoopId> sequences;
  for (const auto& [axis, coordinate] : sequences_) sequences.push_back(terms_[index_of(coordinate)].loop);
  return {std::move(name), std::move(loops_), std::move(order), std::move(sequences), std::move(terms_), std::move(stores), {}};
}

}  // namespace tenet
