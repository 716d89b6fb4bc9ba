#include "runtime/random.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace tenet {

namespace {

std::uint64_t joined(std::uint32_t low, std::uint32_t high) { return std::uint64_t{high} << 32 | low; }

// A mixer of 32 bits with full avalanche (the finaliser of MurmurHash3).
std::uint32_t mix(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85EBCA6B;
  x = (x ^ (x >> 13)) * 0xC2B2AE35;
  return x ^ (x >> 16);
}

}  // namespace

double uniform(std::uint64_t seed, Purpose purpose, std::uint64_t major, std::uint64_t minor) {
  const PhiloxBlock block = random_block(seed, purpose, major, minor);
  return static_cast<double>(joined(block[0], block[1]) >> 11) * 0x1p-53;
}

void draw_with_replacement(std::uint64_t seed, std::int64_t step, std::int64_t count, std::span<std::int64_t> indices) {
  for (std::size_t i = 0; i < indices.size(); i += 2) {
    const PhiloxBlock block = random_block(seed, Purpose::batch, static_cast<std::uint64_t>(step), i / 2);
    indices[i] = below(joined(block[0], block[1]), count);
    if (i + 1 < indices.size()) indices[i + 1] = below(joined(block[2], block[3]), count);
  }
}

EpochPermutation::EpochPermutation(std::uint64_t seed, std::uint64_t epoch, std::int64_t count)
    : count_(static_cast<std::uint64_t>(count)) {
  const int bits = std::max(6, static_cast<int>(std::bit_width(count_ - 1)));  // on fewer a Feistel network mixes badly
  low_bits_ = bits / 2;
  high_bits_ = bits - low_bits_;
  for (std::size_t i = 0; i < keys_.size(); i += 4) {
    const PhiloxBlock block = random_block(seed, Purpose::epoch, epoch, i);
    std::ranges::copy(block, keys_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Each round swaps the halves' places and widths, so that after an even number of rounds they are where they began.
std::uint64_t EpochPermutation::step_once(std::uint64_t value) const {
  int low_bits = low_bits_, high_bits = high_bits_;
  std::uint64_t low = value & ((std::uint64_t{1} << low_bits) - 1), high = value >> low_bits;
  for (std::size_t round = 0; round < keys_.size(); ++round) {
    const std::uint32_t noise = mix(static_cast<std::uint32_t>(low) ^ keys_[round]);
    high ^= noise & ((std::uint64_t{1} << high_bits) - 1);
    std::swap(low, high);
    std::swap(low_bits, high_bits);
  }
  return high << low_bits | low;
}

std::int64_t EpochPermutation::operator()(std::int64_t place) const {
  std::uint64_t value = static_cast<std::uint64_t>(place);
  do value = step_once(value);
  while (value >= count_);
  return static_cast<std::int64_t>(value);
}

std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t last = count - 1; last > 0; --last) {
    const PhiloxBlock block = random_block(seed, Purpose::split, static_cast<std::uint64_t>(last), 0);
    std::swap(order[static_cast<std::size_t>(last)],
              order[static_cast<std::size_t>(below(joined(block[0], block[1]), last + 1))]);
  }
  return order;
}

}  // namespace tenet
