// A program's training step ready to run: compiled, with its arena and its draws.
#pragma once

#include <optional>

#include "compiler/driver/model.h"
#include "runtime/drawer.h"

namespace tenet {

struct Stepper {
  Executable executable;
  Arena arena;
  std::optional<Drawer> drawer;  // none where a step draws nothing

  Drawer* draws() { return drawer ? &*drawer : nullptr; }
};

// The step before it has its memory.
struct StepCode {
  Executable executable;
  bool draws;
};

Outcome<StepCode> compile_step(Session& session, Timing timing = Timing::none);

// Derives, compiles and draws by the session's seed; the model goes into the arena. Failure: it exceeds the machine.
Outcome<Stepper> make_stepper(Session& session, const Model& model);
Outcome<Stepper> make_stepper(Session& session, const Model& model, StepCode code);

// As before the first step: the model in the arena again, and no optimizer has a past.
void restart(Session& session, const Model& model, Stepper& stepper);

}  // namespace tenet
