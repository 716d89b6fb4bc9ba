#include "runtime/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "runtime/arena.h"
#include "runtime/atomic_file.h"
#include "runtime/fingerprint.h"
#include "runtime/utf8.h"

namespace tenet {

namespace {

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
    if (rest_.starts_with('\r')) rest_.remove_prefix(1);
    if (rest_.starts_with('\n')) rest_.remove_prefix(1);
    ++next_line_;
    return {};
  }

 private:
  std::expected<void, DataError> plain(std::string& field) {
    std::size_t end = std::min(rest_.find_first_of(",\n\""), rest_.size());
    if (end < rest_.size() && rest_[end] == '"')
      return std::unexpected(DataError{"a quote within a field that does not begin with one", next_line_});
    if (end > 0 && (end == rest_.size() || rest_[end] == '\n') && rest_[end - 1] == '\r') --end;
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
      next_line_ += std::ranges::count(rest_.substr(0, end), '\n');
      rest_.remove_prefix(end + 1);
      if (!rest_.starts_with('"')) break;
      field += '"';
      rest_.remove_prefix(1);
    }
    if (rest_.empty() || rest_[0] == ',' || rest_[0] == '\n' || rest_.starts_with("\r\n") || rest_ == "\r") return {};
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
  const std::string shown = fmt::format("`{}`", field.size() > 40 ? field.substr(0, 40) : field);
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error == std::errc::invalid_argument || end != field.data() + field.size())
    return std::unexpected(shown + " is not a number");
  if (error != std::errc() || !std::isfinite(static_cast<float>(value)))
    return std::unexpected(shown + " is not finite in single precision");
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
      return std::unexpected(fmt::format("`{}` is not a whole number from 0 to 2147483647", field));
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

std::expected<std::size_t, DataError> place_in(const std::vector<std::string>& header, const std::string& name,
                                               std::int64_t line) {
  const auto place = std::ranges::find(header, name);
  if (place == header.end()) {
    std::string all;
    for (const std::string& column : header) all += fmt::format("{}`{}`", all.empty() ? "" : ", ", column);
    if (all.size() > 400) all = all.substr(0, all.rfind(',', 400)) + ", ...";
    return std::unexpected(DataError{fmt::format("no column `{}`; the header has {}", name, all), line});
  }
  if (std::find(place + 1, header.end(), name) != header.end())
    return std::unexpected(DataError{fmt::format("the header has the column `{}` twice", name), line});
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
  std::string_view text = *bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Records records(text);
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
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (auto fits = check_memory(static_cast<std::int64_t>(4 * lines * columns), "the data's values"); !fits)
    return std::unexpected(DataError{fits.error()});
  for (Gathering& gathering : gatherings)
    gathering.selection->whole ? gathering.wholes.reserve(lines * gathering.places.size())
                               : gathering.reals.reserve(lines * gathering.places.size());

  std::int64_t rows = 0;
  for (; !records.at_end(); ++rows) {
    if (auto taken = records.take(fields); !taken) return std::unexpected(taken.error());
    if (fields.size() != header.size())
      return std::unexpected(
          DataError{fmt::format("the row has {} fields, the header {}", fields.size(), header.size()), records.line()});
    for (Gathering& gathering : gatherings)
      for (std::size_t place : gathering.places)
        if (auto added = gathering.add(fields[place], records.line()); !added)
          return std::unexpected(DataError{fmt::format("column `{}`: {}", header[place], added.error()), records.line()});
  }
  if (rows == 0) return std::unexpected(DataError{"no rows: the file has a header and nothing else"});
  std::vector<Array> result;
  for (Gathering& gathering : gatherings) result.push_back(gathering.array(rows));
  return result;
}

}  // namespace tenet
