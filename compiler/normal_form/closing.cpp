// Names for the indices of a binder that depend on what it binds alone: forms that differ in bound names, or in the order of
// operands, close to one form.
//
// Each index gets a colour, a number worked out from where it occurs (colour refinement, as in tests of graph isomorphism); atoms
// that no bound index touches count as themselves. Colours order the indices; those that nothing tells apart are tried in every
// order, up to a budget, and the least form found is taken.
#include <algorithm>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
namespace {

constexpr int most_orders = 720;  // of indices that nothing tells apart
constexpr std::uint32_t marked = 1u << 20, unmarked = marked + 1;

using Colour = std::uint64_t;

Colour mixed(Colour a, Colour b) {
  Colour x = a * 0x9e3779b97f4a7c15u ^ (b + 0x7f4a7c15u);
  x ^= x >> 31;
  x *= 0xbf58476d1ce4e5b9u;
  return x ^ x >> 29;
}

Colour of_number(const Rational& value) {
  const auto limb = [](const mpz_class& z) { return mixed(mpz_getlimbn(z.get_mpz_t(), 0), mpz_size(z.get_mpz_t())); };
  return mixed(limb(value.numerator()), limb(value.denominator()));
}

// The colours of some indices in a body. Coefficients count by their magnitude, and so do exponents of exponentials: the sign of
// a denominator's leading term depends on names.
class Colouring {
 public:
  Colouring(const Atoms& atoms, const std::vector<AtomId>& indices, const Polynomial& body) : atoms_(atoms), body_(body) {
    for (AtomId index : indices) colours_[index] = index_of(*atoms[index].range);
  }

  void choose(AtomId index) { colours_[index] = mixed(colours_[index], 1); }

  // Until no round tells more apart. False: an equality of these indices stands in the body. Which of the two it keeps elsewhere
  // depends on their names, so that occurrences say nothing.
  bool refine() {
    for (std::size_t classes = 0, now = distinct(); now > classes && now < colours_.size(); now = distinct()) {
      classes = now;
      shared_.clear();
      std::map<AtomId, Colour> next;
      for (const auto& [index, colour] : colours_) {
        own_.clear();
        subject_ = index;
        next[index] = mixed(colour, of(body_));
      }
      if (equality_) return false;
      colours_ = std::move(next);
    }
    return true;
  }

  std::pair<PolynomialId, Colour> key(AtomId index) const { return {*atoms_[index].range, colours_.at(index)}; }

 private:
  std::size_t distinct() const {
    std::set<std::pair<PolynomialId, Colour>> keys;
    for (const auto& [index, colour] : colours_) keys.insert(key(index));
    return keys.size();
  }

  Colour of(const Polynomial& polynomial) {
    Colour sum = 0;  // terms and factors have no order
    for (const auto& [monomial, coefficient] : polynomial) {
      Colour factors = 0;
      for (const Factor& factor : monomial) {
        const bool exponential = atoms_[factor.atom].kind == AtomKind::exponential;
        factors += mixed(of(factor.atom), of_number(exponential ? Rational(abs(factor.exponent)) : factor.exponent));
      }
      sum += mixed(factors, of_number(abs(coefficient)));
    }
    return sum;
  }

  Colour of(AtomId id) {
    if (id == subject_) return 1;
    const Atom& atom = atoms_[id];
    if (const auto found = colours_.find(id); found != colours_.end()) return found->second;
    if (atom.kind == AtomKind::bound) return mixed(2, index_of(*atom.range));
    if (fixed(atom)) return mixed(3, index_of(id));
    std::map<AtomId, Colour>& known = atoms_.varies(id, subject_) ? own_ : shared_;
    if (const auto found = known.find(id); found != known.end()) return found->second;
    if (atom.kind == AtomKind::equal) equality_ = true;
    Colour colour = mixed(static_cast<Colour>(atom.kind) + 4, mixed(atom.tag, atom.place));
    const bool binds = atom.kind == AtomKind::sum || atom.kind == AtomKind::reduction;
    Colour binders = 0;
    for (AtomId index : atom.indices) {
      if (binds)
        binders += of(index);
      else
        colour = mixed(colour, of(index));
    }
    colour = mixed(colour, binders);
    for (PolynomialId part : atom.parts) colour = mixed(colour, of(atoms_[part]));
    known[id] = colour;
    return colour;
  }

  // None of these indices in it, and no name of a binder within the body: its id says what it is.
  bool fixed(const Atom& atom) const {
    return std::ranges::none_of(atom.variables,
                                [&](AtomId index) { return atoms_[index].kind == AtomKind::bound || colours_.contains(index); });
  }

  const Atoms& atoms_;
  const Polynomial& body_;
  std::map<AtomId, Colour> colours_;
  std::map<AtomId, Colour> own_, shared_;  // of atoms that vary with the subject; of the others, the same for every subject
  AtomId subject_{};
  bool equality_ = false;
};

}  // namespace

// A power of a sum stays one of the same sum, up to its sign.
Polynomial NormalForms::bound(const Factor& factor, const Renaming& renaming) {
  if (!touches({factor}, renaming)) return {{Monomial{factor}, 1}};
  const Polynomial form = renamed(factor.atom, renaming);
  const Rational scale = form.size() > 1 ? scale_of(form, factor.exponent) : Rational(0);
  if (atoms_[factor.atom].kind != AtomKind::base || abs(scale) != 1) return power(form, factor.exponent);
  const AtomId base = atoms_.atom({AtomKind::base, 0, 0, {}, {atoms_.polynomial(scaled(form, scale))}});
  const bool negative = scale < 0 && factor.exponent.numerator() % 2 != 0;
  return {{Monomial{{base, factor.exponent}}, negative ? -1 : 1}};
}

// Whether an equality could fix one index or another one.
bool NormalForms::chooses(AtomId equality) const {
  const Atom& atom = atoms_[equality];
  return atom.kind == AtomKind::equal && std::ranges::count_if(atoms_[atom.parts[0]], [&](const auto& term) {
                                           return term.first.size() == 1 && atoms_[term.first[0].atom].is_index();
                                         }) > 1;
}

// A body under the names of a binder. Names change nothing about a term, unless an equality in it chose between two of them.
Polynomial NormalForms::bound(const Polynomial& body, const Renaming& renaming) {
  Polynomial result;
  for (const auto& [monomial, coefficient] : body) {
    std::map<AtomId, Rational> exponents;
    Rational scale = coefficient;
    bool plain = true;
    for (const Factor& factor : monomial) {
      plain = plain && !chooses(factor.atom);
      const Polynomial form = bound(factor, renaming);
      plain = plain && form.size() == 1;
      if (!plain) break;
      scale *= form.begin()->second;
      for (const Factor& part : form.begin()->first) exponents[part.atom] += part.exponent;
    }
    if (!plain) {
      add_to(result, renamed(monomial, renaming), coefficient);
      continue;
    }
    Monomial named;
    for (const auto& [atom, exponent] : exponents)
      if (exponent != 0) named.push_back({atom, exponent});
    add_term(result, named, scale);
  }
  return result;
}

NormalForms::Closed NormalForms::closed(std::vector<AtomId> indices, const Polynomial& body) {
  int height = -1;
  for (const auto& [monomial, coefficient] : body)
    for (const Factor& factor : monomial) height = std::max(height, atoms_[factor.atom].height);
  const auto tag = static_cast<std::uint32_t>(height + 1);
  std::optional<Closed> best;
  int budget = most_orders;
  bool coloured = true;
  // Orders the indices from the k-th on by colour, each of the first like ones in turn at the k-th place.
  const auto order = [&](auto& self, std::vector<AtomId> order, std::size_t k, Colouring colouring) -> void {
    if (stopped() || --budget < 0 || !(coloured = coloured && colouring.refine())) return;
    const auto key = [&](AtomId index) { return colouring.key(index); };
    std::ranges::sort(order.begin() + static_cast<std::ptrdiff_t>(k), order.end(), {}, key);
    while (k < order.size() && (k + 1 == order.size() || key(order[k]) != key(order[k + 1]))) ++k;
    if (k < order.size()) {
      for (std::size_t j = k; j < order.size() && key(order[j]) == key(order[k]); ++j) {
        std::vector<AtomId> next = order;
        std::swap(next[k], next[j]);
        Colouring chosen = colouring;
        chosen.choose(next[k]);
        self(self, std::move(next), k + 1, std::move(chosen));
      }
      return;
    }
    Renaming renaming;
    Closed named;
    for (std::size_t place = 0; place < order.size(); ++place) {
      const AtomId index = order[place];
      named.indices.push_back(atoms_.atom({AtomKind::bound, tag, static_cast<std::uint32_t>(place), {}, atoms_[index].parts}));
      renaming[index] = named.indices.back();
    }
    named.body = bound(body, renaming);
    const int less = best ? compare(named.body, best->body) : -1;
    if (less < 0 || (less == 0 && named.indices < best->indices)) best = std::move(named);
  };
  order(order, indices, 0, Colouring(atoms_, indices, body));
  if (!coloured) {
    budget = most_orders;
    best.reset();
    close(std::move(indices), {{}, body}, height + 1, budget, best);
  }
  if (!best) {
    give_up("too many like indices");
    return {{}, body};
  }
  return *best;
}

// The same by trial: the signature of an index is the form itself with that index marked.
void NormalForms::close(std::vector<AtomId> rest, Closed partial, int height, int& budget, std::optional<Closed>& best) {
  if (stopped() || --budget < 0) return give_up("too many like indices");
  if (rest.empty()) {
    const int order = best ? compare(partial.body, best->body) : -1;
    if (order < 0 || (order == 0 && partial.indices < best->indices)) best = std::move(partial);
    return;
  }
  const auto tag = static_cast<std::uint32_t>(height);
  std::vector<AtomId> least = rest;
  if (rest.size() > 1) {
    least.clear();
    std::optional<std::pair<PolynomialId, Polynomial>> signature;
    for (AtomId index : rest) {
      Renaming renaming;
      for (AtomId other : rest)
        renaming[other] = atoms_.atom({AtomKind::bound, tag, other == index ? marked : unmarked, {}, atoms_[other].parts});
      std::pair<PolynomialId, Polynomial> own{*atoms_[index].range, bound(partial.body, renaming)};
      int order = -1;
      if (signature)
        order = own.first != signature->first ? (own.first < signature->first ? -1 : 1) : compare(own.second, signature->second);
      if (order < 0) {
        least.clear();
        signature = std::move(own);
      }
      if (order <= 0) least.push_back(index);
    }
  }
  for (AtomId index : least) {
    const auto place = static_cast<std::uint32_t>(partial.indices.size());
    const AtomId name = atoms_.atom({AtomKind::bound, tag, place, {}, atoms_[index].parts});
    Closed next{partial.indices, bound(partial.body, {{index, name}})};
    next.indices.push_back(name);
    std::vector<AtomId> others = rest;
    std::erase(others, index);
    close(std::move(others), std::move(next), height, budget, best);
  }
}

}  // namespace tenet
