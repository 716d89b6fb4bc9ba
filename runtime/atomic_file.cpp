#include "runtime/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "runtime/arena.h"
#include "runtime/descriptor.h"

namespace tenet {

std::expected<void, std::string> write_all(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(std::string(std::strerror(errno)));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

std::expected<void, std::string> sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || (fsync(opened.get()) != 0 && errno != EINVAL))  // some file systems have no sync for folders
    return std::unexpected(fmt::format("{}: {}", folder.string(), std::strerror(errno)));
  return {};
}

std::expected<void, std::string> write_atomically(const std::filesystem::path& file,
                                                  std::span<const std::span<const std::byte>> pieces) {
  const auto failure = [&](std::string_view why) {
    return std::unexpected(fmt::format("{}: cannot be written: {}", file.string(), why));
  };
  // One name, reused: what a killed process left behind is overwritten by the next save.
  std::filesystem::path temporary = file;
  temporary += ".new";
  Descriptor opened(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!opened) return failure(std::strerror(errno));
  std::expected<void, std::string> done;
  struct stat replaced {};
  if (stat(file.c_str(), &replaced) == 0) fchmod(opened.get(), replaced.st_mode & 07777);  // some file systems have none
  for (std::span<const std::byte> piece : pieces)
    if (done) done = write_all(opened.get(), piece);
  if (done && fsync(opened.get()) != 0) done = std::unexpected(std::string(std::strerror(errno)));
  if (done && close(opened.release()) != 0) done = std::unexpected(std::string(std::strerror(errno)));
  if (done && rename(temporary.c_str(), file.c_str()) != 0) done = std::unexpected(std::string(std::strerror(errno)));
  if (!done) {
    unlink(temporary.c_str());
    return failure(done.error());
  }
  return sync_folder(file.parent_path());
}

std::expected<void, std::string> write_atomically(const std::filesystem::path& file, std::string_view text) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  return write_atomically(file, {&bytes, 1});
}

std::expected<std::string, std::string> read_file(const std::filesystem::path& file) {
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!opened || fstat(opened.get(), &status) != 0) return std::unexpected(std::string(std::strerror(errno)));
  if (S_ISDIR(status.st_mode)) return std::unexpected(std::string("a directory, not a file"));
  if (S_ISREG(status.st_mode))
    if (auto fits = check_memory(status.st_size, "the file"); !fits) return std::unexpected(fits.error());
  // Read to the end, not to the length: pipes and /proc have none.
  std::string text;
  std::size_t size = 0;
  for (;;) {
    if (size == text.size()) {
      const std::size_t room = std::max({size * 2, static_cast<std::size_t>(status.st_size) + 1, std::size_t{65536}});
      if (auto fits = check_memory(static_cast<std::int64_t>(room), "the file"); !fits) return std::unexpected(fits.error());
      text.resize(room);
    }
    const ssize_t count = read(opened.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(std::string(std::strerror(errno)));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

}  // namespace tenet
