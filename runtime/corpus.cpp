#include "runtime/corpus.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/arena.h"
#include "runtime/atomic_file.h"
#include "runtime/fingerprint.h"
#include "runtime/split.h"
#include "runtime/text_file.h"
#include "runtime/utf8.h"

namespace tenet {

namespace {

constexpr char32_t code_points = 0x110000;

// Takes the next letter off the text: a code point, or a line's end.
std::optional<char32_t> take_letter(std::string_view& text) { return take_line_end(text) ? U'\n' : take_code_point(text); }

std::unexpected<DataError> at(std::string_view whole, std::string_view rest, std::string message) {
  const std::string_view before = whole.substr(0, whole.size() - rest.size());
  return std::unexpected(DataError{std::move(message), 1 + line_ends_in(before)});
}

// Which code points the text has.
std::expected<std::vector<bool>, DataError> letters_in(std::string_view text) {
  std::vector<bool> found(code_points);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view before = rest;
    const std::optional<char32_t> letter = take_letter(rest);
    if (!letter) return at(text, before, "not valid UTF-8");
    if (*letter == 0) return at(text, before, "a zero byte: this is not a text file");
    found[*letter] = true;
  }
  return found;
}

// Places in the alphabet, by code point; -1: not in it.
std::vector<std::int32_t> places_in(std::span<const std::string> alphabet) {
  std::vector<std::int32_t> places(code_points, -1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    std::string_view letter = alphabet[i];
    if (const std::optional<char32_t> point = take_code_point(letter)) places[*point] = static_cast<std::int32_t>(i);
  }
  return places;
}

template <class Code>
std::expected<void, DataError> encode(std::string_view text, std::int64_t size, Corpus& corpus) {
  const std::vector<std::int32_t> places = places_in(corpus.alphabet);
  std::vector<Code> codes;
  codes.reserve(static_cast<std::size_t>(size));
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view before = rest;
    const char32_t letter = *take_letter(rest);
    if (places[letter] < 0)
      return at(text, before, fmt::format("U+{:04X} is not in the run's alphabet", static_cast<std::uint32_t>(letter)));
    codes.push_back(static_cast<Code>(places[letter]));
  }
  Fingerprint fingerprint;
  for (const std::string& letter : corpus.alphabet) fingerprint.add(letter);
  fingerprint.add(std::as_bytes(std::span(codes)));
  corpus.fingerprint = fingerprint.value();
  corpus.size = static_cast<std::int64_t>(codes.size());
  corpus.letters = owned(std::move(codes));
  return {};
}

}  // namespace

std::expected<Corpus, DataError> read_corpus(const std::filesystem::path& file, std::span<const std::string> alphabet) {
  const std::expected<std::string, std::string> bytes = read_file(file);
  if (!bytes) return std::unexpected(DataError{bytes.error()});
  const std::expected<std::string_view, DataError> marked = text_in(*bytes);
  if (!marked) return std::unexpected(marked.error());
  const std::string_view text = *marked;
  if (text.empty()) return std::unexpected(DataError{"the file is empty"});
  const std::expected<std::vector<bool>, DataError> found = letters_in(text);
  if (!found) return std::unexpected(found.error());

  Corpus corpus;
  corpus.alphabet.assign(alphabet.begin(), alphabet.end());
  if (alphabet.empty())
    for (char32_t letter = 0; letter < code_points; ++letter)
      if ((*found)[letter]) corpus.alphabet.push_back(encode_code_point(letter));
  corpus.storage = corpus.alphabet.size() <= 256 ? Storage::whole8 : Storage::whole32;
  // A code point of several bytes has a lead byte; the others begin with 10.
  const std::int64_t most = std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; });
  if (auto fits = check_memory(most * element_bytes(corpus.storage), "the text"); !fits)
    return std::unexpected(DataError{fits.error()});
  const auto encoded =
      corpus.storage == Storage::whole8 ? encode<std::uint8_t>(text, most, corpus) : encode<std::int32_t>(text, most, corpus);
  if (!encoded) return std::unexpected(encoded.error());
  return corpus;
}

std::expected<SplitData, DataError> corpus_windows(const Corpus& corpus, std::span<const double> parts, std::int64_t positions,
                                                   const CorpusNames& names) {
  const auto places = cut(corpus.size, parts);
  if (!places) return std::unexpected(places.error());
  const auto column = [&](const std::string& input, std::int64_t from) {
    const auto* first = static_cast<const unsigned char*>(corpus.letters.get()) + from * element_bytes(corpus.storage);
    const std::shared_ptr<const void> values(corpus.letters, first);
    return Column{input, corpus.storage, {names.positions}, {positions}, {1}, 1, values};
  };
  SplitData result{{names.items, {column(names.inputs, 0), column(names.targets, 1)}}, {}};
  for (std::size_t i = 0; i + 1 < places->size(); ++i) {
    const std::int64_t begin = (*places)[i], end = (*places)[i + 1];
    if (end - begin <= positions)
      return std::unexpected(
          DataError{fmt::format("split {} of {} gets {} letters; a window of {} and the letter that follows take {}", i + 1,
                                places->size() - 1, end - begin, positions, positions + 1)});
    result.splits.emplace_back(begin, end - positions);
  }
  return result;
}

}  // namespace tenet
