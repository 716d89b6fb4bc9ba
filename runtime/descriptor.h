// An open file of the system's, closed when its owner goes.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

namespace tenet {

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  explicit operator bool() const { return number_ >= 0; }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

// Writes all bytes. Error: the system's word for why not.
std::expected<void, std::string> write_all(int descriptor, std::span<const std::byte> bytes);

// Makes the folder's entries (files made, renamed, removed) last through a power cut.
std::expected<void, std::string> sync_folder(const std::filesystem::path& folder);

}  // namespace tenet
