// The source `text`: a file of text read letter by letter, in which each place but the last is where a window can begin.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/data_error.h"
#include "runtime/dataset.h"

namespace tenet {

struct Corpus {
  std::vector<std::string> alphabet;    // UTF-8, in code-point order
  Storage storage;                      // of the letters: whole8 where the alphabet allows it
  std::shared_ptr<const void> letters;  // places in the alphabet
  std::int64_t size = 0;
  std::uint64_t fingerprint = 0;  // of the letters
};

// Reads a UTF-8 file: every code point is a letter, the newline too. A line's end is a newline whether the file writes LF, CR or
// CR LF; a byte order mark at the start is none. With `alphabet` (not empty: of a run) the file's letters have to be among it and
// the result has that alphabet. Errors: missing, a directory, unreadable, too large for the memory, empty, a NUL byte or invalid
// UTF-8 (line), a letter outside the given alphabet (line).
std::expected<Corpus, DataError> read_corpus(const std::filesystem::path& file, std::span<const std::string> alphabet = {});

// The data inputs that are filled, and the axes of items and of positions.
struct CorpusNames {
  std::string inputs, targets, items, positions;
};

// An item is a place: inputs are the `positions` letters from there on, targets the same one letter later. The corpus is cut, in
// its order, at the parts' shares; the windows of a split and the letters that follow lie within its stretch. Error: a part that
// is not a positive finite number; a stretch that is shorter than one window and the letter that follows.
std::expected<SplitData, DataError> corpus_windows(const Corpus& corpus, std::span<const double> parts, std::int64_t positions,
                                                   const CorpusNames& names);

}  // namespace tenet
