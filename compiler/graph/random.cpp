#include "compiler/graph/random.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace tenet {
namespace {

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

double fraction(std::uint32_t low, std::uint32_t high) {
  const std::uint64_t bits = (std::uint64_t{high} << 32) | low;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace

RandomStream::RandomStream(Block counter, std::array<std::uint32_t, 2> key) : key_(key) {
  const auto block = r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  state_ = {block[0], block[1], block[2], block[3]};
}

RandomStream::RandomStream(std::uint64_t seed, std::string_view name)
    : RandomStream({low(hash(name)), high(hash(name)), 0, 0}, {low(seed), high(seed)}) {}

RandomStream RandomStream::at(std::uint64_t axis_hash, std::int64_t coordinate) const {
  const auto c = static_cast<std::uint64_t>(coordinate);
  return {{state_[0] ^ low(axis_hash), state_[1] ^ high(axis_hash), state_[2] ^ low(c), state_[3] ^ high(c)}, key_};
}

std::uint64_t RandomStream::hash(std::string_view name) {
  std::uint64_t result = 0xcbf29ce484222325;
  for (char letter : name) {
    result ^= static_cast<unsigned char>(letter);
    result *= 0x100000001b3;
  }
  return result;
}

double RandomStream::uniform() const { return fraction(state_[0], state_[1]); }

double RandomStream::normal() const {
  const double radius = std::sqrt(-2 * std::log1p(-fraction(state_[0], state_[1])));
  return radius * std::cos(2 * std::numbers::pi * fraction(state_[2], state_[3]));
}

}  // namespace tenet
