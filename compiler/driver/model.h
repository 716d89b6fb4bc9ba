// What training changes and keeps: the parameters, and the statistics of the training split.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "compiler/driver/session.h"
#include "compiler/driver/tensors.h"
#include "compiler/plan/evaluation.h"
#include "runtime/arena.h"
#include "runtime/run_folder.h"

namespace tenet {

struct Model {
  std::vector<Tensor> parameters;  // as the program lists them
  std::vector<Tensor> states;      // as the program lists them; those of optimizers are empty
  std::vector<Tensor> statistics;  // as the evaluation plan lists them
};

// What training takes at least, all of it together: `step_bytes`, its step's arena, and what the parameters and the
// program's own states take beside it. Failure: it is beyond all bounds.
Outcome<std::int64_t> training_bytes(const Session& session, std::int64_t step_bytes);

// The parameters' and the program's own states' initial values for the session's seed, rounded to single precision. Failure: the
// memory does not suffice.
Outcome<Model> initial_model(Session& session);

// Between a model (and the data that are fixed) and an executable's arena. An executable has slots for what its computation
// reads.
void write_model(const Session& session, const Model& model, const EvaluationPlan* plan, const Sizes& sizes,
                 const Executable& executable, unsigned char* arena);
void read_model(const Session& session, const Executable& executable, const unsigned char* arena, Model& model);

// Binds the model, and the data that are fixed, for the interpreter.
void bind_model(const Session& session, const Model& model, const EvaluationPlan* plan, Interpreter& interpreter);

// Binds the random numbers of an evaluation that `values` read.
void bind_noise(const Session& session, std::span<const NodeId> values, const Sizes& sizes, Interpreter& interpreter);

// Puts the optimizers' states back to their initial values.
void begin_states(Session& session, const Executable& executable, unsigned char* arena);

// Writes a run's weights: what `executable` has in `arena`, the parameters that it does not read, the program's states, the
// statistics of the training split (of a program without a source, which has no plan, none).
Outcome<void> save_model(const Session& session, const Model& model, const EvaluationPlan* plan, RunFolder& folder,
                         const Executable& executable, const unsigned char* arena);

// The model of a run. Failure: the weights are of another program or other sizes, lack a tensor, or are not finite.
Outcome<Model> model_of(Session& session, const Weights& weights, const EvaluationPlan& plan);

}  // namespace tenet
