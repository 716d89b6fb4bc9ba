// Where in a nest each term is worked out.
#pragma once

#include <optional>
#include <vector>

#include "compiler/kernel/kernels.h"
#include "compiler/kernel/loop_set.h"

namespace tenet {

// The loops that each term reads (a reduction's own loops are not among them).
std::vector<LoopSet> loops_read(const Kernel& kernel);

// The loops around the work of each term: those of the output, and those that it reads of the reductions that it stands in. None:
// nothing needs the term.
std::vector<std::optional<LoopSet>> scopes(const Kernel& kernel, const std::vector<LoopSet>& reads);

LoopSet output_loops(const Kernel& kernel);

// Those of all reductions.
LoopSet reduction_loops(const Kernel& kernel);

// Those of the sequences that the kernel stands in.
LoopSet sequence_loops(const Kernel& kernel);

// Elements of a loop that a tile of it has, where it has as many.
std::int64_t elements_of_tile(const Loop& loop, const Target& target);

// The product of the loops' extents.
double iterations(const Kernel& kernel, const LoopSet& loops);

}  // namespace tenet
