// Terms that are not 0 at ties alone.
#pragma once

#include <set>

#include "compiler/normal_form/atoms.h"

namespace tenet {

// The polynomial without its terms under [p = 0], where p is a polynomial in real inputs, each at the same coordinates wherever
// it stands: then p is not 0 but at a tie, whatever the coordinates. `ties` gets these p. A claim says nothing of ties.
Polynomial without_ties(const Atoms& atoms, const Polynomial& polynomial, std::set<PolynomialId>& ties);

}  // namespace tenet
