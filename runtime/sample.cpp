#include "runtime/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/random.h"
#include "runtime/slots.h"

namespace tenet {

std::expected<NextLetter, std::string> next_letter(const NativeProgram& program, unsigned char* arena, const PairInputs& inputs,
                                                   std::int64_t positions, const std::string& output,
                                                   const std::string& alphabet) {
  const auto placement = PairPlacement::resolve(program, inputs, positions);
  if (!placement) return std::unexpected(placement.error());
  const Slot* slot = find_slot(program, output);
  if (!slot || slot->type != ElementType::real32) return std::unexpected(fmt::format("'{}' is not a real output", output));
  const AxisPlace items = place_of(*slot, inputs.items), letters = place_of(*slot, alphabet);
  const std::size_t expected_axes = items.position < 0 ? 1 : 2;
  if (letters.position < 0 || slot->axes.size() != expected_axes)
    return std::unexpected(fmt::format("'{}' is not a distribution over {} for each of {}", output, alphabet, inputs.items));
  const std::int64_t size = slot->extents[static_cast<std::size_t>(letters.position)];

  return [=, &program, placement = *placement](std::span<const std::int32_t> windows,
                                               std::span<double> probabilities) -> std::expected<void, std::string> {
    const std::int64_t count = static_cast<std::int64_t>(probabilities.size()) / size;
    const std::int64_t piece = placement.rows() == 0 ? count : placement.rows();
    for (std::int64_t begin = 0; begin < count; begin += piece) {
      const std::int64_t rows = std::min(piece, count - begin);
      // Rows that are not asked for repeat the last one, so that every index is a letter.
      for (std::int64_t row = 0; row < placement.rows(); ++row)
        placement.put_window(arena, row, windows.data() + (begin + std::min(row, rows - 1)) * positions);
      float loss = 0;
      TenetFrame frame{arena, 0, 1, &loss, nullptr};
      program.run(&frame);
      const std::span<const float> values = reals(static_cast<const unsigned char*>(arena), *slot);
      for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t letter = 0; letter < size; ++letter)
          probabilities[static_cast<std::size_t>((begin + row) * size + letter)] =
              values[static_cast<std::size_t>(row * items.stride + letter * letters.stride)];
    }
    return {};
  };
}

namespace {

// p^(1 / temperature), not normalised, over the largest one so that nothing underflows needlessly.
// Error: not a distribution.
std::expected<void, std::string> temper(std::span<double> probabilities, double temperature) {
  for (double probability : probabilities)
    if (!(probability >= 0) || std::isinf(probability))
      return std::unexpected(fmt::format("the distribution to sample from has the probability {}", probability));
  const double largest = std::ranges::max(probabilities);
  if (largest == 0) return std::unexpected("the distribution to sample from has only zeros");
  for (double& probability : probabilities) {
    probability /= largest;
    if (temperature != 1) probability = std::pow(probability, 1 / temperature);
  }
  return {};
}

// The letter whose share of the total `at` in [0, 1) falls into.
std::size_t pick(std::span<const double> weights, double at) {
  double left = at * std::accumulate(weights.begin(), weights.end(), 0.0);
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    chosen = i;  // rounding may leave a hair at the end: the last possible letter
    if (left < weights[i]) break;
    left -= weights[i];
  }
  return chosen;
}

}  // namespace

std::expected<std::vector<std::string>, std::string> sample_words(const std::vector<std::string>& alphabet,
                                                                  std::int64_t positions, const SampleOptions& options,
                                                                  const NextLetter& next) {
  if (!(options.temperature > 0)) return std::unexpected(fmt::format("a temperature of {} is not above 0", options.temperature));
  const auto width = static_cast<std::size_t>(positions);
  const std::size_t size = alphabet.size();
  std::vector<std::string> words(static_cast<std::size_t>(std::max<std::int64_t>(options.count, 0)));
  std::vector<std::size_t> open(words.size());  // the words that have not ended, each with its window
  std::iota(open.begin(), open.end(), 0);
  std::vector<std::int32_t> windows(open.size() * width, 0);

  for (std::int64_t place = 0; place < options.limit && !open.empty(); ++place) {
    std::vector<double> probabilities(open.size() * size);
    if (auto given = next(windows, probabilities); !given) return std::unexpected(given.error());
    std::vector<std::size_t> still_open;
    std::vector<std::int32_t> next_windows;
    for (std::size_t i = 0; i < open.size(); ++i) {
      const std::span<double> distribution = std::span(probabilities).subspan(i * size, size);
      if (auto tempered = temper(distribution, options.temperature); !tempered) return std::unexpected(tempered.error());
      const std::size_t letter =
          pick(distribution, uniform(options.seed, Purpose::sample, open[i], static_cast<std::uint64_t>(place)));
      if (letter == 0) continue;
      words[open[i]] += alphabet[letter];
      still_open.push_back(open[i]);
      const auto window = windows.begin() + static_cast<std::ptrdiff_t>(i * width);
      if (width > 0) next_windows.insert(next_windows.end(), window + 1, window + positions);
      if (width > 0) next_windows.push_back(static_cast<std::int32_t>(letter));
    }
    open = std::move(still_open);
    windows = std::move(next_windows);
  }
  return words;
}

}  // namespace tenet
