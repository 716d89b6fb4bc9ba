// Fills a computation's data slots from pairs: a step's batch in training, a piece of a split in evaluation.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi.h"
#include "runtime/letters.h"

namespace tenet {

// Where the pairs go: the names of the two data inputs and of the axes of items and positions. A computation may lack a slot
// whose input it does not read.
struct PairInputs {
  std::string window, next;
  std::string items, positions;
};

// The two slots, resolved: element (row, position) of the window is window_offset + 4 * (row * row_stride + position *
// position_stride).
class PairPlacement {
 public:
  // Error: a slot is not whole32, lacks an axis, has another, or its number of positions is not the pairs'.
  static std::expected<PairPlacement, std::string> resolve(const NativeProgram& program, const PairInputs& inputs,
                                                           std::int64_t positions);

  std::int64_t rows() const { return rows_; }  // the extent of the axis of items; 0 if the computation reads neither input
  void put(unsigned char* arena, std::int64_t row, const Pairs& pairs, std::int64_t pair) const;
  void put_window(unsigned char* arena, std::int64_t row, const std::int32_t* window) const;

 private:
  std::int64_t rows_ = 0, positions_ = 0;
  std::int64_t window_offset_ = -1, row_stride_ = 0, position_stride_ = 0;  // offset -1: not read
  std::int64_t next_offset_ = -1, next_stride_ = 0;
};

enum class DrawOrder : std::uint8_t {
  replacement,  // each step's pairs uniformly with replacement
  epochs,       // permutations of the pairs, one after the other
  whole         // every step has all pairs: the axis of items is as long as the split
};

// Behind TenetFrame::drawer (pass a Drawer*). The pairs must outlive it. A drawer serves one arena.
class Drawer {
 public:
  // Error: as PairPlacement; no pairs; with `whole`, the axis of items is not as long as the split.
  static std::expected<Drawer, std::string> make(const NativeProgram& program, const PairInputs& inputs, const Pairs& pairs,
                                                 DrawOrder order, std::uint64_t seed);

  // Fills the arena's data slots for `step`: a function of (seed, step) only.
  void draw(unsigned char* arena, std::int64_t step);

 private:
  Drawer(PairPlacement placement, const Pairs& pairs, DrawOrder order, std::uint64_t seed);

  PairPlacement placement_;
  const Pairs* pairs_;
  DrawOrder order_;
  std::uint64_t seed_;
  std::vector<std::int64_t> indices_;  // of the batch being drawn
  unsigned char* filled_ = nullptr;    // with `whole`: the arena that has the pairs already
};

}  // namespace tenet
