// The training step: the loss, its gradients, and the optimiser's updates as assignments.
#pragma once

#include <span>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/plan/computation.h"

namespace tenet {

// What a step is made of: the loss, the rate, the momentum, then the gradient of the loss for each parameter in the program's
// order. `program` has a recipe.
std::vector<NodeId> training_values(Program& program);

// One step of stochastic gradient descent (Polyak's heavy ball, as in Sutskever et al., "On the importance of initialization
// and momentum", 2013, without their factor):
//   m' = momentum m + g,   p' = p - rate(step) m'
// `values`: what training_values gave, simplified. A parameter whose gradient is 0 is not updated. Without momentum there is no
// state; else `p.momentum` is a state input, 0 at the first step.
Computation training_step(Program& program, std::span<const NodeId> values);

}  // namespace tenet
