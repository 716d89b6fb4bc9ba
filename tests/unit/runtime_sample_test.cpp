#include <cmath>

#include "runtime/sample.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

const std::vector<std::string> alphabet{".", "a", "ë"};

NextLetter constant(std::vector<double> distribution) {
  return [=](std::span<const std::int32_t>, std::span<double> probabilities) -> std::expected<void, std::string> {
    for (std::size_t i = 0; i < probabilities.size(); ++i) probabilities[i] = distribution[i % distribution.size()];
    return {};
  };
}

// After '.', 'a'; after 'a', 'ë'; after "aë", the end.
std::expected<void, std::string> spell(std::span<const std::int32_t> windows, std::span<double> probabilities) {
  for (std::size_t row = 0; row < windows.size() / 2; ++row)
    for (std::size_t letter = 0; letter < 3; ++letter)
      probabilities[row * 3 + letter] = letter == static_cast<std::size_t>((windows[row * 2 + 1] + 1) % 3) ? 1 : 0;
  return {};
}

}  // namespace

TEST_CASE("words go from '.' to '.', the window following", "[unit]") {
  const auto words = sample_words(alphabet, 2, {.count = 3}, spell);
  REQUIRE(words);
  CHECK(*words == std::vector<std::string>{"aë", "aë", "aë"});
}

TEST_CASE("letters come as often as the distribution says, sharper or flatter by temperature", "[unit]") {
  const auto share = [](double temperature) {
    SampleOptions options{.count = 20'000, .limit = 1, .temperature = temperature, .seed = 5};
    const auto words = sample_words(alphabet, 1, options, constant({0.0, 0.2, 0.8}));
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
  const auto few = *sample_words(alphabet, 2, {.count = 5, .seed = 1}, next);
  const auto many = *sample_words(alphabet, 2, {.count = 50, .seed = 1}, next);
  CHECK(few == std::vector<std::string>(many.begin(), many.begin() + 5));
  CHECK(few != *sample_words(alphabet, 2, {.count = 5, .seed = 2}, next));
}

TEST_CASE("a word that does not end stops at the limit", "[unit]") {
  const auto words = sample_words(alphabet, 2, {.count = 2, .limit = 7}, constant({0, 1, 0}));
  CHECK(*words == std::vector<std::string>{"aaaaaaa", "aaaaaaa"});
}

TEST_CASE("what is not a distribution cannot be sampled from", "[unit]") {
  const auto error = [](const NextLetter& next, double temperature = 1) {
    return sample_words(alphabet, 2, {.temperature = temperature}, next).error();
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
  const auto next = next_letter(program, arena.data(), fake_inputs, 2, "probs", "vocab");
  REQUIRE(next);
  const auto words = sample_words(alphabet, 2, {.count = 11}, *next);
  CHECK(*words == std::vector<std::string>(11, "aë"));
  CHECK_FALSE(next_letter(program, arena.data(), fake_inputs, 2, "nothing", "vocab"));
  CHECK_FALSE(next_letter(program, arena.data(), fake_inputs, 2, "probs", "letters"));
  CHECK_FALSE(next_letter(program, arena.data(), fake_inputs, 3, "probs", "vocab"));
}
