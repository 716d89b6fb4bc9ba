// The source `letters`: a text file of items, one a line, read as pairs (the letters before, the letter that follows).
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace tenet {

struct DataError {
  std::string message;    // a sentence without the file's name
  std::int64_t line = 0;  // of the data file, from 1; 0: the file as a whole
};

// "names.txt:12: message", or "names.txt: message"
std::string format(const DataError& error, const std::filesystem::path& file);

struct Letters {
  std::vector<std::string> alphabet;  // UTF-8; alphabet[0] is ".", the rest in code-point order
  std::vector<std::int32_t> codes;    // the letters of all items, one item after the other, as places in the alphabet
  std::vector<std::int64_t> starts;   // item i is codes[starts[i] .. starts[i + 1]); one more entry than items
  std::uint64_t fingerprint = 0;      // of the items

  std::int64_t items() const { return static_cast<std::int64_t>(starts.size()) - 1; }
};

// Reads a UTF-8 file, one item a line, ends stripped of white space, empty lines skipped. With `alphabet` (not empty: of a run)
// the file's letters have to be among it and the result has that alphabet; else the alphabet is the file's. Errors: missing, a
// directory, unreadable, too large for the memory, no items, a NUL byte or invalid UTF-8 (line), a '.' (line), a letter outside
// the given alphabet (line).
std::expected<Letters, DataError> read_letters(const std::filesystem::path& file, std::span<const std::string> alphabet = {});

// Pairs (window, next): a window of `positions` letters slides over each item padded with '.'; next is the letter that follows,
// '.' at the item's end. An item of m letters gives m + 1 pairs.
struct Pairs {
  std::int64_t positions = 0;
  std::vector<std::int32_t> windows;  // [pair, position], the last position nearest to next
  std::vector<std::int32_t> next;     // [pair]

  std::int64_t size() const { return static_cast<std::int64_t>(next.size()); }
};

// The pairs of the items listed, in that order. Error: they exceed the memory.
std::expected<Pairs, DataError> make_pairs(const Letters& letters, std::span<const std::int64_t> items, std::int64_t positions);

// Shuffles the items by `split_seed` and cuts them at the parts' shares (80, 10, 10), rounded down; then each split's pairs. No
// parts or one part: one split, the items in the file's order. Error: a split without items, a part that is not a positive finite
// number.
std::expected<std::vector<Pairs>, DataError> split_pairs(const Letters& letters, std::span<const double> parts,
                                                         std::uint64_t split_seed, std::int64_t positions);

}  // namespace tenet
