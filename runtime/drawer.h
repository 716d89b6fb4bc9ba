// Fills a computation's data slots from a dataset: a step's batch in training, a piece of a split in evaluation. A step's random
// numbers too.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "runtime/abi.h"
#include "runtime/dataset.h"
#include "runtime/noise.h"
#include "runtime/slots.h"

namespace tenet {

// Where the items of a dataset go in the arena of a computation, which may lack a slot whose input it does not read. The dataset
// must outlive it.
class Placement {
 public:
  // Error: a slot is not of its column's type, lacks an axis, has another, or is longer or shorter along one.
  static std::expected<Placement, std::string> resolve(const NativeProgram& program, const Dataset& dataset);

  std::int64_t rows() const { return rows_; }  // the extent of the axis of items; 0 if the computation reads no column
  void put(unsigned char* arena, std::span<const std::int64_t> items) const;  // into the first rows

 private:
  struct Target {
    const Column* column;
    std::int64_t offset, row_stride;  // of the slot in the arena, in bytes; between rows, in elements
    std::vector<CopyLoop> loops;      // over the column's axes
  };
  static std::expected<Target, std::string> target(const Column& column, const Slot& slot, const AxisPlace& items);

  std::int64_t rows_ = 0;
  std::vector<Target> targets_;
};

enum class DrawOrder : std::uint8_t {
  replacement,  // each step's items uniformly with replacement
  epochs,       // permutations of the items, one after the other
  whole         // every step has all items: the axis of items is as long as the split
};

// Behind TenetFrame::drawer (pass a Drawer*). Dataset and items must outlive it. A drawer serves one arena.
class Drawer {
 public:
  // Error: as Placement; no items; with `whole`, the axis of items is not as long as the split.
  static std::expected<Drawer, std::string> make(const NativeProgram& program, const Dataset& dataset, const Items& items,
                                                 DrawOrder order, std::uint64_t seed);

  // Of a program without data: draws its random numbers only.
  static Drawer without_data(const NativeProgram& program, std::uint64_t seed) {
    return {Placement(), Noise(program), nullptr, DrawOrder::replacement, seed};
  }

  // Fills the arena's data slots and random numbers for `step`: a function of (seed, step) only.
  void draw(unsigned char* arena, std::int64_t step);

 private:
  Drawer(Placement placement, Noise noise, const Items* items, DrawOrder order, std::uint64_t seed);
  void draw_items(unsigned char* arena, std::int64_t step);

  Placement placement_;
  Noise noise_;
  const Items* items_;  // null: without data
  DrawOrder order_;
  std::uint64_t seed_;
  std::vector<std::int64_t> batch_;  // that is being drawn: places in the split, then items
  unsigned char* filled_ = nullptr;  // with `whole`: the arena that has the items already
};

}  // namespace tenet
