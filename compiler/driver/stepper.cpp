#include "compiler/driver/stepper.h"

#include "compiler/driver/infinities.h"
#include "compiler/driver/not_finite.h"

namespace tenet {

Outcome<StepCode> compile_step(Session& session, Timing timing) {
  const Computation step = step_of(*session.program, session.sizes, session.times);
  auto executable = executable_of(session.graph(), session.sizes, step, session.times, Runs::often, timing);
  if (!executable) return failed(executable.error());
  return StepCode{std::move(*executable), step.draws};
}

Outcome<Stepper> make_stepper(Session& session, const Model& model) {
  auto code = compile_step(session);
  if (!code) return std::unexpected(code.error());
  return make_stepper(session, model, std::move(*code));
}

Outcome<Stepper> make_stepper(Session& session, const Model& model, StepCode code) {
  auto& [executable, draws] = code;
  auto arena = Arena::allocate(executable.program.arena_bytes);
  if (!arena) return failed("the training step: " + arena.error());
  write_model(session, model, nullptr, session.sizes, executable, arena->data());
  begin_states(session, executable, arena->data());
  for (const State& state : session.program->states)
    if (const int slot = slot_index(executable, Slot::Role::state, state.name); slot >= 0)
      executable.program.slots[static_cast<std::size_t>(slot)].may_be_infinite = may_be_infinite(*session.program, state.node);
  Stepper result{std::move(executable), std::move(*arena), {}};
  if (!session.has_source()) {
    if (draws) result.drawer = Drawer::without_data(result.executable.program, session.seed);
    return result;
  }
  DrawOrder order = session.recipe().order == BatchOrder::epochs ? DrawOrder::epochs : DrawOrder::replacement;
  if (session.whole_split) order = DrawOrder::whole;
  auto drawer = Drawer::make(result.executable.program, session.dataset, session.splits[0], order, session.seed);
  if (!drawer) return failed(drawer.error());
  result.drawer = std::move(*drawer);
  return result;
}

void restart(Session& session, const Model& model, Stepper& stepper) {
  write_model(session, model, nullptr, session.sizes, stepper.executable, stepper.arena.data());
  begin_states(session, stepper.executable, stepper.arena.data());
}

}  // namespace tenet
