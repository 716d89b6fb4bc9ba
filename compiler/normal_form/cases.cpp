// Functions of conditions, and of values that are infinite under a condition.
#include <algorithm>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
namespace {

constexpr std::size_t most_conditions = 4;  // that one function is split by

struct Cases {
  std::vector<Polynomial> holds, fails;  // the operands where the condition holds, and where it does not
};

Cases cases_of(const std::vector<Polynomial>& operands, AtomId condition) {
  Cases cases;
  for (const Polynomial& operand : operands) {
    Polynomial& holds = cases.holds.emplace_back();
    Polynomial& fails = cases.fails.emplace_back();
    for (const auto& [monomial, coefficient] : operand) {
      Monomial rest = monomial;
      const bool conditional = std::erase_if(rest, [&](const Factor& factor) { return factor.atom == condition; }) > 0;
      add_term(holds, rest, coefficient);
      if (!conditional) add_term(fails, monomial, coefficient);
    }
  }
  return cases;
}

}  // namespace

// The conditions that an operand has as a factor of a term; none if they are more than a function is split by.
std::set<AtomId> NormalForms::conditions_of(const std::vector<Polynomial>& operands) const {
  std::set<AtomId> conditions;
  if (unfolding_ == Unfolding::ring) return conditions;
  for (const Polynomial& operand : operands)
    for (const auto& [monomial, coefficient] : operand)
      for (const Factor& factor : monomial)
        if (atoms_[factor.atom].is_truth()) conditions.insert(factor.atom);
  if (conditions.size() > most_conditions) conditions.clear();
  return conditions;
}

// f(q a + b) = q f(a + b) + (1 - q) f(b) where q is a condition
std::optional<Polynomial> NormalForms::by_cases(const std::vector<Polynomial>& operands,
                                                const std::function<Polynomial(const std::vector<Polynomial>&)>& f) {
  const std::set<AtomId> conditions = conditions_of(operands);
  if (conditions.empty()) return {};
  step();
  fire(FormLaw::by_cases);
  const Cases cases = cases_of(operands, *conditions.begin());
  const Polynomial condition = atom_form(*conditions.begin());
  Polynomial otherwise = constant_polynomial(1);
  add_to(otherwise, condition, -1);
  Polynomial result = product(condition, f(cases.holds));
  add_to(result, product(otherwise, f(cases.fails)));
  return result;
}

// Whether a form is made of coordinates and sizes alone. Comparisons of these stay as they are: indices are fixed by them.
bool NormalForms::is_whole(const Polynomial& polynomial) const {
  return std::ranges::all_of(polynomial, [&](const auto& term) {
    return std::ranges::all_of(term.first, [&](const Factor& factor) {
      const Atom& atom = atoms_[factor.atom];
      return atom.is_index() || atom.kind == AtomKind::size || atom.kind == AtomKind::expression || atom.range;
    });
  });
}

// [p < 0] = 1 - [-p < 0] - [p = 0], for one of p and -p
std::optional<Polynomial> NormalForms::by_trichotomy(const Polynomial& p) {
  if (unfolding_ == Unfolding::ring || p.begin()->second > 0 || is_whole(p)) return {};
  step();
  fire(FormLaw::one_of_three);
  Polynomial result = constant_polynomial(1);
  add_to(result, negative(scaled(p, -1)), -1);
  add_to(result, equal(p), -1);
  return result;
}

// The factor where the atom has this value; nothing where the factor does not read the atom, or under a root.
std::optional<Polynomial> NormalForms::factor_where(const Factor& factor, AtomId solved, const Polynomial& value) {
  const auto power_of_value = [&](const Rational& exponent) -> std::optional<Polynomial> {
    if (exponent < 1 || !exponent.is_whole()) return {};
    return power(value, exponent);
  };
  if (factor.atom == solved) return power_of_value(factor.exponent);
  if (atoms_[factor.atom].kind != AtomKind::base) return {};
  const Polynomial inside = atoms_[atoms_[factor.atom].parts[0]];
  Polynomial result;
  bool reads = false;
  for (const auto& [monomial, coefficient] : inside) {
    Polynomial times = constant_polynomial(coefficient);
    Monomial rest = monomial;
    if (const auto found = std::ranges::find(rest, solved, &Factor::atom); found != rest.end()) {
      const auto raised = power_of_value(found->exponent);
      if (!raised) return {};
      times = scaled(*raised, coefficient);
      rest.erase(found);
      reads = true;
    }
    add_to(result, product(times, Polynomial{{std::move(rest), 1}}));
  }
  if (!reads) return {};
  return power(result, factor.exponent);
}

// [p = 0] [p < 0] = 0; [a + b = 0] f(a) = [a + b = 0] f(-b), for an atom a that b has not as a factor and powers of a and of sums
// with it; [m = 0] m = 0 for a product m
std::optional<Polynomial> NormalForms::by_equality(const Monomial& monomial) {
  if (unfolding_ == Unfolding::ring) return {};
  for (const Factor& equality : monomial) {
    const Atom& atom = atoms_[equality.atom];
    if (atom.kind != AtomKind::equal || is_whole(atoms_[atom.parts[0]])) continue;
    const Polynomial& p = atoms_[atom.parts[0]];
    const auto exponent_of = [&](AtomId id) {
      const auto found = std::ranges::find(monomial, id, &Factor::atom);
      return found == monomial.end() ? Rational(0) : found->exponent;
    };
    const bool excluded = std::ranges::any_of(monomial, [&](const Factor& factor) {
      return atoms_[factor.atom].kind == AtomKind::negative && atoms_[factor.atom].parts == atom.parts;
    });
    const bool zero = p.size() == 1 && std::ranges::all_of(p.begin()->first, [&](const Factor& factor) {
                        return factor.exponent > 0 && exponent_of(factor.atom) >= factor.exponent;
                      });
    if (excluded || zero) {
      fire(FormLaw::by_equality);
      return Polynomial{};
    }
    for (auto term = p.rbegin(); term != p.rend(); ++term) {
      if (term->first.size() != 1 || term->first[0].exponent != 1) continue;
      const AtomId solved = term->first[0].atom;
      const bool once = std::ranges::count_if(p, [&](const auto& other) {
                          return std::ranges::find(other.first, solved, &Factor::atom) != other.first.end();
                        }) == 1;
      if (!once) continue;
      Polynomial value = scaled(p, -1 / term->second);
      value.erase(term->first);
      for (std::size_t i = 0; i < monomial.size(); ++i) {
        const auto other = factor_where(monomial[i], solved, value);
        if (!other) continue;
        fire(FormLaw::by_equality);
        Monomial rest = monomial;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
        return product(settled(std::move(rest)), *other);
      }
      break;
    }
  }
  return {};
}

// (a^(2 k))^r = a^(2 k r), times sign(a) where 2 k r is odd
std::optional<Polynomial> NormalForms::root_of_square(const Factor& factor, const Rational& exponent) {
  const Rational result = factor.exponent * exponent;
  if (unfolding_ == Unfolding::ring || !factor.exponent.is_even() || !result.is_whole() || atoms_[factor.atom].is_truth())
    return {};
  fire(FormLaw::root_of_square);
  const Polynomial raised = settled({{factor.atom, result}});
  if (atoms_[factor.atom].nonnegative || result.is_even()) return raised;
  return product(raised, function(Op::sign, {atom_form(factor.atom)}));
}

AtomId NormalForms::infinity() { return atoms_.atom({AtomKind::leaf, 0, static_cast<std::uint32_t>(Op::infinity), {}, {}}); }

// The sign of a value that is infinite wherever its other terms are finite; 0 if no term is infinite by itself.
int NormalForms::infinite_sign(const Polynomial& polynomial) {
  if (unfolding_ == Unfolding::ring) return 0;
  const auto found = polynomial.find(Monomial{{infinity(), 1}});
  return found == polynomial.end() ? 0 : sgn(found->second);
}

}  // namespace tenet
