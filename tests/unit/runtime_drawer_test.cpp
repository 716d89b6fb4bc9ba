#include <algorithm>
#include <numeric>

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
  const auto [dataset, items] = numbered(50, 3);
  const NativeProgram rows_first = with_data({"batch", "context"}, {4, 3}, 4);
  const NativeProgram rows_last = with_data({"context", "batch"}, {3, 4}, 4);
  Arena first = *Arena::allocate(rows_first.arena_bytes), last = *Arena::allocate(rows_last.arena_bytes);
  Drawer draw_first = *Drawer::make(rows_first, dataset, items, DrawOrder::replacement, 9);
  Drawer draw_last = *Drawer::make(rows_last, dataset, items, DrawOrder::replacement, 9);
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
  const auto [dataset, items] = numbered(10, 3);
  const NativeProgram program = with_data({"batch", "context"}, {4, 3}, 4);
  Arena arena = *Arena::allocate(program.arena_bytes);
  Drawer drawer = *Drawer::make(program, dataset, items, DrawOrder::epochs, 3);
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
    CHECK(sorted == std::vector<std::int32_t>{100, 101, 102, 103, 104, 105, 106, 107, 108, 109});
  }
  CHECK(epochs[0] != epochs[1]);

  Drawer fresh = *Drawer::make(program, dataset, items, DrawOrder::epochs, 3);  // any step can be drawn by itself
  fresh.draw(arena.data(), 6);
  CHECK(values(arena, program, "Y") == std::vector<std::int32_t>(drawn.begin() + 24, drawn.begin() + 28));
}

TEST_CASE("the whole split is filled in order", "[unit]") {
  const auto [dataset, items] = numbered(7, 2);
  const NativeProgram program = with_data({"batch", "context"}, {7, 2}, 7);
  Arena arena = *Arena::allocate(program.arena_bytes);
  Drawer drawer = *Drawer::make(program, dataset, items, DrawOrder::whole, 3);
  drawer.draw(arena.data(), 0);
  CHECK(values(arena, program, "X") == std::vector<std::int32_t>{0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7});
  CHECK(values(arena, program, "Y") == std::vector<std::int32_t>{100, 101, 102, 103, 104, 105, 106});
}

TEST_CASE("a drawer says what does not fit", "[unit]") {
  const Numbered seven = numbered(7, 2);
  const auto error = [&](const NativeProgram& program, DrawOrder order, const Dataset& dataset, const Items& items) {
    const auto drawer = Drawer::make(program, dataset, items, order, 0);
    return drawer ? std::string() : drawer.error();
  };
  const auto [dataset, items] = seven;
  const NativeProgram program = with_data({"batch", "context"}, {4, 2}, 4);
  CHECK(error(program, DrawOrder::replacement, dataset, items) == "");
  CHECK_THAT(error(program, DrawOrder::whole, dataset, items), ContainsSubstring("has 4 items; the split has 7"));
  CHECK_THAT(error(program, DrawOrder::replacement, numbered(7, 3).dataset, items), ContainsSubstring("context = 2"));
  CHECK_THAT(error(program, DrawOrder::replacement, dataset, Items(0, 0)), ContainsSubstring("no data"));
  Dataset other = dataset;
  other.items_axis = "items";
  CHECK_THAT(error(program, DrawOrder::replacement, other, items), ContainsSubstring("no axis items"));
  other = dataset;
  other.columns[0].axes = {"time"};
  CHECK_THAT(error(program, DrawOrder::replacement, other, items), ContainsSubstring("no axis time"));
  other = dataset;
  other.columns[1].storage = Storage::unit8;
  CHECK_THAT(error(program, DrawOrder::replacement, other, items), ContainsSubstring("the source has real numbers"));
  CHECK_THAT(error(with_data({"batch", "context"}, {4, 2}, 5), DrawOrder::replacement, dataset, items),
             ContainsSubstring("5 items"));
  CHECK_THAT(error(with_data({"batch"}, {4}, 4), DrawOrder::replacement, dataset, items), ContainsSubstring("1 axes"));
}

TEST_CASE("an input that the computation does not read is left out", "[unit]") {
  const auto [dataset, items] = numbered(7, 2);
  const NativeProgram program = lay_out(nullptr, {{Slot::Role::data, "Y", ElementType::whole32, {"batch"}, {4}, 0}});
  Arena arena = *Arena::allocate(program.arena_bytes);
  auto drawer = Drawer::make(program, dataset, items, DrawOrder::replacement, 1);
  REQUIRE(drawer);
  drawer->draw(arena.data(), 0);
  for (std::int32_t next : values(arena, program, "Y")) CHECK(next >= 100);
}

TEST_CASE("a column has its own storage, order of axes and distance between items", "[unit]") {
  // Four items of 2 x 3 bytes, the file's first axis innermost and items closest: element (item, i, j) is item + 4 * (i + 2 * j).
  std::vector<unsigned char> bytes(24);
  std::iota(bytes.begin(), bytes.end(), 0);
  const std::shared_ptr<const unsigned char> values = owned(std::move(bytes));
  for (const Storage storage : {Storage::whole8, Storage::unit8}) {
    const Dataset dataset{"batch", {{"X", storage, {"i", "j"}, {2, 3}, {4, 8}, 1, values}}};
    const NativeProgram program =
        lay_out(nullptr, {{Slot::Role::data, "X", element_type(storage), {"j", "batch", "i"}, {3, 2, 2}, 0}});
    Arena arena = *Arena::allocate(program.arena_bytes);
    const Items items(std::vector<std::int64_t>{3, 1});
    Drawer drawer = *Drawer::make(program, dataset, items, DrawOrder::whole, 0);
    drawer.draw(arena.data(), 0);
    for (std::int64_t row = 0; row < 2; ++row) {
      const std::vector<double> item = item_values(dataset.columns[0], items[row]);
      for (std::int64_t i = 0; i < 2; ++i)
        for (std::int64_t j = 0; j < 3; ++j) {
          const auto expected = static_cast<std::int32_t>(items[row] + 4 * (i + 2 * j));
          const auto place = static_cast<std::size_t>((j * 2 + row) * 2 + i);
          const auto at = static_cast<std::size_t>(i * 3 + j);
          if (storage == Storage::whole8) {
            CHECK(wholes(arena.data(), program.slots[0])[place] == expected);
            CHECK(item[at] == expected);
          } else {
            CHECK(reals(arena.data(), program.slots[0])[place] == static_cast<float>(expected) / 255);
            CHECK(item[at] == static_cast<float>(expected) / 255);
          }
        }
    }
  }
}
