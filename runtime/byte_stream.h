// A file's bytes one after the other, unpacked on the way where the file is gzip's.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tenet {

class ByteStream {
 public:
  // Error: missing, a directory, unreadable; the reason without the file's name.
  static std::expected<ByteStream, std::string> open(const std::filesystem::path& file);

  std::int64_t place() const { return place_; }  // of the next byte, from 0, unpacked

  // As many bytes as there are, at most `bytes`. Error: unreadable, or damaged as gzip.
  std::expected<std::size_t, std::string> read(std::span<std::byte> bytes);

  // All of `bytes`. Error: as above; the file ends before.
  std::expected<void, std::string> fill(std::span<std::byte> bytes);

  // Error: the file goes on.
  std::expected<void, std::string> end();

 private:
  explicit ByteStream(gzFile file) : file_(file, gzclose) {}
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
  std::int64_t place_ = 0;
};

// `count` elements that stand there as `From`, one after the other, each through `convert`: read in blocks, so that the memory
// that this takes is that of the result. Where `convert` gives nothing, what `complaint` says of the element's number and value
// is the error.
template <class From, class To, class Convert, class Complaint>
std::expected<std::vector<To>, std::string> read_elements(ByteStream& stream, std::int64_t count, Convert convert,
                                                          Complaint complaint) {
  constexpr std::int64_t block = 1 << 16;
  std::vector<From> raw(static_cast<std::size_t>(std::min(block, count)));
  std::vector<To> result;
  result.reserve(static_cast<std::size_t>(count));
  for (std::int64_t begin = 0; begin < count; begin += block) {
    const std::span<From> here = std::span(raw).first(static_cast<std::size_t>(std::min(block, count - begin)));
    if (auto filled = stream.fill(std::as_writable_bytes(here)); !filled) return std::unexpected(filled.error());
    for (const From& value : here) {
      const std::optional<To> converted = convert(value);
      if (!converted) return std::unexpected(complaint(static_cast<std::int64_t>(result.size()), value));
      result.push_back(*converted);
    }
  }
  return result;
}

}  // namespace tenet
