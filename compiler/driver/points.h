// Points at which a program is checked.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/driver/session.h"
#include "compiler/driver/tensors.h"

namespace tenet {

// How values without a source are drawn.
enum class Draw : std::uint8_t {
  initial,   // parameters near their initial values (away from ties), data normal
  normal,    // all standard normal
  positive,  // all the magnitude of a normal, at least 0.05
  unit,      // all in (0, 1)
  start,     // parameters and states exactly where training starts, data normal
  zero,      // all 0
  tied       // all among -1, -0.5, 0, 0.5, 1: many are equal
};

// The point is a function of the session's seed and `number`, and obeys what the program assumes; nothing if none is found. Data
// that are loaded are a batch of the training split; other whole data are random coordinates, for `zero` and `tied` each in turn;
// what a definition draws has its own distribution. Without assumptions all values are single-precision numbers.
std::optional<Point> draw_point(Session& session, Draw draw, std::uint32_t number);

// Every value rounded to single precision, so that native code sees the same.
void round_to_float(Point& point);

// Binds the items of a split from the `first` on, as many as a batch has; near the end the last ones. Returns the item after
// them, or -1 where they are the last.
std::int64_t bind_items(const Session& session, std::size_t split, std::int64_t first, Interpreter& interpreter);

void bind_point(const Point& point, Interpreter& interpreter);

}  // namespace tenet
