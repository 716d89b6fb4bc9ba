#include "runtime/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "runtime/arena.h"
#include "runtime/atomic_file.h"
#include "runtime/fingerprint.h"
#include "runtime/text_file.h"
#include "runtime/utf8.h"

namespace tenet {

namespace {

// What other programs put between fields; empty: the text has none.
std::string_view separator_in(std::string_view text) {
  return text.contains(';') ? "semicolons" : text.contains('\t') ? "tabs" : text.contains('|') ? "bars" : "";
}

std::string other_separator(std::string_view separator) {
  return fmt::format("the fields are separated by {}, and `csv` reads fields that commas separate", separator);
}

// Takes records off the text, one after the other.
class Records {
 public:
  explicit Records(std::string_view text) : rest_(text) {}

  // The line, from 1, at which the record that was taken last begins.
  std::int64_t line() const { return line_; }
  bool at_end() const { return rest_.find_first_not_of("\r\n") == std::string_view::npos; }

  // The next record's fields, without their quotes; into `fields`, whose memory is used again.
  std::expected<void, DataError> take(std::vector<std::string>& fields) {
    line_ = next_line_;
    std::size_t count = 0;
    for (bool more = true; more;) {
      if (count == fields.size()) fields.emplace_back();
      std::string& field = fields[count++];
      field.clear();
      if (auto taken = rest_.starts_with('"') ? quoted(field) : plain(field); !taken) return taken;
      more = rest_.starts_with(',');
      if (more) rest_.remove_prefix(1);
    }
    fields.resize(count);
    take_line_end(rest_);
    ++next_line_;
    return {};
  }

 private:
  std::expected<void, DataError> plain(std::string& field) {
    const std::size_t end = std::min(rest_.find_first_of(",\r\n\""), rest_.size());
    if (end < rest_.size() && rest_[end] == '"')
      return std::unexpected(DataError{"a quote within a field that does not begin with one", next_line_});
    field = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return {};
  }

  std::expected<void, DataError> quoted(std::string& field) {
    const std::int64_t begin = next_line_;
    rest_.remove_prefix(1);
    for (;;) {
      const std::size_t end = rest_.find('"');
      if (end == std::string_view::npos) return std::unexpected(DataError{"a quote that is never closed", begin});
      field += rest_.substr(0, end);
      next_line_ += line_ends_in(rest_.substr(0, end));
      rest_.remove_prefix(end + 1);
      if (!rest_.starts_with('"')) break;
      field += '"';
      rest_.remove_prefix(1);
    }
    if (rest_.empty() || rest_.find_first_of(",\r\n") == 0) return {};
    if (const std::string_view separator = separator_in(rest_.substr(0, 1)); !separator.empty())
      return std::unexpected(DataError{other_separator(separator), next_line_});
    return std::unexpected(DataError{"more text after a field's closing quote", next_line_});
  }

  std::string_view rest_;
  std::int64_t line_ = 0, next_line_ = 1;
};

std::expected<double, std::string> number_in(std::string_view field) {
  constexpr std::string_view space = " \t";
  field.remove_prefix(std::min(field.find_first_not_of(space), field.size()));
  field = field.substr(0, field.find_last_not_of(space) + 1);
  if (field.empty()) return std::unexpected(std::string("the value is missing"));
  const std::string_view written = field;
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error == std::errc::invalid_argument || end != field.data() + field.size())
    return std::unexpected(shown(written) + " is not a number");
  if (error != std::errc()) value = std::strtod(std::string(field).c_str(), nullptr);  // infinite, or next to 0
  if (!std::isfinite(static_cast<float>(value))) return std::unexpected(shown(written) + " is not finite in single precision");
  return value;
}

// What is gathered of one selection.
struct Gathering {
  const CsvSelection* selection;
  std::vector<std::size_t> places;  // of its columns in a record
  std::vector<float> reals;
  std::vector<std::int32_t> wholes;
  std::int32_t largest = -1;
  std::int64_t largest_line = 0;

  std::expected<void, std::string> add(const std::string& field, std::int64_t line) {
    const std::expected<double, std::string> value = number_in(field);
    if (!value) return std::unexpected(value.error());
    if (!selection->whole) {
      reals.push_back(static_cast<float>(*value));
      return {};
    }
    if (*value < 0 || *value > 2147483647.0 || *value != std::floor(*value))
      return std::unexpected(shown(field) + " is not a whole number from 0 to 2147483647");
    wholes.push_back(static_cast<std::int32_t>(*value));
    if (wholes.back() > largest) largest = wholes.back(), largest_line = line;
    return {};
  }

  Array array(std::int64_t rows) {
    Array result{selection->whole ? Storage::whole32 : Storage::real32, {rows}, false, {}, -1, {}, 0};
    if (!selection->single) result.shape.push_back(static_cast<std::int64_t>(places.size()));
    Fingerprint fingerprint;
    fingerprint.add(std::as_bytes(std::span(result.shape)));
    fingerprint.add(selection->whole ? std::as_bytes(std::span(wholes)) : std::as_bytes(std::span(reals)));
    result.fingerprint = fingerprint.value();
    if (selection->whole) {
      result.largest = largest;
      result.largest_at = fmt::format("line {}", largest_line);
      result.values = owned(std::move(wholes));
    } else {
      result.values = owned(std::move(reals));
    }
    return result;
  }
};

bool is_mark(char32_t point) { return point >= 0x300 && point < 0x370; }

// The name with every letter that is not ASCII, or has marks, as `*`: the same of one letter and of its parts.
std::string plain_letters(std::string_view name) {
  std::string result;
  while (!name.empty()) {
    const std::optional<char32_t> point = take_code_point(name);
    if (!point) return {};
    if (is_mark(*point) && !result.empty())
      result.back() = '*';
    else
      result += *point < 0x80 ? static_cast<char>(*point) : '*';
  }
  return result;
}

// Of the letters that `plain_letters` has as `*`.
std::string code_points(std::string_view name) {
  std::string result;
  while (const std::optional<char32_t> point = take_code_point(name))
    if (std::string_view next = name; *point >= 0x80 || is_mark(take_code_point(next).value_or(0)))
      result += fmt::format("{}U+{:04X}", result.empty() ? "" : " ", static_cast<std::uint32_t>(*point));
  return result;
}

// What the header has instead of a column.
std::string no_column(const std::vector<std::string>& header, const std::string& name) {
  constexpr std::size_t longest = 400;
  const std::string missing = fmt::format("no column {}", shown(name));
  if (header.size() == 1)
    if (const std::string_view separator = separator_in(header[0]); !separator.empty())
      return fmt::format("{}: {}", missing, other_separator(separator));
  const std::string plain = plain_letters(name);
  for (const std::string& column : header)
    if (plain.contains('*') && plain_letters(column) == plain)
      return fmt::format("{}; the header's {} looks alike but is written with other characters, {} instead of {}", missing,
                         shown(column), code_points(column), code_points(name));
  std::string all;
  for (const std::string& column : header) {
    if (all.size() > longest) return fmt::format("{}; the header has {} columns, {}, ...", missing, header.size(), all);
    all += fmt::format("{}{}", all.empty() ? "" : ", ", shown(column));
  }
  return fmt::format("{}; the header has {}", missing, all);
}

std::expected<std::size_t, DataError> place_in(const std::vector<std::string>& header, const std::string& name,
                                               std::int64_t line) {
  const auto place = std::ranges::find(header, name);
  if (place == header.end()) return std::unexpected(DataError{no_column(header, name), line});
  if (std::find(place + 1, header.end(), name) != header.end())
    return std::unexpected(DataError{fmt::format("the header has the column {} twice", shown(name)), line});
  return static_cast<std::size_t>(place - header.begin());
}

bool is_utf8(std::string_view text) {
  while (!text.empty())
    if (!take_code_point(text)) return false;
  return true;
}

}  // namespace

std::expected<std::vector<Array>, DataError> read_csv(const std::filesystem::path& file,
                                                      std::span<const CsvSelection> selections) {
  const std::expected<std::string, std::string> bytes = read_file(file);
  if (!bytes) return std::unexpected(DataError{bytes.error()});
  const std::expected<std::string_view, DataError> text = text_in(*bytes);
  if (!text) return std::unexpected(text.error());
  Records records(*text);
  if (records.at_end()) return std::unexpected(DataError{"the file is empty: it has no header"});
  std::vector<std::string> header, fields;
  if (auto taken = records.take(header); !taken) return std::unexpected(taken.error());
  if (!std::ranges::all_of(header, is_utf8)) return std::unexpected(DataError{"not valid UTF-8", 1});

  std::vector<Gathering> gatherings;
  std::size_t columns = 0;
  for (const CsvSelection& selection : selections) {
    gatherings.push_back({&selection, {}, {}, {}});
    for (const std::string& name : selection.columns) {
      const auto place = place_in(header, name, records.line());
      if (!place) return std::unexpected(place.error());
      gatherings.back().places.push_back(*place);
    }
    columns += selection.columns.size();
  }
  const auto lines = static_cast<std::size_t>(line_ends_in(*text));
  if (auto fits = check_memory(static_cast<std::int64_t>(4 * lines * columns), "the data's values"); !fits)
    return std::unexpected(DataError{fits.error()});
  for (Gathering& gathering : gatherings)
    gathering.selection->whole ? gathering.wholes.reserve(lines * gathering.places.size())
                               : gathering.reals.reserve(lines * gathering.places.size());

  std::int64_t rows = 0;
  for (; !records.at_end(); ++rows) {
    if (auto taken = records.take(fields); !taken) return std::unexpected(taken.error());
    if (fields.size() == 1 && header.size() > 1 && fields[0].empty())
      return std::unexpected(DataError{"the line is empty, and more rows follow", records.line()});
    if (fields.size() != header.size())
      return std::unexpected(
          DataError{fmt::format("the row has {} fields, the header {}", fields.size(), header.size()), records.line()});
    for (Gathering& gathering : gatherings)
      for (std::size_t place : gathering.places)
        if (auto added = gathering.add(fields[place], records.line()); !added)
          return std::unexpected(DataError{fmt::format("column {}: {}", shown(header[place]), added.error()), records.line()});
  }
  if (rows == 0) return std::unexpected(DataError{"no rows: the file has a header and nothing else"});
  std::vector<Array> result;
  for (Gathering& gathering : gatherings) result.push_back(gathering.array(rows));
  return result;
}

}  // namespace tenet
