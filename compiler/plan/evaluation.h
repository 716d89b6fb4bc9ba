// Evaluating over a whole split. The axis of items is as long as the split, whatever the batch:
//  - A reduction over items whose result reaches a value that has items (batch norm's mean), in what the loss or the sampled
//    distribution is worked out from, is taken over the training split, always. Where such a value enters one that has items, or
//    one that belongs to the split, it is a *statistic*, kept with the weights.
//  - Every other reduction over items is taken over the split that is evaluated.
// So a split needs one pass over its items, and the statistics need one pass over the training split for each level (those that
// read statistics of the level before); what a recipe reports goes with the loss. Where a reported value's own reductions reach
// values that have items, the split needs passes for these before: statistics of the split. A pass goes in pieces: each reduction
// becomes an output that the runtime accumulates; rows past the split's end are masked by the reduction's identity; the size of
// items is an input. What follows the reductions, free of items, is the interpreter's, in double.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/plan/computation.h"

namespace tenet {

struct Statistic {
  std::string name;  // of the value, or `statistic.0`, ...
  NodeId node;       // in the program's graph
  InputId input;     // role given: stands for it in what is computed
  bool of_training;  // else of the split that is evaluated, and not kept
};

// One pass over a split.
struct Pass {
  struct Accumulator {
    std::string output;  // of the computation
    Op reduction;        // sum, product, max_over, min_over
    InputId input;       // role given: the whole split's value, read by `results`
  };
  Computation computation;
  std::vector<Accumulator> accumulators;
  std::vector<NodeId> results;          // free of items: over accumulators, statistics, parameters and the split's size
  std::vector<std::size_t> statistics;  // which statistic each result is; empty for the figures
};

struct EvaluationPlan {
  AxisId items;
  bool in_pieces;                     // else a pass takes the split whole: its items axis is as long as the split
  std::optional<InputId> valid;       // in pieces: how many rows of the piece count; whole scalar
  std::optional<InputId> total;       // in pieces: the split's size; whole scalar
  std::vector<Statistic> statistics;  // operands before users
  std::vector<Pass> calibration;      // in this order, over the training split
  std::vector<Pass> preparation;      // likewise over the split that is evaluated, before the figures
  Pass figures;                       // the loss, then what the recipe reports
  // What is reported, and reads a statistic of the training split by itself or is one: a name, and the statistic's if it has one.
  struct Shared {
    std::string reported, statistic;
  };
  std::vector<Shared> shared;
  std::optional<Computation>
      distribution;  // one output, `distribution`, over the alphabet and mostly items; reads the statistics
};

// `program` has a recipe with a source. Its graph grows by the plan's inputs. Values are those of training: gradients that the
// program writes in closed form, exponentials kept in range; nothing else is simplified yet. `sizes` may leave axes open.
// Error: what cannot be evaluated, and why (a parameter whose shape depends on the number of items).
std::expected<EvaluationPlan, std::string> evaluation_plan(Program& program, const Sizes& sizes = {});

// Values of a program without a source, an output each in this order, in the form that a step of training computes.
Computation evaluated(Program& program, std::span<const NodeId> values, const Sizes& sizes);

}  // namespace tenet
