// The training step: the loss, its gradients, and the optimiser's updates as assignments.
#pragma once

#include <span>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/grad/gradient.h"
#include "compiler/plan/computation.h"
#include "compiler/simplify/gradients.h"

namespace tenet {

// What a step is made of. `program` has a recipe. `sizes` may leave axes open.
struct TrainingValues {
  std::vector<NodeId> given;  // the loss, then the next values of the program's own states
  Backward backward;          // the gradient of the loss for each parameter that is trained: of each of the recipe's rules
};
TrainingValues training_values(Program& program, const Sizes& sizes = {});

// The same with the gradients that the program writes as reverse mode leaves them: what a step is checked against.
TrainingValues written_training_values(Program& program);

// The loss, the states and the gradients as a step computes them. Where single precision would lose what reverse mode divides by,
// the gradients are those of the loss with exponentials kept in range.
SimplifiedGradients training_forms(Program& program, const TrainingValues& raw, const Sizes& sizes);

// One step: each parameter by its rule, each state by its update. `given` and `gradients`: what is in `raw`, simplified. A
// parameter that the loss does not read, so that its gradient is 0 in `raw`, is not updated; an optimizer's state that nothing
// reads is left out. With `clip`, the gradients are scaled by min(1, clip / |g|), |g| the Euclidean norm of all of them together
// (Pascanu et al., "On the difficulty of training recurrent neural networks", 2013); a `clip` that is not from 0 on makes them
// infinite, which ends the training there. `sizes` may leave axes open.
Computation training_step(Program& program, const TrainingValues& raw, std::span<const NodeId> given,
                          std::span<const NodeId> gradients, const Sizes& sizes = {});

}  // namespace tenet
