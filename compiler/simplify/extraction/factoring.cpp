#include "compiler/simplify/extraction/factoring.h"

#include <algorithm>
#include <set>

namespace tenet {
namespace {

constexpr std::size_t most_searched = 12;  // terms; more are added up as they are

Tree::Part made(Tree tree) { return std::make_shared<const Tree>(std::move(tree)); }
Tree::Part leaf(ScaledMonomial term) { return made({Tree::Kind::term, std::move(term)}); }

Tree::Part joined(const Tree::Part& a, const Tree::Part& b) {
  Tree result{Tree::Kind::sum, {1, {}}};
  for (const Tree::Part& part : {a, b}) {
    if (part->kind == Tree::Kind::sum)
      result.parts.insert(result.parts.end(), part->parts.begin(), part->parts.end());
    else
      result.parts.push_back(part);
  }
  return made(std::move(result));
}

Monomial multiplied(const Monomial& a, const Monomial& b) {
  Exponents result = exponents_of(a);
  multiply_by(result, b, 1);
  return monomial_of(result);
}

// Without a divisor of it.
Monomial divided(const Monomial& whole, const Monomial& divisor) {
  Monomial result;
  result.reserve(whole.size());
  auto next = divisor.begin();
  for (const Factor& factor : whole) {
    if (next == divisor.end() || next->atom != factor.atom) {
      result.push_back(factor);
      continue;
    }
    if (factor.exponent != next->exponent) result.push_back({factor.atom, factor.exponent - next->exponent});
    ++next;
  }
  return result;
}

// What divides both without turning an exponent's sign.
Monomial common_divisor(const Monomial& a, const Monomial& b) {
  Monomial result;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (x->atom != y->atom) {
      ++(x->atom < y->atom ? x : y);
      continue;
    }
    if (sgn(x->exponent) == sgn(y->exponent)) result.push_back(abs(x->exponent) <= abs(y->exponent) ? *x : *y);
    ++x, ++y;
  }
  return result;
}

// What divides every term, with the coefficient that they share up to sign.
ScaledMonomial common_factor(const auto& terms) {
  ScaledMonomial result = terms[0]->scaled;
  for (const auto* term : terms) {
    result.monomial = common_divisor(result.monomial, term->scaled.monomial);
    if (abs(term->scaled.coefficient) != abs(result.coefficient)) result.coefficient = 1;
  }
  result.coefficient = abs(result.coefficient);
  return result;
}

std::vector<AtomId> space_of(const auto& terms) {
  std::vector<AtomId> result;
  for (const auto* term : terms)
    if (term->space != result) result = united(result, term->space);
  return result;
}

bool is_negative(const Tree& tree) { return tree.kind == Tree::Kind::term && tree.term.coefficient < 0; }

}  // namespace

std::size_t Factoring::Hash::operator()(const ScaledMonomial& term) const {
  return mixed(hash_of(term.monomial), hash_of(term.coefficient));
}

std::size_t Factoring::Hash::operator()(const Terms& terms) const {
  std::size_t hash = terms.size();
  for (const Term* term : terms) hash = mixed(hash, std::hash<const Term*>()(term));
  return hash;
}

// A sum that is computed anyway, or the negative of one, costs nothing.
Factoring::Factoring(NormalForms& forms, const Sizes& sizes, const SumsAtHand& sums) : Prices(forms, sizes) {
  for (const int sign : {1, -1})
    for (const auto& [terms, atom] : sums) {
      Terms own;
      for (const ScaledMonomial& term : terms) own.push_back(kept({term.coefficient * sign, term.monomial}));
      memo_.try_emplace(std::move(own), 0, leaf({sign, {{atom, 1}}}));
    }
}

const Factoring::Term* Factoring::kept(const ScaledMonomial& scaled) {
  const auto [place, fresh] = terms_.try_emplace(scaled);
  Term& term = place->second;
  if (!fresh) return &term;
  term.scaled = scaled;
  term.space = space(scaled.monomial);
  std::vector<AtomId> rest = term.space;
  for (const Factor& factor : scaled.monomial) {
    const Atom& atom = forms_.atoms()[factor.atom];
    if (atom.kind == AtomKind::equal && !atom.variables.empty()) std::erase(rest, atom.variables[0]);
  }
  if (rest != term.space) term.chosen = elements(rest);
  return &term;
}

template <class Part>
Factoring::Terms Factoring::each(const Terms& terms, const Part& part) {
  Terms result;
  result.reserve(terms.size());
  for (const Term* term : terms) result.push_back(kept(part(term->scaled)));
  std::ranges::sort(result, [](const Term* a, const Term* b) { return a->scaled < b->scaled; });
  return result;
}

Factoring::Terms Factoring::divided(const Terms& terms, const ScaledMonomial& factor) {
  return each(terms, [&](const ScaledMonomial& term) {
    return ScaledMonomial{term.coefficient / factor.coefficient, tenet::divided(term.monomial, factor.monomial)};
  });
}

Factoring::Terms Factoring::negated(const Terms& terms) {
  return each(terms, [](const ScaledMonomial& term) { return ScaledMonomial{-term.coefficient, term.monomial}; });
}

double Factoring::of(const Polynomial& form) { return form.empty() ? 0 : factored(form).cost; }

Factoring::Terms Factoring::terms_of(const Polynomial& form) {
  Terms result;
  for (const auto& [monomial, coefficient] : form) result.push_back(kept({coefficient, monomial}));
  return result;
}

Factoring::Uses Factoring::uses_of(const Terms& terms) {
  Uses result;
  for (const Term* term : terms)
    for (const Factor& factor : term->scaled.monomial) result[{factor.atom, factor.exponent > 0}].push_back(term);
  return result;
}

Factoring::Terms Factoring::without(const Terms& terms, const Terms& some) {
  Terms result;
  std::ranges::copy_if(terms, std::back_inserter(result),
                       [&](const Term* term) { return std::ranges::find(some, term) == some.end(); });
  return result;
}

const Factored& Factoring::factored(const Terms& terms) {
  if (const auto known = memo_.find(terms); known != memo_.end()) return known->second;
  Factored best = flat(terms);
  if (terms.size() > 1 && terms.size() <= most_searched) {
    take_common(terms, best);
    take_shared(terms, best);
    take_sum(terms, best);
    join_sums(terms, best);
  }
  return memo_.emplace(terms, std::move(best)).first->second;
}

Factored Factoring::factored_in_full(const Terms& terms) {
  if (const Factored& known = factored(terms); terms.size() <= most_searched || known.cost == 0) return known;
  if (const ScaledMonomial factor = common_factor(terms); !factor.monomial.empty() || factor.coefficient != 1) {
    const Terms rest = divided(terms, factor);
    const Factored inner = factored_in_full(rest);
    return {inner.cost + product(factor, rest), made({Tree::Kind::product, factor, {}, {inner.tree}})};
  }
  const Uses uses = uses_of(terms);
  const auto most = std::ranges::max_element(uses, {}, [](const auto& use) { return use.second.size(); });
  if (most == uses.end() || most->second.size() < 2) return factored(terms);
  const Factored a = factored_in_full(most->second), b = factored_in_full(without(terms, most->second));
  return {a.cost + b.cost + elements(space_of(terms)), joined(a.tree, b.tree)};
}

// An indicator touches one element a row: a term with one is added along its other indices only.
double Factoring::addition(const Terms& terms) {
  double cost = 0;
  std::size_t dense = 0;
  for (const Term* term : terms) {
    dense += !term->chosen;
    cost += term->chosen.value_or(0);
  }
  return dense > 1 ? cost + static_cast<double>(dense - 1) * elements(space_of(terms)) : cost;
}

// Added up as they are.
Factored Factoring::flat(const Terms& terms) {
  if (terms.empty()) return {0, leaf({0, {}})};
  if (terms.size() == 1) return {of(terms[0]->scaled), leaf(terms[0]->scaled)};
  double cost = addition(terms);
  Tree sum{Tree::Kind::sum, {1, {}}};
  for (const Term* term : terms) {
    const Factored& alone = factored(Terms{term});
    cost += alone.cost;
    sum.parts.push_back(alone.tree);
  }
  return {cost, made(std::move(sum))};
}

// The factor, and the product of what is left by it.
double Factoring::product(const ScaledMonomial& factor, const Terms& rest) {
  return of(factor) + elements(united(space_of(rest), Prices::space(factor.monomial, false)));
}

void Factoring::take_common(const Terms& terms, Factored& best) {
  const ScaledMonomial factor = common_factor(terms);
  if (factor.monomial.empty() && factor.coefficient == 1) return;
  const Terms rest = divided(terms, factor);
  const double outer = product(factor, rest);
  if (outer > best.cost) return;
  const Factored& inner = factored(rest);
  const double cost = inner.cost + outer;
  if (cost <= best.cost) best = {cost, made({Tree::Kind::product, factor, {}, {inner.tree}})};
}

// (x + y) * (z + v) where the terms' powers of one atom have like sums as coefficients.
void Factoring::take_sum(const Terms& terms, Factored& best) {
  std::map<AtomId, std::size_t> uses;
  for (const Term* term : terms)
    for (const Factor& factor : term->scaled.monomial) ++uses[factor.atom];
  for (const auto& [atom, count] : uses) {
    const std::size_t without = terms.size() - count;  // one of the groups, which are all as long
    if (without == 1 || (without > 0 && count % without != 0)) continue;
    std::map<Rational, Terms> powers;
    for (const Term* term : terms) {
      const auto factor = std::ranges::find(term->scaled.monomial, atom, &Factor::atom);
      powers[factor == term->scaled.monomial.end() ? Rational(0) : factor->exponent].push_back(term);
    }
    const std::size_t length = powers.begin()->second.size();
    if (length < 2 || powers.size() * length != terms.size()) continue;
    Terms sum, factors;
    for (const auto& [power, own] : powers) {
      ScaledMonomial factor = common_factor(own);
      Terms rest = divided(own, factor);
      if (rest[0]->scaled.coefficient < 0) {
        factor.coefficient = -factor.coefficient;
        rest = negated(rest);
      }
      if (sum.empty()) sum = rest;
      if (rest != sum) break;
      factors.push_back(kept(factor));
    }
    if (factors.size() < powers.size() || powers.size() < 2) continue;
    std::ranges::sort(factors, [](const Term* a, const Term* b) { return a->scaled < b->scaled; });
    const double product = elements(united(space_of(factors), space_of(sum)));
    const Factored *a = &factored(factors), *b = &factored(sum);
    if (is_negative(*a->tree) != is_negative(*b->tree)) {  // (-x) * (y - z) = x * (z - y)
      a = &factored(negated(factors));
      b = &factored(negated(sum));
    }
    const double cost = a->cost + b->cost + product;
    if (cost < best.cost) best = {cost, made({Tree::Kind::product, {1, {}}, {}, {a->tree, b->tree}})};
  }
}

// A factor that some of the terms share.
void Factoring::take_shared(const Terms& terms, Factored& best) {
  const double sum = elements(space_of(terms));
  std::set<Terms> tried;
  for (const auto& [shared, with] : uses_of(terms)) {
    if (with.size() < 2 || with.size() == terms.size() || !tried.insert(with).second) continue;
    const Factored& a = factored(with);
    if (a.cost + sum >= best.cost) continue;
    const Factored& b = factored(without(terms, with));
    const double cost = a.cost + b.cost + sum;
    if (cost < best.cost) best = {cost, joined(a.tree, b.tree)};
  }
}

// c S(x) + c S(y) = c S(x + y). Scalars that differ go into the sum.
void Factoring::join_sums(const Terms& terms, Factored& best) {
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
    for (const Factor& factor : terms[k]->scaled.monomial) {
      const Atom& atom = forms_.atoms()[factor.atom];
      if (atom.kind != AtomKind::sum || factor.exponent != 1) continue;
      Monomial rest, scalars;
      for (const Factor& other : terms[k]->scaled.monomial)
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
    Terms inside, others;
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
        inside.push_back(kept({terms[k]->scaled.coefficient * scale, multiplied(body, member->scalars)}));
    }
    if (!forms_.stop().empty()) return;
    std::ranges::sort(inside, [](const Term* a, const Term* b) { return a->scaled < b->scaled; });
    std::vector<AtomId> full = indices;
    std::ranges::sort(full);
    double cost = elements(united(full, space_of(inside)));
    if (!factor.empty()) {
      std::vector<AtomId> whole = Prices::space(factor);
      for (AtomId index : space_of(inside))
        if (std::ranges::find(indices, index) == indices.end()) whole = united(whole, {index});
      cost += of(1, factor) + elements(whole);
    }
    if (!others.empty()) cost += elements(space_of(terms));
    if (cost >= best.cost) continue;
    const Factored& inner = factored(inside);
    cost += inner.cost;
    if (cost >= best.cost) continue;
    Tree::Part tree = made({Tree::Kind::reduction, {1, factor}, indices, {inner.tree}});
    if (!others.empty()) {
      const Factored& rest = factored(others);
      cost += rest.cost;
      tree = joined(tree, rest.tree);
    }
    if (cost < best.cost) best = {cost, std::move(tree)};
  }
}

}  // namespace tenet
