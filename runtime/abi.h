// What compiled code and the runtime share. Nothing here knows the compiler.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

extern "C" {

struct TenetBarrier;

// One call of compiled code: by one thread, or by several, each with its own number and all else the same.
struct TenetFrame {
  unsigned char* arena;  // 64-byte aligned; layout as the program's slots say
  std::int64_t first_step;
  std::int64_t passes;  // how often the computation runs; each pass is one step
  float* losses;        // room for `passes` values, where the computation has a loss
  void* drawer;         // given to tenet_draw_batch
  std::int32_t thread = 0, threads = 1;
  TenetBarrier* barrier = nullptr;  // of the threads, if they are several
  std::int64_t* ticks = nullptr;    // of code that is compiled to be timed: see NativeProgram
};

// Fills the slots of data and of random numbers in the arena for a step. Compiled code may call this and nothing else but what
// native/symbols lists. By the first thread.
void tenet_draw_batch(TenetFrame* frame, std::int64_t step);

// Returns once all threads of the call have called it.
void tenet_barrier(TenetFrame* frame);

}  // extern "C"

namespace tenet {

using NativeFunction = void (*)(TenetFrame*);

enum class ElementType : std::uint8_t { real32, whole32 };

// A named tensor in the arena.
struct Slot {
  // normal, uniform: random numbers of that distribution, new for each pass
  enum class Role : std::uint8_t { parameter, state, data, given, output, normal, uniform } role;
  std::string name;
  ElementType type;
  std::vector<std::string> axes;  // outermost first, contiguous row-major
  std::vector<std::int64_t> extents;
  std::int64_t offset;           // bytes
  bool may_be_infinite = false;  // of a state: an infinity in it is no fault
};

// A compiled computation as the runtime sees it. `run` belongs to the compiler's object and outlives this.
struct NativeProgram {
  NativeFunction run = nullptr;
  std::int64_t arena_bytes = 0;
  std::vector<Slot> slots;
  bool shared = false;  // whether several threads have work in it
  // Of code that is compiled to be timed: what passes add their time to, in ticks of the processor's clock. For each thread one
  // number a kernel, then of waiting for other threads, then of everything.
  std::int64_t* ticks = nullptr;
};

inline const Slot* find_slot(const NativeProgram& program, std::string_view name) {
  for (const Slot& slot : program.slots)
    if (slot.name == name) return &slot;
  return nullptr;
}

}  // namespace tenet
