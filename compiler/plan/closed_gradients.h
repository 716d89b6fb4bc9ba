// The gradients that a program itself writes, in closed form: before they are computed, and before they are differentiated again.
#pragma once

#include <span>
#include <vector>

#include "compiler/elaborate/program.h"

namespace tenet {

// `roots` with every grad(..) that they read in closed form. What reverse mode leaves of sqrt(x^2)^2 divides by 0 at 0, and so do
// its derivatives; 2 * x does not.
std::vector<NodeId> with_closed_gradients(Program& program, std::span<const NodeId> roots, const Sizes& sizes);

}  // namespace tenet
