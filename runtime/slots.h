// Reading and writing the named tensors of an arena.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "runtime/abi.h"

namespace tenet {

std::int64_t elements(const Slot& slot);

std::span<float> reals(unsigned char* arena, const Slot& slot);  // the slot must be real32
std::span<const float> reals(const unsigned char* arena, const Slot& slot);
std::span<std::int32_t> wholes(unsigned char* arena, const Slot& slot);  // the slot must be whole32

// Where an axis stands in a slot and how many elements apart its neighbours are; -1 and 0 if the slot lacks it.
struct AxisPlace {
  std::int64_t position, stride;
};
AxisPlace place_of(const Slot& slot, std::string_view axis);

// Copies `source`, four-byte elements laid out along `axes` (outermost first), to the slot, whose axes may stand in another
// order. Error: the axes are not the same set, or an extent differs.
std::expected<void, std::string> store(std::span<const std::byte> source, std::span<const std::string> axes,
                                       std::span<const std::int64_t> extents, unsigned char* arena, const Slot& slot);

// Copies every parameter slot of `to` from the slot of that name in `from`. Error: one is missing or differs in shape.
std::expected<void, std::string> copy_parameters(const NativeProgram& from, const unsigned char* from_arena,
                                                 const NativeProgram& to, unsigned char* to_arena);

}  // namespace tenet
