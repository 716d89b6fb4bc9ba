#include "runtime/byte_stream.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tenet {

std::expected<ByteStream, std::string> ByteStream::open(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return std::unexpected(std::string(std::strerror(errno)));
  if (S_ISDIR(status.st_mode)) return std::unexpected(std::string("a directory, not a file"));
  errno = 0;
  ByteStream stream(gzopen(file.c_str(), "rb"));
  if (!stream.file_) return std::unexpected(std::string(errno != 0 ? std::strerror(errno) : "there is no memory to read it"));
  gzbuffer(stream.file_.get(), 1 << 18);
  return stream;
}

std::expected<std::size_t, std::string> ByteStream::read(std::span<std::byte> bytes) {
  std::size_t size = 0;
  while (size < bytes.size()) {
    const auto most = static_cast<unsigned>(std::min<std::size_t>(bytes.size() - size, 1 << 30));
    const int count = gzread(file_.get(), bytes.data() + size, most);
    int code = Z_OK;
    const char* why = count < 0 || count < static_cast<int>(most) ? gzerror(file_.get(), &code) : nullptr;
    if (code == Z_ERRNO) return std::unexpected(std::string(std::strerror(errno)));
    if (count < 0 || code == Z_BUF_ERROR)  // the latter: gzip's data end in the middle
      return std::unexpected(
          fmt::format("damaged as a gzip file after byte {}: {}", place_ + static_cast<std::int64_t>(size), why));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  place_ += static_cast<std::int64_t>(size);
  return size;
}

std::expected<void, std::string> ByteStream::fill(std::span<std::byte> bytes) {
  const std::int64_t begin = place_;
  const std::expected<std::size_t, std::string> size = read(bytes);
  if (!size) return std::unexpected(size.error());
  if (*size == bytes.size()) return {};
  return std::unexpected(
      fmt::format("ends at byte {}; at least {} are missing", place_, begin + static_cast<std::int64_t>(bytes.size()) - place_));
}

std::expected<void, std::string> ByteStream::end() {
  std::byte next{};
  const std::expected<std::size_t, std::string> size = read({&next, 1});
  if (!size) return std::unexpected(size.error());
  if (*size == 0) return {};
  return std::unexpected(fmt::format("goes on after byte {}, where its header says that it ends", place_ - 1));
}

}  // namespace tenet
