// The step that training takes, natively, against the formulas as they are written.
#pragma once

#include <string>
#include <vector>

#include "compiler/driver/native_check.h"
#include "compiler/driver/session.h"
#include "compiler/driver/waiting.h"

namespace tenet {

struct StepCheck {
  std::string at;  // "at the initial values", "at zeros, batch = 1"
  Deviation deviation;
};

// The loss, its gradients and the updates just as `train` computes them (without a recipe: the loss and its gradients by the
// parameters), where training starts, and at a few other points: random ones, zeros, many equal values, labels that cover their
// axes. With open axes also where each of these has one place; where `loss` reads `training`, also outside of it. What is too
// large is looked at with shorter axes, which is said, or not looked at beyond the first point.
Outcome<std::vector<StepCheck>> check_step(Session& session, NodeId loss, Waiting& waiting);

}  // namespace tenet
