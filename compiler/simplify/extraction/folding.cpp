#include "compiler/simplify/extraction/folding.h"

#include <algorithm>
#include <tuple>

namespace tenet {
namespace {

constexpr std::size_t most_states = 200;  // of one term
constexpr std::size_t most_idle = 6;      // terms looked into without finding a cheaper one

}  // namespace

// What an atom is whatever its indices.
std::uint64_t Folding::head(AtomId id) {
  if (const auto known = heads_.find(index_of(id)); known != heads_.end()) return known->second;
  const Atom& atom = forms_.atoms()[id];
  std::uint64_t hash = mixed(static_cast<std::uint64_t>(atom.kind) + 1, atom.place);
  if (atom.kind == AtomKind::leaf || atom.kind == AtomKind::size) hash = mixed(hash, atom.tag + 1);
  if (!atom.is_index() && !atom.is_truth()) {
    std::uint64_t parts = 0;  // in any order
    for (PolynomialId part : atom.parts)
      for (const auto& [monomial, coefficient] : forms_.atoms()[part])
        for (const Factor& factor : monomial) parts += head(factor.atom);
    hash = mixed(hash, parts);
  }
  return heads_[index_of(id)] = hash;
}

// Everything that stands as an index in it, its own bound ones aside.
std::vector<AtomId> Folding::indices_in(AtomId id) {
  if (const auto known = indices_.find(index_of(id)); known != indices_.end()) return known->second;
  const Atom& atom = forms_.atoms()[id];
  std::vector<AtomId> result;
  if (atom.is_index()) result = {id};
  const bool binds = atom.kind == AtomKind::sum || atom.kind == AtomKind::reduction;
  if (!binds)
    for (AtomId index : atom.indices) result = united(united(result, {index}), indices_in(index));
  if (!atom.is_index())
    for (PolynomialId part : atom.parts)
      for (const auto& [monomial, coefficient] : forms_.atoms()[part])
        for (const Factor& factor : monomial) {
          const Atom& inner = forms_.atoms()[factor.atom];
          if (inner.range) result = united(result, {factor.atom});
          result = united(result, indices_in(factor.atom));
        }
  if (binds)
    std::erase_if(result, [&](AtomId index) {
      return std::ranges::any_of(atom.indices, [&](AtomId bound) { return forms_.atoms().varies(index, bound); });
    });
  return indices_[index_of(id)] = result;
}

std::vector<AtomId> Folding::indices_in(const Exponents& factors) {
  std::vector<AtomId> result;
  for (const auto& [atom, exponent] : factors) result = united(result, indices_in(atom));
  return result;
}

const NormalForms::Opened& Folding::opened(AtomId sum) {
  const auto known = opened_.find(index_of(sum));
  if (known != opened_.end()) return known->second;
  return opened_.emplace(index_of(sum), forms_.opened(sum)).first->second;
}

// The value at every choice of indices for its axes.
void Folding::each_instance(const Available& value, const std::vector<AtomId>& indices,
                            const std::function<void(const Monomial&, const Rational&, const std::vector<AtomId>&)>& visit) {
  std::vector<std::vector<AtomId>> options;
  for (AtomId axis : value.axes) {
    options.emplace_back();
    for (AtomId index : indices)
      if (forms_.atoms()[index].range == forms_.atoms()[axis].range) options.back().push_back(index);
    if (options.back().empty()) return;
  }
  std::vector<std::size_t> place(options.size());
  while (true) {
    std::vector<AtomId> chosen;
    for (std::size_t k = 0; k < place.size(); ++k) chosen.push_back(options[k][place[k]]);
    const auto key = std::pair{value.node, chosen};
    if (!values_.is_given(value.node)) instances_.erase(key);  // under other cuts it has another form
    auto known = instances_.find(key);
    if (known == instances_.end()) {
      Renaming renaming;
      for (std::size_t k = 0; k < chosen.size(); ++k)
        if (chosen[k] != value.axes[k]) renaming[value.axes[k]] = chosen[k];
      known = instances_.emplace(key, forms_.renamed(value.term.monomial, renaming)).first;
    }
    if (known->second.size() == 1)
      visit(known->second.begin()->first, value.term.coefficient * known->second.begin()->second, chosen);
    std::size_t k = 0;
    while (k < place.size() && ++place[k] == options[k].size()) place[k++] = 0;
    if (k == place.size()) break;
  }
}

// Available values by one factor of theirs: the first that is no size. Those that were computed on the way are few.
void Folding::index_available() {
  const std::vector<Available>& available = values_.available();
  for (; indexed_ < values_.given_available(); ++indexed_) {
    bool led = false;
    for (const Factor& factor : available[indexed_].term.monomial) {
      if (is_size(factor.atom)) continue;
      if (!led) by_head_[head(factor.atom)].push_back(indexed_);
      led = true;
      if (forms_.atoms()[factor.atom].kind == AtomKind::sum) by_sum_[head(factor.atom)].push_back(indexed_);
    }
  }
}

std::vector<std::size_t> Folding::led_by(const std::set<std::uint64_t>& heads) {
  index_available();
  std::vector<std::size_t> result;
  for (std::uint64_t own : heads)
    if (const auto found = by_head_.find(own); found != by_head_.end())
      result.insert(result.end(), found->second.begin(), found->second.end());
  for (std::size_t v = values_.given_available(); v < values_.available().size(); ++v) result.push_back(v);
  std::ranges::sort(result);
  return result;
}

std::vector<std::size_t> Folding::with_sum(std::uint64_t sum) {
  index_available();
  std::vector<std::size_t> result;
  if (const auto found = by_sum_.find(sum); found != by_sum_.end()) result = found->second;
  for (std::size_t v = values_.given_available(); v < values_.available().size(); ++v) result.push_back(v);
  return result;
}

bool Folding::may_fold(const Available& value, const std::set<std::uint64_t>& heads, const std::set<std::uint64_t>* some) {
  bool hit = !some;
  for (const Factor& factor : value.term.monomial) {
    if (is_size(factor.atom)) continue;
    const std::uint64_t own = head(factor.atom);
    if (!heads.contains(own)) return false;
    hit = hit || some->contains(own);
  }
  return hit;
}

// Whether the power can be taken out of `whole`: of a whole power, which may be of something negative, no root of that is.
bool Folding::takes_out(const Exponents& whole, AtomId atom, const Rational& part) const {
  return divides(whole, atom, part) && (is_whole(part) || !is_whole(whole.at(atom)) || forms_.atoms()[atom].nonnegative);
}

void Folding::fold_product(const ScaledMonomial& term, const Visit& visit) {
  const Exponents factors = exponents_of(term.monomial);
  const std::vector<AtomId> indices = indices_in(factors);
  std::set<std::uint64_t> heads;
  for (const auto& [atom, exponent] : factors) heads.insert(head(atom));
  const std::vector<Available>& available = values_.available();
  for (std::size_t v : led_by(heads)) {
    if (!may_fold(available[v], heads)) continue;
    each_instance(available[v], indices, [&](const Monomial& form, const Rational& scale, const std::vector<AtomId>& at) {
      for (const int sign : {1, -1}) {
        const bool fits = std::ranges::all_of(
            form, [&](const Factor& f) { return is_size(f.atom) || takes_out(factors, f.atom, f.exponent * sign); });
        if (!fits) continue;
        Exponents rest = factors;
        multiply_by(rest, form, -sign);
        multiply_by(rest, {{forms_.value(available[v].node, at), sign}});
        const Rational ratio = sign > 0 ? Rational(1 / scale) : scale;
        visit({term.coefficient * ratio, monomial_of(rest)});
      }
    });
  }
}

void Folding::reclosed(const Rational& coefficient, const Exponents& outside, const Exponents& inside,
                       const std::vector<AtomId>& indices, const Visit& visit) {
  const Polynomial sum = forms_.sum({{monomial_of(inside), 1}}, indices);
  if (sum.size() != 1) return;
  Exponents whole = outside;
  multiply_by(whole, sum.begin()->first);
  visit({coefficient * sum.begin()->second, monomial_of(whole)});
}

void Folding::fold_in_sum(const ScaledMonomial& term, AtomId sum, const Visit& visit) {
  Exponents outside = exponents_of(term.monomial);
  multiply_by(outside, {{sum, -1}});
  const NormalForms::Opened open = opened(sum);
  if (open.body.size() != 1) return;
  const auto& [body, scale] = *open.body.begin();
  const Exponents inside = exponents_of(body);
  std::set<std::uint64_t> inner_heads, heads;
  for (const auto& [atom, exponent] : inside) inner_heads.insert(head(atom));
  heads = inner_heads;
  for (const auto& [atom, exponent] : outside) heads.insert(head(atom));
  const std::vector<AtomId> indices = united(indices_in(inside), indices_in(outside));
  const auto bound = [&](AtomId atom) {
    return std::ranges::any_of(open.indices, [&](AtomId index) { return forms_.atoms().varies(atom, index); });
  };
  const std::vector<Available>& available = values_.available();
  for (std::size_t v : led_by(heads)) {
    if (!may_fold(available[v], heads, &inner_heads)) continue;
    each_instance(available[v], indices, [&](const Monomial& form, const Rational& own, const std::vector<AtomId>& at) {
      Exponents in = inside, out = outside;
      bool some_bound = false;
      for (const Factor& factor : form) {
        if (!is_size(factor.atom) && takes_out(inside, factor.atom, factor.exponent)) {
          multiply_by(in, {factor}, -1);
          some_bound = some_bound || bound(factor.atom);
        } else if (is_size(factor.atom) || (!bound(factor.atom) && takes_out(outside, factor.atom, factor.exponent))) {
          multiply_by(out, {factor}, -1);
        } else {
          return;
        }
      }
      if (!some_bound) return;
      multiply_by(in, {{forms_.value(available[v].node, at), 1}});
      reclosed(term.coefficient * scale / own, out, in, open.indices, visit);
    });
  }
  if (open.indices.size() > 1) fold_partial_sum(term, sum, open, visit);
}

// A sum over some of the indices may be a value at hand: S[i j] a b = S[i] (S[j] a) b.
void Folding::fold_partial_sum(const ScaledMonomial& term, AtomId sum, const NormalForms::Opened& open, const Visit& visit) {
  Exponents outside = exponents_of(term.monomial);
  multiply_by(outside, {{sum, -1}});
  const auto& [body, scale] = *open.body.begin();
  const std::size_t n = open.indices.size();
  if (n > 4) return;
  for (std::size_t subset = 1; subset + 1 < (std::size_t{1} << n); ++subset) {
    std::vector<AtomId> inner, outer;
    for (std::size_t k = 0; k < n; ++k) (subset >> k & 1 ? inner : outer).push_back(open.indices[k]);
    Monomial part;
    Exponents others;
    for (const Factor& factor : body) {
      const bool varies = std::ranges::any_of(inner, [&](AtomId index) { return forms_.atoms().varies(factor.atom, index); });
      if (varies)
        part.push_back(factor);
      else
        others.emplace(factor.atom, factor.exponent);
    }
    if (others.empty()) continue;
    const Polynomial partial = forms_.sum({{part, 1}}, inner);
    if (partial.size() != 1 || partial.begin()->first.size() != 1 || partial.begin()->first[0].exponent != 1) continue;
    const AtomId atom = partial.begin()->first[0].atom;
    if (forms_.atoms()[atom].kind != AtomKind::sum) continue;
    const std::uint64_t wanted = head(atom);
    Exponents all = others;
    all.emplace(atom, 1);
    const std::vector<AtomId> indices = united(indices_in(all), indices_in(outside));
    const std::vector<Available>& available = values_.available();
    for (std::size_t v : with_sum(wanted)) {
      if (std::ranges::none_of(available[v].term.monomial, [&](const Factor& f) { return head(f.atom) == wanted; })) continue;
      each_instance(available[v], indices, [&](const Monomial& form, const Rational& own, const std::vector<AtomId>& at) {
        if (std::ranges::none_of(form, [&](const Factor& f) { return f.atom == atom && f.exponent == 1; })) return;
        Exponents in = others, out = outside;
        for (const Factor& factor : form) {
          if (factor.atom == atom) continue;
          const bool bound =
              std::ranges::any_of(open.indices, [&](AtomId index) { return forms_.atoms().varies(factor.atom, index); });
          if (takes_out(in, factor.atom, factor.exponent) || (bound && forms_.atoms()[factor.atom].positive))
            multiply_by(in, {factor}, -1);
          else if (is_size(factor.atom) || (!bound && takes_out(out, factor.atom, factor.exponent)))
            multiply_by(out, {factor}, -1);
          else
            return;
        }
        multiply_by(in, {{forms_.value(available[v].node, at), 1}});
        reclosed(term.coefficient * scale * partial.begin()->second / own, out, in, outer, visit);
      });
    }
  }
}

// Inside a sum a computed product may be better seen through.
void Folding::unfold_computed(const ScaledMonomial& term, const Visit& visit) {
  for (const Factor& factor : term.monomial) {
    const Atom& atom = forms_.atoms()[factor.atom];
    if (atom.kind != AtomKind::sum || factor.exponent != 1) continue;
    for (const Factor& inner : forms_.atoms()[atom.parts[0]].begin()->first) {
      if (inner.exponent != 1) continue;
      const auto node = forms_.node_of(inner.atom);
      const Polynomial* definition = node ? values_.computed(*node) : nullptr;
      if (!definition) continue;
      const Polynomial form = unfolded_in_sums(values_, {{term.monomial, term.coefficient}}, *node, definition);
      if (form.size() == 1) visit({form.begin()->second, form.begin()->first});
    }
  }
}

void Folding::each_fold(const ScaledMonomial& term, const Visit& visit) {
  fold_product(term, visit);
  for (const Factor& factor : term.monomial)
    if (forms_.atoms()[factor.atom].kind == AtomKind::sum && factor.exponent > 0 && is_whole(factor.exponent))
      fold_in_sum(term, factor.atom, visit);
  unfold_computed(term, visit);
}

std::size_t Folding::nameless(const Monomial& monomial) const {
  std::size_t count = 0;
  for (const Factor& factor : monomial) {
    const Atom& atom = forms_.atoms()[factor.atom];
    if (atom.kind == AtomKind::sum) count += nameless(forms_.atoms()[atom.parts[0]].begin()->first);
    const auto node = forms_.node_of(factor.atom);
    if (node && static_cast<Op>(atom.place) == Op::named && forms_.graph().node(values_.named(*node)).op != Op::named) ++count;
  }
  return count;
}

// Best first: the cheapest term found is looked into next.
ScaledMonomial Folding::folded(const ScaledMonomial& term) {
  std::set<ScaledMonomial> seen{term};
  using Rank = std::tuple<double, std::size_t, std::size_t>;  // cost, values without a name, factors
  std::multimap<Rank, ScaledMonomial> open;
  const auto rank = [&](const ScaledMonomial& found) {
    return Rank(prices_.of(found), nameless(found.monomial), found.monomial.size());
  };
  auto least = rank(term);
  ScaledMonomial best = term;
  open.emplace(least, term);
  for (std::size_t idle = 0; !open.empty() && idle < most_idle && seen.size() < most_states; ++idle) {
    const ScaledMonomial current = std::move(open.extract(open.begin()).mapped());
    each_fold(current, [&](ScaledMonomial found) {
      if (!seen.insert(found).second) return;
      const auto own = rank(found);
      if (own < least) {
        least = own;
        best = found;
        idle = 0;
      }
      open.emplace(own, std::move(found));
    });
  }
  return best;
}

}  // namespace tenet
