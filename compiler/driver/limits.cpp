#include "compiler/driver/limits.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "compiler/native/native.h"
#include "runtime/arena.h"
#include "runtime/threads.h"

namespace tenet {
namespace {

constexpr int rounds = 5;
constexpr std::int64_t peak_passes = 1000;
constexpr std::int64_t copied_bytes = std::int64_t{128} << 20;

// Copies the thread's share of the lower half of `copied_bytes` to the upper half.
void copy_share(TenetFrame* frame) {
  constexpr std::int64_t half = copied_bytes / 2;
  const std::int64_t begin = half * frame->thread / frame->threads, end = half * (frame->thread + 1) / frame->threads;
  std::memcpy(frame->arena + half + begin, frame->arena + begin, static_cast<std::size_t>(end - begin));
}

// Of the fastest of a few rounds.
double seconds_of(const NativeProgram& program, const TenetFrame& frame) {
  double least = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    run_program(program, frame);
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return std::max(least, 1e-9);
}

}  // namespace

Outcome<Limits> measured_limits(const NativeProgram& measured) {
  auto peak = compile_peak();
  if (!peak) return failed(peak.error());
  auto memory = Arena::allocate(copied_bytes);
  if (!memory) return failed(memory.error());
  std::vector<float> numbers(1 + static_cast<std::size_t>(threads_for(measured)), 0.5F);
  const TenetFrame frame{memory->data(), 0, peak_passes, numbers.data(), nullptr};
  NativeProgram program;
  program.shared = measured.shared;
  program.run = (*peak)->function();
  const double operations = peak_operations(host_target()) * static_cast<double>(peak_passes) * threads_for(program);
  Limits limits{operations / seconds_of(program, frame), 0};
  program.run = copy_share;
  limits.bytes_per_second = static_cast<double>(copied_bytes) / seconds_of(program, frame);
  return limits;
}

}  // namespace tenet
