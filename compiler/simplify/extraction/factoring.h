// From a form to the order in which it is computed: common factors taken out, sums over the same indices joined.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "compiler/simplify/extraction/prices.h"

namespace tenet {

// A term; a factor taken out of a product of what follows; a sum of parts; a sum over indices of a part, times a factor. Parts
// are shared: what is weighed against each other differs in little.
struct Tree {
  enum class Kind : std::uint8_t { term, product, sum, reduction };
  using Part = std::shared_ptr<const Tree>;
  Kind kind = Kind::term;
  ScaledMonomial term;               // product, reduction: what is taken out
  std::vector<AtomId> indices = {};  // reduction
  std::vector<Part> parts = {};
};

struct Factored {
  double cost;
  Tree::Part tree;
};

class Factoring final : public Prices {
 public:
  // `sums`: of what is at hand.
  Factoring(NormalForms& forms, const Sizes& sizes, const SumsAtHand& sums);

  using Prices::of;
  double of(const Polynomial& form) override;
  const Factored& factored(const Polynomial& form) { return factored(terms_of(form)); }
  // Of very many terms too: the factor that most of them share is taken out, then that of those with it and of those without. No
  // price is worth that; what is computed is, where differences that were multiplied out would cancel.
  Factored factored_in_full(const Polynomial& form) { return factored_in_full(terms_of(form)); }

 private:
  // Every term that was met, once: a pointer is an identity.
  struct Term {
    ScaledMonomial scaled;
    std::vector<AtomId> space;
    std::optional<double> chosen;  // the elements that it touches, where an indicator chooses them
  };
  using Terms = std::vector<const Term*>;  // ascending

  // The terms with an atom that multiplies, or that divides.
  using Uses = std::map<std::pair<AtomId, bool>, Terms>;
  static Uses uses_of(const Terms& terms);
  static Terms without(const Terms& terms, const Terms& some);

  const Term* kept(const ScaledMonomial& term);
  template <class Part>
  Terms each(const Terms& terms, const Part& part);
  Terms divided(const Terms& terms, const ScaledMonomial& factor);
  Terms negated(const Terms& terms);

  Terms terms_of(const Polynomial& form);
  const Factored& factored(const Terms& terms);
  Factored factored_in_full(const Terms& terms);
  double addition(const Terms& terms);
  Factored flat(const Terms& terms);
  double product(const ScaledMonomial& factor, const Terms& rest);
  void take_common(const Terms& terms, Factored& best);
  void take_shared(const Terms& terms, Factored& best);
  void take_sum(const Terms& terms, Factored& best);
  void join_sums(const Terms& terms, Factored& best);

  struct Hash {
    std::size_t operator()(const ScaledMonomial& term) const;
    std::size_t operator()(const Terms& terms) const;
  };
  std::unordered_map<ScaledMonomial, Term, Hash> terms_;
  std::unordered_map<Terms, Factored, Hash> memo_;
};

}  // namespace tenet
