// Writes the journal: the forms that a value went through, as nodes.
#pragma once

#include "compiler/simplify/extraction/cuts.h"
#include "compiler/simplify/extraction/emission.h"
#include "compiler/simplify/extraction/journal.h"

namespace tenet {

// `computed`: what the cut was emitted as.
void record(Cuts& cuts, Emission& emission, const Cut& cut, std::span<const Cut> all, NodeId computed, Journal& journal);

}  // namespace tenet
