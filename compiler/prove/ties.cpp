#include "compiler/prove/ties.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace tenet {
namespace {

// A coordinate as a factor may be 0, and a whole input meets its values; an input at two places may be one element there.
bool vanishes_at_ties_alone(const Atoms& atoms, const Polynomial& p) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<AtomId>> places;
  for (const auto& [monomial, coefficient] : p)
    for (const Factor& factor : monomial) {
      const Atom& atom = atoms[factor.atom];
      if (atom.kind != AtomKind::leaf || static_cast<Op>(atom.place) != Op::input || atom.range || factor.exponent < 0)
        return false;
      const auto [place, fresh] = places.try_emplace({atom.place, atom.tag}, atom.indices);
      if (!fresh && place->second != atom.indices) return false;
    }
  return !places.empty();
}

// The tie that a term has as a factor, itself or in a sum.
std::optional<PolynomialId> tie_of(const Atoms& atoms, const Monomial& monomial) {
  for (const Factor& factor : monomial) {
    const Atom& atom = atoms[factor.atom];
    if (atom.kind == AtomKind::equal && vanishes_at_ties_alone(atoms, atoms[atom.parts[0]])) return atom.parts[0];
    if (atom.kind == AtomKind::sum && factor.exponent > 0 && atoms[atom.parts[0]].size() == 1)
      if (const auto inner = tie_of(atoms, atoms[atom.parts[0]].begin()->first)) return inner;
  }
  return {};
}

}  // namespace

Polynomial without_ties(const Atoms& atoms, const Polynomial& polynomial, std::set<PolynomialId>& ties) {
  Polynomial result;
  for (const auto& [monomial, coefficient] : polynomial)
    if (const auto tie = tie_of(atoms, monomial))
      ties.insert(*tie);
    else
      add_term(result, monomial, coefficient);
  return result;
}

}  // namespace tenet
