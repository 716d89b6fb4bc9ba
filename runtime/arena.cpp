#include "runtime/arena.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

namespace tenet {

namespace {

constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

// The number in a file that holds one ("max" in place of a number: no limit).
std::int64_t limit_in(const char* file) {
  std::ifstream stream(file);
  std::int64_t value = unlimited;
  return stream >> value && value > 0 ? value : unlimited;
}

std::int64_t available_by_kernel() {
  std::ifstream stream("/proc/meminfo");
  std::string key;
  std::int64_t kibibytes = 0;
  std::string rest;
  while (stream >> key >> kibibytes && std::getline(stream, rest))
    if (key == "MemAvailable:") return kibibytes * 1024;
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

// What the process may still map (`ulimit -v`).
std::int64_t left_to_map() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return unlimited;
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(limit.rlim_cur) - pages * sysconf(_SC_PAGESIZE));
}

}  // namespace

std::int64_t available_memory() {
  return std::min({available_by_kernel(), left_to_map(), limit_in("/sys/fs/cgroup/memory.max"),
                   limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
}

std::string format_bytes(std::int64_t bytes) {
  static constexpr const char* units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(units)) value /= 1000, ++unit;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::expected<void, std::string> check_memory(std::int64_t bytes, const std::string& what) {
  const std::int64_t available = available_memory();
  if (bytes <= available) return {};
  return std::unexpected(
      fmt::format("{} needs {}; {} of memory are available", what, format_bytes(bytes), format_bytes(available)));
}

std::expected<Arena, std::string> Arena::allocate(std::int64_t bytes) {
  const std::int64_t rounded = std::max<std::int64_t>(bytes, 64);
  if (auto fits = check_memory(rounded, "the computation"); !fits) return std::unexpected(fits.error());
  void* data = mmap(nullptr, static_cast<std::size_t>(rounded), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return std::unexpected(
        fmt::format("the computation needs {}, and the system refuses them: {}", format_bytes(rounded), std::strerror(errno)));
  madvise(data, static_cast<std::size_t>(rounded), MADV_HUGEPAGE);  // fewer TLB misses; a refusal costs nothing
  return Arena(static_cast<unsigned char*>(data), rounded);
}

Arena::~Arena() {
  if (data_) munmap(data_, static_cast<std::size_t>(bytes_));
}

}  // namespace tenet
