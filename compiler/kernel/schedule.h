// How a nest runs: which loop goes across vector lanes, which into registers, how many at a time, how a reduction is split, and
// which buffers are worth a copy in another layout first.
#pragma once

#include <functional>
#include <vector>

#include "compiler/kernel/kernels.h"

namespace tenet {

// A load that another layout of its buffer would serve better: with its axes in the order `axes` (places in the buffer's axes,
// outermost first), in panels where `panel` is not 0.
struct WantedCopy {
  TermId load;
  std::vector<std::size_t> axes;
  std::int64_t panel = 0;
};

// What a copy costs, infinite where there can be none, 0 where there is one.
using Copying = std::function<double(const WantedCopy&)>;

struct LaneChoice {
  std::optional<LoopId> lanes;
  std::vector<WantedCopy> copies;
  double cost = 0;  // of the kernel, estimated: some vector instructions
};

// Chooses the lanes by the least estimated cost. Output indices of `flexible` stores may be laid out as the lanes want.
LaneChoice choose_lanes(const Kernel& kernel, const Target& target, bool flexible, const Copying& copying);

// Sets how each quotient whose last bit nothing sees is worked out, given the lanes.
void set_divisions(Kernel& kernel);

// Sets which products go into the sums that read them.
void set_products(Kernel& kernel);

// Sets roles, tile sizes, the order of loops and the split of every reduction.
void set_tiles(Kernel& kernel, std::optional<LoopId> lanes, const Target& target);

// The same of a kernel that copies a buffer: lanes along the last axis of the copy, rows along that of the buffer; and its cost.
// `panel`: of the copy; 0: it is in one piece.
void schedule_copy(Kernel& kernel, std::int64_t panel, const Target& target);

// Where a pass is worth waking threads for, shares each kernel that is worth it out among them, along the loop that has enough
// tiles. What is computed stays the same bit for bit: every element is worked out as before, by the thread that its tile falls
// to.
void share_out(Kernels& kernels, const Target& target);

}  // namespace tenet
