#include "compiler/normal_form/atoms.h"

#include <algorithm>

namespace tenet {
namespace {

int compare(const Monomial& a, const Monomial& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i].atom != b[i].atom) return a[i].atom < b[i].atom ? -1 : 1;
    if (a[i].exponent != b[i].exponent) return a[i].exponent < b[i].exponent ? -1 : 1;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size();
}

}  // namespace

std::size_t mixed(std::size_t hash, std::size_t value) { return (hash ^ value) * 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2); }

std::size_t hash_of(const Rational& value) { return std::hash<double>()(value.get_d()); }

std::size_t hash_of(const Monomial& monomial) {
  std::size_t hash = monomial.size();
  for (const Factor& factor : monomial) hash = mixed(mixed(hash, index_of(factor.atom)), hash_of(factor.exponent));
  return hash;
}

bool MonomialOrder::operator()(const Monomial& a, const Monomial& b) const { return compare(a, b) < 0; }

int compare(const Polynomial& a, const Polynomial& b) {
  auto x = a.begin();
  for (auto y = b.begin(); x != a.end() && y != b.end(); ++x, ++y) {
    if (const int order = compare(x->first, y->first)) return order;
    if (const auto order = x->second <=> y->second; order != 0) return order < 0 ? -1 : 1;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size();
}

void add_term(Polynomial& to, const Monomial& monomial, const Rational& coefficient) {
  if (coefficient == 0) return;
  auto [place, fresh] = to.try_emplace(monomial, coefficient);
  if (fresh) return;
  place->second += coefficient;
  if (place->second == 0) to.erase(place);
}

void add_to(Polynomial& to, const Polynomial& other, const Rational& scale) {
  for (const auto& [monomial, coefficient] : other) add_term(to, monomial, coefficient * scale);
}

Polynomial scaled(const Polynomial& polynomial, const Rational& scale) {
  Polynomial result;
  add_to(result, polynomial, scale);
  return result;
}

Polynomial constant_polynomial(const Rational& value) {
  Polynomial result;
  add_term(result, {}, value);
  return result;
}

std::optional<Rational> constant_of(const Polynomial& polynomial) {
  if (polynomial.empty()) return Rational(0);
  if (polynomial.size() == 1 && polynomial.begin()->first.empty()) return polynomial.begin()->second;
  return {};
}

Rational common_coefficient(const Polynomial& polynomial) {
  mpz_class divisor = 0, multiple = 1;
  for (const auto& [monomial, coefficient] : polynomial) {
    divisor = gcd(divisor, coefficient.numerator());
    multiple = lcm(multiple, coefficient.denominator());
  }
  mpq_class result(divisor, multiple);
  result.canonicalize();
  return result;
}

AtomId Atoms::atom(Atom atom) {
  auto [place, fresh] = index_.try_emplace(Key{atom.kind, atom.tag, atom.place, atom.indices, atom.parts},
                                           AtomId{static_cast<std::uint32_t>(atoms_.size())});
  if (fresh) {
    describe(atom);
    if (atom.is_index()) atom.variables = {place->second};
    atoms_.push_back(std::move(atom));
  }
  return place->second;
}

std::optional<AtomId> Atoms::find(const Atom& atom) const {
  const auto found = index_.find(Key{atom.kind, atom.tag, atom.place, atom.indices, atom.parts});
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

PolynomialId Atoms::polynomial(const Polynomial& polynomial) {
  auto [place, fresh] = polynomial_index_.try_emplace(polynomial, PolynomialId{static_cast<std::uint32_t>(polynomials_.size())});
  if (fresh) polynomials_.push_back(&place->first);
  return place->second;
}

// Variables, range, height, depth and sign from those of the parts.
void Atoms::describe(Atom& atom) const {
  const bool binds = atom.kind == AtomKind::sum || atom.kind == AtomKind::reduction;
  const auto visit = [&](AtomId id) {
    const Atom& inner = (*this)[id];
    atom.variables.insert(atom.variables.end(), inner.variables.begin(), inner.variables.end());
    atom.height = std::max(atom.height, inner.height);
    atom.depth = std::max(atom.depth, inner.depth + 1);
  };
  for (AtomId index : atom.indices) visit(index);
  for (PolynomialId part : atom.parts)
    for (const auto& [monomial, coefficient] : (*this)[part])
      for (const Factor& factor : monomial) visit(factor.atom);
  std::ranges::sort(atom.variables);
  const auto repeated = std::ranges::unique(atom.variables);
  atom.variables.erase(repeated.begin(), repeated.end());
  if (binds) std::erase_if(atom.variables, [&](AtomId id) { return std::ranges::find(atom.indices, id) != atom.indices.end(); });
  if (atom.is_index()) atom.range = atom.parts[0];
  if (atom.kind == AtomKind::bound) atom.height = static_cast<int>(atom.tag);
  if (atom.kind == AtomKind::reduction && static_cast<Op>(atom.place) == Op::argmax) atom.range = (*this)[atom.indices[0]].range;

  const bool extreme = atom.kind == AtomKind::reduction &&
                       (static_cast<Op>(atom.place) == Op::max_over || static_cast<Op>(atom.place) == Op::min_over);
  if (atom.kind == AtomKind::size || atom.kind == AtomKind::exponential) atom.positive = true;
  if (atom.kind == AtomKind::leaf) {
    const Op op = static_cast<Op>(atom.place);
    atom.positive = op == Op::pi || (op == Op::named && positive_values_.contains(atom.tag));
  }
  const bool of_terms = atom.kind == AtomKind::base || atom.kind == AtomKind::sum || extreme;
  if (of_terms) atom.positive = positive((*this)[atom.parts[0]]);
  atom.nonnegative = atom.positive || atom.is_truth() || atom.is_index() || (of_terms && nonnegative((*this)[atom.parts[0]]));
}

bool Atoms::varies(AtomId atom, AtomId index) const { return std::ranges::binary_search((*this)[atom].variables, index); }

bool Atoms::varies(const Polynomial& polynomial, AtomId index) const {
  for (const auto& [monomial, coefficient] : polynomial)
    for (const Factor& factor : monomial)
      if (varies(factor.atom, index)) return true;
  return false;
}

// A size is at least 1, so a number may be taken from as many of them.
bool Atoms::at_least_zero(const Polynomial& polynomial, bool strictly) const {
  Rational least = 0, taken = 0;
  bool some = false;  // term is positive
  for (const auto& [monomial, coefficient] : polynomial) {
    if (coefficient <= 0) {
      if (!monomial.empty()) return false;
      taken = taken - coefficient;
      continue;
    }
    bool sizes = true, positive = true;
    for (const Factor& factor : monomial) {
      const Atom& atom = (*this)[factor.atom];
      if (!atom.nonnegative && !factor.exponent.is_even()) return false;
      sizes = sizes && atom.kind == AtomKind::size && factor.exponent > 0;
      positive = positive && atom.positive;
    }
    if (sizes) least = least + coefficient;
    some = some || positive;
  }
  return taken == 0 ? some || !strictly : strictly ? least > taken : least >= taken;
}

}  // namespace tenet
