// Running an evaluation plan: the statistics of the training split, a split's figures, the distribution to sample from.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "compiler/driver/model.h"
#include "compiler/plan/evaluation.h"
#include "runtime/sample.h"

namespace tenet {

class Evaluator {
 public:
  // Plans; compiles nothing yet. Failure: the program cannot be evaluated on a split.
  static Outcome<Evaluator> make(Session& session);

  const EvaluationPlan& plan() const { return *plan_; }

  // Takes the model's statistics over the training split.
  Outcome<void> calibrate(Model& model);

  // For each of the session's splits the loss over it, in nats where the program's is, then what the recipe reports. Leaves the
  // last split's own statistics in the model.
  Outcome<std::vector<std::vector<double>>> figures(Model& model);

  // Words from the program's distribution, by the session's seed.
  Outcome<std::vector<std::string>> sample(const Model& model, const SampleOptions& options);

 private:
  // A pass compiled for a number of items.
  struct Compiled {
    std::int64_t items;
    Sizes sizes;
    Executable executable;
    Arena arena;
  };
  Evaluator(Session& session, EvaluationPlan plan)
      : session_(&session), plan_(std::make_unique<EvaluationPlan>(std::move(plan))) {}
  Outcome<Compiled> compiled(const Computation& computation, std::int64_t items);
  Outcome<Compiled*> compiled_pass(const Pass& pass, std::int64_t split_size);
  Outcome<std::vector<Tensor>> run(const Pass& pass, const Model& model, const Items& split);
  Outcome<void> take_statistics(const std::vector<Pass>& passes, Model& model, const Items& split);

  Session* session_;
  std::unique_ptr<EvaluationPlan> plan_;  // its passes stay where they are
  std::map<const Pass*, Compiled> passes_;
};

// A line for each split: its loss and what is reported of it.
std::string figures_text(const Session& session, const std::vector<std::vector<double>>& figures);

// Says which figures are, or read, statistics of the training split where one might expect those of the split.
void note_shared_statistics(const EvaluationPlan& plan);

// A failure if a loss is not finite, or a reported value that is not infinite by what the program writes.
Outcome<void> want_finite(const Session& session, const std::vector<std::vector<double>>& figures);

// A figure in JSON, which has no infinities and no NaN: these are strings.
std::string json_number(double value);

}  // namespace tenet
