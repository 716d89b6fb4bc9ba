// A run folder: what a training leaves behind and needs to go on.
//   program.tenet         the program's text
//   checkpoint            one safetensors file: parameters, optimiser state, and where the training stands; always whole
//   log.jsonl             one JSON object a line
//   weights.safetensors   parameters, and statistics kept from training; written at the end
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/abi.h"
#include "runtime/descriptor.h"
#include "runtime/run_facts.h"
#include "runtime/safetensors.h"

namespace tenet {

// Where a training stands between two steps, tensors aside.
struct Progression {
  std::int64_t step = 0;  // steps done
  double loss_sum = 0;    // of the losses since the last line of the log
  std::int64_t loss_count = 0;
  double seconds = 0;  // spent in training
};

struct Checkpoint {
  RunFacts facts;
  Progression at;
  std::int64_t log_bytes = 0;
  Safetensors tensors;  // by slot name
};

// The program's parameters, and its state if asked for, as views into the arena.
std::vector<TensorView> tensors_of(const NativeProgram& program, const unsigned char* arena, bool with_state);

// Puts the tensors of that name into the program's parameter slots, and state slots if asked for; axes may stand in another
// order. Error: one is missing or has another shape.
std::expected<void, std::string> restore(const Safetensors& tensors, const NativeProgram& program, unsigned char* arena,
                                         bool with_state);

// Puts one tensor into a slot of any role, on the same terms.
std::expected<void, std::string> restore_slot(const Safetensors& tensors, std::string_view name, unsigned char* arena,
                                              const Slot& slot);

// An open, locked run folder. Two trainings cannot have the same one open; the lock ends with the process.
class RunFolder {
 public:
  // Makes the folder (its parents too) with the program's copy, an empty log and a checkpoint at step 0 in it, in one step: a
  // folder that exists can be resumed. Error: it exists, or cannot be made.
  static std::expected<RunFolder, std::string> create(const std::filesystem::path& folder, std::string_view program_text,
                                                      const RunFacts& facts, const NativeProgram& program,
                                                      const unsigned char* arena);

  // Opens a folder to go on: loads the checkpoint. Changes nothing yet: the first line logged replaces those after the
  // checkpoint. Error: missing, no run folder, another training has it open, unreadable.
  static std::expected<std::pair<RunFolder, Checkpoint>, std::string> resume(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  const RunFacts& facts() const { return facts_; }

  // Appends a line (a JSON object without line end) to the log.
  std::expected<void, std::string> log(std::string_view line);

  // Replaces the checkpoint. The log lines up to now are part of it.
  std::expected<void, std::string> save_checkpoint(const Progression& at, const NativeProgram& program,
                                                   const unsigned char* arena);

  // Writes weights.safetensors: the program's parameters, then `statistics`.
  std::expected<void, std::string> save_weights(const NativeProgram& program, const unsigned char* arena,
                                                std::span<const TensorView> statistics);

 private:
  RunFolder(std::filesystem::path path, RunFacts facts, Descriptor log, std::int64_t log_bytes);

  std::filesystem::path path_;
  RunFacts facts_;
  Descriptor log_;  // locked while this is open
  std::int64_t log_bytes_;
};

// What `save_weights` left, for `sample` and `eval`: facts and tensors. `run` is a run folder or a weights file.
// Error: missing, not finished ("resume it first"), unreadable, not written by a training.
struct Weights {
  RunFacts facts;
  Safetensors tensors;
};
std::expected<Weights, std::string> load_weights(const std::filesystem::path& run);

}  // namespace tenet
