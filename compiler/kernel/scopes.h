// Where in a nest each term is worked out.
#pragma once

#include <optional>
#include <vector>

#include "compiler/kernel/kernels.h"
#include "compiler/kernel/loop_set.h"

namespace tenet {

// The loops that each term reads (a reduction's own loops are not among them).
std::vector<LoopSet> loops_read(const Kernel& kernel);

// The loops around the work of each term: those of the output, and of the reductions that it stands in; what does not read the
// innermost of these stands outside them. None: nothing needs the term.
std::vector<std::optional<LoopSet>> scopes(const Kernel& kernel, const std::vector<LoopSet>& reads);

LoopSet output_loops(const Kernel& kernel);

// Those of all reductions.
LoopSet reduction_loops(const Kernel& kernel);

// The product of the loops' extents.
double iterations(const Kernel& kernel, const LoopSet& loops);

}  // namespace tenet
