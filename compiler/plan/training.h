// The training step: the loss, its gradients, and the optimiser's updates as assignments.
#pragma once

#include <span>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/grad/gradient.h"
#include "compiler/plan/computation.h"

namespace tenet {

// What a step is made of. `program` has a recipe.
struct TrainingValues {
  std::vector<NodeId> given;  // the loss, the rate, the momentum
  Backward backward;          // the gradient of the loss for each parameter in the program's order
};
TrainingValues training_values(Program& program);

// One step of stochastic gradient descent (Polyak's heavy ball, as in Sutskever et al., "On the importance of initialization
// and momentum", 2013, without their factor):
//   m' = momentum m + g,   p' = p - rate(step) m'
// `given` and `gradients`: as training_values gave them, simplified. A parameter whose gradient is 0 is not updated. Without
// momentum there is no state; else `p.momentum` is a state input, 0 at the first step.
Computation training_step(Program& program, std::span<const NodeId> given, std::span<const NodeId> gradients);

}  // namespace tenet
