// Making a form shorter: by a common denominator, by dividing a numerator by its denominator, by unfolding definitions.
#pragma once

#include "compiler/normal_form/normal_form.h"

namespace tenet {

class KnownValues;

// a / d + b / d^2 = (a d + b) / d^2, taken if it has fewer terms when d is multiplied out.
Polynomial with_common_denominator(KnownValues& values, const Polynomial& form);

// x / (x + c) = 1 - c / (x + c), taken while the form gets shorter.
Polynomial divided_out(KnownValues& values, const Polynomial& form);

// The shortest form that a bounded search by these and by unfolding of opaque values finds: fewest terms, then fewest factors.
Polynomial shortened(KnownValues& values, const Polynomial& form);

// The form with an opaque atom's positive whole powers unfolded, outside sums; and inside sums that are linear in it.
Polynomial unfolded(KnownValues& values, const Polynomial& form, AtomId atom);
Polynomial unfolded_in_sums(KnownValues& values, const Polynomial& form, NodeId value, const Polynomial* definition = nullptr);

}  // namespace tenet
