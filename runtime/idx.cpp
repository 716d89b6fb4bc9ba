#include "runtime/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/arena.h"
#include "runtime/byte_stream.h"
#include "runtime/fingerprint.h"

namespace tenet {

namespace {

constexpr unsigned unsigned_byte = 8;

std::expected<std::vector<std::int64_t>, std::string> read_shape(ByteStream& stream) {
  std::array<std::byte, 4> word{};
  const auto number = [&](std::size_t i) { return std::to_integer<unsigned>(word[i]); };
  if (auto filled = stream.fill(word); !filled) return std::unexpected(filled.error());
  if (number(0) != 0 || number(1) != 0 || number(3) == 0)
    return std::unexpected(std::string("not an IDX file: bytes 0 to 3 are not 0, 0, a type and a number of axes"));
  if (number(2) != unsigned_byte)
    return std::unexpected(
        fmt::format("its elements are of type 0x{:02X} (byte 2); IDX is read of unsigned bytes, 0x08", number(2)));
  std::vector<std::int64_t> shape(number(3));
  for (std::int64_t& extent : shape) {
    if (auto filled = stream.fill(word); !filled) return std::unexpected(filled.error());
    extent =
        std::int64_t{number(0)} << 24 | std::int64_t{number(1)} << 16 | std::int64_t{number(2)} << 8 | std::int64_t{number(3)};
  }
  return shape;
}

std::expected<Array, std::string> read_array(const std::filesystem::path& file, bool whole) {
  auto stream = ByteStream::open(file);
  if (!stream) return std::unexpected(stream.error());
  auto shape = read_shape(*stream);
  if (!shape) return std::unexpected(shape.error());
  const std::int64_t header = stream->place();
  const auto count = element_count(*shape);
  if (!count) return std::unexpected(count.error());
  if (*count == 0) return std::unexpected(std::string("it has no elements"));
  if (auto fits = check_memory(*count, "the file"); !fits) return std::unexpected(fits.error());
  Array array{whole ? Storage::whole8 : Storage::unit8, std::move(*shape), false, {}, -1, {}, 0};
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(*count));
  if (auto filled = stream->fill(std::as_writable_bytes(std::span(bytes))); !filled) return std::unexpected(filled.error());
  if (auto ended = stream->end(); !ended) return std::unexpected(ended.error());
  const auto largest = std::ranges::max_element(bytes);
  if (whole) {
    array.largest = *largest;
    array.largest_at = fmt::format("byte {}", header + (largest - bytes.begin()));
  }
  Fingerprint fingerprint;
  fingerprint.add(std::as_bytes(std::span(array.shape)));
  fingerprint.add(std::as_bytes(std::span(bytes)));
  array.fingerprint = fingerprint.value();
  array.values = owned(std::move(bytes));
  return array;
}

}  // namespace

std::expected<Array, DataError> read_idx(const std::filesystem::path& file, bool whole) {
  auto array = read_array(file, whole);
  if (!array) return std::unexpected(DataError{array.error()});
  return std::move(*array);
}

}  // namespace tenet
