#include "compiler/simplify/extraction/factoring.h"

#include <algorithm>

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

}  // namespace

double Factoring::of(const Polynomial& form) { return form.empty() ? 0 : factored(form).cost; }

std::vector<AtomId> Factoring::space_of(const std::vector<ScaledMonomial>& terms) const {
  std::vector<AtomId> result;
  for (const ScaledMonomial& term : terms) result = united(result, Prices::space(term.monomial));
  return result;
}

Factored Factoring::factored(const Polynomial& form) {
  std::vector<ScaledMonomial> terms;
  for (const auto& [monomial, coefficient] : form) terms.push_back({coefficient, monomial});
  return factored(terms);
}

Factored Factoring::factored(const std::vector<ScaledMonomial>& terms) {
  if (terms.empty()) return {0, {Tree::Kind::term, {0, {}}}};
  if (terms.size() == 1) return {of(terms[0]), {Tree::Kind::term, terms[0]}};
  if (const auto known = memo_.find(terms); known != memo_.end()) return known->second;
  Factored best = flat(terms);
  if (terms.size() <= most_searched) {
    take_common(terms, best);
    take_shared(terms, best);
    join_sums(terms, best);
  }
  memo_.emplace(terms, best);
  return best;
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
  if (common.empty() && !same_coefficient) return;
  const ScaledMonomial factor{same_coefficient ? Rational(abs(terms[0].coefficient)) : Rational(1), monomial_of(common)};
  std::vector<ScaledMonomial> rest;
  for (const ScaledMonomial& term : terms) {
    Exponents own = exponents_of(term.monomial);
    multiply_by(own, factor.monomial, -1);
    rest.push_back({term.coefficient / factor.coefficient, monomial_of(own)});
  }
  std::sort(rest.begin(), rest.end());
  Factored inner = factored(rest);
  const std::vector<AtomId> product = united(space_of(rest), Prices::space(factor.monomial, false));
  const double cost = inner.cost + of(factor) + elements(product);
  if (cost > best.cost) return;
  best = {cost, {Tree::Kind::product, factor, {}, {std::move(inner.tree)}}};
}

// A factor that some of the terms share.
void Factoring::take_shared(const std::vector<ScaledMonomial>& terms, Factored& best) {
  std::map<std::pair<AtomId, bool>, std::size_t> uses;
  for (const ScaledMonomial& term : terms)
    for (const Factor& factor : term.monomial) ++uses[{factor.atom, factor.exponent > 0}];
  for (const auto& [shared, count] : uses) {
    if (count < 2 || count == terms.size()) continue;
    std::vector<ScaledMonomial> with, without;
    for (const ScaledMonomial& term : terms) {
      const bool has = std::ranges::any_of(
          term.monomial, [&](const Factor& f) { return f.atom == shared.first && (f.exponent > 0) == shared.second; });
      (has ? with : without).push_back(term);
    }
    Factored a = factored(with), b = factored(without);
    const double cost = a.cost + b.cost + elements(space_of(terms));
    if (cost < best.cost) best = {cost, joined(std::move(a), std::move(b))};
  }
}

// c S(x) + c S(y) = c S(x + y)
void Factoring::join_sums(const std::vector<ScaledMonomial>& terms, Factored& best) {
  std::map<std::pair<std::vector<AtomId>, Monomial>, std::vector<std::pair<std::size_t, AtomId>>,
           decltype([](const auto& a, const auto& b) {
             if (a.first != b.first) return a.first < b.first;
             return MonomialOrder()(a.second, b.second);
           })>
      groups;
  for (std::size_t k = 0; k < terms.size(); ++k)
    for (const Factor& factor : terms[k].monomial) {
      const Atom& atom = forms_.atoms()[factor.atom];
      if (atom.kind != AtomKind::sum || factor.exponent != 1) continue;
      Exponents rest = exponents_of(terms[k].monomial);
      rest.erase(factor.atom);
      groups[{atom.indices, monomial_of(rest)}].emplace_back(k, factor.atom);
    }
  for (const auto& [key, members] : groups) {
    if (members.size() < 2) continue;
    std::vector<ScaledMonomial> inside, others;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      const auto member = std::ranges::find(members, k, [](const auto& m) { return m.first; });
      if (member == members.end()) {
        others.push_back(terms[k]);
        continue;
      }
      const auto& [body, scale] = *forms_.atoms()[forms_.atoms()[member->second].parts[0]].begin();
      inside.push_back({terms[k].coefficient * scale, body});
    }
    std::sort(inside.begin(), inside.end());
    Factored inner = factored(inside);
    std::vector<AtomId> full = key.first;
    std::ranges::sort(full);
    double cost = inner.cost + elements(united(full, space_of(inside)));
    Factored result{cost, {Tree::Kind::reduction, {1, key.second}, key.first, {std::move(inner.tree)}}};
    if (!key.second.empty()) {
      std::vector<AtomId> product = Prices::space(key.second);
      for (AtomId index : space_of(inside))
        if (std::ranges::find(key.first, index) == key.first.end()) product = united(product, {index});
      result.cost += of(1, key.second) + elements(product);
    }
    if (!others.empty()) {
      Factored rest = factored(others);
      result = {result.cost + rest.cost + elements(space_of(terms)), joined(std::move(result), std::move(rest))};
    }
    if (result.cost < best.cost) best = std::move(result);
  }
}

}  // namespace tenet
