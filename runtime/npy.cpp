#include "runtime/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "runtime/arena.h"
#include "runtime/byte_stream.h"
#include "runtime/fingerprint.h"

namespace tenet {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::int64_t longest_header = 1 << 20;

struct Header {
  std::string type;  // "<f4"
  bool fortran = false;
  std::vector<std::int64_t> shape;
};

// The header is a Python dictionary of three entries: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : rest_(text) {}

  std::optional<Header> read() {
    Header header;
    int found = 0;
    if (!take("{")) return {};
    while (!take("}")) {
      const std::optional<std::string> key = string();
      if (!key || !take(":")) return {};
      if (*key == "descr") {
        const std::optional<std::string> type = string();
        if (!type) return {};
        header.type = *type, found |= 1;
      } else if (*key == "fortran_order") {
        header.fortran = take("True");
        if (!header.fortran && !take("False")) return {};
        found |= 2;
      } else if (*key == "shape") {
        if (!shape(header.shape)) return {};
        found |= 4;
      } else {
        return {};
      }
      if (!take(",") && !rest_.starts_with('}')) return {};
    }
    skip();
    if (found != 7 || !rest_.empty()) return {};
    return header;
  }

 private:
  void skip() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n\t"), rest_.size())); }
  bool take(std::string_view token) {
    skip();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    skip();
    return true;
  }
  std::optional<std::string> string() {
    const char quote = rest_.empty() ? '\0' : rest_[0];
    const std::size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) return {};
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    skip();
    return text;
  }
  bool shape(std::vector<std::int64_t>& shape) {
    if (!take("(")) return false;
    while (!take(")")) {
      std::int64_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc()) return false;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      shape.push_back(extent);
      if (!take(",") && !rest_.starts_with(')')) return false;
    }
    return true;
  }

  std::string_view rest_;
};

std::expected<Header, std::string> read_header(ByteStream& stream) {
  std::array<char, 8> start{};
  const auto size = stream.read(std::as_writable_bytes(std::span(start)));
  if (!size) return std::unexpected(size.error());
  if (*size < start.size() || std::string_view(start.data(), magic.size()) != magic)
    return std::unexpected(std::string("not an NPY file: it does not begin with \\x93NUMPY"));
  const int version = start[6];
  if (version < 1 || version > 3) return std::unexpected(fmt::format("its format has the version {}; 1 to 3 are known", version));
  std::array<unsigned char, 4> length{};  // little-endian; two bytes in version 1
  if (auto filled = stream.fill(std::as_writable_bytes(std::span(length).first(version == 1 ? 2 : 4))); !filled)
    return std::unexpected(filled.error());
  const std::int64_t bytes = length[0] | length[1] << 8 | length[2] << 16 | std::int64_t{length[3]} << 24;
  if (bytes > longest_header) return std::unexpected(fmt::format("its header has {} bytes", bytes));
  std::string text(static_cast<std::size_t>(bytes), '\0');
  if (auto filled = stream.fill(std::as_writable_bytes(std::span(text))); !filled) return std::unexpected(filled.error());
  std::optional<Header> header = HeaderText(text).read();
  if (!header)
    return std::unexpected(std::string("its header is not NumPy's: {'descr': ..., 'fortran_order': ..., 'shape': ...}"));
  return std::move(*header);
}

template <class From>
std::optional<float> real(From value) {
  const auto result = static_cast<float>(value);
  return std::isfinite(result) ? std::optional(result) : std::nullopt;
}

template <class From>
std::optional<std::int32_t> coordinate(From value) {
  if (!(value >= From{0}) || static_cast<double>(value) > 2147483647.0) return {};
  const auto result = static_cast<std::int32_t>(value);
  return static_cast<From>(result) == value ? std::optional(result) : std::nullopt;
}

template <class From, class To>
std::expected<void, std::string> read_values(ByteStream& stream, std::int64_t count, std::optional<To> (*convert)(From),
                                             Array& array) {
  constexpr bool whole = std::is_same_v<To, std::int32_t>;
  const auto complaint = [](std::int64_t element, From value) {
    return fmt::format("element {} is {}, {}", element, value,
                       whole ? "not a whole number from 0 to 2147483647" : "not finite in single precision");
  };
  auto values = read_elements<From, To>(stream, count, convert, complaint);
  if (!values) return std::unexpected(values.error());
  if (auto ended = stream.end(); !ended) return ended;
  if constexpr (whole) {
    const auto largest = std::ranges::max_element(*values);
    array.largest = *largest;
    array.largest_at = fmt::format("element {}", largest - values->begin());
  }
  Fingerprint fingerprint;
  fingerprint.add(std::as_bytes(std::span(array.shape)));
  fingerprint.add(std::as_bytes(std::span(*values)));
  array.fingerprint = fingerprint.value() ^ (array.reversed ? 1 : 0);
  array.values = owned(std::move(*values));
  return {};
}

template <class From>
std::expected<void, std::string> read_as(ByteStream& stream, std::int64_t count, bool whole, Array& array) {
  return whole ? read_values<From, std::int32_t>(stream, count, coordinate<From>, array)
               : read_values<From, float>(stream, count, real<From>, array);
}

struct Type {
  std::string_view name;
  std::expected<void, std::string> (*read)(ByteStream&, std::int64_t, bool, Array&);
};
constexpr Type types[] = {
    {"<f4", read_as<float>}, {"<f8", read_as<double>}, {"<i4", read_as<std::int32_t>}, {"<i8", read_as<std::int64_t>}};

std::expected<Array, std::string> read_array(const std::filesystem::path& file, bool whole) {
  auto stream = ByteStream::open(file);
  if (!stream) return std::unexpected(stream.error());
  auto header = read_header(*stream);
  if (!header) return std::unexpected(header.error());
  const auto type = std::ranges::find(types, header->type, &Type::name);
  if (type == std::end(types))
    return std::unexpected(fmt::format(
        "its elements are of type '{}'; those are read that are float32, float64, int32 or int64, little-endian", header->type));
  const auto count = element_count(header->shape);
  if (!count) return std::unexpected(count.error());
  if (*count == 0) return std::unexpected(std::string("it has no elements"));
  if (auto fits = check_memory(*count > (std::int64_t{1} << 60) ? *count : *count * 4, "the file"); !fits)
    return std::unexpected(fits.error());
  Array array{whole ? Storage::whole32 : Storage::real32, std::move(header->shape), header->fortran, {}, -1, {}, 0};
  if (auto read = type->read(*stream, *count, whole, array); !read) return std::unexpected(read.error());
  return array;
}

}  // namespace

std::expected<Array, DataError> read_npy(const std::filesystem::path& file, bool whole) {
  auto array = read_array(file, whole);
  if (!array) return std::unexpected(DataError{array.error()});
  return std::move(*array);
}

}  // namespace tenet
