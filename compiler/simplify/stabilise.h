// Forward and backward values in a form that stays in single precision's range: the shift of softmax, log-softmax and logsumexp,
// softplus, sigmoid and tanh, found by carrying the scales of exponentials (scaled_values.h).
//
// The gradients are part of the roots, made by reverse mode before: so a shift needs none of its own.
#pragma once

#include <span>
#include <vector>

#include "compiler/simplify/simplify.h"

namespace tenet {

// The rows that stabilising writes into the journal. Each applies by itself to any node whose operation it is about.
std::span<const Law> scale_laws();

// One result for each root, with the root's value, kind and axes. A node is rewritten only where that leaves fewer hazards; where
// nothing is, the results are the roots themselves. A name stays around the value it names.
std::vector<NodeId> stabilised(Graph& graph, std::span<const NodeId> roots, std::vector<LawApplication>& journal);

}  // namespace tenet
