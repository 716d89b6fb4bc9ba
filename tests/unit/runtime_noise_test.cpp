// A pass's random numbers against their promises.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "runtime/noise.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

using Numbers = std::vector<float>;
constexpr Slot::Role normal_role = Slot::Role::normal, uniform_role = Slot::Role::uniform;

constexpr NoiseKey key{7, Purpose::step_noise, 3};

Slot slot(Slot::Role role, std::vector<std::string> axes, std::vector<std::int64_t> extents, std::string name = "eps.normal") {
  return {role, std::move(name), ElementType::real32, std::move(axes), std::move(extents), 0};
}

Numbers numbers(const Slot& of, const NoiseKey& by = key, std::string_view items = {}, std::int64_t first = 0) {
  Numbers result(static_cast<std::size_t>(elements(of)));
  NoiseTensor(of).fill(result, by, items, first);
  return result;
}

double moment(const Numbers& values, int power) {
  double sum = 0;
  for (float value : values) sum += std::pow(value, power);
  return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("a number depends on its coordinates, not on the layout or the sizes", "[unit]") {
  for (const auto& [a, b] : {std::pair{"batch", "latent"}, {"latent", "batch"}}) {  // either may be the last by name
    const Numbers small = numbers(slot(normal_role, {a, b}, {5, 7}));
    const Numbers large = numbers(slot(normal_role, {b, a}, {11, 6}));
    for (std::size_t i = 0; i < 5; ++i)
      for (std::size_t j = 0; j < 7; ++j) CHECK(small[i * 7 + j] == large[j * 6 + i]);
  }
}

TEST_CASE("items begin where they are said to begin", "[unit]") {
  for (const std::string items : {"batch", "rows"}) {  // the first axis by name, the last one
    const Numbers all = numbers(slot(uniform_role, {items, "latent"}, {13, 3}));
    for (std::int64_t first : {1, 4, 6}) {
      const Numbers part = numbers(slot(uniform_role, {items, "latent"}, {7, 3}), key, items, first);
      CHECK(std::ranges::equal(part, std::span(all).subspan(static_cast<std::size_t>(3 * first), 21)));
    }
  }
}

TEST_CASE("seed, purpose, number and name each give other numbers", "[unit]") {
  const Slot eps = slot(normal_role, {"i"}, {8});
  std::vector<Numbers> all = {numbers(eps),
                              numbers(eps, {8, Purpose::step_noise, 3}),
                              numbers(eps, {7, Purpose::evaluation_noise, 3}),
                              numbers(eps, {7, Purpose::step_noise, 4}),
                              numbers(slot(normal_role, {"i"}, {8}, "eps.normal_2")),
                              numbers(slot(normal_role, {"j"}, {8}))};
  CHECK(numbers(eps) == all[0]);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      for (std::size_t k = 0; k < 8; ++k) CHECK(all[i][k] != all[j][k]);
}

TEST_CASE("the numbers have their distributions, neighbours independent of one another", "[unit]") {
  const Numbers u = numbers(slot(uniform_role, {"i", "j"}, {1000, 100}));
  CHECK(std::ranges::all_of(u, [](float x) { return 0 <= x && x < 1; }));
  CHECK(moment(u, 1) == Approx(0.5).margin(0.004));
  CHECK(moment(u, 2) == Approx(1.0 / 3).margin(0.004));
  const Numbers z = numbers(slot(normal_role, {"i", "j"}, {1000, 100}));
  CHECK(moment(z, 1) == Approx(0).margin(0.015));
  CHECK(moment(z, 2) == Approx(1).margin(0.02));
  CHECK(moment(z, 3) == Approx(0).margin(0.06));
  CHECK(moment(z, 4) == Approx(3).margin(0.15));
  for (const std::size_t apart : {1, 2, 3, 4, 100}) {
    double product = 0;
    for (std::size_t i = 0; i + apart < z.size(); ++i) product += double{z[i]} * double{z[i + apart]};
    CHECK(product / static_cast<double>(z.size()) == Approx(0).margin(0.015));
  }
  CHECK(std::isfinite(numbers(slot(normal_role, {}, {}))[0]));
}

TEST_CASE("a drawer draws a step's random numbers, with data and without", "[unit]") {
  const NativeProgram program =
      lay_out(nullptr, {slot(normal_role, {"batch"}, {6}), slot(uniform_role, {"batch"}, {6}, "mask.uniform")});
  const auto drawn = [&](Drawer drawer, std::int64_t step) {
    Arena arena = *Arena::allocate(program.arena_bytes);
    drawer.draw(arena.data(), step);
    Numbers result;
    for (const Slot& row : program.slots) std::ranges::copy(reals(arena.data(), row), std::back_inserter(result));
    return result;
  };
  const auto [dataset, items] = numbered(6, 3);
  Numbers expected = numbers(program.slots[0]);
  std::ranges::copy(numbers(program.slots[1]), std::back_inserter(expected));
  CHECK(drawn(Drawer::without_data(program, key.seed), key.number) == expected);
  CHECK(drawn(*Drawer::make(program, dataset, items, DrawOrder::epochs, key.seed), key.number) == expected);
  CHECK(drawn(Drawer::without_data(program, key.seed), key.number + 1) != expected);
}
