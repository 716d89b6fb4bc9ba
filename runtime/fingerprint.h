// A 64-bit hash of bytes, the same on every machine: tells contents apart, proves nothing against an adversary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace tenet {

class Fingerprint {
 public:
  // Each call counts as one item: add("ab") and add("a"), add("b") differ.
  void add(std::span<const std::byte> bytes) {
    mix(bytes.size());
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) mix(word(bytes.subspan(i, 8)));
    if (i < bytes.size()) mix(word(bytes.subspan(i)));
  }
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }

  // The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
  std::uint64_t value() const { return finalised(state_); }

 private:
  static std::uint64_t word(std::span<const std::byte> bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  static std::uint64_t finalised(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }
  void mix(std::uint64_t word) { state_ = finalised(state_ ^ word) + 0x9E3779B97F4A7C15; }  // a bijection of either argument

  std::uint64_t state_ = 0;
};

}  // namespace tenet
