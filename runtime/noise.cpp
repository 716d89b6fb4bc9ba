#include "runtime/noise.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "runtime/fingerprint.h"
#include "runtime/slots.h"

namespace tenet {

namespace {

constexpr std::int64_t words = 4;  // of a block, one for each of so many neighbours along the last axis

std::uint64_t hash_of(std::string_view name) {
  Fingerprint fingerprint;
  fingerprint.add(name);
  return fingerprint.value();
}

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

// The state with a name's hash and a coordinate folded in.
PhiloxBlock folded(const PhiloxBlock& state, std::uint64_t hash, std::int64_t coordinate, std::array<std::uint32_t, 2> seed) {
  const auto c = static_cast<std::uint64_t>(coordinate);
  return philox({state[0] ^ low(hash), state[1] ^ high(hash), state[2] ^ low(c), state[3] ^ high(c)}, seed);
}

// A multiple of 2^-24 in [0, 1).
float uniform_of(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

// Two independent standard normal numbers (Box and Muller, "A note on the generation of random normal deviates", 1958).
std::array<float, 2> normals_of(std::uint32_t radial, std::uint32_t angular) {
  const double radius = std::sqrt(-2 * std::log((radial + 0.5) * 0x1p-32));
  const double angle = 2 * std::numbers::pi * angular * 0x1p-32;
  return {static_cast<float>(radius * std::cos(angle)), static_cast<float>(radius * std::sin(angle))};
}

std::array<float, words> numbers_of(const PhiloxBlock& block, bool normal) {
  if (!normal) return {uniform_of(block[0]), uniform_of(block[1]), uniform_of(block[2]), uniform_of(block[3])};
  const auto [a, b] = normals_of(block[0], block[1]);
  const auto [c, d] = normals_of(block[2], block[3]);
  return {a, b, c, d};
}

}  // namespace

NoiseTensor::NoiseTensor(const Slot& slot) : normal_(slot.role == Slot::Role::normal), hash_(hash_of(slot.name)) {
  for (std::size_t i = 0; i < slot.axes.size(); ++i)
    axes_.push_back({slot.axes[i], hash_of(slot.axes[i]), slot.extents[i], place_of(slot, slot.axes[i]).stride});
  std::ranges::sort(axes_, {}, &Axis::name);
  if (axes_.empty()) axes_.push_back({{}, 0, 1, 0});
}

void NoiseTensor::fill(std::span<float> values, const NoiseKey& key, std::string_view items, std::int64_t first) const {
  const Filling filling{values, {low(key.seed), high(key.seed)}, items, first};
  const PhiloxBlock pass = random_block(key.seed, key.purpose, static_cast<std::uint64_t>(key.number), 0);
  fill_axes(filling, 0, folded(pass, hash_, 0, filling.seed), 0);
}

void NoiseTensor::fill_axes(const Filling& filling, std::size_t depth, const PhiloxBlock& state, std::int64_t offset) const {
  if (depth + 1 == axes_.size()) return fill_last(filling, state, offset);
  const Axis& axis = axes_[depth];
  const std::int64_t first = axis.name == filling.items ? filling.first : 0;
  for (std::int64_t i = 0; i < axis.extent; ++i)
    fill_axes(filling, depth + 1, folded(state, axis.hash, first + i, filling.seed), offset + i * axis.stride);
}

void NoiseTensor::fill_last(const Filling& filling, const PhiloxBlock& state, std::int64_t offset) const {
  const Axis& axis = axes_.back();
  const std::int64_t first = axis.name == filling.items ? filling.first : 0;
  std::array<float, words> numbers{};
  for (std::int64_t i = 0; i < axis.extent; ++i) {
    const std::int64_t coordinate = first + i;
    if (i == 0 || coordinate % words == 0)
      numbers = numbers_of(folded(state, axis.hash, coordinate / words, filling.seed), normal_);
    filling.values[static_cast<std::size_t>(offset + i * axis.stride)] = numbers[static_cast<std::size_t>(coordinate % words)];
  }
}

Noise::Noise(const NativeProgram& program) {
  for (const Slot& slot : program.slots)
    if (slot.role == Slot::Role::normal || slot.role == Slot::Role::uniform) tensors_.push_back({slot, NoiseTensor(slot)});
}

void Noise::fill(unsigned char* arena, const NoiseKey& key, std::string_view items, std::int64_t first) const {
  for (const Placed& placed : tensors_) placed.tensor.fill(reals(arena, placed.slot), key, items, first);
}

}  // namespace tenet
