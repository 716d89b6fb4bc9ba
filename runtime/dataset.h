// What a step draws from: a number of items, and columns that fill data inputs. Nothing here knows where they came from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/abi.h"

namespace tenet {

// How elements stand in memory.
enum class Storage : std::uint8_t {
  real32,   // real numbers
  whole32,  // whole numbers
  whole8,   // whole numbers below 256, a byte each
  unit8     // real numbers byte / 255
};

ElementType element_type(Storage storage);    // in a computation
std::int64_t element_bytes(Storage storage);  // in memory

// Fills one data input. Element (item, i, j, ...) is values[item * item_stride + i * strides[0] + j * strides[1] + ...], counted
// in elements of the storage; items may overlap, and columns may share their memory.
struct Column {
  std::string input;
  Storage storage;
  std::vector<std::string> axes;  // of the input, but for the items' axis
  std::vector<std::int64_t> extents, strides;
  std::int64_t item_stride;
  std::shared_ptr<const void> values;
  std::int64_t largest = -1;    // of whole numbers, where nobody else has seen to their range
  std::string largest_at = {};  // where the file has it
};

// Columns that move together along the items.
struct Dataset {
  std::string items_axis;
  std::vector<Column> columns;
};

// A vector's elements for a column, owned by it.
template <class Element>
std::shared_ptr<const Element> owned(std::vector<Element> elements) {
  const auto owner = std::make_shared<const std::vector<Element>>(std::move(elements));
  return {owner, owner->data()};
}

// Items of a dataset in the order of a split: a range, or a list.
class Items {
 public:
  Items(std::int64_t begin, std::int64_t end) : begin_(begin), size_(end - begin) {}
  explicit Items(std::vector<std::int64_t> list)
      : begin_(0), size_(static_cast<std::int64_t>(list.size())), list_(std::move(list)) {}

  std::int64_t size() const { return size_; }
  std::int64_t operator[](std::int64_t place) const {
    return list_.empty() ? begin_ + place : list_[static_cast<std::size_t>(place)];
  }

 private:
  std::int64_t begin_, size_;
  std::vector<std::int64_t> list_;  // empty: a range
};

// A dataset with its splits: training, validation, test, as many as there are.
struct SplitData {
  Dataset dataset;
  std::vector<Items> splits;
};

// One loop of a copy: so many elements, so far apart here and there.
struct CopyLoop {
  std::int64_t extent, source, target;
};

// Copies what the loops go over, outermost first, of each item to four-byte elements of the column's type: the item at place i to
// `target` + i * `distance` elements.
void copy_items(const Column& column, std::span<const std::int64_t> items, std::span<const CopyLoop> loops, void* target,
                std::int64_t distance);

// One item's values, row-major along the column's axes, as a computation has them.
std::vector<double> item_values(const Column& column, std::int64_t item);

}  // namespace tenet
