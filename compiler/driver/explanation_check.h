// Replays explanations in numbers.
#pragma once

#include <span>

#include "compiler/driver/session.h"
#include "compiler/render/derive.h"

namespace tenet {

inline constexpr double explanation_tolerance = 1e-9;  // of a relative difference, in double precision

// Every step of every line against the line's gradient as reverse mode left it, at a random point of small sizes; the difference
// of each is noted in it. A failure if one is not equal, or if no point has both finite.
Outcome<void> check_explanations(Session& session, std::span<DerivedLine> lines);

}  // namespace tenet
