#include <cmath>
#include <limits>

#include "runtime/evaluate.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

constexpr std::int64_t piece = 4;

// Over the rows that count: the sum of next, the largest and the smallest first letter, the product of 1 + next / 1000, by
// position the sum of the windows.
NativeProgram summary(bool with_valid = true) {
  static std::vector<Slot> slots;  // the step sees no program
  const auto run = [](TenetFrame* frame) {
    const auto wholes_of = [&](std::size_t i) { return wholes(frame->arena, slots[i]); };
    const auto out = [&](std::size_t i) { return reals(frame->arena, slots[i]); };
    const std::int64_t valid = slots.size() == 8 ? wholes_of(7)[0] : piece;
    out(2)[0] = 0, out(3)[0] = -INFINITY, out(4)[0] = INFINITY, out(5)[0] = 1;
    out(6)[0] = out(6)[1] = 0;
    for (std::size_t row = 0; row < piece; ++row) {
      if (static_cast<std::int64_t>(row) >= valid) {
        if (wholes_of(1)[row] < 100) out(2)[0] = NAN;  // rows past the last are still items
        continue;
      }
      const float next = static_cast<float>(wholes_of(1)[row]), first = static_cast<float>(wholes_of(0)[2 * row]);
      out(2)[0] += next;
      out(3)[0] = std::max(out(3)[0], first);
      out(4)[0] = std::min(out(4)[0], first);
      out(5)[0] *= 1 + next / 1000;
      for (std::size_t i = 0; i < 2; ++i) out(6)[i] += static_cast<float>(wholes_of(0)[2 * row + i]);
    }
  };
  using enum Slot::Role;
  std::vector<Slot> described = {{data, "X", ElementType::whole32, {"batch", "context"}, {piece, 2}, 0},
                                 {data, "Y", ElementType::whole32, {"batch"}, {piece}, 0},
                                 {output, "sum", ElementType::real32, {}, {}, 0},
                                 {output, "max", ElementType::real32, {}, {}, 0},
                                 {output, "min", ElementType::real32, {}, {}, 0},
                                 {output, "product", ElementType::real32, {}, {}, 0},
                                 {output, "by", ElementType::real32, {"context"}, {2}, 0}};
  if (with_valid) described.push_back({given, "valid", ElementType::whole32, {}, {}, 0});
  NativeProgram program = lay_out(run, described);
  slots = program.slots;
  return program;
}

const std::vector<Accumulation> all = {{"sum", Combination::sum},
                                       {"max", Combination::max},
                                       {"min", Combination::min},
                                       {"product", Combination::product},
                                       {"by", Combination::sum}};

auto accumulated(const NativeProgram& program, Arena& arena, const Numbered& numbers, const std::string& valid,
                 std::span<const Accumulation> accumulations) {
  return accumulate_over(program, arena.data(), numbers.dataset, numbers.items, valid, accumulations);
}

}  // namespace

TEST_CASE("a split is summed up in pieces, the last one shorter", "[unit]") {
  const NativeProgram program = summary();
  Arena arena = *Arena::allocate(program.arena_bytes);
  for (std::int64_t count : {1, 3, 4, 5, 10, 12}) {
    const auto [dataset, items] = numbered(count, 2);
    const auto totals = accumulate_over(program, arena.data(), dataset, items, "valid", all);
    REQUIRE(totals);
    double sum = 0, product = 1, windows = 0;
    for (std::int64_t i = 0; i < count; ++i)
      sum += 100.0 + i, product *= 1 + (100.0 + i) / 1000, windows += static_cast<double>(i);
    CHECK((*totals)[0][0] == sum);
    CHECK((*totals)[1][0] == count - 1);
    CHECK((*totals)[2][0] == 0);
    CHECK((*totals)[3][0] == Approx(product));
    CHECK((*totals)[4] == std::vector<double>{windows, windows + static_cast<double>(count)});
  }
}

TEST_CASE("without a count of valid rows the pieces have to divide the split", "[unit]") {
  const NativeProgram program = summary(false);
  Arena arena = *Arena::allocate(program.arena_bytes);
  CHECK((*accumulated(program, arena, numbered(8, 2), "valid", all))[0][0] == 828);
  CHECK_THAT(accumulated(program, arena, numbered(9, 2), "valid", all).error(),
             ContainsSubstring("pieces of 4 do not divide a split of 9"));
}

TEST_CASE("an evaluation says what does not fit", "[unit]") {
  const NativeProgram program = summary();
  Arena arena = *Arena::allocate(program.arena_bytes);
  const std::vector<Accumulation> unknown = {{"nothing", Combination::sum}}, input = {{"X", Combination::sum}};
  CHECK_THAT(accumulated(program, arena, numbered(8, 2), "valid", unknown).error(),
             ContainsSubstring("'nothing' is not a real output"));
  CHECK_FALSE(accumulated(program, arena, numbered(8, 2), "valid", input));
  CHECK_FALSE(accumulated(program, arena, numbered(8, 3), "valid", all));
  CHECK_FALSE(accumulated(program, arena, numbered(8, 2), "X", all));
  CHECK_FALSE(accumulated(program, arena, numbered(0, 2), "valid", all));
}

namespace {

// The sum of each item's first letter times its random number.
template <std::int64_t rows>
NativeProgram noisy() {
  static std::vector<Slot> slots;
  const auto run = [](TenetFrame* frame) {
    float& sum = reals(frame->arena, slots[2])[0] = 0;
    for (std::size_t row = 0; row < static_cast<std::size_t>(wholes(frame->arena, slots[3])[0]); ++row)
      sum += static_cast<float>(wholes(frame->arena, slots[0])[2 * row]) * reals(frame->arena, slots[1])[row];
  };
  using enum Slot::Role;
  NativeProgram program = lay_out(run, {{data, "X", ElementType::whole32, {"batch", "context"}, {rows, 2}, 0},
                                        {normal, "eps.normal", ElementType::real32, {"batch"}, {rows}, 0},
                                        {output, "sum", ElementType::real32, {}, {}, 0},
                                        {given, "valid", ElementType::whole32, {}, {}, 0}});
  slots = program.slots;
  return program;
}

double noisy_sum(const NativeProgram& program, std::uint64_t seed) {
  Arena arena = *Arena::allocate(program.arena_bytes);
  const auto [dataset, items] = numbered(10, 2);
  const std::vector<Accumulation> sum = {{"sum", Combination::sum}};
  return (*accumulate_over(program, arena.data(), dataset, items, "valid", sum, seed))[0][0];
}

}  // namespace

TEST_CASE("an item's random numbers do not depend on the pieces", "[unit]") {
  const double whole = noisy_sum(noisy<10>(), 3);
  CHECK(noisy_sum(noisy<4>(), 3) == Approx(whole).epsilon(1e-5));
  CHECK(noisy_sum(noisy<3>(), 3) == Approx(whole).epsilon(1e-5));
  CHECK(noisy_sum(noisy<3>(), 4) != Approx(whole).epsilon(1e-5));
}
