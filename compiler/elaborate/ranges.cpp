#include "compiler/elaborate/ranges.h"

#include <algorithm>
#include <cassert>

namespace tenet {
namespace {

using State = Bound::State;
constexpr std::size_t most_atoms = 32;

Bound finite(SizePolynomial value, bool excluded = false) {
  if (!value.reasonable()) return {State::undecided};
  return {State::finite, std::move(value), excluded};
}
Interval everything() { return {{State::unbounded}, {State::unbounded}}; }
Interval undecided() { return {{State::undecided}, {State::undecided}}; }
Interval truth() { return {finite(0), finite(1)}; }
Interval unit() { return {finite(0), finite(1, true)}; }  // random numbers in [0, 1)

// Both ends finite: the arithmetic below has numbers to work with.
bool is_finite(const Interval& a) { return a.low.state == State::finite && a.high.state == State::finite; }

// The greater (or lesser) of two ends; `absorbs`: an end without bound swallows the other one, else it gives way.
Bound extreme(const Bound& a, const Bound& b, bool greater, bool absorbs) {
  if (a.state == State::unbounded) return absorbs ? a : b;
  if (b.state == State::unbounded) return absorbs ? b : a;
  if (a.state == State::undecided) return a;
  if (b.state == State::undecided) return b;
  const auto chosen = [&](const Bound& bound) { return finite(bound.value, a.excluded && b.excluded); };
  switch ((a.value - b.value).at_least_zero()) {
    case Decision::always:
      return chosen(greater ? a : b);
    case Decision::never:
      return chosen(greater ? b : a);
    case Decision::depends:
      break;
  }
  if ((b.value - a.value).at_least_zero() == Decision::always) return chosen(greater ? b : a);
  return {State::undecided};
}

Interval hull(const Interval& a, const Interval& b) {
  return {extreme(a.low, b.low, false, true), extreme(a.high, b.high, true, true)};
}

Bound plus(const Bound& a, const Bound& b) {
  if (a.state == State::unbounded || b.state == State::unbounded) return {State::unbounded};
  if (a.state == State::undecided || b.state == State::undecided) return {State::undecided};
  return finite(a.value + b.value);
}

// A whole multiple of what is below n at least by n's last bit is below its multiple so too.
Bound scaled(const Bound& a, const SizePolynomial& factor) {
  if (a.state != State::finite) return a;
  const std::optional<SizePolynomial> product = a.value.times(factor);
  const bool excluded = a.excluded && factor.has_whole_coefficients() && factor.above_zero() == Decision::always;
  return product ? finite(*product, excluded) : Bound{State::undecided};
}

Interval scaled(const Interval& a, const SizePolynomial& factor) {
  if (factor.is_constant() && factor.constant() == 0) return {finite(0), finite(0)};
  if (factor.at_least_zero() == Decision::always) return {scaled(a.low, factor), scaled(a.high, factor)};
  if (factor.scaled(-1).at_least_zero() == Decision::always) return {scaled(a.high, factor), scaled(a.low, factor)};
  return undecided();
}

// Whether the end is above 0; one without bound is beyond every number on its side.
Decision above_zero(const Bound& bound, bool is_high) {
  if (bound.state == State::unbounded) return is_high ? Decision::always : Decision::never;
  return bound.state == State::undecided ? Decision::depends : bound.value.above_zero();
}

Interval absolute(const Interval& a) {
  const Interval negative = scaled(a, SizePolynomial(-1));
  const Decision low_positive = above_zero(a.low, false), high_positive = above_zero(a.high, true);
  const Decision low_negative = above_zero(negative.high, true);
  if (low_positive == Decision::always || low_negative == Decision::never) return a;
  if (high_positive == Decision::never) return negative;
  const bool crosses = low_negative == Decision::always && high_positive == Decision::always;
  return {crosses ? finite(0) : Bound{State::undecided}, extreme(a.high, negative.high, true, true)};
}

Interval rounded_down(const Interval& a) {
  const auto down = [](const Bound& bound) -> Bound {
    if (bound.state != State::finite) return bound;
    if (bound.value.has_whole_coefficients()) return finite(bound.excluded ? bound.value - SizePolynomial(1) : bound.value);
    if (!bound.value.is_constant()) return {State::undecided};
    mpz_class whole;
    mpz_fdiv_q(whole.get_mpz_t(), bound.value.constant().get_num_mpz_t(), bound.value.constant().get_den_mpz_t());
    return finite(mpq_class(whole));
  };
  return {down(a.low), down(a.high)};
}

Interval times(const Interval& a, const Interval& b) {
  if (!is_finite(a) || !is_finite(b)) {
    const auto open = [](const Interval& c) { return c.low.state == State::undecided || c.high.state == State::undecided; };
    return open(a) || open(b) ? undecided() : everything();
  }
  std::optional<Interval> result;
  for (const Bound* x : {&a.low, &a.high})
    for (const Bound* y : {&b.low, &b.high}) {
      const Bound corner = scaled(*x, y->value);
      if (corner.state != State::finite) return undecided();
      result = result ? hull(*result, {corner, corner}) : Interval{corner, corner};
    }
  return *result;
}

Decision both(Decision a, Decision b) {
  if (a == Decision::never || b == Decision::never) return Decision::never;
  return a == Decision::always && b == Decision::always ? Decision::always : Decision::depends;
}

}  // namespace

SizePolynomial Ranges::size(AxisId axis) {
  if (sizes_ != nullptr && (*sizes_)[axis] > 0) return mpq_class(static_cast<long>((*sizes_)[axis]));
  if (auto known = axis_sizes_.find(index_of(axis)); known != axis_sizes_.end()) return known->second;
  SizePolynomial result = SizePolynomial::size(axis);
  axis_sizes_.insert_or_assign(index_of(axis), result);  // what a circular size, an error, reads
  if (const std::optional<NodeId> expression = graph_.axis(axis).size) {
    const Form& sized = form(*expression);
    if (sized.coefficients.empty()) result = sized.constant;
  }
  axis_sizes_.insert_or_assign(index_of(axis), result);
  return result;
}

Interval Ranges::below(AxisId axis) { return {finite(0), finite(size(axis) - SizePolynomial(1))}; }

std::vector<NodeId> Ranges::operands_followed(NodeId id) const {
  const Node& node = graph_.node(id);
  switch (node.op) {
    case Op::named:
    case Op::stop:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::negate:
    case Op::power:
    case Op::floor:
    case Op::abs:
    case Op::maximum:
    case Op::minimum:
    case Op::sum:
    case Op::max_over:
    case Op::min_over:
    case Op::substitute:
      return {node.operands.begin(), node.operands.end()};
    case Op::where:
      return {node.operands[1], node.operands[2]};
    default:
      return {};
  }
}

const Ranges::Form& Ranges::form(NodeId root) {
  std::vector<NodeId> stack{root};
  while (!stack.empty()) {
    const NodeId id = stack.back();
    if (forms_.contains(index_of(id))) {
      stack.pop_back();
      continue;
    }
    const std::size_t height = stack.size();
    for (NodeId operand : operands_followed(id))
      if (!forms_.contains(index_of(operand))) stack.push_back(operand);
    if (stack.size() > height) continue;
    stack.pop_back();
    Form result = form_of(id);
    const bool reasonable = result.coefficients.size() <= most_atoms && result.constant.reasonable() &&
                            std::ranges::all_of(result.coefficients, [](const auto& entry) { return entry.second.reasonable(); });
    if (!reasonable) result = atom(id, interval(result));
    forms_.emplace(index_of(id), std::move(result));
  }
  return forms_.at(index_of(root));
}

Ranges::Form Ranges::atom(NodeId node, Interval interval) {
  atoms_.insert_or_assign(index_of(node), std::move(interval));
  return Form{0, {{node, 1}}};
}

Interval Ranges::of_operand(NodeId node, std::size_t operand) { return interval(form(graph_.node(node).operands[operand])); }

Ranges::Form Ranges::form_of(NodeId id) {
  const Node& node = graph_.node(id);
  const auto operand = [&](std::size_t i) -> const Form& { return form(node.operands[i]); };
  const auto combined = [&](int sign) {
    Form result = operand(0);
    const Form& other = operand(1);
    result.rounds = true;
    result.constant = result.constant + other.constant.scaled(sign);
    for (const auto& [node, coefficient] : other.coefficients) {
      SizePolynomial& place = result.coefficients[node];
      place = place + coefficient.scaled(sign);
      if (place.is_constant() && place.constant() == 0) result.coefficients.erase(node);
    }
    return result;
  };
  switch (node.op) {
    case Op::constant:
      return Form{graph_.value_of(id)};
    case Op::size:
      return Form{size(node.bound[0])};
    case Op::coordinate:
      return atom(id, below(node.bound[0]));
    case Op::input: {
      const Input& input = graph_.input(graph_.input_of(id));
      if (input.typed_by) return atom(id, below(*input.typed_by));
      if (input.role == InputRole::noise && input.distribution == Op::uniform) return atom(id, unit());
      return atom(id, input.role == InputRole::step ? Interval{finite(0), {State::unbounded}} : everything());
    }
    case Op::uniform:
      return atom(id, unit());
    case Op::named:
    case Op::stop:
      return operand(0);
    case Op::add:
      return combined(1);
    case Op::subtract:
      return combined(-1);
    case Op::negate: {
      Form result = operand(0);
      result.constant = result.constant.scaled(-1);
      for (auto& [node, coefficient] : result.coefficients) coefficient = coefficient.scaled(-1);
      return result;
    }
    case Op::multiply:
      return product(id, operand(0), operand(1));
    case Op::divide:
      return quotient(id, operand(0), operand(1));
    case Op::power:
      return power(id, operand(0), operand(1));
    case Op::floor: {
      const Form& inner = operand(0);
      if (inner.coefficients.empty() && inner.constant.has_whole_coefficients()) return inner;
      const std::optional<Division> whole = division(id);
      if (!whole) return atom(id, rounded_down(interval(inner)));
      divisions_.emplace(index_of(id), *whole);
      return atom(id, quotient_interval(*whole));
    }
    case Op::abs:
      return atom(id, absolute(of_operand(id, 0)));
    case Op::maximum:
    case Op::minimum: {
      const Interval a = of_operand(id, 0), b = of_operand(id, 1);
      const bool greater = node.op == Op::maximum;
      return atom(id, {extreme(a.low, b.low, greater, !greater), extreme(a.high, b.high, greater, greater)});
    }
    case Op::where:
      return atom(id, hull(of_operand(id, 1), of_operand(id, 2)));
    case Op::argmax:
      return atom(id, below(node.bound[0]));
    case Op::max_over:
    case Op::min_over:
      return atom(id, of_operand(id, 0));
    case Op::sum: {
      Interval result = of_operand(id, 0);
      for (AxisId axis : node.bound) result = scaled(result, size(axis));
      result.high.excluded = false;  // rounding may reach it
      return atom(id, result);
    }
    case Op::substitute:
      return substituted(id);
    default:
      return atom(id, node.kind == Kind::truth ? truth() : everything());
  }
}

Ranges::Form Ranges::product(NodeId id, const Form& a, const Form& b) {
  if (!a.coefficients.empty() && !b.coefficients.empty()) return atom(id, times(interval(a), interval(b)));
  const Form& varies = a.coefficients.empty() ? b : a;
  const SizePolynomial& factor = a.coefficients.empty() ? a.constant : b.constant;
  Form result;
  std::optional<SizePolynomial> constant = varies.constant.times(factor);
  if (!constant) return atom(id, undecided());
  result.constant = std::move(*constant);
  result.rounds = varies.rounds || !factor.has_whole_coefficients();
  for (const auto& [node, coefficient] : varies.coefficients) {
    const std::optional<SizePolynomial> product = coefficient.times(factor);
    if (!product) return atom(id, undecided());
    if (!product->is_constant() || product->constant() != 0) result.coefficients.emplace(node, *product);
  }
  return result;
}

Ranges::Form Ranges::quotient(NodeId id, const Form& a, const Form& b) {
  if (!b.coefficients.empty()) return atom(id, everything());
  if (!b.constant.is_constant()) return atom(id, undecided());
  if (b.constant.constant() == 0) return atom(id, everything());
  Form result = a;
  result.rounds = true;
  const mpq_class factor = 1 / b.constant.constant();
  result.constant = result.constant.scaled(factor);
  for (auto& [node, coefficient] : result.coefficients) coefficient = coefficient.scaled(factor);
  return result;
}

std::optional<Ranges::Division> Ranges::division(NodeId floor) {
  NodeId id = graph_.node(floor).operands[0];
  while (graph_.node(id).op == Op::named || graph_.node(id).op == Op::stop) id = graph_.node(id).operands[0];
  const Node& node = graph_.node(id);
  if (node.op == Op::multiply)  // 0.5 * n is n / 2, to the last bit
    for (std::size_t k : {0, 1}) {
      const NodeId factor = node.operands[k], whole = node.operands[1 - k];
      if (graph_.node(factor).op != Op::constant || graph_.node(whole).kind != Kind::whole) continue;
      const mpq_class& share = graph_.value_of(factor);
      const mpz_class& divisor = share.get_den();
      if (share.get_num() == 1 && mpz_popcount(divisor.get_mpz_t()) == 1 && divisor <= 1 << 20)
        return Division{form(whole), SizePolynomial(mpq_class(divisor))};
    }
  if (node.op != Op::divide) return {};
  for (NodeId operand : node.operands)
    if (graph_.node(operand).kind != Kind::whole) return {};
  const Form& divisor = form(node.operands[1]);
  const bool positive = divisor.coefficients.empty() && divisor.constant.above_zero() == Decision::always;
  if (!positive || !divisor.constant.has_whole_coefficients()) return {};
  return Division{form(node.operands[0]), divisor.constant};
}

Interval Ranges::quotient_interval(const Division& division) {
  const auto divided = [&](const Bound& bound) -> Bound {
    if (bound.state != State::finite) return bound;
    const std::optional<SizePolynomial> quotient = bound.value.divided_down(division.divisor);
    return quotient ? finite(*quotient) : Bound{State::undecided};
  };
  const Interval dividend = interval(division.dividend);
  return {divided(dividend.low), divided(dividend.high)};
}

// a + n - d * floor(n / d) goes from a to a + d - 1, whatever n is. Nothing where the form has no such part.
std::optional<Interval> Ranges::interval_of_remainders(const Form& form) {
  for (const auto& [node, coefficient] : form.coefficients) {
    const auto found = divisions_.find(index_of(node));
    if (found == divisions_.end()) continue;
    const auto& [dividend, divisor] = found->second;
    const SizePolynomial sum = coefficient + divisor;
    if (!sum.is_constant() || sum.constant() != 0) continue;
    Form rest = form;
    rest.coefficients.erase(node);
    rest.constant = rest.constant - dividend.constant;
    bool cancels = true;
    for (const auto& [atom, share] : dividend.coefficients) {
      const SizePolynomial left = rest.coefficients[atom] - share;
      cancels = cancels && left.is_constant() && left.constant() == 0;
      rest.coefficients.erase(atom);
    }
    if (!cancels) continue;
    const Interval others = interval(rest);
    return Interval{others.low, plus(others.high, finite(divisor - SizePolynomial(1)))};
  }
  return {};
}

// A number to a whole power; anything else is not followed.
Ranges::Form Ranges::power(NodeId id, const Form& a, const Form& b) {
  constexpr int highest = 64;
  const auto number = [](const Form& form) { return form.coefficients.empty() && form.constant.is_constant(); };
  if (!number(a) || !number(b)) return atom(id, a.coefficients.empty() && b.coefficients.empty() ? undecided() : everything());
  const mpq_class &base = a.constant.constant(), &exponent = b.constant.constant();
  if (exponent.get_den() != 1 || abs(exponent) > highest || (base == 0 && exponent < 0)) return atom(id, everything());
  mpq_class result = 1;
  for (long i = mpz_class(abs(exponent.get_num())).get_si(); i > 0; --i) result *= base;
  return Form{exponent < 0 ? mpq_class(1 / result) : result};
}

// The value's form with the replaced coordinates' indices in it, where that says everything; else its interval.
Ranges::Form Ranges::substituted(NodeId id) {
  const Node& node = graph_.node(id);
  const bool has_else = node.operands.size() > node.bound.size() + 1;
  const Form& value = form(node.operands[0]);
  const auto is_coordinate = [&](const auto& entry) { return graph_.node(entry.first).op == Op::coordinate; };
  if (has_else) return atom(id, hull(interval(value), of_operand(id, node.operands.size() - 1)));
  if (!std::ranges::all_of(value.coefficients, is_coordinate)) return atom(id, interval(value));
  Form result{value.constant, {}, true};
  for (const auto& [coordinate, coefficient] : value.coefficients) {
    const AxisId axis = graph_.node(coordinate).bound[0];
    const auto place = std::ranges::find(node.bound, axis);
    Form replaced{0, {{coordinate, 1}}};
    if (place != node.bound.end()) replaced = form(node.operands[static_cast<std::size_t>(place - node.bound.begin()) + 1]);
    const std::optional<SizePolynomial> constant = replaced.constant.times(coefficient);
    if (!constant) return atom(id, interval(value));
    result.constant = result.constant + *constant;
    for (const auto& [node, inner] : replaced.coefficients) {
      const std::optional<SizePolynomial> product = inner.times(coefficient);
      if (!product) return atom(id, interval(value));
      SizePolynomial& entry = result.coefficients[node];
      entry = entry + *product;
      if (entry.is_constant() && entry.constant() == 0) result.coefficients.erase(node);
    }
  }
  return result;
}

Interval Ranges::interval(const Form& form) {
  if (const auto remainders = interval_of_remainders(form)) return *remainders;
  const bool one_part =
      !form.rounds && form.coefficients.size() == 1 && form.constant.is_constant() && form.constant.constant() == 0;
  if (one_part) {
    const auto& [node, coefficient] = *form.coefficients.begin();
    return scaled(atoms_.at(index_of(node)), coefficient);
  }
  Interval result{finite(form.constant), finite(form.constant)};
  for (const auto& [node, coefficient] : form.coefficients) {
    const Interval part = scaled(atoms_.at(index_of(node)), coefficient);
    result = {plus(result.low, part.low), plus(result.high, part.high)};
  }
  return result;
}

// Of a value rounded down, what is rounded: floor(x) >= 0 where x >= 0, and floor(x) < n where x < n, for whole n.
Interval Ranges::index_interval(NodeId index) {
  if (const Interval whole = interval(form(index)); is_finite(whole)) return whole;
  while (graph_.node(index).op == Op::named || graph_.node(index).op == Op::floor) index = graph_.node(index).operands[0];
  return interval(form(index));
}

Decision Ranges::within(NodeId index, AxisId axis) {
  const Interval goes = index_interval(index);
  const auto decide = [](const Bound& bound, auto&& decision) {
    if (bound.state == State::unbounded) return Decision::never;
    return bound.state == State::undecided ? Decision::depends : decision(bound.value);
  };
  const Decision starts = decide(goes.low, [](const SizePolynomial& low) { return low.at_least_zero(); });
  const Decision ends = decide(goes.high, [&](const SizePolynomial& high) { return (size(axis) - high).above_zero(); });
  return both(starts, ends);
}

std::optional<mpq_class> Ranges::magnitude(NodeId value) {
  const Interval goes = interval(form(value));
  if (!is_finite(goes) || !goes.low.value.is_constant() || !goes.high.value.is_constant()) return {};
  return std::max(mpq_class(-goes.low.value.constant()), goes.high.value.constant());
}

std::string Ranges::interval_text(NodeId index) {
  const Interval goes = rounded_down(index_interval(index));
  const auto text = [&](const Bound& bound, const char* open) {
    return bound.state == State::finite ? bound.value.text(graph_) : std::string(open);
  };
  return "from " + text(goes.low, "-inf") + " to " + text(goes.high, "inf");
}

std::string Ranges::last_text(AxisId axis) { return (size(axis) - SizePolynomial(1)).text(graph_); }

}  // namespace tenet
