#include <algorithm>
#include <cstdint>

#include "runtime/arena.h"
#include "runtime/slots.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using namespace tenet::tests;

TEST_CASE("an arena is zeroed and aligned", "[unit]") {
  for (std::int64_t bytes : {0, 1, 64, 1'000'000}) {
    Arena arena = *Arena::allocate(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(arena.data()) % 64 == 0);
    CHECK(arena.bytes() >= bytes);
    CHECK(std::all_of(arena.data(), arena.data() + arena.bytes(), [](unsigned char byte) { return byte == 0; }));
  }
}

TEST_CASE("an arena larger than the memory is an error, not a crash", "[unit]") {
  for (std::int64_t bytes : {std::int64_t{1} << 46, std::numeric_limits<std::int64_t>::max()}) {
    const auto arena = Arena::allocate(bytes);
    REQUIRE_FALSE(arena);
    CHECK_THAT(arena.error(), ContainsSubstring("the computation needs " + format_bytes(bytes)));
  }
}

TEST_CASE("bytes are written in the unit that suits them", "[unit]") {
  CHECK(format_bytes(999) == "999 bytes");
  CHECK(format_bytes(1500) == "1.5 kB");
  CHECK(format_bytes(12'345'678'901) == "12.3 GB");
}

TEST_CASE("a tensor is stored by its axes' names, not their order", "[unit]") {
  const NativeProgram program =
      lay_out(nullptr, {{Slot::Role::parameter, "W", ElementType::real32, {"c", "a", "b"}, {4, 2, 3}, 0}});
  Arena arena = *Arena::allocate(program.arena_bytes);
  std::vector<float> source(24);
  for (std::size_t i = 0; i < 24; ++i) source[i] = static_cast<float>(i);
  const std::vector<std::string> axes{"a", "b", "c"};
  const std::vector<std::int64_t> extents{2, 3, 4};
  const Slot& slot = program.slots[0];
  REQUIRE(store(std::as_bytes(std::span(source)), axes, extents, arena.data(), slot));
  for (std::size_t a = 0; a < 2; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t c = 0; c < 4; ++c) CHECK(reals(arena.data(), slot)[(c * 2 + a) * 3 + b] == source[(a * 3 + b) * 4 + c]);

  const std::vector<std::int64_t> other{2, 3, 5};
  const auto stored = store(std::as_bytes(std::span(source)), axes, other, arena.data(), slot);
  REQUIRE_FALSE(stored);
  CHECK(stored.error() == "'W' is [a = 2, b = 3, c = 5] there and [c = 4, a = 2, b = 3] here");
}

TEST_CASE("parameters are copied between programs of different layout", "[unit]") {
  const NativeProgram from = fake_program();
  Arena from_arena = fake_arena(from);
  const NativeProgram to = lay_out(nullptr, {{Slot::Role::given, "pad", ElementType::real32, {}, {}, 0},
                                             {Slot::Role::parameter, "W", ElementType::real32, {"hidden", "embed"}, {6, 4}, 0}});
  Arena to_arena = *Arena::allocate(to.arena_bytes);
  REQUIRE(copy_parameters(from, from_arena.data(), to, to_arena.data()));
  CHECK(reals(to_arena.data(), to.slots[1])[1] == reals(from_arena.data(), from.slots[0])[6]);
  const NativeProgram lacking = lay_out(nullptr, {{Slot::Role::parameter, "V", ElementType::real32, {}, {}, 0}});
  const auto copied = copy_parameters(from, from_arena.data(), lacking, to_arena.data());
  REQUIRE_FALSE(copied);
  CHECK(copied.error() == "there is no parameter 'V' to copy");
}
