#include "compiler/simplify/extraction/shorten.h"

#include <algorithm>
#include <set>

#include "compiler/simplify/extraction/values.h"

namespace tenet {
namespace {

constexpr std::size_t most_terms = 64;
constexpr std::size_t most_unfolded = 6;  // candidates a round
constexpr std::size_t beam = 4;
constexpr int rounds = 2;
constexpr int highest_power = 3;

// What an atom under a negative power is made of.
std::optional<Polynomial> denominator(KnownValues& values, AtomId id) {
  const Atom& atom = values.forms().atoms()[id];
  if (atom.kind == AtomKind::base) return Polynomial(values.forms().atoms()[atom.parts[0]]);
  return values.definition(id);
}

// How many factors of an opaque value are written out: a power of a difference that is multiplied out cancels worse.
Rational most_factors(const Polynomial& definition, int most) { return is_difference(definition) ? 1 : most; }

std::map<AtomId, Rational> denominators(KnownValues& values, const Polynomial& form) {
  std::map<AtomId, Rational> least;
  for (const auto& [monomial, coefficient] : form)
    for (const Factor& factor : monomial) {
      if (factor.exponent >= 0) continue;
      if (values.forms().atoms()[factor.atom].kind != AtomKind::base && !values.is_defined(factor.atom)) continue;
      Rational& exponent = least[factor.atom];
      if (factor.exponent < exponent) exponent = factor.exponent;
    }
  return least;
}

Polynomial times(NormalForms& forms, const Polynomial& form, const Exponents& monomial) {
  return forms.product(form, Polynomial{{monomial_of(monomial), 1}});
}

// Fewest terms, then fewest factors, sums counting for three.
std::pair<std::size_t, std::size_t> measure(const NormalForms& forms, const Polynomial& form) {
  std::size_t factors = 0;
  for (const auto& [monomial, coefficient] : form)
    for (const Factor& factor : monomial) factors += forms.atoms()[factor.atom].kind == AtomKind::sum ? 3 : 1;
  return {form.size(), factors};
}

struct ByMeasure {
  const NormalForms& forms;
  bool operator()(const Polynomial& a, const Polynomial& b) const {
    const auto x = measure(forms, a), y = measure(forms, b);
    return x != y ? x < y : compare(a, b) < 0;
  }
};

}  // namespace

Polynomial with_common_denominator(KnownValues& values, const Polynomial& form) {
  NormalForms& forms = values.forms();
  Polynomial best = form;
  for (const auto& [atom, exponent] : denominators(values, form)) {
    const std::optional<Polynomial> divisor = denominator(values, atom);
    Polynomial numerator;
    bool whole = true;
    for (const auto& [monomial, coefficient] : form) {
      Exponents factors = exponents_of(monomial);
      Rational power = -exponent;
      if (const auto found = factors.find(atom); found != factors.end()) {
        power += found->second;
        factors.erase(found);
      }
      whole = whole && is_whole(power) && power <= most_factors(*divisor, highest_power);
      if (!whole) break;
      add_to(numerator, times(forms, forms.power(*divisor, power), factors), coefficient);
    }
    if (!whole || numerator.size() >= best.size()) continue;
    best = forms.product(numerator, Polynomial{{Monomial{{atom, exponent}}, 1}});
  }
  return forms.stop().empty() ? best : form;
}

Polynomial divided_out(KnownValues& values, const Polynomial& given) {
  NormalForms& forms = values.forms();
  Polynomial form = given;
  for (int round = 0; round < 4; ++round) {
    Polynomial best = form;
    for (const auto& [atom, exponent] : denominators(values, form)) {
      if (!is_whole(exponent)) continue;
      const Polynomial divisor = *denominator(values, atom);
      for (const auto& [leading, scale] : divisor) {
        if (leading.empty()) continue;
        // leading = (divisor - others) / scale
        Polynomial rest = scaled(divisor, -1 / scale);
        rest.erase(leading);
        add_term(rest, Monomial{{atom, 1}}, 1 / scale);
        Polynomial next;
        for (const auto& [monomial, coefficient] : form) {
          Exponents factors = exponents_of(monomial);
          const auto under = factors.find(atom);
          if (under == factors.end() || under->second >= 0 || !divides(factors, leading)) {
            add_term(next, monomial, coefficient);
            continue;
          }
          multiply_by(factors, leading, -1);
          for (const auto& [m, c] : rest) {
            Exponents joined = factors;
            multiply_by(joined, m);
            add_to(next, forms.settled(monomial_of(joined)), c * coefficient);
          }
        }
        if (next.size() < best.size()) best = std::move(next);
      }
    }
    if (best.size() == form.size()) break;
    form = std::move(best);
  }
  return forms.stop().empty() ? form : given;
}

Polynomial unfolded(KnownValues& values, const Polynomial& form, AtomId atom) {
  NormalForms& forms = values.forms();
  const std::optional<Polynomial> definition = values.definition(atom);
  if (!definition) return form;
  Polynomial result;
  for (const auto& [monomial, coefficient] : form) {
    Exponents factors = exponents_of(monomial);
    const auto found = factors.find(atom);
    if (found == factors.end() || found->second < 0 || !is_whole(found->second) ||
        found->second > most_factors(*definition, highest_power)) {
      add_term(result, monomial, coefficient);
      continue;
    }
    const Rational power = found->second;
    factors.erase(found);
    add_to(result, times(forms, forms.power(*definition, power), factors), coefficient);
  }
  return result;
}

namespace {

// A sum with a value in it unfolded.
Polynomial unfolded_sum(KnownValues& values, AtomId sum, NodeId value, const Polynomial* given) {
  NormalForms& forms = values.forms();
  return forms.reopened(sum, [&](const Polynomial& body) {
    Polynomial result;
    for (const auto& [inside, scale] : body) {
      Polynomial term = constant_polynomial(scale);
      for (const Factor& factor : inside) {
        Polynomial part{{Monomial{factor}, 1}};
        if (forms.node_of(factor.atom) == value && factor.exponent > 0 && is_whole(factor.exponent)) {
          const std::optional<Polynomial> definition =
              given ? forms.at_indices_of(factor.atom, *given) : values.definition(factor.atom);
          if (definition && factor.exponent <= most_factors(*definition, 2)) part = forms.power(*definition, factor.exponent);
        }
        term = forms.product(term, part);
      }
      add_to(result, term);
    }
    return result;
  });
}

}  // namespace

Polynomial unfolded_in_sums(KnownValues& values, const Polynomial& form, NodeId value, const Polynomial* given) {
  NormalForms& forms = values.forms();
  Polynomial result;
  for (const auto& [monomial, coefficient] : form) {
    std::optional<AtomId> sum;
    for (const Factor& factor : monomial) {
      const Atom& atom = forms.atoms()[factor.atom];
      if (atom.kind != AtomKind::sum || factor.exponent != 1) continue;
      for (const Factor& inner : forms.atoms()[atom.parts[0]].begin()->first)
        if (inner.exponent > 0 && inner.exponent <= 2 && is_whole(inner.exponent) && forms.node_of(inner.atom) == value)
          sum = factor.atom;
    }
    if (!sum) {
      add_term(result, monomial, coefficient);
      continue;
    }
    Exponents outside = exponents_of(monomial);
    outside.erase(*sum);
    const auto unfold = [&] { return unfolded_sum(values, *sum, value, given); };
    add_to(result, times(forms, given ? unfold() : values.unfolded(*sum, value, unfold), outside), coefficient);
  }
  return result;
}

Polynomial shortened(KnownValues& values, const Polynomial& form, Shortenings* journal) {
  NormalForms& forms = values.forms();
  const auto noted = [&](Polynomial to, const Polynomial& from, Move move, std::optional<NodeId> about = {}) {
    if (journal && compare(to, from) != 0 && compare(to, form) != 0) journal->try_emplace(to, from, move, about);
    return to;
  };
  const Atoms& atoms = forms.atoms();
  const bool has_sum = std::ranges::any_of(form, [&](const auto& term) {
    return std::ranges::any_of(term.first, [&](const Factor& f) { return atoms[f.atom].kind == AtomKind::sum; });
  });
  if (form.size() <= 1 && !has_sum) return form;
  const ByMeasure shorter{forms};
  Polynomial best = form;
  for (Polynomial candidate : {noted(divided_out(values, form), form, Move::divide_out),
                               noted(with_common_denominator(values, form), form, Move::common_denominator)})
    if (measure(forms, candidate) < measure(forms, best)) best = std::move(candidate);
  std::vector<Polynomial> front{best};
  for (int round = 0; round < (form.size() == 1 ? 1 : rounds); ++round) {
    std::set<Polynomial, ByMeasure> next(shorter);
    const auto offer = [&](Polynomial candidate, const Polynomial& from, Move move, NodeId about) {
      if (candidate.size() > most_terms || compare(candidate, from) == 0 || !forms.stop().empty()) return;
      noted(candidate, from, move, about);
      next.insert(noted(divided_out(values, candidate), candidate, Move::divide_out));
      next.insert(noted(with_common_denominator(values, candidate), candidate, Move::common_denominator));
      next.insert(std::move(candidate));
    };
    for (const Polynomial& current : front) {
      std::set<AtomId> opaque;
      std::set<NodeId> inside;
      for (const auto& [monomial, coefficient] : current)
        for (const Factor& factor : monomial) {
          const Atom& atom = atoms[factor.atom];
          if (values.is_defined(factor.atom) && opaque.size() < most_unfolded) opaque.insert(factor.atom);
          if (atom.kind != AtomKind::sum || factor.exponent != 1) continue;
          for (const Factor& inner : atoms[atom.parts[0]].begin()->first)
            if (values.is_defined(inner.atom) && inside.size() < most_unfolded) inside.insert(*forms.node_of(inner.atom));
        }
      for (AtomId atom : opaque) offer(unfolded(values, current, atom), current, Move::unfold, *forms.node_of(atom));
      for (NodeId value : inside) offer(unfolded_in_sums(values, current, value), current, Move::unfold_in_sum, value);
    }
    if (!forms.stop().empty()) break;
    front.assign(next.begin(), next.size() > beam ? std::next(next.begin(), beam) : next.end());
    if (front.empty()) break;
    if (measure(forms, front[0]) < measure(forms, best)) best = front[0];
  }
  return best;
}

}  // namespace tenet
