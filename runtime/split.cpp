#include "runtime/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/random.h"

namespace tenet {

std::expected<std::vector<std::int64_t>, DataError> cut(std::int64_t count, std::span<const double> parts) {
  double total = 0;
  for (double part : parts) {
    if (!(part > 0) || !std::isfinite(part))
      return std::unexpected(DataError{fmt::format("a part of a split has to be above 0, not {}", part)});
    total += part;
  }
  const std::size_t splits = std::max<std::size_t>(parts.size(), 1);
  std::vector<std::int64_t> places{0};
  double share = 0;
  for (std::size_t split = 0; split < splits; ++split) {
    std::int64_t end = count;
    if (split + 1 < splits) {
      share += parts[split];
      // A hair more than the quotient, so that 80 of 100 in 10 items is 8 whatever the division rounds to.
      end = std::min(end, static_cast<std::int64_t>(share / total * static_cast<double>(end) * (1 + 1e-12)));
    }
    if (places.back() == end)
      return std::unexpected(DataError{fmt::format("split {} of {} gets no item: there are {} items", split + 1, splits, count)});
    places.push_back(end);
  }
  return places;
}

std::expected<std::vector<std::vector<std::int64_t>>, DataError> split_items(std::int64_t count, const SplitOptions& options) {
  const std::expected<std::vector<std::int64_t>, DataError> places = cut(count, options.parts);
  if (!places) return std::unexpected(places.error());
  std::vector<std::int64_t> order = shuffled(count, options.seed);
  if (places->size() == 2 || !options.shuffle) std::ranges::sort(order);
  std::vector<std::vector<std::int64_t>> result;
  for (std::size_t i = 0; i + 1 < places->size(); ++i)
    result.emplace_back(order.begin() + (*places)[i], order.begin() + (*places)[i + 1]);
  return result;
}

}  // namespace tenet
