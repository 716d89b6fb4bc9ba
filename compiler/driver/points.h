// Points at which a program is checked: a value for every input.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "compiler/driver/session.h"
#include "compiler/graph/interpreter.h"

namespace tenet {

// How values without a source are drawn.
enum class Draw : std::uint8_t {
  initial,   // parameters near their initial values (away from ties), data normal
  normal,    // all standard normal
  positive,  // all the magnitude of a normal, at least 0.05
  unit       // all in (0, 1)
};

using Point = std::vector<std::pair<InputId, Tensor>>;

// The point is a function of the session's seed and `number`. Data that are loaded are a batch of the training split; other whole
// data are random coordinates. All values are single-precision numbers, so that native code sees the same.
Point draw_point(Session& session, Draw draw, std::uint32_t number);

void bind_point(const Point& point, Interpreter& interpreter);

}  // namespace tenet
