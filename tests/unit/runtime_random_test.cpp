#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "runtime/random.h"
#include "tests/catch.h"

using namespace tenet;

TEST_CASE("Philox gives Random123's known answers", "[unit]") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

namespace {

// Pearson's statistic of counts that should be equal; its mean is the number of counts less 1, its deviation the root of twice
// that.
double chi_squared(const std::vector<std::int64_t>& counts) {
  const double expected =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0})) / static_cast<double>(counts.size());
  double sum = 0;
  for (std::int64_t count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

double limit(std::size_t cells) { return static_cast<double>(cells - 1) + 5 * std::sqrt(2.0 * static_cast<double>(cells)); }

}  // namespace

TEST_CASE("draws with replacement are uniform, and a function of seed, step and place", "[unit]") {
  std::vector<std::int64_t> counts(37), indices(33);
  for (std::int64_t step = 0; step < 4000; ++step) {
    draw_with_replacement(7, step, 37, indices);
    for (std::int64_t index : indices) {
      REQUIRE(index >= 0);
      REQUIRE(index < 37);
      ++counts[static_cast<std::size_t>(index)];
    }
  }
  CHECK(chi_squared(counts) < limit(counts.size()));

  std::vector<std::int64_t> again(33), shorter(10), other(33);
  draw_with_replacement(7, 3999, 37, again);
  CHECK(again == indices);
  draw_with_replacement(7, 3999, 37, shorter);
  CHECK(std::equal(shorter.begin(), shorter.end(), indices.begin()));
  draw_with_replacement(8, 3999, 37, other);
  CHECK(other != indices);
}

TEST_CASE("an epoch is a permutation, for every number of items", "[unit]") {
  for (std::int64_t count : {1, 2, 3, 5, 31, 32, 33, 1000, 4097}) {
    for (std::uint64_t epoch : {0, 1, 2}) {
      const EpochPermutation permutation(1, epoch, count);
      std::vector<bool> seen(static_cast<std::size_t>(count));
      for (std::int64_t place = 0; place < count; ++place) {
        const std::int64_t item = permutation(place);
        REQUIRE(item >= 0);
        REQUIRE(item < count);
        REQUIRE_FALSE(seen[static_cast<std::size_t>(item)]);
        seen[static_cast<std::size_t>(item)] = true;
      }
    }
  }
}

TEST_CASE("all orders of an epoch are equally likely", "[unit]") {
  for (std::int64_t items : {3, 4}) {
    std::map<std::vector<std::int64_t>, std::int64_t> orders;
    for (std::uint64_t epoch = 0; epoch < 24'000; ++epoch) {
      const EpochPermutation permutation(5, epoch, items);
      std::vector<std::int64_t> order;
      for (std::int64_t place = 0; place < items; ++place) order.push_back(permutation(place));
      ++orders[order];
    }
    std::vector<std::int64_t> counts;
    for (const auto& [order, count] : orders) counts.push_back(count);
    REQUIRE(counts.size() == (items == 3 ? 6 : 24));
    CHECK(chi_squared(counts) < limit(counts.size()));
  }
}

TEST_CASE("an item's place in an epoch does not show in its neighbour's", "[unit]") {
  // Counts of (item at place 0, item at place 1) over epochs, for a size above the smallest domain.
  constexpr std::int64_t items = 10;
  std::vector<std::int64_t> counts;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> pairs;
  for (std::uint64_t epoch = 0; epoch < 90'000; ++epoch) {
    const EpochPermutation permutation(11, epoch, items);
    ++pairs[{permutation(0), permutation(1)}];
  }
  for (const auto& [pair, count] : pairs) counts.push_back(count);
  REQUIRE(counts.size() == items * (items - 1));
  CHECK(chi_squared(counts) < limit(counts.size()));
}

TEST_CASE("neighbours in a long epoch lie at any distance", "[unit]") {
  constexpr std::int64_t items = 1000;
  std::vector<std::int64_t> distances(items - 1);
  for (std::uint64_t epoch = 0; epoch < 100; ++epoch) {
    const EpochPermutation permutation(2, epoch, items);
    for (std::int64_t place = 0; place + 1 < items; ++place)
      ++distances[static_cast<std::size_t>((permutation(place + 1) - permutation(place) + items) % items - 1)];
  }
  CHECK(chi_squared(distances) < limit(distances.size()));
}

TEST_CASE("a shuffle keeps every item, differs by seed and favours no place", "[unit]") {
  std::vector<std::int64_t> counts(8);
  for (std::uint64_t seed = 0; seed < 8000; ++seed) {
    std::vector<std::int64_t> order = shuffled(8, seed);
    ++counts[static_cast<std::size_t>(order[2])];
    std::ranges::sort(order);
    REQUIRE(order == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7});
  }
  CHECK(chi_squared(counts) < limit(counts.size()));
  CHECK(shuffled(100, 1) == shuffled(100, 1));
  CHECK(shuffled(100, 1) != shuffled(100, 2));
  CHECK(shuffled(0, 1).empty());
}

TEST_CASE("uniform numbers lie in [0, 1) with the mean of a half", "[unit]") {
  double sum = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const double value = uniform(3, Purpose::sample, i, 0);
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    sum += value;
  }
  CHECK(sum / 10'000 == Approx(0.5).margin(0.015));
}
