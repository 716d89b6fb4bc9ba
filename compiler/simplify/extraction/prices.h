// What forms cost: scalar operations for one evaluation. An elementwise operation costs 1 for every element, exp and its like
// what the operation table says, a reduction one an element beside its body; indicators and values at hand nothing.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/normal_form/normal_form.h"
#include "compiler/simplify/cost.h"
#include "compiler/simplify/extraction/terms.h"

namespace tenet {

class Prices {
 public:
  // `sizes` may leave axes open.
  Prices(NormalForms& forms, const Sizes& sizes) : forms_(forms), sizes_(sizes) {}

  double elements(const std::vector<AtomId>& indices);  // of the space of these indices
  double of(const ScaledMonomial& term) { return of(term.coefficient, term.monomial); }
  double of(const Rational& coefficient, const Monomial& monomial);

  // The indices that a monomial varies with.
  std::vector<AtomId> space(const Monomial& monomial, bool with_indicators = true) const;

  // What a form costs that stands inside an atom; set by whoever can factor it.
  virtual double of(const Polynomial& form) = 0;

 protected:
  ~Prices() = default;
  NormalForms& forms_;

 private:
  double of_factor(const Factor& factor);
  double of_atom(AtomId atom);
  double of_sum(AtomId sum);
  double of_products(const std::vector<const std::vector<AtomId>*>& spaces, bool on_sum);
  double size(PolynomialId range);

  const Sizes& sizes_;
  std::unordered_map<std::uint32_t, double> ranges_, atoms_;
};

std::vector<AtomId> united(const std::vector<AtomId>& a, const std::vector<AtomId>& b);

}  // namespace tenet
