// Drawing words, letter after letter, from a distribution over the next letter.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/abi.h"
#include "runtime/drawer.h"

namespace tenet {

struct SampleOptions {
  std::int64_t count = 20;
  std::int64_t limit = 100;  // letters at most
  double temperature = 1;    // above 0: probabilities to the power 1 / temperature, normalised
  std::uint64_t seed = 0;
};

// What a network sees of a word: the last `positions` letters of it, from the first position on; 0 where there are none yet.
struct LetterContext {
  std::int64_t positions;
  std::vector<std::int32_t> start;  // stands before the word's first letter; not empty
  std::optional<std::int32_t> end;  // the letter that ends a word
};

// Given contexts [rows, positions] whose last letter stands at position `last`, gives probabilities [rows, alphabet]; any number
// of rows.
using NextLetter = std::function<std::expected<void, std::string>(std::span<const std::int32_t> contexts, std::int64_t last,
                                                                  std::span<double> probabilities)>;

// The names that a computation has for what sampling needs: the data input with its axes, and the output.
struct SampleNames {
  std::string input, items, positions, alphabet, output;
};

// A compiled computation as NextLetter: fills the input, runs a pass, reads the output, at the last letter's position if it has
// that axis; in as many passes as the rows need; random numbers that it draws depend on `seed` and the pass's number. Program and
// arena must outlive it; the arena's other slots must be set already.
std::expected<NextLetter, std::string> next_letter(const NativeProgram& program, unsigned char* arena, const SampleNames& names,
                                                   std::int64_t positions, std::uint64_t seed = 0);

// Words as UTF-8, without start and end. A letter depends on (seed, number of the word, place in it) and the distribution:
// longer or more words leave the others. Error: a probability is negative or not finite, or all are 0; what `next` says.
std::expected<std::vector<std::string>, std::string> sample_words(const std::vector<std::string>& alphabet,
                                                                  const LetterContext& context, const SampleOptions& options,
                                                                  const NextLetter& next);

}  // namespace tenet
