#include "runtime/drawer.h"

#include <fmt/format.h>

#include <cassert>
#include <numeric>
#include <optional>
#include <utility>

#include "runtime/random.h"

namespace tenet {

std::expected<Placement::Target, std::string> Placement::target(const Column& column, const Slot& slot, const AxisPlace& items) {
  if (slot.type != element_type(column.storage))
    return std::unexpected(fmt::format("data '{}' is {}, where the source has {} numbers", slot.name,
                                       slot.type == ElementType::real32 ? "real" : "whole",
                                       slot.type == ElementType::real32 ? "whole" : "real"));
  if (slot.axes.size() != column.axes.size() + 1)
    return std::unexpected(
        fmt::format("data '{}' has {} axes, where the source has {}", slot.name, slot.axes.size(), column.axes.size() + 1));
  Target result{&column, slot.offset, items.stride, {}};
  for (std::size_t i = 0; i < column.axes.size(); ++i) {
    const AxisPlace place = place_of(slot, column.axes[i]);
    if (place.position < 0) return std::unexpected(fmt::format("data '{}' has no axis {}", slot.name, column.axes[i]));
    const std::int64_t extent = slot.extents[static_cast<std::size_t>(place.position)];
    if (extent != column.extents[i])
      return std::unexpected(
          fmt::format("data '{}' has {} = {}, where the source has {}", slot.name, column.axes[i], extent, column.extents[i]));
    result.loops.push_back({extent, column.strides[i], place.stride});
  }
  return result;
}

std::expected<Placement, std::string> Placement::resolve(const NativeProgram& program, const Dataset& dataset) {
  Placement placement;
  for (const Column& column : dataset.columns) {
    const Slot* slot = find_slot(program, column.input);
    if (!slot) continue;
    const AxisPlace items = place_of(*slot, dataset.items_axis);
    if (items.position < 0) return std::unexpected(fmt::format("data '{}' has no axis {}", slot->name, dataset.items_axis));
    const std::int64_t rows = slot->extents[static_cast<std::size_t>(items.position)];
    if (placement.rows_ != 0 && placement.rows_ != rows)
      return std::unexpected(fmt::format("data '{}' has {} items, where '{}' has {}", slot->name, rows,
                                         placement.targets_[0].column->input, placement.rows_));
    placement.rows_ = rows;
    std::expected<Target, std::string> target = Placement::target(column, *slot, items);
    if (!target) return std::unexpected(target.error());
    placement.targets_.push_back(std::move(*target));
  }
  return placement;
}

void Placement::put(unsigned char* arena, std::span<const std::int64_t> items) const {
  for (const Target& target : targets_) copy_items(*target.column, items, target.loops, arena + target.offset, target.row_stride);
}

Drawer::Drawer(Placement placement, Noise noise, const Items* items, DrawOrder order, std::uint64_t seed)
    : placement_(std::move(placement)),
      noise_(std::move(noise)),
      items_(items),
      order_(order),
      seed_(seed),
      batch_(static_cast<std::size_t>(placement_.rows())) {}

std::expected<Drawer, std::string> Drawer::make(const NativeProgram& program, const Dataset& dataset, const Items& items,
                                                DrawOrder order, std::uint64_t seed) {
  auto placement = Placement::resolve(program, dataset);
  if (!placement) return std::unexpected(placement.error());
  if (items.size() == 0) return std::unexpected("there are no data to draw from");
  if (order == DrawOrder::whole && placement->rows() != 0 && placement->rows() != items.size())
    return std::unexpected(
        fmt::format("the axis {} has {} items; the split has {}", dataset.items_axis, placement->rows(), items.size()));
  return Drawer(std::move(*placement), Noise(program), &items, order, seed);
}

void Drawer::draw(unsigned char* arena, std::int64_t step) {
  noise_.fill(arena, {seed_, Purpose::step_noise, step});
  if (items_) draw_items(arena, step);
}

void Drawer::draw_items(unsigned char* arena, std::int64_t step) {
  const std::int64_t rows = placement_.rows(), count = items_->size();
  switch (order_) {
    case DrawOrder::whole:
      if (filled_ == arena) return;
      std::iota(batch_.begin(), batch_.end(), 0);
      filled_ = arena;
      break;
    case DrawOrder::replacement:
      draw_with_replacement(seed_, step, count, batch_);
      break;
    case DrawOrder::epochs: {
      // Draw number `step * rows + row` of an endless row of permutations: a batch may end one and begin the next.
      std::optional<EpochPermutation> permutation;
      std::int64_t epoch = step * rows / count, place = step * rows % count;
      for (std::int64_t& drawn : batch_) {
        if (!permutation) permutation.emplace(seed_, static_cast<std::uint64_t>(epoch), count);
        drawn = (*permutation)(place);
        if (++place == count) place = 0, ++epoch, permutation.reset();
      }
      break;
    }
  }
  for (std::int64_t& drawn : batch_) drawn = (*items_)[drawn];
  placement_.put(arena, batch_);
}

}  // namespace tenet

extern "C" void tenet_draw_batch(TenetFrame* frame, std::int64_t step) {
  assert(frame->drawer);
  static_cast<tenet::Drawer*>(frame->drawer)->draw(frame->arena, step);
}
