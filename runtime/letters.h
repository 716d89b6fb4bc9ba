// The source `letters`: a text file of items, one a line, read as pairs (the letters before, the letter that follows).
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "runtime/data_error.h"
#include "runtime/dataset.h"
#include "runtime/split.h"

namespace tenet {

struct Letters {
  std::vector<std::string> alphabet;  // UTF-8; alphabet[0] is ".", the rest in code-point order
  std::vector<std::int32_t> codes;    // the letters of all items, one item after the other, as places in the alphabet
  std::vector<std::int64_t> starts;   // item i is codes[starts[i] .. starts[i + 1]); one more entry than items
  std::vector<std::int64_t> lines;    // of the file: of each item
  std::uint64_t fingerprint = 0;      // of the items

  std::int64_t items() const { return static_cast<std::int64_t>(starts.size()) - 1; }
};

// Reads a UTF-8 file, one item a line, ends stripped of white space, empty lines skipped. With `alphabet` (not empty: of a run)
// the file's letters have to be among it and the result has that alphabet; else the alphabet is the file's. Errors: missing, a
// directory, unreadable, too large for the memory, no items, a NUL byte or invalid UTF-8 (line), a '.' (line), a letter outside
// the given alphabet (line).
std::expected<Letters, DataError> read_letters(const std::filesystem::path& file, std::span<const std::string> alphabet = {});

// The data inputs that are filled, and the axes of items and of the window's positions.
struct WindowNames {
  std::string window, next, items, positions;
};

// Pairs (window, next): a window of `positions` letters slides over each item padded with '.'; next is the letter that follows,
// '.' at the item's end. An item of m letters gives m + 1 pairs. The items are split (see split_items), then each split's pairs
// follow in its order. Error: as split_items; the windows exceed the memory.
std::expected<SplitData, DataError> letter_windows(const Letters& letters, const SplitOptions& options, std::int64_t positions,
                                                   const WindowNames& names);

// The data inputs that are filled (`weight` may be empty), and the axes of items and of positions.
struct SequenceNames {
  std::string inputs, targets, weight, items, positions;
};

// Whole items, a row each, split by split_items: inputs are '.' and the item's letters, targets its letters and the '.' that
// closes it, the weight is 1 at these and 0 after; what is left of a row is '.'. `positions` 0: as many as the longest item
// needs, its letters and one. Error: as split_items; an item that is longer (line); the rows exceed the memory.
std::expected<SplitData, DataError> letter_sequences(const Letters& letters, const SplitOptions& options, std::int64_t positions,
                                                     const SequenceNames& names);

}  // namespace tenet
