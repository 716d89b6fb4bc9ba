#include "runtime/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/random.h"
#include "runtime/slots.h"
#include "runtime/threads.h"

namespace tenet {

namespace {

// The contexts as a dataset of one column; they must outlive it.
Dataset dataset_of(std::span<const std::int32_t> contexts, const SampleNames& names, std::int64_t positions) {
  const std::shared_ptr<const void> borrowed(std::shared_ptr<const void>(), contexts.data());
  return {names.items, {{names.input, Storage::whole32, {names.positions}, {positions}, {1}, positions, borrowed}}};
}

}  // namespace

std::expected<NextLetter, std::string> next_letter(const NativeProgram& program, unsigned char* arena, const SampleNames& names,
                                                   std::int64_t positions, std::uint64_t seed) {
  if (auto placement = Placement::resolve(program, dataset_of({}, names, positions)); !placement)
    return std::unexpected(placement.error());
  const Slot* slot = find_slot(program, names.output);
  if (!slot || slot->type != ElementType::real32) return std::unexpected(fmt::format("'{}' is not a real output", names.output));
  const AxisPlace items = place_of(*slot, names.items), letters = place_of(*slot, names.alphabet);
  const AxisPlace position = place_of(*slot, names.positions);
  const std::size_t expected_axes = 1 + (items.position >= 0) + (position.position >= 0);
  if (letters.position < 0 || slot->axes.size() != expected_axes)
    return std::unexpected(
        fmt::format("'{}' is not a distribution over {} for each of {}", names.output, names.alphabet, names.items));
  const std::int64_t size = slot->extents[static_cast<std::size_t>(letters.position)];

  return [=, &program, noise = Noise(program), pass = std::int64_t{0}](
             std::span<const std::int32_t> contexts, std::int64_t last,
             std::span<double> probabilities) mutable -> std::expected<void, std::string> {
    const Dataset dataset = dataset_of(contexts, names, positions);
    const auto placement = Placement::resolve(program, dataset);
    if (!placement) return std::unexpected(placement.error());
    const std::int64_t count = static_cast<std::int64_t>(probabilities.size()) / size;
    const std::int64_t piece = placement->rows() == 0 ? count : placement->rows();
    std::vector<std::int64_t> drawn(static_cast<std::size_t>(placement->rows()));
    for (std::int64_t begin = 0; begin < count; begin += piece) {
      const std::int64_t rows = std::min(piece, count - begin);
      // Rows that are not asked for repeat the last one, so that every index is a letter.
      for (std::size_t row = 0; row < drawn.size(); ++row)
        drawn[row] = begin + std::min(static_cast<std::int64_t>(row), rows - 1);
      placement->put(arena, drawn);
      noise.fill(arena, {seed, Purpose::sample_noise, pass++});
      float loss = 0;
      TenetFrame frame{arena, 0, 1, &loss, nullptr};
      run_program(program, frame);
      const std::span<const float> values = reals(static_cast<const unsigned char*>(arena), *slot);
      for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t letter = 0; letter < size; ++letter)
          probabilities[static_cast<std::size_t>((begin + row) * size + letter)] =
              values[static_cast<std::size_t>(row * items.stride + last * position.stride + letter * letters.stride)];
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
                                                                  const LetterContext& context, const SampleOptions& options,
                                                                  const NextLetter& next) {
  if (!(options.temperature > 0)) return std::unexpected(fmt::format("a temperature of {} is not above 0", options.temperature));
  const auto width = static_cast<std::size_t>(context.positions);
  const std::size_t size = alphabet.size();
  std::vector<std::string> words(static_cast<std::size_t>(std::max<std::int64_t>(options.count, 0)));
  std::vector<std::size_t> open(words.size());  // the words that have not ended
  std::iota(open.begin(), open.end(), 0);
  std::vector<std::vector<std::int32_t>> letters(words.size(), context.start);  // what stands there of each

  for (std::int64_t place = 0; place < options.limit && !open.empty(); ++place) {
    // Words that are open have the same length.
    const std::size_t length = context.start.size() + static_cast<std::size_t>(place), shown = std::min(length, width);
    std::vector<std::int32_t> contexts(open.size() * width, 0);
    for (std::size_t i = 0; i < open.size(); ++i)
      std::ranges::copy(std::span(letters[open[i]]).last(shown), contexts.begin() + static_cast<std::ptrdiff_t>(i * width));
    std::vector<double> probabilities(open.size() * size);
    if (auto done = next(contexts, static_cast<std::int64_t>(shown) - 1, probabilities); !done)
      return std::unexpected(done.error());

    std::vector<std::size_t> still_open;
    for (std::size_t i = 0; i < open.size(); ++i) {
      const std::span<double> distribution = std::span(probabilities).subspan(i * size, size);
      if (auto tempered = temper(distribution, options.temperature); !tempered) return std::unexpected(tempered.error());
      const std::size_t letter =
          pick(distribution, uniform(options.seed, Purpose::sample, open[i], static_cast<std::uint64_t>(place)));
      if (context.end && static_cast<std::int32_t>(letter) == *context.end) continue;
      words[open[i]] += alphabet[letter];
      letters[open[i]].push_back(static_cast<std::int32_t>(letter));
      still_open.push_back(open[i]);
    }
    open = std::move(still_open);
  }
  return words;
}

}  // namespace tenet
