#include "runtime/slots.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace tenet {

std::int64_t elements(const Slot& slot) {
  std::int64_t product = 1;
  for (std::int64_t extent : slot.extents) product *= extent;
  return product;
}

std::span<float> reals(unsigned char* arena, const Slot& slot) {
  assert(slot.type == ElementType::real32);
  return {reinterpret_cast<float*>(arena + slot.offset), static_cast<std::size_t>(elements(slot))};
}

std::span<const float> reals(const unsigned char* arena, const Slot& slot) {
  assert(slot.type == ElementType::real32);
  return {reinterpret_cast<const float*>(arena + slot.offset), static_cast<std::size_t>(elements(slot))};
}

std::span<std::int32_t> wholes(unsigned char* arena, const Slot& slot) {
  assert(slot.type == ElementType::whole32);
  return {reinterpret_cast<std::int32_t*>(arena + slot.offset), static_cast<std::size_t>(elements(slot))};
}

AxisPlace place_of(const Slot& slot, std::string_view axis) {
  std::int64_t stride = 1;
  for (std::size_t i = slot.axes.size(); i-- > 0;) {
    if (slot.axes[i] == axis) return {static_cast<std::int64_t>(i), stride};
    stride *= slot.extents[i];
  }
  return {-1, 0};
}

namespace {

constexpr std::size_t element_bytes = 4;  // of either element type

std::string shape_text(std::span<const std::string> axes, std::span<const std::int64_t> extents) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < axes.size(); ++i) parts.push_back(fmt::format("{} = {}", axes[i], extents[i]));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace

std::expected<void, std::string> store(std::span<const std::byte> source, std::span<const std::string> axes,
                                       std::span<const std::int64_t> extents, unsigned char* arena, const Slot& slot) {
  const auto mismatch = [&] {
    return std::unexpected(
        fmt::format("'{}' is {} there and {} here", slot.name, shape_text(axes, extents), shape_text(slot.axes, slot.extents)));
  };
  if (axes.size() != slot.axes.size()) return mismatch();
  std::vector<std::int64_t> strides;  // of the source's axes within the slot
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const AxisPlace place = place_of(slot, axes[i]);
    if (place.position < 0 || slot.extents[static_cast<std::size_t>(place.position)] != extents[i]) return mismatch();
    strides.push_back(place.stride);
  }
  const auto size = static_cast<std::size_t>(elements(slot)) * element_bytes;
  unsigned char* target = arena + slot.offset;
  if (source.size() != size) return mismatch();
  if (std::ranges::equal(axes, slot.axes)) {
    std::memcpy(target, source.data(), size);
    return {};
  }
  std::vector<std::int64_t> coordinate(axes.size(), 0);
  std::int64_t place = 0;
  for (std::size_t at = 0; at < size; at += element_bytes) {
    std::memcpy(target + place * static_cast<std::int64_t>(element_bytes), source.data() + at, element_bytes);
    for (std::size_t i = axes.size(); i-- > 0;) {  // the next coordinate, the innermost axis first
      place += strides[i];
      if (++coordinate[i] < extents[i]) break;
      place -= strides[i] * extents[i];
      coordinate[i] = 0;
    }
  }
  return {};
}

std::expected<void, std::string> copy_parameters(const NativeProgram& from, const unsigned char* from_arena,
                                                 const NativeProgram& to, unsigned char* to_arena) {
  for (const Slot& slot : to.slots) {
    if (slot.role != Slot::Role::parameter) continue;
    const Slot* source = find_slot(from, slot.name);
    if (!source || source->role != Slot::Role::parameter)
      return std::unexpected(fmt::format("there is no parameter '{}' to copy", slot.name));
    auto stored = store(std::as_bytes(reals(from_arena, *source)), source->axes, source->extents, to_arena, slot);
    if (!stored) return stored;
  }
  return {};
}

}  // namespace tenet
