// Making a form shorter: by a common denominator, by dividing a numerator by its denominator, by unfolding definitions.
#pragma once

#include "compiler/normal_form/normal_form.h"
#include "compiler/simplify/extraction/moves.h"

namespace tenet {

class KnownValues;

// a / d + b / d^2 = (a d + b) / d^2, taken if it has fewer terms when d is multiplied out.
Polynomial with_common_denominator(KnownValues& values, const Polynomial& form);

// x / (x + c) = 1 - c / (x + c), taken while the form gets shorter.
Polynomial divided_out(KnownValues& values, const Polynomial& form);

// How a form of the search was reached: from which one, by which move, through which value.
struct Shortening {
  Polynomial from;
  Move move;
  std::optional<NodeId> about;
};
struct PolynomialLess {
  bool operator()(const Polynomial& a, const Polynomial& b) const { return compare(a, b) < 0; }
};
using Shortenings = std::map<Polynomial, Shortening, PolynomialLess>;

// The shortest form that a bounded search by these and by unfolding of opaque values finds: fewest terms, then fewest factors.
// `journal`: the first way to each form.
Polynomial shortened(KnownValues& values, const Polynomial& form, Shortenings* journal = nullptr);

// The form with an opaque atom's positive whole powers unfolded, outside sums; and inside sums that are linear in it.
Polynomial unfolded(KnownValues& values, const Polynomial& form, AtomId atom);
Polynomial unfolded_in_sums(KnownValues& values, const Polynomial& form, NodeId value, const Polynomial* definition = nullptr);

}  // namespace tenet
