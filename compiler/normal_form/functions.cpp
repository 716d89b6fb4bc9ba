// The laws of exp and log, conditions, and functions by their definitions.
#include <algorithm>

#include "compiler/normal_form/normal_form.h"

namespace tenet {

// exp(a + b) = exp(a) exp(b), exp(c log x) = x^c
Polynomial NormalForms::exponential(const Polynomial& p) {
  if (auto cases = by_cases({p}, [&](const auto& operand) { return exponential(operand[0]); })) return std::move(*cases);
  if (const int sign = infinite_sign(p)) {  // exp(-inf) = 0
    if (sign > 0) give_up("infinite values");
    return {};
  }
  Polynomial result = constant_polynomial(1);
  if (p.size() > 1) fire(FormLaw::exponential_of_sum);
  for (const auto& [monomial, coefficient] : p) {
    step();
    if (stopped()) return {};
    if (monomial.size() == 1 && monomial[0].exponent == 1) {
      const Atom& atom = atoms_[monomial[0].atom];
      if (atom.kind == AtomKind::function && static_cast<Op>(atom.place) == Op::log) {
        fire(FormLaw::exponential_of_log);
        result = product(result, power(Polynomial(atoms_[atom.parts[0]]), coefficient));
        continue;
      }
    }
    const AtomId atom = atoms_.atom({AtomKind::exponential, 0, 0, {}, {atoms_.polynomial({{monomial, 1}})}});
    result = product(result, Polynomial{{Monomial{{atom, coefficient}}, 1}});
  }
  return result;
}

// log(x y^c) = log(x) + c log(y) where y > 0; log(exp x) = x
Polynomial NormalForms::logarithm(const Polynomial& p) {
  step();
  if (p.empty()) return give_up("the logarithm of zero"), Polynomial{};
  if (auto cases = by_cases({p}, [&](const auto& operand) { return logarithm(operand[0]); })) return std::move(*cases);
  const Monomial common = content(p, true);
  Polynomial result, rest = p;
  if (!common.empty()) {
    Monomial inverse = common;
    for (Factor& factor : inverse) factor.exponent = -factor.exponent;
    rest = product(p, Polynomial{{inverse, 1}});
    if (stopped()) return {};
  }
  for (const Factor& factor : common) {
    const Atom atom = atoms_[factor.atom];
    fire(atom.kind == AtomKind::exponential ? FormLaw::log_of_exponential : FormLaw::log_of_product);
    if (atom.kind == AtomKind::exponential)
      add_to(result, atoms_[atom.parts[0]], factor.exponent);
    else if (atom.kind == AtomKind::base)
      add_to(result, opaque(Op::log, {Polynomial(atoms_[atom.parts[0]])}), factor.exponent);
    else
      add_to(result, opaque(Op::log, {atom_form(factor.atom)}), factor.exponent);
  }
  if (rest.empty()) return give_up("the logarithm of zero"), Polynomial{};
  if (unfolding_ == Unfolding::all && !content(rest, true).empty()) {  // what a denominator kept apart
    add_to(result, logarithm(rest));
    return result;
  }
  const Rational scale = common_coefficient(rest);
  if (scale != 1) add_to(result, logarithm_of_number(scale));
  rest = scaled(rest, 1 / scale);
  if (constant_of(rest) != 1) add_to(result, opaque(Op::log, {rest}));
  return result;
}

// a + b = a / s(log(a / b)), for a and b products of exponentials.
std::optional<Polynomial> NormalForms::as_sigmoid(const Polynomial& p) {
  if (unfolding_ == Unfolding::all || p.size() != 2) return {};
  const auto& [a, scale] = *p.rbegin();
  if (p.begin()->second != scale || scale < 0) return {};
  Polynomial ratio;
  for (const auto& [monomial, coefficient] : p)
    for (const Factor& factor : monomial) {
      const Atom& atom = atoms_[factor.atom];
      if (atom.kind != AtomKind::exponential) return {};
      add_to(ratio, atoms_[atom.parts[0]], &monomial == &a ? factor.exponent : Rational(-factor.exponent));
    }
  if (ratio.empty()) return {};
  const bool turned = ratio.rbegin()->second < 0;  // a / s(r) = b / s(-r): the one that is written by sigmoid alone
  const Polynomial sigmoid = opaque(Op::sigmoid, {turned ? scaled(ratio, -1) : ratio});
  return scaled(product(power(sigmoid, -1), Polynomial{{turned ? p.begin()->first : a, 1}}), scale);
}

// A function as it is. Of the identities between tanh and sigmoid those that keep to what is there already:
// s(-x) = 1 - s(x), s(2x) = (1 + tanh(x)) / 2 where tanh(x) is known, and back.
Polynomial NormalForms::opaque(Op op, const std::vector<Polynomial>& operands) {
  if (auto cases = by_cases(operands, [&](const auto& split) { return opaque(op, split); })) return std::move(*cases);
  if (op == Op::sigmoid && !operands[0].empty() && operands[0].rbegin()->second < 0) {
    Polynomial result = constant_polynomial(1);
    add_to(result, opaque(op, {scaled(operands[0], -1)}), -1);
    return result;
  }
  const auto known = [&](Op other, const Rational& scale) {
    return atoms_.find(
        {AtomKind::function, 0, static_cast<std::uint32_t>(other), {}, {atoms_.polynomial(scaled(operands[0], scale))}});
  };
  if (op == Op::sigmoid)
    if (const auto tanh = known(Op::tanh, Rational(1, 2))) {
      Polynomial result = constant_polynomial(Rational(1, 2));
      add_to(result, atom_form(*tanh), Rational(1, 2));
      return result;
    }
  if (op == Op::tanh)
    if (const auto sigmoid = known(Op::sigmoid, 2)) {
      Polynomial result = constant_polynomial(-1);
      add_to(result, atom_form(*sigmoid), 2);
      return result;
    }
  Atom atom{AtomKind::function, 0, static_cast<std::uint32_t>(op), {}, {}};
  for (const Polynomial& operand : operands) atom.parts.push_back(atoms_.polynomial(operand));
  return atom_form(atoms_.atom(std::move(atom)));
}

// [p = 0], the same for every multiple of p.
Polynomial NormalForms::equal(Polynomial p) {
  if (p.empty()) return constant_polynomial(1);
  if (auto cases = by_cases({p}, [&](const auto& operand) { return equal(operand[0]); })) return std::move(*cases);
  if (infinite_sign(p) != 0) return {};
  p = scaled(p, (p.begin()->second < 0 ? -1 : 1) / common_coefficient(p));
  if (constant_of(p) || atoms_.positive(p) || atoms_.positive(scaled(p, -1))) return {};
  return settled({{atoms_.atom({AtomKind::equal, 0, 0, {}, {atoms_.polynomial(p)}}), 1}});
}

// [p < 0], the same for every positive multiple of p.
Polynomial NormalForms::negative(Polynomial p) {
  if (p.empty() || atoms_.positive(p)) return {};
  if (auto cases = by_cases({p}, [&](const auto& operand) { return negative(operand[0]); })) return std::move(*cases);
  if (const int sign = infinite_sign(p)) return constant_polynomial(sign < 0 ? 1 : 0);
  if (atoms_.positive(scaled(p, -1))) return constant_polynomial(1);
  p = scaled(p, 1 / common_coefficient(p));
  if (auto others = by_trichotomy(p)) return std::move(*others);
  return settled({{atoms_.atom({AtomKind::negative, 0, 0, {}, {atoms_.polynomial(p)}}), 1}});
}

Polynomial NormalForms::function(Op op, std::vector<Polynomial> o) {
  step();
  if (stopped()) return {};
  const Polynomial one = constant_polynomial(1);
  const auto sum_of = [](const Polynomial& a, const Polynomial& b) {
    Polynomial result = a;
    add_to(result, b);
    return result;
  };
  const auto minus = [](const Polynomial& a, const Polynomial& b) {
    Polynomial result = a;
    add_to(result, b, -1);
    return result;
  };
  const auto choice = [&](const Polynomial& condition, const Polynomial& a, const Polynomial& b) {
    return sum_of(b, product(condition, minus(a, b)));
  };
  switch (op) {
    case Op::add:
      return sum_of(o[0], o[1]);
    case Op::subtract:
      return minus(o[0], o[1]);
    case Op::negate:
      return scaled(o[0], -1);
    case Op::multiply:
      return product(o[0], o[1]);
    case Op::divide:
      return product(o[0], power(o[1], -1));
    case Op::power:
      if (const auto exponent = constant_of(o[1])) return power(o[0], *exponent);
      if (unfolding_ == Unfolding::ring || !atoms_.positive(o[0])) return opaque(op, o);
      fire(FormLaw::power_as_exponential);
      return exponential(product(o[1], logarithm(o[0])));
    case Op::sqrt:
      return power(o[0], Rational(1, 2));
    case Op::exp:
      return exponential(o[0]);
    case Op::expm1:
      return minus(exponential(o[0]), one);
    case Op::log:
      return logarithm(o[0]);
    case Op::log1p:
      return logarithm(sum_of(one, o[0]));
    case Op::softplus:
      return logarithm(sum_of(one, exponential(o[0])));
    case Op::sigmoid:
      return power(sum_of(one, exponential(scaled(o[0], -1))), -1);
    case Op::tanh: {  // 2 sigmoid(2 x) - 1
      if (unfolding_ == Unfolding::ring) return opaque(op, o);
      const Polynomial sigmoid = power(sum_of(one, exponential(scaled(o[0], -2))), -1);
      return minus(scaled(sigmoid, 2), one);
    }
    case Op::sign:
      return minus(negative(scaled(o[0], -1)), negative(o[0]));
    case Op::abs:
      return product(o[0], minus(negative(scaled(o[0], -1)), negative(o[0])));
    case Op::relu:
      return product(o[0], negative(scaled(o[0], -1)));
    case Op::maximum:
      return choice(negative(minus(o[1], o[0])), o[0], o[1]);
    case Op::minimum:
      return choice(negative(minus(o[0], o[1])), o[0], o[1]);
    case Op::equal:
      return equal(minus(o[0], o[1]));
    case Op::not_equal:
      return minus(one, equal(minus(o[0], o[1])));
    case Op::less:
      return negative(minus(o[0], o[1]));
    case Op::greater:
      return negative(minus(o[1], o[0]));
    case Op::less_equal:
      return minus(one, negative(minus(o[1], o[0])));
    case Op::greater_equal:
      return minus(one, negative(minus(o[0], o[1])));
    case Op::logical_not:
      return minus(one, o[0]);
    case Op::logical_and:
      return product(o[0], o[1]);
    case Op::logical_or:
      return minus(sum_of(o[0], o[1]), product(o[0], o[1]));
    case Op::where:
      return choice(o[0], o[1], o[2]);
    default:
      return opaque(op, o);
  }
}

}  // namespace tenet
