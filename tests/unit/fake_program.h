// A compiled computation's stand-in for the tests of the runtime: its step is written here, and deterministic.
#pragma once

#include <stdlib.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "runtime/abi.h"
#include "runtime/arena.h"
#include "runtime/drawer.h"
#include "runtime/slots.h"

namespace tenet::tests {

// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tenet-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Slots one after the other, each aligned to 64 bytes.
inline NativeProgram lay_out(NativeFunction run, std::vector<Slot> slots) {
  NativeProgram program{run, 0, std::move(slots)};
  for (Slot& slot : program.slots) {
    slot.offset = program.arena_bytes;
    program.arena_bytes += (elements(slot) * 4 + 63) / 64 * 64;
  }
  return program;
}

// Offsets of the program below, for its step.
inline constexpr std::int64_t fake_batch = 5, fake_positions = 3, fake_size = 24;
inline constexpr std::int64_t fake_weight = 0, fake_momentum = 128, fake_window = 256, fake_next = 320;

// The step (from 0) in which the fake program spoils its loss; or its weights, with the loss still finite.
inline std::int64_t fake_bad_loss = -1, fake_bad_weight = -1;

inline void fake_step(TenetFrame* frame) {
  for (std::int64_t pass = 0; pass < frame->passes; ++pass) {
    const std::int64_t step = frame->first_step + pass;
    tenet_draw_batch(frame, step);
    auto* weight = reinterpret_cast<float*>(frame->arena + fake_weight);
    auto* momentum = reinterpret_cast<float*>(frame->arena + fake_momentum);
    const auto* window = reinterpret_cast<const std::int32_t*>(frame->arena + fake_window);
    const auto* next = reinterpret_cast<const std::int32_t*>(frame->arena + fake_next);
    float loss = 0;
    for (std::int64_t row = 0; row < fake_batch; ++row)
      for (std::int64_t position = 0; position < fake_positions; ++position) {
        const std::int64_t place = (window[row * fake_positions + position] * 7 + next[row] * 3 + position) % fake_size;
        const float error = weight[place] - 0.1f * static_cast<float>(place % 5);
        loss += error * error;
        momentum[place] = 0.9f * momentum[place] + error;
        weight[place] -= 0.01f * momentum[place];
      }
    if (step == fake_bad_weight) weight[3] = std::numeric_limits<float>::infinity();
    frame->losses[pass] = step == fake_bad_loss ? std::numeric_limits<float>::quiet_NaN() : loss;
  }
}

inline NativeProgram fake_program() {
  return lay_out(fake_step, {{Slot::Role::parameter, "W", ElementType::real32, {"embed", "hidden"}, {4, 6}, 0},
                             {Slot::Role::state, "W.momentum", ElementType::real32, {"embed", "hidden"}, {4, 6}, 0},
                             {Slot::Role::data, "X", ElementType::whole32, {"batch", "context"}, {fake_batch, fake_positions}, 0},
                             {Slot::Role::data, "Y", ElementType::whole32, {"batch"}, {fake_batch}, 0}});
}

inline Arena fake_arena(const NativeProgram& program) {
  Arena arena = *Arena::allocate(program.arena_bytes);
  float value = 1;
  for (float& weight : reals(arena.data(), program.slots[0])) weight = value += 0.25f;
  return arena;
}

// Items that tell where they come from: X of item i is (i, i + 1, ...) along `context`, Y is 100 + i.
struct Numbered {
  Dataset dataset;
  Items items;
};

inline Numbered numbered(std::int64_t count, std::int64_t positions) {
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(count + positions) + 100);
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::shared_ptr<const std::int32_t> values = owned(std::move(numbers));
  const std::shared_ptr<const std::int32_t> from_hundred(values, values.get() + 100);
  return {
      {"batch",
       {{"X", Storage::whole32, {"context"}, {positions}, {1}, 1, values}, {"Y", Storage::whole32, {}, {}, {}, 1, from_hundred}}},
      Items(0, count)};
}

}  // namespace tenet::tests
