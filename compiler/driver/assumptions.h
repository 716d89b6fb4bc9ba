// What a program assumes, in numbers: whether a point obeys it, points that do, and real data that do not.
#pragma once

#include <optional>
#include <string>

#include "compiler/driver/model.h"
#include "compiler/driver/points.h"

namespace tenet {

inline constexpr double assumption_tolerance = 1e-5;  // relative to the sides

struct Contradiction {
  const Assumption* assumption;
  std::string where;  // "batch = 3"; empty: a scalar
  double left, right;
};

// The first place at which an assumption does not hold by more than `tolerance` times the greater side. Everything that the
// assumption reads is bound.
std::optional<Contradiction> contradiction(const Session& session, const Assumption& assumption, Interpreter& interpreter,
                                           double tolerance);

// Moves the point's real values until it obeys all assumptions: by Newton's method on the sum of the squares by which each is
// missed. `keep_signs`: the values are scaled, not shifted. Data that are loaded stay. False if it does not get there.
bool obey(Session& session, Point& point, bool keep_signs);

// An error if no point is drawn that obeys the assumptions.
Outcome<void> want_points(Session& session);

// An error, with the place and both sides, if the loaded data contradict an assumption about them; with `initial` also if the
// parameters' initial values do, which are then all that is looked at.
Outcome<void> check_assumptions(Session& session, const Model* initial = nullptr);

}  // namespace tenet
