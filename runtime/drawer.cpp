#include "runtime/drawer.h"

#include <fmt/format.h>

#include <cassert>
#include <cstring>
#include <optional>

#include "runtime/random.h"
#include "runtime/slots.h"

namespace tenet {

namespace {

std::expected<const Slot*, std::string> find_data(const NativeProgram& program, const std::string& name, std::size_t axes) {
  const Slot* slot = find_slot(program, name);
  if (!slot) return nullptr;
  if (slot->type != ElementType::whole32 || slot->axes.size() != axes)
    return std::unexpected(fmt::format("data '{}' is not of whole numbers with {} axes, as the source's are", name, axes));
  return slot;
}

std::int64_t extent_of(const Slot& slot, const AxisPlace& place) {
  return slot.extents[static_cast<std::size_t>(place.position)];
}

}  // namespace

std::expected<PairPlacement, std::string> PairPlacement::resolve(const NativeProgram& program, const PairInputs& inputs,
                                                                 std::int64_t positions) {
  const auto window = find_data(program, inputs.window, 2);
  if (!window) return std::unexpected(window.error());
  const auto next = find_data(program, inputs.next, 1);
  if (!next) return std::unexpected(next.error());

  PairPlacement placement;
  placement.positions_ = positions;
  for (const Slot* slot : {*window, *next}) {
    if (!slot) continue;
    const AxisPlace items = place_of(*slot, inputs.items);
    if (items.position < 0) return std::unexpected(fmt::format("data '{}' has no axis {}", slot->name, inputs.items));
    const std::int64_t rows = extent_of(*slot, items);
    if (placement.rows_ != 0 && placement.rows_ != rows)
      return std::unexpected(
          fmt::format("data '{}' has {} items where '{}' has {}", slot->name, rows, inputs.window, placement.rows_));
    placement.rows_ = rows;
  }
  if (*window) {
    const AxisPlace place = place_of(**window, inputs.positions);
    if (place.position < 0) return std::unexpected(fmt::format("data '{}' has no axis {}", inputs.window, inputs.positions));
    if (extent_of(**window, place) != positions)
      return std::unexpected(fmt::format("data '{}' has {} positions where the pairs have {}", inputs.window,
                                         extent_of(**window, place), positions));
    placement.window_offset_ = (*window)->offset;
    placement.row_stride_ = place_of(**window, inputs.items).stride;
    placement.position_stride_ = place.stride;
  }
  if (*next) {
    placement.next_offset_ = (*next)->offset;
    placement.next_stride_ = place_of(**next, inputs.items).stride;
  }
  return placement;
}

void PairPlacement::put(unsigned char* arena, std::int64_t row, const Pairs& pairs, std::int64_t pair) const {
  if (window_offset_ >= 0) put_window(arena, row, pairs.windows.data() + pair * positions_);
  if (next_offset_ >= 0) {
    auto* next = reinterpret_cast<std::int32_t*>(arena + next_offset_);
    next[row * next_stride_] = pairs.next[static_cast<std::size_t>(pair)];
  }
}

void PairPlacement::put_window(unsigned char* arena, std::int64_t row, const std::int32_t* window) const {
  if (window_offset_ < 0) return;
  auto* target = reinterpret_cast<std::int32_t*>(arena + window_offset_) + row * row_stride_;
  for (std::int64_t i = 0; i < positions_; ++i) target[i * position_stride_] = window[i];
}

Drawer::Drawer(PairPlacement placement, const Pairs& pairs, DrawOrder order, std::uint64_t seed)
    : placement_(placement), pairs_(&pairs), order_(order), seed_(seed), indices_(static_cast<std::size_t>(placement.rows())) {}

std::expected<Drawer, std::string> Drawer::make(const NativeProgram& program, const PairInputs& inputs, const Pairs& pairs,
                                                DrawOrder order, std::uint64_t seed) {
  const auto placement = PairPlacement::resolve(program, inputs, pairs.positions);
  if (!placement) return std::unexpected(placement.error());
  if (pairs.size() == 0) return std::unexpected("there are no data to draw from");
  if (order == DrawOrder::whole && placement->rows() != 0 && placement->rows() != pairs.size())
    return std::unexpected(
        fmt::format("the axis {} has {} items; the split has {}", inputs.items, placement->rows(), pairs.size()));
  return Drawer(*placement, pairs, order, seed);
}

void Drawer::draw(unsigned char* arena, std::int64_t step) {
  const std::int64_t rows = placement_.rows(), count = pairs_->size();
  switch (order_) {
    case DrawOrder::whole:
      if (filled_ == arena) return;
      for (std::int64_t row = 0; row < rows; ++row) placement_.put(arena, row, *pairs_, row);
      filled_ = arena;
      return;
    case DrawOrder::replacement:
      draw_with_replacement(seed_, step, count, indices_);
      break;
    case DrawOrder::epochs: {
      // Draw number `step * rows + row` of an endless row of permutations: a batch may end one and begin the next.
      std::optional<EpochPermutation> permutation;
      std::int64_t epoch = step * rows / count, place = step * rows % count;
      for (std::int64_t& index : indices_) {
        if (!permutation) permutation.emplace(seed_, static_cast<std::uint64_t>(epoch), count);
        index = (*permutation)(place);
        if (++place == count) place = 0, ++epoch, permutation.reset();
      }
      break;
    }
  }
  for (std::int64_t row = 0; row < rows; ++row) placement_.put(arena, row, *pairs_, indices_[static_cast<std::size_t>(row)]);
}

}  // namespace tenet

extern "C" void tenet_draw_batch(TenetFrame* frame, std::int64_t step) {
  assert(frame->drawer);
  static_cast<tenet::Drawer*>(frame->drawer)->draw(frame->arena, step);
}
