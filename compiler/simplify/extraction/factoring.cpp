#include "compiler/simplify/extraction/factoring.h"

#include <algorithm>
#include <set>

namespace tenet {
namespace {

constexpr std::size_t most_searched = 12;  // terms; more are added up as they are

Tree joined(Factored a, Factored b) {
  Tree result{Tree::Kind::sum, {1, {}}};
  for (Factored* part : {&a, &b}) {
    if (part->tree.kind == Tree::Kind::sum)
      std::ranges::move(part->tree.parts, std::back_inserter(result.parts));
    else
      result.parts.push_back(std::move(part->tree));
  }
  return result;
}

Monomial multiplied(const Monomial& a, const Monomial& b) {
  Exponents result = exponents_of(a);
  multiply_by(result, b, 1);
  return monomial_of(result);
}

ScaledMonomial common_factor(const std::vector<ScaledMonomial>& terms) {
  Exponents common = exponents_of(terms[0].monomial);
  bool same_coefficient = abs(terms[0].coefficient) != 1;
  for (const ScaledMonomial& term : terms) {
    const Exponents own = exponents_of(term.monomial);
    for (auto entry = common.begin(); entry != common.end();) {
      const auto found = own.find(entry->first);
      const bool shared = found != own.end() && sgn(found->second) == sgn(entry->second);
      if (shared && abs(found->second) < abs(entry->second)) entry->second = found->second;
      entry = shared ? std::next(entry) : common.erase(entry);
    }
    same_coefficient = same_coefficient && abs(term.coefficient) == abs(terms[0].coefficient);
  }
  return {same_coefficient ? Rational(abs(terms[0].coefficient)) : Rational(1), monomial_of(common)};
}

std::vector<ScaledMonomial> divided(const std::vector<ScaledMonomial>& terms, const ScaledMonomial& factor) {
  std::vector<ScaledMonomial> result;
  for (const ScaledMonomial& term : terms) {
    Exponents own = exponents_of(term.monomial);
    multiply_by(own, factor.monomial, -1);
    result.push_back({term.coefficient / factor.coefficient, monomial_of(own)});
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<ScaledMonomial> negated(std::vector<ScaledMonomial> terms) {
  for (ScaledMonomial& term : terms) term.coefficient = -term.coefficient;
  return terms;
}

std::vector<ScaledMonomial> terms_of(const Polynomial& form) {
  std::vector<ScaledMonomial> result;
  for (const auto& [monomial, coefficient] : form) result.push_back({coefficient, monomial});
  return result;
}

// An atom, and whether it multiplies or divides.
using Shared = std::pair<AtomId, bool>;
using Uses = std::map<Shared, std::size_t>;

Uses uses_of(const std::vector<ScaledMonomial>& terms) {
  Uses result;
  for (const ScaledMonomial& term : terms)
    for (const Factor& factor : term.monomial) ++result[{factor.atom, factor.exponent > 0}];
  return result;
}

// The terms with the factor, and those without.
std::pair<std::vector<ScaledMonomial>, std::vector<ScaledMonomial>> parted(const std::vector<ScaledMonomial>& terms,
                                                                           const Shared& shared) {
  std::pair<std::vector<ScaledMonomial>, std::vector<ScaledMonomial>> result;
  for (const ScaledMonomial& term : terms) {
    const bool has = std::ranges::any_of(
        term.monomial, [&](const Factor& f) { return f.atom == shared.first && (f.exponent > 0) == shared.second; });
    (has ? result.first : result.second).push_back(term);
  }
  return result;
}

bool is_negative(const Tree& tree) { return tree.kind == Tree::Kind::term && tree.term.coefficient < 0; }

}  // namespace

double Factoring::of(const Polynomial& form) { return form.empty() ? 0 : factored(form).cost; }

std::vector<AtomId> Factoring::space_of(const std::vector<ScaledMonomial>& terms) const {
  std::vector<AtomId> result;
  for (const ScaledMonomial& term : terms) result = united(result, Prices::space(term.monomial));
  return result;
}

Factored Factoring::factored(const Polynomial& form) { return factored(terms_of(form)); }

Factored Factoring::factored_in_full(const Polynomial& form) { return factored_in_full(terms_of(form)); }

Factored Factoring::factored(const std::vector<ScaledMonomial>& terms) {
  if (terms.empty()) return {0, {Tree::Kind::term, {0, {}}}};
  if (terms.size() == 1) return {of(terms[0]), {Tree::Kind::term, terms[0]}};
  if (std::optional<Tree> known = at_hand(terms)) return {0, *std::move(known)};
  if (const auto known = memo_.find(terms); known != memo_.end()) return known->second;
  Factored best = flat(terms);
  if (terms.size() <= most_searched) {
    take_common(terms, best);
    take_shared(terms, best);
    take_sum(terms, best);
    join_sums(terms, best);
  }
  memo_.emplace(terms, best);
  return best;
}

Factored Factoring::factored_in_full(const std::vector<ScaledMonomial>& terms) {
  if (terms.size() <= most_searched) return factored(terms);
  if (std::optional<Tree> known = at_hand(terms)) return {0, *std::move(known)};
  const ScaledMonomial factor = common_factor(terms);
  if (!factor.monomial.empty() || factor.coefficient != 1) {
    const std::vector<ScaledMonomial> rest = divided(terms, factor);
    Factored inner = factored_in_full(rest);
    const double product = elements(united(space_of(rest), Prices::space(factor.monomial, false)));
    return {inner.cost + of(factor) + product, {Tree::Kind::product, factor, {}, {std::move(inner.tree)}}};
  }
  const Uses uses = uses_of(terms);
  const auto most = std::ranges::max_element(uses, {}, [](const auto& use) { return use.second; });
  if (most == uses.end() || most->second < 2) return flat(terms);
  const auto [with, without] = parted(terms, most->first);
  Factored a = factored_in_full(with), b = factored_in_full(without);
  return {a.cost + b.cost + elements(space_of(terms)), joined(std::move(a), std::move(b))};
}

// A sum that is computed anyway, or the negative of one.
std::optional<Tree> Factoring::at_hand(std::vector<ScaledMonomial> terms) const {
  std::sort(terms.begin(), terms.end());
  for (const int sign : {1, -1}) {
    if (const auto found = sums_.find(terms); found != sums_.end()) return Tree{Tree::Kind::term, {sign, {{found->second, 1}}}};
    terms = negated(std::move(terms));
  }
  return {};
}

// An indicator touches one element a row: a term with one is added along its other indices only.
double Factoring::addition(const std::vector<ScaledMonomial>& terms) {
  const double full = elements(space_of(terms));
  double cost = 0;
  std::size_t dense = 0;
  for (const ScaledMonomial& term : terms) {
    std::vector<AtomId> chosen;
    for (const Factor& factor : term.monomial) {
      const Atom& atom = forms_.atoms()[factor.atom];
      if (atom.kind == AtomKind::equal && !atom.variables.empty()) chosen = united(chosen, {atom.variables[0]});
    }
    if (chosen.empty()) {
      ++dense;
      continue;
    }
    std::vector<AtomId> rest = Prices::space(term.monomial);
    for (AtomId index : chosen) std::erase(rest, index);
    cost += elements(rest);
  }
  return cost + (dense > 1 ? static_cast<double>(dense - 1) * full : 0);
}

Factored Factoring::flat(const std::vector<ScaledMonomial>& terms) {
  Factored result{addition(terms), {Tree::Kind::sum, {1, {}}}};
  for (const ScaledMonomial& term : terms) {
    result.cost += of(term);
    result.tree.parts.push_back({Tree::Kind::term, term});
  }
  return result;
}

// What divides every term, with the coefficient that they share up to sign.
void Factoring::take_common(const std::vector<ScaledMonomial>& terms, Factored& best) {
  const ScaledMonomial factor = common_factor(terms);
  if (factor.monomial.empty() && factor.coefficient == 1) return;
  const std::vector<ScaledMonomial> rest = divided(terms, factor);
  Factored inner = factored(rest);
  const std::vector<AtomId> product = united(space_of(rest), Prices::space(factor.monomial, false));
  const double cost = inner.cost + of(factor) + elements(product);
  if (cost > best.cost) return;
  best = {cost, {Tree::Kind::product, factor, {}, {std::move(inner.tree)}}};
}

// (x + y) * (z + v) where the terms' powers of one atom have like sums as coefficients.
void Factoring::take_sum(const std::vector<ScaledMonomial>& terms, Factored& best) {
  std::set<AtomId> atoms;
  for (const ScaledMonomial& term : terms)
    for (const Factor& factor : term.monomial) atoms.insert(factor.atom);
  for (const AtomId atom : atoms) {
    std::map<Rational, std::vector<ScaledMonomial>> powers;
    for (const ScaledMonomial& term : terms) {
      const auto factor = std::ranges::find(term.monomial, atom, &Factor::atom);
      powers[factor == term.monomial.end() ? Rational(0) : factor->exponent].push_back(term);
    }
    if (powers.size() < 2 || powers.begin()->second.size() < 2) continue;
    std::vector<ScaledMonomial> sum, factors;
    for (const auto& [power, own] : powers) {
      ScaledMonomial factor = common_factor(own);
      std::vector<ScaledMonomial> rest = divided(own, factor);
      if (rest[0].coefficient < 0) {
        factor.coefficient = -factor.coefficient;
        for (ScaledMonomial& term : rest) term.coefficient = -term.coefficient;
      }
      if (sum.empty()) sum = rest;
      if (rest < sum || sum < rest) break;
      factors.push_back(std::move(factor));
    }
    if (factors.size() < powers.size()) continue;
    std::sort(factors.begin(), factors.end());
    const std::vector<AtomId> space = united(space_of(factors), space_of(sum));
    Factored a = factored(factors), b = factored(sum);
    if (is_negative(a.tree) != is_negative(b.tree)) {  // (-x) * (y - z) = x * (z - y)
      a = factored(negated(std::move(factors)));
      b = factored(negated(std::move(sum)));
    }
    const double cost = a.cost + b.cost + elements(space);
    if (cost < best.cost) best = {cost, {Tree::Kind::product, {1, {}}, {}, {std::move(a.tree), std::move(b.tree)}}};
  }
}

// A factor that some of the terms share.
void Factoring::take_shared(const std::vector<ScaledMonomial>& terms, Factored& best) {
  for (const auto& [shared, count] : uses_of(terms)) {
    if (count < 2 || count == terms.size()) continue;
    const auto [with, without] = parted(terms, shared);
    Factored a = factored(with), b = factored(without);
    const double cost = a.cost + b.cost + elements(space_of(terms));
    if (cost < best.cost) best = {cost, joined(std::move(a), std::move(b))};
  }
}

// c S(x) + c S(y) = c S(x + y). Scalars that differ go into the sum.
void Factoring::join_sums(const std::vector<ScaledMonomial>& terms, Factored& best) {
  struct Member {
    std::size_t term;
    AtomId sum;
    Monomial scalars;
  };
  std::map<std::pair<std::vector<PolynomialId>, Monomial>, std::vector<Member>, decltype([](const auto& a, const auto& b) {
             if (a.first != b.first) return a.first < b.first;
             return MonomialOrder()(a.second, b.second);
           })>
      groups;  // by the ranges summed over and what the sum is multiplied by
  for (std::size_t k = 0; k < terms.size(); ++k)
    for (const Factor& factor : terms[k].monomial) {
      const Atom& atom = forms_.atoms()[factor.atom];
      if (atom.kind != AtomKind::sum || factor.exponent != 1) continue;
      Monomial rest, scalars;
      for (const Factor& other : terms[k].monomial)
        if (other.atom != factor.atom) (forms_.atoms()[other.atom].variables.empty() ? scalars : rest).push_back(other);
      std::vector<PolynomialId> ranges;
      for (AtomId index : atom.indices) ranges.push_back(*forms_.atoms()[index].range);
      std::vector<Member>& group = groups[{std::move(ranges), std::move(rest)}];
      if (group.empty() || group.back().term != k) group.push_back({k, factor.atom, std::move(scalars)});
    }
  const MonomialOrder order;
  for (auto& [key, members] : groups) {
    if (members.size() < 2) continue;
    const std::vector<AtomId> indices = forms_.atoms()[members[0].sum].indices;
    Monomial factor = key.second;  // that stays outside
    if (std::ranges::none_of(members, [&](const Member& other) {
          return order(other.scalars, members[0].scalars) || order(members[0].scalars, other.scalars);
        })) {
      factor = multiplied(factor, members[0].scalars);
      for (Member& member : members) member.scalars.clear();
    }
    std::vector<ScaledMonomial> inside, others;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      const auto member = std::ranges::find(members, k, &Member::term);
      if (member == members.end()) {
        others.push_back(terms[k]);
        continue;
      }
      const Atom sum = forms_.atoms()[member->sum];
      Renaming same;
      for (std::size_t i = 0; i < indices.size(); ++i)
        if (sum.indices[i] != indices[i]) same.emplace(sum.indices[i], indices[i]);
      for (const auto& [body, scale] : forms_.renamed(Polynomial(forms_.atoms()[sum.parts[0]]), same))
        inside.push_back({terms[k].coefficient * scale, multiplied(body, member->scalars)});
    }
    if (!forms_.stop().empty()) return;
    std::sort(inside.begin(), inside.end());
    Factored inner = factored(inside);
    std::vector<AtomId> full = indices;
    std::ranges::sort(full);
    double cost = inner.cost + elements(united(full, space_of(inside)));
    Factored result{cost, {Tree::Kind::reduction, {1, factor}, indices, {std::move(inner.tree)}}};
    if (!factor.empty()) {
      std::vector<AtomId> whole = Prices::space(factor);
      for (AtomId index : space_of(inside))
        if (std::ranges::find(indices, index) == indices.end()) whole = united(whole, {index});
      result.cost += of(1, factor) + elements(whole);
    }
    if (!others.empty()) {
      Factored rest = factored(others);
      result = {result.cost + rest.cost + elements(space_of(terms)), joined(std::move(result), std::move(rest))};
    }
    if (result.cost < best.cost) best = std::move(result);
  }
}

}  // namespace tenet
