// The steps of all programs come to the same bits on any number of threads.
#include "runtime/threads.h"

#include <cmath>
#include <cstring>
#include <random>

#include "compiler/compile.h"
#include "runtime/arena.h"
#include "tests/programs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

constexpr std::int64_t open_size = 40, passes = 3;

// Small reals, positive as second moments are, and places that every axis has.
void fill(const NativeProgram& program, unsigned char* arena) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> real(0.01F, 0.2F);
  for (const Slot& slot : program.slots) {
    if (slot.role == Slot::Role::output) continue;
    std::int64_t elements = 1;
    for (std::int64_t extent : slot.extents) elements *= extent;
    for (std::int64_t i = 0; i < elements; ++i) {
      const float value = real(random);
      const auto whole = static_cast<std::int32_t>(random() % 2);
      std::memcpy(arena + slot.offset + 4 * i, slot.type == ElementType::real32 ? static_cast<const void*>(&value) : &whole, 4);
    }
  }
}

// What the passes leave: losses, then the bytes of every slot.
struct Left {
  std::vector<float> losses;
  std::vector<unsigned char> bytes;
};

Left run_on(int threads, const NativeProgram& program, Arena& arena) {
  set_threads(threads);
  std::memset(arena.data(), 0, static_cast<std::size_t>(arena.bytes()));
  fill(program, arena.data());
  Left result{std::vector<float>(passes), {}};
  run_program(program, {arena.data(), 0, passes, result.losses.data(), nullptr});
  for (const Slot& slot : program.slots) {
    std::int64_t bytes = 4;
    for (std::int64_t extent : slot.extents) bytes *= extent;
    result.bytes.insert(result.bytes.end(), arena.data() + slot.offset, arena.data() + slot.offset + bytes);
  }
  set_threads(1);
  return result;
}

}  // namespace

TEST_CASE("a step comes to the same bits on any number of threads", "[property]") {
  int shared = 0, finite = 0;
  for (const std::string& name : program_names()) {
    ReadProgram read(name);
    Program& program = *read.program;
    if (!program.train) continue;
    INFO(name);
    auto sizes = close_sizes(program, read.sink, {}, open_size);
    REQUIRE(sizes);
    StageTimes times;
    Computation step = step_of(program, *sizes, times);
    step.draws = false;
    const auto code = executable_of(program.graph, *sizes, step, times, Runs::once);
    REQUIRE(code);
    auto arena = Arena::allocate(code->program.arena_bytes);
    REQUIRE(arena);
    const Left alone = run_on(1, code->program, *arena);
    shared += code->program.shared;
    finite += std::isfinite(alone.losses.back());
    for (int threads : {2, 3, 4, 8}) {
      INFO(threads << " threads");
      const Left together = run_on(threads, code->program, *arena);
      CHECK(std::memcmp(together.losses.data(), alone.losses.data(), passes * sizeof(float)) == 0);
      CHECK(together.bytes == alone.bytes);
    }
  }
  CHECK(shared >= 8);
  CHECK(finite >= 8);
}
