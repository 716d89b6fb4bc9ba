#include "runtime/letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "runtime/arena.h"
#include "runtime/atomic_file.h"
#include "runtime/fingerprint.h"
#include "runtime/random.h"
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
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
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

std::string format(const DataError& error, const std::filesystem::path& file) {
  return error.line > 0 ? fmt::format("{}:{}: {}", file.string(), error.line, error.message)
                        : fmt::format("{}: {}", file.string(), error.message);
}

std::expected<Letters, DataError> read_letters(const std::filesystem::path& file, std::span<const std::string> alphabet) {
  const std::expected<std::string, std::string> text = read_file(file);
  if (!text) return std::unexpected(DataError{text.error()});
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
  Fingerprint fingerprint;
  for (const std::string& letter : letters.alphabet) fingerprint.add(letter);
  fingerprint.add(std::as_bytes(std::span(letters.codes)));
  fingerprint.add(std::as_bytes(std::span(letters.starts)));
  letters.fingerprint = fingerprint.value();
  return letters;
}

std::expected<Pairs, DataError> make_pairs(const Letters& letters, std::span<const std::int64_t> items, std::int64_t positions) {
  std::int64_t count = 0;
  for (std::int64_t item : items) {
    const auto i = static_cast<std::size_t>(item);
    count += letters.starts[i + 1] - letters.starts[i] + 1;
  }
  const double bytes = 4.0 * static_cast<double>(count) * (static_cast<double>(positions) + 1);
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  if (auto fits = check_memory(bytes < 9e18 ? static_cast<std::int64_t>(bytes) : most, "the data's windows"); !fits)
    return std::unexpected(DataError{fits.error()});

  Pairs pairs;
  pairs.positions = positions;
  pairs.windows.reserve(static_cast<std::size_t>(count * positions));
  pairs.next.reserve(static_cast<std::size_t>(count));
  for (std::int64_t item : items) {
    const std::int64_t begin = letters.starts[static_cast<std::size_t>(item)];
    const std::int64_t end = letters.starts[static_cast<std::size_t>(item) + 1];
    const auto letter = [&](std::int64_t i) { return i < begin || i >= end ? 0 : letters.codes[static_cast<std::size_t>(i)]; };
    for (std::int64_t next = begin; next <= end; ++next) {
      for (std::int64_t i = next - positions; i < next; ++i) pairs.windows.push_back(letter(i));
      pairs.next.push_back(letter(next));
    }
  }
  return pairs;
}

std::expected<std::vector<Pairs>, DataError> split_pairs(const Letters& letters, std::span<const double> parts,
                                                         std::uint64_t split_seed, std::int64_t positions) {
  double total = 0;
  for (double part : parts) {
    if (!(part > 0) || !std::isfinite(part))
      return std::unexpected(DataError{fmt::format("a part of a split has to be above 0, not {}", part)});
    total += part;
  }
  const std::size_t splits = std::max<std::size_t>(parts.size(), 1);
  std::vector<std::int64_t> order = shuffled(letters.items(), split_seed);
  if (splits == 1) std::ranges::sort(order);

  std::vector<Pairs> result;
  double share = 0;
  std::int64_t begin = 0;
  for (std::size_t split = 0; split < splits; ++split) {
    std::int64_t end = letters.items();
    if (split + 1 < splits) {
      share += parts[split];
      // A hair more than the quotient, so that 80 of 100 in 10 items is 8 whatever the division rounds to.
      end = std::min(end, static_cast<std::int64_t>(share / total * static_cast<double>(end) * (1 + 1e-12)));
    }
    if (begin == end)
      return std::unexpected(
          DataError{fmt::format("split {} of {} gets no item: there are {} items", split + 1, splits, letters.items())});
    const std::span<const std::int64_t> items(order.data() + begin, static_cast<std::size_t>(end - begin));
    std::expected<Pairs, DataError> pairs = make_pairs(letters, items, positions);
    if (!pairs) return std::unexpected(pairs.error());
    result.push_back(std::move(*pairs));
    begin = end;
  }
  return result;
}

}  // namespace tenet
