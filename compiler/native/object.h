// A training step and an evaluation as an object file that programs in C call. It refers to nothing but functions of C's library
// (native/symbols lists those); what it keeps is in an arena of the caller's.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "compiler/kernel/joined.h"

namespace tenet {

// One pass over the items of a split (plan/evaluation.h), a batch at a time.
struct SplitPass {
  struct Accumulator {
    BufferId batch, split;  // real: what a batch comes to; the same of the whole split, which may have more axes
    Op reduction;           // that puts them together: sum, product, max_over, min_over
  };
  Part batch;
  std::vector<Accumulator> accumulators;
  Part end;  // what follows from the whole split: statistics, or the loss
};

struct SplitEvaluation {
  std::int64_t batch;                    // items that fit into the arena at once
  std::optional<BufferId> valid, total;  // whole scalars: how many of these count, and the split's size
  std::vector<SplitPass> calibration;
  SplitPass pass;
  BufferId loss;
};

struct ObjectProgram {
  std::string prefix;  // of what it exports
  Kernels kernels;     // of all parts
  Part step;
  BufferId loss;  // of the step
  std::optional<SplitEvaluation> evaluation;
};

// Of the caller's arena: the buffers, and behind them room for what a split adds up to.
std::int64_t arena_bytes(const ObjectProgram& program);

struct ObjectFile {
  std::string bytes;
  std::string machine;  // that it is for: "x86_64-pc-linux-gnu, znver4"
};

// Position-independent code that exports
//   float PREFIX_step(void *arena, int64_t step)                                           one step of training; its loss
//   void PREFIX_calibrate(void *arena, int64_t items, PREFIX_fill fill, void *context)     if there is something to calibrate
//   float PREFIX_evaluate(void *arena, int64_t items, PREFIX_fill fill, void *context)     with an evaluation
// where PREFIX_fill is void (*)(void *context, void *arena, int64_t first, int64_t count): it writes so many items of the split
// to the first rows of the data. `processor`: as target_for has it, which the kernels were lowered for. Error: LLVM does not know
// it.
std::expected<ObjectFile, std::string> object_file(const ObjectProgram& program, const std::string& processor);

}  // namespace tenet
