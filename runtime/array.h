// An array of a file, with its axes in an order, as a column of a dataset.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "runtime/dataset.h"

namespace tenet {

// A data input that an array fills.
struct ArrayTarget {
  std::string input;
  bool whole;                     // coordinates of an axis: whole numbers from 0 on
  std::vector<std::string> axes;  // in the order in which the program lists them
};

struct Array {
  Storage storage;
  std::vector<std::int64_t> shape;
  bool reversed = false;  // the first axis is the innermost (Fortran's order)
  std::shared_ptr<const void> values;
  std::int64_t largest = -1;  // of whole numbers
  std::string largest_at;     // where the file has it
  std::uint64_t fingerprint = 0;

  std::int64_t elements() const;
};

struct ArrayColumn {
  Column column;
  std::int64_t items;
};

// The array's axes are the input's in their order; where the input has one besides the items', listed after it, that takes all
// others of the array at once. Error: the numbers of axes differ.
std::expected<ArrayColumn, std::string> column_of(const Array& array, const ArrayTarget& target, const std::string& items);

// The product, or an error: a factor is below 0, or it exceeds 2^62.
std::expected<std::int64_t, std::string> element_count(const std::vector<std::int64_t>& shape);

}  // namespace tenet
