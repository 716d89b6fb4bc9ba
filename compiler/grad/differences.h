// Gradients against finite differences that mean what `grad` means.
//
// `grad` passes through no whole, truth, `stop` or `sign`: a difference holds these fixed. At a tie or kink of max, abs or relu
// it goes by the convention of the operation table: there, and only there, the difference is taken along the convention's line.
#pragma once

#include <span>
#include <vector>

#include "compiler/graph/interpreter.h"

namespace tenet {

// A value that is real and depends on a target, but that no gradient passes through.
std::vector<NodeId> held_by_grad(const Graph& graph, NodeId value, std::span<const NodeId> targets);

// Nodes at which a gradient of `value` goes by a convention somewhere, each with a truth that says where.
struct Kink {
  NodeId node, at_tie;
};
std::vector<Kink> kinks_of(Graph& graph, NodeId value, std::span<const NodeId> targets);

// `value` with every kink's node read as its tangent by convention where it is at a tie, and the targets in it.
struct Smoothed {
  NodeId value;
  std::vector<NodeId> targets;
};
Smoothed smoothed(Graph& graph, NodeId value, std::span<const NodeId> targets, std::span<const Kink> kinks);

// How large the terms are that a value is added up from: what its rounding is a share of.
struct TermSizes {
  double value;
  std::vector<double> gradients;
};

// The error of some gradients of a scalar at `target`, which should be equal, against differences: the greatest over coordinates
// and directions, as a share of the gradients' largest value, or of a larger one where rounding in double precision alone would
// be above `tolerance`. Each probe takes the best of a few step lengths: too long a step bends, too short a one rounds, and a
// wrong gradient is wrong at all of them. What is computed is unperturbed before and after. Infinity: no difference was finite.
double difference_error(Interpreter& interpreter, NodeId value, NodeId target, std::span<const Tensor> gradients,
                        const TermSizes& sizes, double tolerance);

}  // namespace tenet
