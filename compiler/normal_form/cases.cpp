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

AtomId NormalForms::infinity() { return atoms_.atom({AtomKind::leaf, 0, static_cast<std::uint32_t>(Op::infinity), {}, {}}); }

// The sign of a value that is infinite wherever its other terms are finite; 0 if no term is infinite by itself.
int NormalForms::infinite_sign(const Polynomial& polynomial) {
  if (unfolding_ == Unfolding::ring) return 0;
  const auto found = polynomial.find(Monomial{{infinity(), 1}});
  return found == polynomial.end() ? 0 : sgn(found->second);
}

}  // namespace tenet
