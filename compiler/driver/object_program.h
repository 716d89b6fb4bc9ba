// What a program's object file holds: its training step and, where the recipe has a source, its evaluation.
#pragma once

#include <optional>
#include <string>

#include "compiler/driver/session.h"
#include "compiler/native/object.h"
#include "compiler/plan/evaluation.h"

namespace tenet {

struct PlannedObject {
  ObjectProgram program;               // without its prefix
  std::optional<EvaluationPlan> plan;  // of its evaluation
  std::string without_evaluation;      // else: why it has none
};

// Derives, simplifies and lowers for `target`. An evaluation goes over a split a batch at a time, so that it shares the data's
// place with the step. Failure: it exceeds the machine.
Outcome<PlannedObject> plan_object(Session& session, const Target& target);

}  // namespace tenet
