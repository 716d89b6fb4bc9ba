// Counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC
// 2011), from Random123. A number is a function of (seed, purpose, place): nothing is stored, any place can be asked for in any
// order.
#pragma once

#include <Random123/philox.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace tenet {

using PhiloxBlock = std::array<std::uint32_t, 4>;

inline PhiloxBlock philox(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
  const auto block = r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {block[0], block[1], block[2], block[3]};
}

// What a number is for: numbers of different purposes are independent under one seed.
enum class Purpose : std::uint32_t {
  batch = 1,
  epoch = 2,
  split = 3,
  sample = 4,
  step_noise = 5,
  evaluation_noise = 6,
  sample_noise = 7
};

// The block at (major, minor): 128 random bits. minor < 2^32.
inline PhiloxBlock random_block(std::uint64_t seed, Purpose purpose, std::uint64_t major, std::uint64_t minor) {
  return philox({static_cast<std::uint32_t>(minor), static_cast<std::uint32_t>(major), static_cast<std::uint32_t>(major >> 32),
                 static_cast<std::uint32_t>(purpose)},
                {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
}

// 64 random bits as a whole number below `bound` (bias below bound / 2^64).
constexpr std::int64_t below(std::uint64_t bits, std::int64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::int64_t>((Wide{bits} * static_cast<std::uint64_t>(bound)) >> 64);
}

// Uniform in [0, 1), a multiple of 2^-53.
double uniform(std::uint64_t seed, Purpose purpose, std::uint64_t major, std::uint64_t minor);

// Draws of a step, uniformly with replacement: indices[p] in [0, count) is a function of (seed, step, p) only.
void draw_with_replacement(std::uint64_t seed, std::int64_t step, std::int64_t count, std::span<std::int64_t> indices);

// A permutation of 0 .. count-1 for each (seed, epoch), evaluated pointwise: a Feistel network of eight rounds on the next power
// of two, keyed by Philox, that walks its cycle until it is back in range (Black and Rogaway, "Ciphers with arbitrary finite
// domains", 2002).
class EpochPermutation {
 public:
  EpochPermutation(std::uint64_t seed, std::uint64_t epoch, std::int64_t count);
  std::int64_t operator()(std::int64_t place) const;

 private:
  std::uint64_t step_once(std::uint64_t value) const;
  std::uint64_t count_;
  int low_bits_, high_bits_;
  std::array<std::uint32_t, 8> keys_;
};

// The numbers 0 .. count-1 in random order (Fisher and Yates), a function of (seed, count).
std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed);

}  // namespace tenet
