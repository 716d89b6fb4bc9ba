// Folding: a product is expressed by values at hand.
#pragma once

#include <functional>
#include <set>
#include <unordered_map>
#include <vector>

#include "compiler/simplify/extraction/factoring.h"
#include "compiler/simplify/extraction/shorten.h"
#include "compiler/simplify/extraction/values.h"

namespace tenet {

class Folding {
 public:
  Folding(KnownValues& values, Factoring& prices) : values_(values), forms_(values.forms()), prices_(prices) {}

  // The cheapest of the terms that folds lead to.
  ScaledMonomial folded(const ScaledMonomial& term);

 private:
  using Visit = std::function<void(ScaledMonomial)>;
  void each_fold(const ScaledMonomial& term, const Visit& visit);
  void fold_product(const ScaledMonomial& term, const Visit& visit);
  void fold_in_sum(const ScaledMonomial& term, AtomId sum, const Visit& visit);
  void fold_partial_sum(const ScaledMonomial& term, AtomId sum, const NormalForms::Opened& opened, const Visit& visit);
  std::size_t nameless(const Monomial& monomial) const;
  void unfold_computed(const ScaledMonomial& term, const Visit& visit);
  void each_instance(const Available& value, const std::vector<AtomId>& indices,
                     const std::function<void(const Monomial&, const Rational&, const std::vector<AtomId>&)>& visit);
  void reclosed(const Rational& coefficient, const Exponents& outside, const Exponents& inside,
                const std::vector<AtomId>& indices, const Visit& visit);

  // A size may be taken out of a term that has none: what is over stays.
  bool is_size(AtomId atom) const { return forms_.atoms()[atom].kind == AtomKind::size; }
  std::uint64_t head(AtomId atom);
  std::vector<AtomId> indices_in(AtomId atom);
  std::vector<AtomId> indices_in(const Exponents& factors);
  void index_available();
  std::vector<std::size_t> led_by(const std::set<std::uint64_t>& heads);
  std::vector<std::size_t> with_sum(std::uint64_t sum);
  bool may_fold(const Available& value, const std::set<std::uint64_t>& heads, const std::set<std::uint64_t>* some = nullptr);
  bool takes_out(const Exponents& whole, AtomId atom, const Rational& part) const;
  const NormalForms::Opened& opened(AtomId sum);

  KnownValues& values_;
  NormalForms& forms_;
  Factoring& prices_;
  std::size_t indexed_ = 0;
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> by_head_, by_sum_;
  std::unordered_map<std::uint32_t, std::uint64_t> heads_;
  std::unordered_map<std::uint32_t, std::vector<AtomId>> indices_;
  std::unordered_map<std::uint32_t, NormalForms::Opened> opened_;
  std::map<std::pair<NodeId, std::vector<AtomId>>, Polynomial> instances_;
};

}  // namespace tenet
