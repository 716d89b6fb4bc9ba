#include <cmath>

#include "runtime/sample.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

const std::vector<std::string> alphabet{".", "a", "ë"};
const LetterContext two{2, {0, 0}, 0};

NextLetter constant(std::vector<double> distribution) {
  return [=](std::span<const std::int32_t>, std::int64_t, std::span<double> probabilities) -> std::expected<void, std::string> {
    for (std::size_t i = 0; i < probabilities.size(); ++i) probabilities[i] = distribution[i % distribution.size()];
    return {};
  };
}

// After '.', 'a'; after 'a', 'ë'; after "aë", the end.
std::expected<void, std::string> spell(std::span<const std::int32_t> windows, std::int64_t, std::span<double> probabilities) {
  for (std::size_t row = 0; row < windows.size() / 2; ++row)
    for (std::size_t letter = 0; letter < 3; ++letter)
      probabilities[row * 3 + letter] = letter == static_cast<std::size_t>((windows[row * 2 + 1] + 1) % 3) ? 1 : 0;
  return {};
}

}  // namespace

TEST_CASE("words go from '.' to '.', the window following", "[unit]") {
  const auto words = sample_words(alphabet, two, {.count = 3}, spell);
  REQUIRE(words);
  CHECK(*words == std::vector<std::string>{"aë", "aë", "aë"});
}

TEST_CASE("letters come as often as the distribution says, sharper or flatter by temperature", "[unit]") {
  const auto share = [](double temperature) {
    SampleOptions options{.count = 20'000, .limit = 1, .temperature = temperature, .seed = 5};
    const auto words = sample_words(alphabet, two, options, constant({0.0, 0.2, 0.8}));
    std::int64_t count = 0;
    for (const std::string& word : *words) count += word == "a";
    return static_cast<double>(count) / 20'000;
  };
  CHECK(share(1) == Approx(0.2).margin(0.012));
  CHECK(share(0.5) == Approx(0.04 / 0.68).margin(0.008));
  CHECK(share(2) == Approx(std::sqrt(0.2) / (std::sqrt(0.2) + std::sqrt(0.8))).margin(0.015));
  CHECK(share(1e-3) == 0);
}

TEST_CASE("a word depends on the seed and its number, not on how many there are", "[unit]") {
  const NextLetter next = constant({0.2, 0.4, 0.4});
  const auto few = *sample_words(alphabet, two, {.count = 5, .seed = 1}, next);
  const auto many = *sample_words(alphabet, two, {.count = 50, .seed = 1}, next);
  CHECK(few == std::vector<std::string>(many.begin(), many.begin() + 5));
  CHECK(few != *sample_words(alphabet, two, {.count = 5, .seed = 2}, next));
}

TEST_CASE("a word that does not end stops at the limit", "[unit]") {
  const auto words = sample_words(alphabet, two, {.count = 2, .limit = 7}, constant({0, 1, 0}));
  CHECK(*words == std::vector<std::string>{"aaaaaaa", "aaaaaaa"});
}

TEST_CASE("what is not a distribution cannot be sampled from", "[unit]") {
  const auto error = [](const NextLetter& next, double temperature = 1) {
    return sample_words(alphabet, two, {.temperature = temperature}, next).error();
  };
  CHECK_THAT(error(constant({0, 0, 0})), ContainsSubstring("only zeros"));
  CHECK_THAT(error(constant({0.5, -0.25, 0.75})), ContainsSubstring("-0.25"));
  CHECK_THAT(error(constant({0.5, std::nan(""), 0.5})), ContainsSubstring("nan"));
  CHECK_THAT(error(constant({0.5, INFINITY, 0.5})), ContainsSubstring("inf"));
  CHECK_THAT(error(constant({0.5, 0.5, 0}), 0), ContainsSubstring("temperature"));
}

TEST_CASE("a compiled computation gives the next letter, in pieces", "[unit]") {
  static std::vector<Slot> slots;
  const auto run = [](TenetFrame* frame) {  // spells as above, four rows a pass, the letters' axis outermost
    for (std::size_t row = 0; row < 4; ++row)
      for (std::size_t letter = 0; letter < 3; ++letter) {
        const std::int32_t last = wholes(frame->arena, slots[0])[row * 2 + 1];
        reals(frame->arena, slots[1])[letter * 4 + row] = letter == static_cast<std::size_t>((last + 1) % 3) ? 1 : 0;
      }
  };
  const NativeProgram program = lay_out(run, {{Slot::Role::data, "X", ElementType::whole32, {"batch", "context"}, {4, 2}, 0},
                                              {Slot::Role::output, "probs", ElementType::real32, {"vocab", "batch"}, {3, 4}, 0}});
  slots = program.slots;
  Arena arena = *Arena::allocate(program.arena_bytes);
  const auto next = next_letter(program, arena.data(), {"X", "batch", "context", "vocab", "probs"}, 2);
  REQUIRE(next);
  const auto words = sample_words(alphabet, two, {.count = 11}, *next);
  CHECK(*words == std::vector<std::string>(11, "aë"));
  CHECK_FALSE(next_letter(program, arena.data(), {"X", "batch", "context", "vocab", "nothing"}, 2));
  CHECK_FALSE(next_letter(program, arena.data(), {"X", "batch", "context", "letters", "probs"}, 2));
  CHECK_FALSE(next_letter(program, arena.data(), {"X", "batch", "context", "vocab", "probs"}, 3));
}

TEST_CASE("a network that reads whole words sees them from the first position on, then their last letters", "[unit]") {
  // Always 'a'; keeps what it is shown.
  std::vector<std::vector<std::int32_t>> shown;
  std::vector<std::int64_t> lasts;
  const NextLetter next = [&](std::span<const std::int32_t> contexts, std::int64_t last, std::span<double> probabilities) {
    shown.emplace_back(contexts.begin(), contexts.end());
    lasts.push_back(last);
    probabilities[1] = 1;
    return std::expected<void, std::string>();
  };
  const auto words = sample_words(alphabet, {3, {2}, std::nullopt}, {.count = 1, .limit = 4}, next);
  CHECK(*words == std::vector<std::string>{"aaaa"});
  CHECK(shown == std::vector<std::vector<std::int32_t>>{{2, 0, 0}, {2, 1, 0}, {2, 1, 1}, {1, 1, 1}});
  CHECK(lasts == std::vector<std::int64_t>{0, 1, 2, 2});
}

TEST_CASE("a distribution for each position is read at the last letter's", "[unit]") {
  static std::vector<Slot> slots;
  const auto run = [](TenetFrame* frame) {  // at every position, the letter after the one that stands there
    for (std::size_t row = 0; row < 4; ++row)
      for (std::size_t at = 0; at < 2; ++at)
        for (std::size_t letter = 0; letter < 3; ++letter) {
          const auto there = static_cast<std::size_t>(wholes(frame->arena, slots[0])[row * 2 + at]);
          reals(frame->arena, slots[1])[(letter * 4 + row) * 2 + at] = letter == (there + 1) % 3 ? 1 : 0;
        }
  };
  const NativeProgram program =
      lay_out(run, {{Slot::Role::data, "X", ElementType::whole32, {"batch", "context"}, {4, 2}, 0},
                    {Slot::Role::output, "probs", ElementType::real32, {"vocab", "batch", "context"}, {3, 4, 2}, 0}});
  slots = program.slots;
  Arena arena = *Arena::allocate(program.arena_bytes);
  const auto next = next_letter(program, arena.data(), {"X", "batch", "context", "vocab", "probs"}, 2);
  REQUIRE(next);
  CHECK(*sample_words(alphabet, {2, {0}, 0}, {.count = 5}, *next) == std::vector<std::string>(5, "aë"));
}
