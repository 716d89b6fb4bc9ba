// From a form to the order in which it is computed: common factors taken out, sums over the same indices joined.
#pragma once

#include <vector>

#include "compiler/simplify/extraction/prices.h"

namespace tenet {

// A term; a factor taken out of a product of what follows; a sum of parts; a sum over indices of a part, times a factor.
struct Tree {
  enum class Kind : std::uint8_t { term, product, sum, reduction };
  Kind kind = Kind::term;
  ScaledMonomial term;               // product, reduction: what is taken out
  std::vector<AtomId> indices = {};  // reduction
  std::vector<Tree> parts = {};
};

struct Factored {
  double cost;
  Tree tree;
};

class Factoring final : public Prices {
 public:
  // `sums`: of what is at hand; outlives this.
  Factoring(NormalForms& forms, const Sizes& sizes, const SumsAtHand& sums) : Prices(forms, sizes), sums_(sums) {}

  using Prices::of;
  double of(const Polynomial& form) override;
  Factored factored(const Polynomial& form);
  Factored factored(const std::vector<ScaledMonomial>& terms);
  // Of very many terms too: the factor that most of them share is taken out, then that of those with it and of those without. No
  // price is worth that; what is computed is, where differences that were multiplied out would cancel.
  Factored factored_in_full(const Polynomial& form);

 private:
  Factored factored_in_full(const std::vector<ScaledMonomial>& terms);
  std::optional<Tree> at_hand(std::vector<ScaledMonomial> terms) const;
  double addition(const std::vector<ScaledMonomial>& terms);
  Factored flat(const std::vector<ScaledMonomial>& terms);
  void take_common(const std::vector<ScaledMonomial>& terms, Factored& best);
  void take_shared(const std::vector<ScaledMonomial>& terms, Factored& best);
  void take_sum(const std::vector<ScaledMonomial>& terms, Factored& best);
  void join_sums(const std::vector<ScaledMonomial>& terms, Factored& best);
  std::vector<AtomId> space_of(const std::vector<ScaledMonomial>& terms) const;

  const SumsAtHand& sums_;
  std::map<std::vector<ScaledMonomial>, Factored> memo_;
};

}  // namespace tenet
