// Gradients against finite differences that mean what `grad` means.
//
// All differences are one value along a further axis, its *moves*: targets are moved along it, and with them all that depends on
// them, in recurrences too. `grad` passes through no whole, truth, `stop` or `sign`: these are read where nothing is moved. At a
// tie or kink of max, abs or relu it goes by the convention of the operation table: there, and only there, what is moved follows
// the convention's line.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "compiler/graph/interpreter.h"

namespace tenet {

// A value that goes by a convention, and a truth: where.
struct Tie {
  NodeId node, where;
};

struct Moved {
  NodeId value;                      // along `moves`, the first place of which nothing is moved at
  AxisId moves;                      // the last of all axes
  std::int64_t count;                // of its places
  std::vector<InputId> differences;  // what is added to each target: over its axes and the moves
  std::vector<Tie> ties;             // a recurrence's may hold nowhere
};

// How many moves `probes` differences take.
constexpr std::int64_t moves_of(int probes) { return 1 + 4 * probes; }
inline constexpr int most_probes = 5;  // of one target

// Of each target so many differences can be taken. `holds`: whether a truth holds somewhere at the point at which differences are
// taken.
Moved moved(Graph& graph, NodeId value, std::span<const NodeId> targets, int probes, const std::function<bool(NodeId)>& holds);

// Nothing is moved.
void unmove(Interpreter& interpreter, const Moved& moved);

// How large the terms are that a value is added up from: what its rounding is a share of.
struct TermSizes {
  double value;
  std::vector<double> gradients;
};

struct DifferenceError {
  double error = std::numeric_limits<double>::infinity();
  // Differences at two steps agree. Where the value bends too much for that, as a recurrence's may that runs wild, or no step stays
  // where the value is finite, they say nothing of its gradient: they are not in the error.
  bool settles = true;
};

// The error of some gradients of a scalar at a target, whose value is `at`, against differences; the gradients should be equal.
// It is the greatest over a few directions and coordinates, as a share of the gradients' largest value (along a direction: of the
// largest term), or of a larger one where rounding in double precision alone would be above `tolerance`. An element is moved by
// a share of its own size. Each probe takes the best of a few such shares: too long a step bends, too short a one rounds, and a
// wrong gradient is wrong at all of them. Elements at which a gradient is not finite are not moved. Nothing is moved before and
// after. Infinity: no difference was finite.
DifferenceError difference_error(Interpreter& interpreter, const Moved& moved, std::size_t target, const Tensor& at,
                                 std::span<const Tensor> gradients, const TermSizes& sizes, double tolerance);

}  // namespace tenet
