// How a nest runs: which loop goes across vector lanes, which into registers, how many at a time, how a reduction is split, and
// which buffers are worth a copy in another layout first.
#pragma once

#include <functional>
#include <vector>

#include "compiler/kernel/kernels.h"
#include "compiler/kernel/loop_set.h"

namespace tenet {

// The loops that each term reads (a reduction's own loops are not among them).
std::vector<LoopSet> loops_read(const Kernel& kernel);

// A load whose last index should be the loop `last` and is not: the buffer with its axes in the order `axes` (places in the
// buffer's axes, outermost first) would serve it.
struct WantedCopy {
  TermId load;
  std::vector<std::size_t> axes;
};

struct LaneChoice {
  std::optional<LoopId> lanes;
  std::vector<WantedCopy> copies;
  double cost = 0;  // of the kernel, estimated: some vector instructions
};

// Chooses the lanes by the least estimated cost; `copying(buffer, axes)` is what a copy costs, infinite where there can be none.
// Output indices of `flexible` stores may be laid out as the lanes want.
LaneChoice choose_lanes(const Kernel& kernel, const Target& target, bool flexible,
                        const std::function<double(BufferId, const std::vector<std::size_t>&)>& copying);

// Sets how each quotient whose last bit nothing sees is worked out, given the lanes.
void set_divisions(Kernel& kernel);

// Sets roles, tile sizes, the order of loops and the split of every reduction.
void set_tiles(Kernel& kernel, std::optional<LoopId> lanes, const Target& target);

// The same of a kernel that copies a buffer: lanes along the last axis; and its cost.
void schedule_copy(Kernel& kernel, const Target& target);

// Where a pass is worth waking threads for, shares each kernel that is worth it out among them, along the loop that has enough
// tiles. What is computed stays the same bit for bit: every element is worked out as before, by the thread that its tile falls
// to.
void share_out(Kernels& kernels, const Target& target);

}  // namespace tenet
