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

// Derives, compiles and draws by the session's seed; the model goes into the arena. Failure: it exceeds the machine.
Outcome<Stepper> make_stepper(Session& session, const Model& model);

// As before the first step: the model in the arena again, and no optimizer has a past.
void restart(Session& session, const Model& model, Stepper& stepper);

}  // namespace tenet
