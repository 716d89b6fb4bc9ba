#include <algorithm>

#include "runtime/drawer.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

NativeProgram with_data(std::vector<std::string> axes, std::vector<std::int64_t> extents, std::int64_t rows) {
  return lay_out(nullptr, {{Slot::Role::data, "X", ElementType::whole32, std::move(axes), std::move(extents), 0},
                           {Slot::Role::data, "Y", ElementType::whole32, {"batch"}, {rows}, 0}});
}

std::vector<std::int32_t> values(Arena& arena, const NativeProgram& program, const char* name) {
  const auto span = wholes(arena.data(), *find_slot(program, name));
  return {span.begin(), span.end()};
}

}  // namespace

TEST_CASE("a draw fills window and next of the same pairs, whatever the order of the window's axes", "[unit]") {
  const Pairs pairs = numbered_pairs(50, 3);
  const NativeProgram rows_first = with_data({"batch", "context"}, {4, 3}, 4);
  const NativeProgram rows_last = with_data({"context", "batch"}, {3, 4}, 4);
  Arena first = *Arena::allocate(rows_first.arena_bytes), last = *Arena::allocate(rows_last.arena_bytes);
  Drawer draw_first = *Drawer::make(rows_first, fake_inputs, pairs, DrawOrder::replacement, 9);
  Drawer draw_last = *Drawer::make(rows_last, fake_inputs, pairs, DrawOrder::replacement, 9);
  for (const std::int64_t step : {std::int64_t{0}, std::int64_t{5}, std::int64_t{1'000'000'000'000}}) {
    draw_first.draw(first.data(), step);
    draw_last.draw(last.data(), step);
    const auto x = values(first, rows_first, "X"), transposed = values(last, rows_last, "X"), y = values(first, rows_first, "Y");
    CHECK(values(last, rows_last, "Y") == y);
    for (std::size_t row = 0; row < 4; ++row)
      for (std::size_t position = 0; position < 3; ++position) {
        CHECK(x[row * 3 + position] == y[row] - 100 + static_cast<std::int32_t>(position));
        CHECK(transposed[position * 4 + row] == x[row * 3 + position]);
      }
  }
}

TEST_CASE("epochs give every pair once before any comes again, across the ends of batches", "[unit]") {
  const Pairs pairs = numbered_pairs(10, 3);
  const NativeProgram program = with_data({"batch", "context"}, {4, 3}, 4);
  Arena arena = *Arena::allocate(program.arena_bytes);
  Drawer drawer = *Drawer::make(program, fake_inputs, pairs, DrawOrder::epochs, 3);
  std::vector<std::int32_t> drawn;
  for (std::int64_t step = 0; step < 10; ++step) {
    drawer.draw(arena.data(), step);
    const auto y = values(arena, program, "Y");
    drawn.insert(drawn.end(), y.begin(), y.end());
  }
  std::vector<std::vector<std::int32_t>> epochs;
  for (std::size_t epoch = 0; epoch < 4; ++epoch) {
    epochs.emplace_back(drawn.begin() + static_cast<std::ptrdiff_t>(10 * epoch),
                        drawn.begin() + static_cast<std::ptrdiff_t>(10 * epoch + 10));
    std::vector<std::int32_t> sorted = epochs.back();
    std::ranges::sort(sorted);
    CHECK(sorted == pairs.next);
  }
  CHECK(epochs[0] != epochs[1]);

  Drawer fresh = *Drawer::make(program, fake_inputs, pairs, DrawOrder::epochs, 3);  // any step can be drawn by itself
  fresh.draw(arena.data(), 6);
  CHECK(values(arena, program, "Y") == std::vector<std::int32_t>(drawn.begin() + 24, drawn.begin() + 28));
}

TEST_CASE("the whole split is filled in order", "[unit]") {
  const Pairs pairs = numbered_pairs(7, 2);
  const NativeProgram program = with_data({"batch", "context"}, {7, 2}, 7);
  Arena arena = *Arena::allocate(program.arena_bytes);
  Drawer drawer = *Drawer::make(program, fake_inputs, pairs, DrawOrder::whole, 3);
  drawer.draw(arena.data(), 0);
  CHECK(values(arena, program, "X") == pairs.windows);
  CHECK(values(arena, program, "Y") == pairs.next);
}

TEST_CASE("a drawer says what does not fit", "[unit]") {
  const Pairs pairs = numbered_pairs(7, 2);
  const auto error = [&](const NativeProgram& program, const PairInputs& inputs, DrawOrder order, const Pairs& from) {
    const auto drawer = Drawer::make(program, inputs, from, order, 0);
    return drawer ? std::string() : drawer.error();
  };
  const NativeProgram program = with_data({"batch", "context"}, {4, 2}, 4);
  CHECK(error(program, fake_inputs, DrawOrder::replacement, pairs) == "");
  CHECK_THAT(error(program, fake_inputs, DrawOrder::whole, pairs), ContainsSubstring("has 4 items; the split has 7"));
  CHECK_THAT(error(program, fake_inputs, DrawOrder::replacement, numbered_pairs(7, 3)), ContainsSubstring("2 positions"));
  CHECK_THAT(error(program, fake_inputs, DrawOrder::replacement, {}), ContainsSubstring("positions"));
  CHECK_THAT(error(program, fake_inputs, DrawOrder::replacement, Pairs{2, {}, {}}), ContainsSubstring("no data"));
  CHECK_THAT(error(program, {"X", "Y", "items", "context"}, DrawOrder::replacement, pairs), ContainsSubstring("no axis items"));
  CHECK_THAT(error(with_data({"batch", "context"}, {4, 2}, 5), fake_inputs, DrawOrder::replacement, pairs),
             ContainsSubstring("5 items"));
  CHECK_THAT(error(with_data({"batch"}, {4}, 4), fake_inputs, DrawOrder::replacement, pairs), ContainsSubstring("2 axes"));
}

TEST_CASE("an input that the computation does not read is left out", "[unit]") {
  const Pairs pairs = numbered_pairs(7, 2);
  const NativeProgram program = lay_out(nullptr, {{Slot::Role::data, "Y", ElementType::whole32, {"batch"}, {4}, 0}});
  Arena arena = *Arena::allocate(program.arena_bytes);
  auto drawer = Drawer::make(program, fake_inputs, pairs, DrawOrder::replacement, 1);
  REQUIRE(drawer);
  drawer->draw(arena.data(), 0);
  for (std::int32_t next : values(arena, program, "Y")) CHECK(next >= 100);
}
