#include "runtime/letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "runtime/arena.h"
#include "runtime/atomic_file.h"
#include "runtime/fingerprint.h"
#include "runtime/text_file.h"
#include "runtime/utf8.h"

namespace tenet {

namespace {

// Unicode's White_Space property beyond ASCII, and the byte order mark, which editors put at a file's start.
bool is_space(char32_t point) {
  return point == ' ' || (point >= '\t' && point <= '\r') || point == 0x85 || point == 0xA0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 || point == 0x202F || point == 0x205F ||
         point == 0x3000 || point == 0xFEFF;
}

// The line's code points without white space at its ends. Nothing if it is not UTF-8.
std::optional<std::u32string> decoded(std::string_view line) {
  std::u32string points;
  while (!line.empty()) {
    const std::optional<char32_t> point = take_code_point(line);
    if (!point) return std::nullopt;
    points.push_back(*point);
  }
  const auto letter = [](char32_t point) { return !is_space(point); };
  points.erase(std::find_if(points.rbegin(), points.rend(), letter).base(), points.end());
  points.erase(points.begin(), std::find_if(points.begin(), points.end(), letter));
  return points;
}

// A letter as a message shows it: itself, or its number where it has no shape.
std::string shown(char32_t point) {
  const bool invisible = point < 0x20 || point == 0x7F || is_space(point);
  return invisible ? fmt::format("U+{:04X}", static_cast<std::uint32_t>(point)) : fmt::format("'{}'", encode_code_point(point));
}

// The code points of all items, one item after the other, and where each begins.
struct RawItems {
  std::u32string letters;
  std::vector<std::int64_t> starts{0};
  std::vector<std::int64_t> lines;  // of each item
};

std::expected<RawItems, DataError> raw_items(std::string_view text) {
  RawItems items;
  for (std::int64_t line = 1; !text.empty(); ++line) {
    const std::string_view content = text.substr(0, text.find_first_of("\r\n"));
    text.remove_prefix(content.size());
    take_line_end(text);
    if (content.contains('\0')) return std::unexpected(DataError{"a zero byte: this is not a text file", line});
    const std::optional<std::u32string> letters = decoded(content);
    if (!letters) return std::unexpected(DataError{"not valid UTF-8", line});
    if (letters->empty()) continue;
    if (letters->contains(U'.'))
      return std::unexpected(DataError{"a '.' in an item: '.' stands for an item's start and end", line});
    items.letters += *letters;
    items.starts.push_back(static_cast<std::int64_t>(items.letters.size()));
    items.lines.push_back(line);
  }
  if (items.lines.empty()) return std::unexpected(DataError{"no items: the file has no line with a letter"});
  return items;
}

std::vector<std::string> alphabet_of(const RawItems& items) {
  const std::set<char32_t> letters(items.letters.begin(), items.letters.end());
  std::vector<std::string> alphabet{"."};
  for (char32_t letter : letters) alphabet.push_back(encode_code_point(letter));
  return alphabet;
}

}  // namespace

std::expected<Letters, DataError> read_letters(const std::filesystem::path& file, std::span<const std::string> alphabet) {
  const std::expected<std::string, std::string> bytes = read_file(file);
  if (!bytes) return std::unexpected(DataError{bytes.error()});
  const std::expected<std::string_view, DataError> text = text_in(*bytes);
  if (!text) return std::unexpected(text.error());
  // Code points and places take four bytes a letter each, while both are there.
  if (auto fits = check_memory(8 * static_cast<std::int64_t>(text->size()), "the file's letters"); !fits)
    return std::unexpected(DataError{fits.error()});
  std::expected<RawItems, DataError> items = raw_items(*text);
  if (!items) return std::unexpected(items.error());

  Letters letters;
  letters.alphabet = alphabet.empty() ? alphabet_of(*items) : std::vector<std::string>(alphabet.begin(), alphabet.end());
  std::map<char32_t, std::int32_t> place;
  for (std::size_t i = 0; i < letters.alphabet.size(); ++i) {
    std::string_view letter = letters.alphabet[i];
    if (const std::optional<char32_t> point = take_code_point(letter)) place[*point] = static_cast<std::int32_t>(i);
  }
  letters.codes.reserve(items->letters.size());
  for (std::size_t item = 0; item < items->lines.size(); ++item) {
    for (std::int64_t i = items->starts[item]; i < items->starts[item + 1]; ++i) {
      const char32_t letter = items->letters[static_cast<std::size_t>(i)];
      const auto found = place.find(letter);
      if (found == place.end())
        return std::unexpected(DataError{fmt::format("{} is not in the run's alphabet", shown(letter)), items->lines[item]});
      letters.codes.push_back(found->second);
    }
  }
  letters.starts = std::move(items->starts);
  letters.lines = std::move(items->lines);
  Fingerprint fingerprint;
  for (const std::string& letter : letters.alphabet) fingerprint.add(letter);
  fingerprint.add(std::as_bytes(std::span(letters.codes)));
  fingerprint.add(std::as_bytes(std::span(letters.starts)));
  letters.fingerprint = fingerprint.value();
  return letters;
}

namespace {

std::int64_t whole_bytes(double bytes) {
  return bytes < 9e18 ? static_cast<std::int64_t>(bytes) : std::numeric_limits<std::int64_t>::max();
}

// The items one after the other, each after so many '.', and as many at the end: an item's windows, and the letters that follow,
// are a stretch of this.
std::vector<std::int32_t> padded(const Letters& letters, std::int64_t positions) {
  std::vector<std::int32_t> stream;
  stream.reserve(letters.codes.size() + static_cast<std::size_t>((letters.items() + 1) * positions));
  const auto pad = [&] { stream.insert(stream.end(), static_cast<std::size_t>(positions), 0); };
  for (std::size_t item = 0; item + 1 < letters.starts.size(); ++item) {
    pad();
    stream.insert(stream.end(), letters.codes.begin() + letters.starts[item], letters.codes.begin() + letters.starts[item + 1]);
  }
  pad();
  return stream;
}

// The places in that stream at which the windows of the items begin: an item of m letters has m + 1.
Items windows_of(const Letters& letters, std::span<const std::int64_t> items, std::int64_t positions) {
  std::vector<std::int64_t> places;
  for (std::int64_t item : items) {
    const auto i = static_cast<std::size_t>(item);
    const std::int64_t begin = letters.starts[i] + item * positions;
    for (std::int64_t place = 0; place <= letters.starts[i + 1] - letters.starts[i]; ++place) places.push_back(begin + place);
  }
  return Items(std::move(places));
}

}  // namespace

std::expected<SplitData, DataError> letter_windows(const Letters& letters, const SplitOptions& options, std::int64_t positions,
                                                   const WindowNames& names) {
  const double count = static_cast<double>(letters.codes.size()) + static_cast<double>(letters.items());
  const double bytes = 4 * static_cast<double>(positions) * static_cast<double>(letters.items() + 1) + 12 * count;
  if (auto fits = check_memory(whole_bytes(bytes), "the data's windows"); !fits) return std::unexpected(DataError{fits.error()});
  const auto split = split_items(letters.items(), options);
  if (!split) return std::unexpected(split.error());

  const std::shared_ptr<const std::int32_t> stream = owned(padded(letters, positions));
  SplitData result{{names.items, {}}, {}};
  result.dataset.columns.push_back({names.window, Storage::whole32, {names.positions}, {positions}, {1}, 1, stream});
  const std::shared_ptr<const std::int32_t> next(stream, stream.get() + positions);
  result.dataset.columns.push_back({names.next, Storage::whole32, {}, {}, {}, 1, next});
  for (const std::vector<std::int64_t>& items : *split) result.splits.push_back(windows_of(letters, items, positions));
  return result;
}

std::expected<SplitData, DataError> letter_sequences(const Letters& letters, const SplitOptions& options, std::int64_t positions,
                                                     const SequenceNames& names) {
  std::int64_t longest = 0;
  for (std::size_t item = 0; item + 1 < letters.starts.size(); ++item) {
    const std::int64_t length = letters.starts[item + 1] - letters.starts[item];
    longest = std::max(longest, length);
    if (positions > 0 && length >= positions)
      return std::unexpected(DataError{fmt::format("an item of {} letters takes {} positions; the axis {} has {}", length,
                                                   length + 1, names.positions, positions),
                                       letters.lines[item]});
  }
  if (positions == 0) positions = longest + 1;
  const double elements = static_cast<double>(letters.items()) * static_cast<double>(positions + 1);
  if (auto fits = check_memory(whole_bytes(5 * elements), "the data's rows"); !fits)
    return std::unexpected(DataError{fits.error()});
  auto split = split_items(letters.items(), options);
  if (!split) return std::unexpected(split.error());

  // A row has '.', the letters and '.': the inputs from its first place on, the targets from its second.
  const auto width = static_cast<std::size_t>(positions);
  std::vector<std::int32_t> rows(static_cast<std::size_t>(letters.items()) * (width + 1), 0);
  std::vector<unsigned char> weights(static_cast<std::size_t>(letters.items()) * width, 0);
  for (std::size_t item = 0; item + 1 < letters.starts.size(); ++item) {
    const std::span<const std::int32_t> word(letters.codes.begin() + letters.starts[item],
                                             letters.codes.begin() + letters.starts[item + 1]);
    std::ranges::copy(word, rows.begin() + static_cast<std::ptrdiff_t>(item * (width + 1) + 1));
    std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(item * width), word.size() + 1, std::uint8_t{255});  // 1
  }
  const std::shared_ptr<const std::int32_t> first = owned(std::move(rows));
  const std::shared_ptr<const std::int32_t> second(first, first.get() + 1);
  SplitData result{{names.items, {}}, {}};
  const auto add = [&](const std::string& input, Storage storage, std::int64_t stride, std::shared_ptr<const void> values) {
    result.dataset.columns.push_back({input, storage, {names.positions}, {positions}, {1}, stride, std::move(values)});
  };
  add(names.inputs, Storage::whole32, positions + 1, first);
  add(names.targets, Storage::whole32, positions + 1, second);
  if (!names.weight.empty()) add(names.weight, Storage::unit8, positions, owned(std::move(weights)));
  for (std::vector<std::int64_t>& items : *split) result.splits.emplace_back(std::move(items));
  return result;
}

}  // namespace tenet
