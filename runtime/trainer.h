// The training loop: runs the compiled step in chunks, and between them reports, saves, listens and checks.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <string>

#include "runtime/abi.h"
#include "runtime/drawer.h"
#include "runtime/run_folder.h"

namespace tenet {

struct TrainingReport {
  std::int64_t step, steps;  // done, of
  double loss;               // of the last step
  double mean_loss;          // over the last steps, exponentially weighted
  double seconds;            // since this process began to train
  double steps_per_second;   // of late
};

struct TrainingOptions {
  std::int64_t steps = 0;  // the total; training goes on from at.step
  std::int64_t log_every =
      1000;  // steps to a line of the log: {"step", "loss" (mean over the steps since the last line), "seconds"}
  double chunk_seconds = 0.02;  // between reports and looks at `interrupt`; no result depends on it
  double checkpoint_seconds = 5;
  const volatile std::sig_atomic_t* interrupt = nullptr;  // set to nonzero to end at the next chunk
  std::function<void(const TrainingReport&)> report;
};

struct TrainingEnd {
  enum class Kind : std::uint8_t { finished, interrupted, not_finite, failed } kind;
  std::int64_t step = 0;  // steps done; for not_finite, the step (from 0) whose loss, or what it leaves, is not finite
  std::string error;      // for failed: what could not be written
};

// Trains from `at` to options.steps; `at` and the arena's persistent slots (parameters and state) are where it ended. With a
// folder it logs and leaves a checkpoint every few seconds and at the end, whatever the end is. After not_finite the arena's
// persistent slots are as they were before that step and its data slots hold that step's data: one more pass at that step gives
// the bad value again. The result's bits depend on the program, the arena, the drawer and the steps, not on time.
TrainingEnd train(const NativeProgram& program, unsigned char* arena, Drawer* drawer, Progression& at, RunFolder* folder,
                  const TrainingOptions& options);

// Whether what a step carries to the next is finite, the infinities aside that a state may have.
bool finite(const NativeProgram& program, const unsigned char* arena);
bool finite(const Slot& slot, const unsigned char* arena);

}  // namespace tenet
