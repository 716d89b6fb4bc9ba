// The one block of memory that a compiled computation works in.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace tenet {

// Owns zeroed memory, aligned to at least 64 bytes.
class Arena {
 public:
  // Error: the bytes exceed what the machine (or its control group) has left, or the system refuses them.
  static std::expected<Arena, std::string> allocate(std::int64_t bytes);

  Arena(Arena&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Arena& operator=(Arena&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Arena();

  unsigned char* data() { return data_; }
  const unsigned char* data() const { return data_; }
  std::int64_t bytes() const { return bytes_; }

 private:
  Arena(unsigned char* data, std::int64_t bytes) : data_(data), bytes_(bytes) {}
  unsigned char* data_;
  std::int64_t bytes_;
};

// Bytes that could be allocated now without swapping: the least of the machine's available memory, what the process
// may still map, and the control group's limit.
std::int64_t available_memory();

// "12.3 GB"
std::string format_bytes(std::int64_t bytes);

// Nothing if `bytes` fit into available_memory(), else a sentence: "`what` needs 12.3 GB; 3.9 GB of memory are available".
std::expected<void, std::string> check_memory(std::int64_t bytes, const std::string& what);

}  // namespace tenet
