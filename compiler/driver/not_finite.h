// What is not finite, where it stands in the program, and what made it so.
#pragma once

#include <string>

#include "compiler/driver/stepper.h"

namespace tenet {

// "`h` is the first named value that is not finite: nan at batch = 3, in 2 of 64 elements"; empty if it is finite. NaN counts
// always, an infinity unless the value `may_be_infinite`.
std::string not_finite_text(const Graph& graph, const std::string& name, const Tensor& tensor, bool may_be_infinite);

// " (line 5)", of another file " (std.tenet, line 5)". By a name: of the definition, parameter or state; empty if there is none.
std::string place_text(const Session& session, Span span);
std::string place_text(const Session& session, const std::string& name);

// What in the model is not finite, and where; empty: nothing. `plan`: of the statistics.
std::string not_finite_text(const Session& session, const Model& model, const EvaluationPlan* plan);

// A failure if an initial value is not finite: says what made it so.
Outcome<void> want_finite_start(Session& session, const Model& initial);

// What is wrong with a figure, which `interpreter` has a value for: "`r2` is nan (line 7), made by 0 / 0"; empty: nothing.
std::string value_fault(const Session& session, Interpreter& interpreter, const std::string& name, NodeId value);

// What went wrong in a step after which the trainer stopped: `stepper` is as it leaves it, with what is kept as before the step
// and the step's data. Runs the step again.
struct StepFault {
  std::string text;
  bool lower_rate_may_help;  // not where the same comes out at the initial values
};
StepFault fault_of_step(Session& session, Stepper& stepper, const Model& initial, std::int64_t step);

}  // namespace tenet
