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

// [p = 0] [p < 0] = 0; [a + b = 0] a = -[a + b = 0] b, for an atom a that b has not as a factor; [m = 0] m = 0 for a product m
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
      const Rational times = exponent_of(solved);
      if (times < 1 || !times.is_whole()) break;
      fire(FormLaw::by_equality);
      Polynomial value = scaled(p, -1 / term->second);
      value.erase(term->first);
      Monomial rest = monomial;
      std::erase_if(rest, [&](const Factor& factor) { return factor.atom == solved; });
      return product(settled(std::move(rest)), power(value, times));
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

// By the prime factors that are found at once; what is left has a logarithm of its own.
Polynomial NormalForms::logarithm_of_number(const mpq_class& value) {
  constexpr unsigned long greatest_prime = 1000;
  if (unfolding_ == Unfolding::ring) return opaque(Op::log, {constant_polynomial(value)});
  Polynomial result;
  std::size_t parts = 0;
  const auto add = [&](const mpz_class& part, const mpq_class& times) {
    add_to(result, opaque(Op::log, {constant_polynomial(part)}), times);
    ++parts;
  };
  for (const int sign : {1, -1}) {
    mpz_class rest = sign > 0 ? value.get_num() : value.get_den();
    for (unsigned long prime = 2; prime < greatest_prime && rest != 1; ++prime) {
      const mpz_class base = prime;
      if (const mp_bitcnt_t times = mpz_remove(rest.get_mpz_t(), rest.get_mpz_t(), base.get_mpz_t()); times > 0)
        add(base, sign * mpq_class(times));
    }
    if (rest != 1) add(rest, sign);
  }
  if (parts > 1) fire(FormLaw::log_of_number);
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
