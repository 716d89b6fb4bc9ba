#include "compiler/driver/object_program.h"

#include <algorithm>

#include "compiler/plan/simplified.h"

namespace tenet {
namespace {

// The plan, or nothing and why.
std::optional<EvaluationPlan> plan_of(Session& session, std::string& reason) {
  if (!session.has_source()) {
    reason = "the recipe has no source of data: the loss is that of a step";
    return {};
  }
  session.program->train->report.clear();  // the object gives the loss alone
  auto plan = evaluation_plan(*session.program, session.sizes);
  if (!plan) {
    reason = plan.error();
    return {};
  }
  if (plan->in_pieces) return std::move(*plan);
  reason =
      "a split would have to be there whole: a value depends on an item's place among the others, or an axis on their number";
  return {};
}

// What follows a pass, free of items.
Computation end_of(const EvaluationPlan& plan, const Pass& pass) {
  Computation computation;
  if (pass.statistics.empty()) computation.outputs.push_back({"loss", pass.results[0]});
  for (std::size_t i = 0; i < pass.statistics.size(); ++i)
    computation.assignments.push_back({plan.statistics[pass.statistics[i]].input, pass.results[i]});
  return computation;
}

std::optional<BufferId> output_named(const Kernels& kernels, const std::string& name) {
  for (std::size_t i = 0; i < kernels.buffers.size(); ++i)
    if (kernels.buffers[i].role == BufferRole::output && kernels.buffers[i].name == name)
      return BufferId{static_cast<std::uint32_t>(i)};
  return {};
}

std::optional<BufferId> buffer_of(const Kernels& kernels, std::optional<InputId> input) {
  const auto found = std::ranges::find(kernels.buffers, input, &Buffer::input);
  if (!input || found == kernels.buffers.end()) return {};
  return BufferId{static_cast<std::uint32_t>(found - kernels.buffers.begin())};
}

}  // namespace

Outcome<PlannedObject> plan_object(Session& session, const Target& target) {
  Graph& graph = session.graph();
  PlannedObject result;
  result.plan = plan_of(session, result.without_evaluation);
  std::vector<Computation> computations{step_of(*session.program, session.sizes, session.times)};
  computations[0].draws = false;
  std::vector<const Pass*> passes;
  if (result.plan) {
    for (const Pass& pass : result.plan->calibration) passes.push_back(&pass);
    passes.push_back(&result.plan->figures);
  }
  for (const Pass* pass : passes)
    for (const Computation& computation : {pass->computation, end_of(*result.plan, *pass)})
      computations.push_back(session.times("simplify", [&] { return simplified(graph, computation); }));

  const Sizes sizes = completed(graph, session.sizes);
  std::vector<Kernels> kernels;
  for (const Computation& computation : computations) {
    Lowered lowered = session.times("kernel", [&] { return lower(graph, sizes, computation, target); });
    if (!lowered.error.empty()) return failed(lowered.error);
    kernels.push_back(std::move(lowered.kernels));
  }
  auto joined = join(kernels);
  if (!joined) return failed("the sizes of this program overflow");
  const std::vector<Part>& parts = joined->parts;
  ObjectProgram& program = result.program;
  program.kernels = std::move(joined->kernels);
  program.step = parts[0];
  program.loss = parts[0].buffers[index_of(*kernels[0].loss)];
  if (!result.plan) return result;

  SplitEvaluation evaluation{sizes[result.plan->items],
                             buffer_of(program.kernels, result.plan->valid),
                             buffer_of(program.kernels, result.plan->total),
                             {},
                             {},
                             {}};
  for (std::size_t i = 0; i < passes.size(); ++i) {
    const std::size_t batch = 1 + 2 * i, end = batch + 1;
    SplitPass pass{parts[batch], {}, parts[end]};
    for (const Pass::Accumulator& accumulator : passes[i]->accumulators)
      if (auto split = buffer_of(program.kernels, accumulator.input))  // else nothing reads it
        pass.accumulators.push_back(
            {parts[batch].buffers[index_of(*output_named(kernels[batch], accumulator.output))], *split, accumulator.reduction});
    if (i + 1 < passes.size()) {
      evaluation.calibration.push_back(std::move(pass));
    } else {
      evaluation.pass = std::move(pass);
      evaluation.loss = parts[end].buffers[index_of(*output_named(kernels[end], "loss"))];
    }
  }
  program.evaluation = std::move(evaluation);
  return result;
}

}  // namespace tenet
