// Quotients in a nest: of wholes, rounded down, exactly; of reals by the reciprocal, where nothing sees the last digit.
#include <algorithm>
#include <cmath>

#include "compiler/graph/rational.h"
#include "compiler/kernel/nest.h"

namespace tenet {
namespace {

bool is_whole_kind(Kind kind) { return kind != Kind::real; }

// A reciprocal of such a divisor is exact, or as good as one.
bool is_power_of_two(double number) {
  int exponent;
  return std::abs(std::frexp(number, &exponent)) == 0.5 && std::abs(exponent) < 120;
}
bool is_moderate(double number) { return std::abs(number) > 1e-30 && std::abs(number) < 1e30; }

}  // namespace

TermId Nest::whole_constant(const mpz_class& number) { return constant(Kind::whole, nearest_double(mpq_class(number))); }

// What a real is proved to stay within, NaN excluded, as far as wholes within 32 bits take it: the exact value, and what it is
// rounded to.
std::optional<Nest::Bounds> Nest::bounds(TermId id, int depth) const {
  const Term& term = terms_[index_of(id)];
  const auto moderate = [](Bounds b) {
    b = {std::min(b.low, double{static_cast<float>(b.low)}), std::max(b.high, double{static_cast<float>(b.high)})};
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
  if (const auto split = split_factor(Op::divide, {as(Kind::real, dividend), divisor})) return *split;
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
  const auto open = [&](const Fraction& f) { return range(f.dividend).open || range(f.divisor).open; };
  // Nothing where the parts were proved and what they make is not.
  const auto made = [&](Fraction f, bool was_open) { return open(f) && !was_open ? std::nullopt : std::optional(f); };
  if (is_whole_kind(node.kind)) return Fraction{as(Kind::whole, value(id, coordinates)), one};
  if (depth == 0) return {};
  const auto operand = [&](std::size_t i) { return fraction(values_.operand(id, i), coordinates, depth - 1); };
  const auto times = [&](TermId a, TermId b) { return apply(Op::multiply, {a, b}); };
  switch (node.op) {
    case Op::constant: {
      const mpq_class& number = graph_.value_of(id);
      return made({whole_constant(number.get_num()), whole_constant(number.get_den())}, false);
    }
    case Op::negate: {
      const auto a = operand(0);
      return a ? made({apply(Op::negate, {a->dividend}), a->divisor}, open(*a)) : a;
    }
    case Op::add:
    case Op::subtract: {
      const auto a = operand(0), b = a ? operand(1) : a;
      if (!a || !b) return {};
      const bool was_open = open(*a) || open(*b);
      if (a->divisor == b->divisor) return made({apply(node.op, {a->dividend, b->dividend}), a->divisor}, was_open);
      return made(
          {apply(node.op, {times(a->dividend, b->divisor), times(b->dividend, a->divisor)}), times(a->divisor, b->divisor)},
          was_open);
    }
    case Op::multiply:
    case Op::divide: {
      const auto a = operand(0), b = a ? operand(1) : a;
      if (!a || !b) return {};
      const bool divides = node.op == Op::divide;
      const auto chooses = [&](std::size_t i) { return graph_.node(values_.operand(id, i)).kind == Kind::truth; };
      if (!divides && ((chooses(0) && !constant_of(b->divisor)) || (chooses(1) && !constant_of(a->divisor)))) return {};
      return made({times(a->dividend, divides ? b->divisor : b->dividend), times(a->divisor, divides ? b->dividend : b->divisor)},
                  open(*a) || open(*b));
    }
    case Op::power: {
      const auto base = operand(0);
      const auto above = base ? whole_power(base->dividend, values_.operand(id, 1)) : std::nullopt;
      const auto below = above ? whole_power(base->divisor, values_.operand(id, 1)) : std::nullopt;
      return below ? std::optional(Fraction{*above, *below}) : std::nullopt;
    }
    case Op::substitute: {
      if (node.operands.size() > node.bound.size() + 1) return {};
      const auto [looked_at, within] = inside(id, coordinates);
      if (constant_of(within) != 1) return {};  // else it is NaN
      return fraction(values_.operand(id, 0), looked_at, depth - 1);
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
    if (node.op != Op::constant && graph_.node(other).kind == Kind::truth) continue;  // it chooses: 0 whatever y is
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

}  // namespace tenet
