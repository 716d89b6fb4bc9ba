#include "runtime/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <vector>

#include "runtime/slots.h"
#include "runtime/threads.h"

namespace tenet {

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// A copy of the slots that a step carries to the next: parameters and state.
class Snapshot {
 public:
  explicit Snapshot(const NativeProgram& program) {
    std::int64_t total = 0;
    for (const Slot& slot : program.slots) {
      if (slot.role != Slot::Role::parameter && slot.role != Slot::Role::state) continue;
      parts_.push_back({slot.offset, elements(slot) * 4});
      total += parts_.back().bytes;
    }
    copy_.resize(static_cast<std::size_t>(total));
  }

  void take(const unsigned char* arena) {
    std::size_t at = 0;
    for (const Part& part : parts_) {
      std::memcpy(copy_.data() + at, arena + part.offset, static_cast<std::size_t>(part.bytes));
      at += static_cast<std::size_t>(part.bytes);
    }
  }

  void put_back(unsigned char* arena) const {
    std::size_t at = 0;
    for (const Part& part : parts_) {
      std::memcpy(arena + part.offset, copy_.data() + at, static_cast<std::size_t>(part.bytes));
      at += static_cast<std::size_t>(part.bytes);
    }
  }

 private:
  struct Part {
    std::int64_t offset, bytes;
  };
  std::vector<Part> parts_;
  std::vector<unsigned char> copy_;
};

class Training {
 public:
  Training(const NativeProgram& program, unsigned char* arena, Drawer* drawer, Progression& at, RunFolder* folder,
           const TrainingOptions& options)
      : program_(program), arena_(arena), drawer_(drawer), at_(at), folder_(folder), options_(options), snapshot_(program) {}

  TrainingEnd run();

 private:
  // Copying the parameters, to memory or to disk, takes at most one part in so many of the time.
  static constexpr double between_copies = 20;
  static constexpr std::int64_t longest_chunk = 1 << 16;
  static constexpr double loss_memory = 1000;  // steps that the reported mean loss remembers
  static constexpr double rate_memory = 2;     // seconds that the reported rate remembers

  void run_passes(std::int64_t first_step, std::int64_t passes);
  bool sound() const;
  TrainingEnd find_bad_step();
  std::expected<void, std::string> record();
  std::expected<void, std::string> checkpoint();
  void report(double chunk_seconds);

  TrainingEnd failed(std::string error) const { return {TrainingEnd::Kind::failed, at_.step, std::move(error)}; }
  std::string line() const {
    return fmt::format(R"({{"step": {}, "loss": {}, "seconds": {:.3f}}})", at_.step,
                       at_.loss_sum / static_cast<double>(at_.loss_count), at_.seconds);
  }

  const NativeProgram& program_;
  unsigned char* arena_;
  Drawer* drawer_;
  Progression& at_;
  RunFolder* folder_;
  const TrainingOptions& options_;

  std::vector<float> losses_;  // of the passes that ran last
  Snapshot snapshot_;
  std::int64_t snapshot_step_ = -1;  // steps done when it was taken
  double snapshot_taken_ = 0, snapshot_cost_ = 0;
  double begun_ = 0, saved_ = 0, save_cost_ = 0;
  double rate_ = 0, mean_loss_ = 0, mean_weight_ = 0;
};

// Not recorded yet: at_ stays.
void Training::run_passes(std::int64_t first_step, std::int64_t passes) {
  losses_.resize(static_cast<std::size_t>(passes));
  TenetFrame frame{arena_, first_step, passes, losses_.data(), drawer_};
  run_program(program_, frame);
}

// Whether the passes that ran last left only finite losses, parameters and states.
bool Training::sound() const {
  return std::ranges::all_of(losses_, [](float loss) { return std::isfinite(loss); }) && finite(program_, arena_);
}

// The chunk that began at at_.step went wrong somewhere: runs it again from the snapshot, step by step.
TrainingEnd Training::find_bad_step() {
  const std::int64_t chunk_begin = at_.step;
  const std::int64_t chunk_end = chunk_begin + static_cast<std::int64_t>(losses_.size());
  snapshot_.put_back(arena_);
  if (snapshot_step_ < chunk_begin) run_passes(snapshot_step_, chunk_begin - snapshot_step_);  // sound when they first ran
  while (at_.step < chunk_end) {
    snapshot_.take(arena_);
    run_passes(at_.step, 1);
    if (!sound()) {
      snapshot_.put_back(arena_);
      if (auto saved = checkpoint(); !saved) return failed(saved.error());
      return {TrainingEnd::Kind::not_finite, at_.step, {}};
    }
    if (auto recorded = record(); !recorded) return failed(recorded.error());
  }
  return failed(fmt::format(
      "a value that is not finite came up between steps {} and {}, and did not when they ran again: the compiled step "
      "is not deterministic, or the machine's memory is faulty",
      chunk_begin, chunk_end));
}

std::expected<void, std::string> Training::record() {
  for (float loss : losses_) {
    ++at_.step;
    at_.loss_sum += loss;
    ++at_.loss_count;
    mean_weight_ = std::min(mean_weight_ + 1, loss_memory);
    mean_loss_ += (loss - mean_loss_) / mean_weight_;
    if (at_.step % options_.log_every != 0) continue;
    if (folder_)
      if (auto logged = folder_->log(line()); !logged) return logged;
    at_.loss_sum = 0;
    at_.loss_count = 0;
  }
  return {};
}

std::expected<void, std::string> Training::checkpoint() {
  if (!folder_) return {};
  const double begin = now();
  auto saved = folder_->save_checkpoint(at_, program_, arena_);
  saved_ = now();
  save_cost_ = saved_ - begin;
  return saved;
}

void Training::report(double chunk_seconds) {
  const double rate = static_cast<double>(losses_.size()) / std::max(chunk_seconds, 1e-9);
  const double old_share = rate_ == 0 ? 0 : std::exp(-chunk_seconds / rate_memory);
  rate_ = rate_ * old_share + rate * (1 - old_share);
  if (options_.report) options_.report({at_.step, options_.steps, losses_.back(), mean_loss_, now() - begun_, rate_});
}

TrainingEnd Training::run() {
  begun_ = saved_ = now();
  std::int64_t chunk = 1;
  while (at_.step < options_.steps) {
    if (options_.interrupt && *options_.interrupt) {
      if (auto saved = checkpoint(); !saved) return failed(saved.error());
      return {TrainingEnd::Kind::interrupted, at_.step, {}};
    }
    if (snapshot_step_ < 0 || now() - snapshot_taken_ > between_copies * snapshot_cost_) {
      const double begin = now();
      snapshot_.take(arena_);
      snapshot_taken_ = now();
      snapshot_cost_ = snapshot_taken_ - begin;
      snapshot_step_ = at_.step;
    }
    const double begin = now();
    run_passes(at_.step, std::min(chunk, options_.steps - at_.step));
    if (!sound()) return find_bad_step();
    const double seconds = now() - begin;
    at_.seconds += seconds;
    if (auto recorded = record(); !recorded) return failed(recorded.error());
    report(seconds);
    if (now() - saved_ > std::max(options_.checkpoint_seconds, between_copies * save_cost_))
      if (auto saved = checkpoint(); !saved) return failed(saved.error());
    const double fitting = static_cast<double>(losses_.size()) * options_.chunk_seconds / std::max(seconds, 1e-9);
    chunk = std::clamp(static_cast<std::int64_t>(std::min(fitting, 1e9)), std::int64_t{1}, std::min(2 * chunk, longest_chunk));
  }
  // A last, shorter line comes after the checkpoint: a training that goes on to more steps writes the log as if it had not
  // stopped.
  if (auto saved = checkpoint(); !saved) return failed(saved.error());
  if (folder_ && at_.loss_count > 0)
    if (auto logged = folder_->log(line()); !logged) return failed(logged.error());
  return {TrainingEnd::Kind::finished, at_.step, {}};
}

}  // namespace

bool finite(const Slot& slot, const unsigned char* arena) {
  if (slot.type != ElementType::real32) return true;
  // A magnitude is infinity or NaN from the bits of infinity on. No branch in the loop: it runs at the memory's speed.
  const std::uint32_t least = slot.may_be_infinite ? 0x7F800001 : 0x7F800000;
  std::uint32_t bad = 0;
  for (float value : reals(arena, slot)) bad |= (std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFF) >= least;
  return !bad;
}

bool finite(const NativeProgram& program, const unsigned char* arena) {
  return std::ranges::all_of(program.slots, [&](const Slot& slot) {
    return (slot.role != Slot::Role::parameter && slot.role != Slot::Role::state) || finite(slot, arena);
  });
}

TrainingEnd train(const NativeProgram& program, unsigned char* arena, Drawer* drawer, Progression& at, RunFolder* folder,
                  const TrainingOptions& options) {
  return Training(program, arena, drawer, at, folder, options).run();
}

}  // namespace tenet
