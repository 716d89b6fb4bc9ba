// Products and powers of normal forms.
#include <algorithm>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
namespace {

constexpr std::size_t most_terms = 4000;       // of one form
constexpr std::size_t most_products = 400000;  // of all forms together
constexpr std::size_t long_product = 16;       // factors; a product of more counts as several

bool whole(const Rational& value) { return value.is_whole(); }

}  // namespace

void NormalForms::step(std::size_t terms) {
  ++steps_;
  terms_ += terms;
  if (terms_ > most_products) give_up("too many products");
}

Polynomial NormalForms::product(const Polynomial& a, const Polynomial& b) {
  Polynomial result;
  if (a.size() > 1 || b.size() > 1) fire(FormLaw::distribute);
  for (const auto& [x, c] : a)
    for (const auto& [y, d] : b) {
      if (stopped()) return {};
      add_to(result, product(x, y), c * d);
      if (result.size() > most_terms) give_up("too many terms");
      if (c.bits() + d.bits() > most_bits) give_up("too large a number");
    }
  return result;
}

Polynomial NormalForms::product(const Monomial& a, const Monomial& b) {
  step(1 + (a.size() + b.size()) / long_product);
  Monomial result;
  result.reserve(a.size() + b.size());
  auto x = a.begin(), y = b.begin();
  while (x != a.end() || y != b.end()) {
    if (y == b.end() || (x != a.end() && x->atom < y->atom)) {
      result.push_back(*x++);
    } else if (x == a.end() || y->atom < x->atom) {
      result.push_back(*y++);
    } else {
      const Rational exponent = x->exponent + y->exponent;
      if (sgn(x->exponent) * sgn(y->exponent) < 0 && !atoms_[x->atom].positive) nonzero_.insert(x->atom);
      fire(exponent == 0 ? FormLaw::cancel : FormLaw::add_exponents);
      if (exponent != 0) result.push_back({x->atom, exponent});
      ++x, ++y;
    }
  }
  return settled(std::move(result));
}

// The index that an equality determines, and its value: [i = e] f = [i = e] f[i := e].
std::optional<std::pair<AtomId, AtomId>> NormalForms::solved(AtomId equal, const std::vector<AtomId>* among) {
  const Polynomial& difference = atoms_[atoms_[equal].parts[0]];
  std::optional<std::pair<AtomId, Rational>> found;
  for (const auto& [monomial, coefficient] : difference) {
    if (monomial.size() != 1 || monomial[0].exponent != 1 || abs(coefficient) != 1) continue;
    const AtomId index = monomial[0].atom;
    if (!atoms_[index].is_index() || (among && std::ranges::find(*among, index) == among->end())) continue;
    Polynomial others = difference;
    others.erase(monomial);
    if (!atoms_.varies(others, index) && (!found || found->first < index)) found = {index, coefficient};
  }
  if (!found) return {};
  Polynomial value = scaled(difference, -1 / found->second);
  value.erase(Monomial{{found->first, 1}});
  return std::pair{found->first, index_atom(value)};
}

// A monomial by the laws of its factors: whole powers of sums expand, a condition squared is the condition, an equality fixes
// its index in the other factors.
Polynomial NormalForms::settled(Monomial monomial) {
  constexpr int deepest = 500;
  struct Level {
    explicit Level(int& depth) : depth(depth) { ++depth; }
    ~Level() { --depth; }
    int& depth;
  } const level(depth_);
  if (depth_ > deepest) give_up("laws that undo one another");
  if (stopped()) return {};
  for (std::size_t i = 0; i < monomial.size(); ++i) {
    Factor& factor = monomial[i];
    const Atom& atom = atoms_[factor.atom];
    if (auto whole = whole_power_of_number(factor)) {
      if (factor.exponent == 0) monomial.erase(monomial.begin() + static_cast<std::ptrdiff_t>(i));
      return product(settled(std::move(monomial)), *whole);
    }
    if (atom.kind == AtomKind::base && factor.exponent >= 1) {
      const mpz_class times = factor.exponent.numerator() / factor.exponent.denominator();
      if (times > greatest_power) return give_up("too high a power"), Polynomial{};
      const Polynomial expanded = power(atoms_[atom.parts[0]], times);
      factor.exponent -= times;
      if (factor.exponent == 0) monomial.erase(monomial.begin() + static_cast<std::ptrdiff_t>(i));
      return product(settled(std::move(monomial)), expanded);
    }
    if (atom.is_truth()) {
      if (factor.exponent < 0) return give_up("division by a condition"), Polynomial{};
      if (factor.exponent != 1) fire(FormLaw::condition_squared);
      factor.exponent = 1;
    }
  }
  if (auto reduced = by_equality(monomial)) return std::move(*reduced);
  for (std::size_t i = 0; i < monomial.size(); ++i) {
    if (atoms_[monomial[i].atom].kind != AtomKind::equal) continue;
    const auto solution = solved(monomial[i].atom);
    if (!solution) continue;
    // Where the equality does not hold its index may have no such coordinate: fine in a proof, not in what is computed.
    if (unfolding_ == Unfolding::ring && !in_range(solution->second, *atoms_[solution->first].range)) continue;
    Monomial rest = monomial;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    const Renaming renaming{{solution->first, solution->second}};
    if (!touches(rest, renaming)) continue;
    fire(FormLaw::fix_index);
    return product(renamed(rest, renaming), Polynomial{{Monomial{monomial[i]}, 1}});
  }
  if (const auto fractions = partial_fractions(monomial)) {
    Polynomial result;
    for (const auto& [term, coefficient] : *fractions) add_to(result, settled(term), coefficient);
    return result;
  }
  return {{std::move(monomial), 1}};
}

// Of one term: every factor if the exponent is whole, else those that cannot be negative.
Polynomial NormalForms::power_of_term(const Monomial& monomial, const Rational& coefficient, const Rational& exponent) {
  Monomial outside, inside;
  Polynomial magnitudes = constant_polynomial(1);
  for (const Factor& factor : monomial) {
    if (atoms_[factor.atom].is_truth() && exponent < 0) return give_up("division by a condition"), Polynomial{};
    if (whole(exponent) || atoms_[factor.atom].positive)
      outside.push_back({factor.atom, factor.exponent * exponent});
    else if (const auto magnitude = root_of_square(factor, exponent))
      magnitudes = product(magnitudes, *magnitude);
    else
      inside.push_back(factor);
  }
  Polynomial result = product(settled(std::move(outside)), magnitudes);
  if (inside.empty()) return product(result, power_of_constant(coefficient, exponent));
  result = product(result, power_of_constant(abs(coefficient), exponent));
  if (coefficient > 0 && inside.size() == 1 && inside[0].exponent == 1) {
    inside[0].exponent = exponent;
    return product(result, settled(std::move(inside)));
  }
  const Polynomial under{{std::move(inside), sgn(coefficient)}};
  const AtomId base = atoms_.atom({AtomKind::base, 0, 0, {}, {atoms_.polynomial(under)}});
  return product(result, settled({{base, exponent}}));
}

// The monomial that divides every term, absent factors counting as exponent 0.
Monomial NormalForms::content(const Polynomial& polynomial, bool positive_alone) const {
  std::map<AtomId, std::pair<Rational, std::size_t>> least;  // exponent, in how many terms
  for (const auto& [monomial, coefficient] : polynomial)
    for (const Factor& factor : monomial) {
      auto [place, fresh] = least.try_emplace(factor.atom, factor.exponent, 0);
      ++place->second.second;
      if (factor.exponent < place->second.first) place->second.first = factor.exponent;
    }
  Monomial result;
  for (auto& [atom, found] : least) {
    if (found.second < polynomial.size() && found.first > 0) continue;
    if (atoms_[atom].is_truth() || (positive_alone && !atoms_[atom].positive)) continue;
    result.push_back({atom, found.first});
  }
  return result;
}

// The number that is taken out of a power of a sum. Proofs want what does not depend on the order of the terms, derived forms the
// last term as it was written.
Rational NormalForms::scale_of(const Polynomial& base, const Rational& exponent) const {
  const Rational last = base.rbegin()->second;
  const Rational scale = unfolding_ == Unfolding::all ? common_coefficient(base) : Rational(abs(last));
  return whole(exponent) && last < 0 ? Rational(-scale) : scale;
}

Polynomial NormalForms::power(const Polynomial& base, const Rational& exponent) {
  step();
  if (stopped()) return {};
  if (exponent == 0) return constant_polynomial(1);
  if (exponent == 1) return base;
  if (base.empty()) {
    if (exponent < 0) give_up("division by zero");
    return {};
  }
  if (exponent < 0 || !whole(exponent))
    if (auto cases = by_cases({base}, [&](const auto& operand) { return power(operand[0], exponent); })) return std::move(*cases);
  if (base.size() == 1 && base.begin()->first.size() > 1) fire(FormLaw::power_of_product);
  if (base.size() == 1) return power_of_term(base.begin()->first, base.begin()->second, exponent);
  if (whole(exponent) && exponent > 0) {
    if (exponent > greatest_power) return give_up("too high a power"), Polynomial{};
    fire(FormLaw::power_of_sum);
    Polynomial result = base;
    for (long i = 1; i < exponent.numerator().get_si(); ++i) result = product(result, base);
    return result;
  }
  Monomial common = content(base, !whole(exponent)), inverse = common, raised = common;
  for (Factor& factor : inverse) factor.exponent = -factor.exponent;
  for (Factor& factor : raised) factor.exponent *= exponent;
  Polynomial primitive = base;
  if (!common.empty()) {
    fire(FormLaw::content_of_power);
    const std::set<AtomId> conditions = nonzero_;  // taking a factor out of a power cancels nothing
    primitive = product(base, Polynomial{{inverse, 1}});
    nonzero_ = conditions;
    if (primitive.size() < 2 || (unfolding_ == Unfolding::all && !content(primitive, !whole(exponent)).empty()))
      return product(power(primitive, exponent), settled(raised));
  }
  if (stopped()) return {};
  if (auto root = binomial_root(primitive); root && (whole(exponent) || atoms_.positive(root->first)))
    return product(settled(raised), power(root->first, root->second * exponent));
  if (const auto sigmoid = as_sigmoid(primitive)) return product(settled(raised), power(*sigmoid, exponent));
  const Rational scale = scale_of(primitive, exponent);
  const AtomId atom = atoms_.atom({AtomKind::base, 0, 0, {}, {atoms_.polynomial(scaled(primitive, 1 / scale))}});
  return product(product(settled(raised), power_of_constant(scale, exponent)), settled({{atom, exponent}}));
}

Polynomial NormalForms::without_denominators(Polynomial polynomial) {
  while (!stopped()) {
    std::map<AtomId, Rational> least;
    for (const auto& [monomial, coefficient] : polynomial)
      for (const Factor& factor : monomial)
        if (atoms_[factor.atom].kind == AtomKind::base && factor.exponent < 0) {
          Rational& exponent = least[factor.atom];
          if (factor.exponent < exponent) exponent = factor.exponent;
        }
    if (least.empty()) break;
    Monomial denominators;
    for (const auto& [atom, exponent] : least) denominators.push_back({atom, -exponent});
    Polynomial multiplied;
    for (const auto& [monomial, coefficient] : polynomial) add_to(multiplied, product(monomial, denominators), coefficient);
    polynomial = std::move(multiplied);
  }
  return polynomial;
}

}  // namespace tenet
