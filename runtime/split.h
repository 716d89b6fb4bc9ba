// Cutting items into splits.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "runtime/data_error.h"

namespace tenet {

struct SplitOptions {
  std::vector<double> parts;  // shares (80, 10, 10); one or none: one split
  std::uint64_t seed = 0;
  bool shuffle = true;
};

// Where `count` things in a row are cut at the parts' shares, rounded down: split i goes from place i to place i + 1. Error: a
// split that gets nothing, a part that is not a positive finite number.
std::expected<std::vector<std::int64_t>, DataError> cut(std::int64_t count, std::span<const double> parts);

// The items 0 .. count-1, shuffled by the seed and cut; one split, or all without `shuffle`, have them in their order. Error: as
// above.
std::expected<std::vector<std::vector<std::int64_t>>, DataError> split_items(std::int64_t count, const SplitOptions& options);

}  // namespace tenet
