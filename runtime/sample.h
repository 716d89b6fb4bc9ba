// Drawing words, letter after letter, from a distribution over the next letter.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
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

// Given windows [rows, positions], gives probabilities [rows, alphabet]; any number of rows.
using NextLetter =
    std::function<std::expected<void, std::string>(std::span<const std::int32_t> windows, std::span<double> probabilities)>;

// A compiled computation as NextLetter: fills the window slot, runs a pass, reads the output slot `output` with axes items and
// `alphabet`, in as many passes as the rows need. Program and arena must outlive it; the arena's other slots must be set already.
std::expected<NextLetter, std::string> next_letter(const NativeProgram& program, unsigned char* arena, const PairInputs& inputs,
                                                   std::int64_t positions, const std::string& output,
                                                   const std::string& alphabet);

// Words from '.' to '.', as UTF-8. A letter depends on (seed, number of the word, place in it) and the distribution: longer or
// more words leave the others. Error: a probability is negative or not finite, or all are 0; what `next` says.
std::expected<std::vector<std::string>, std::string> sample_words(const std::vector<std::string>& alphabet,
                                                                  std::int64_t positions, const SampleOptions& options,
                                                                  const NextLetter& next);

}  // namespace tenet
