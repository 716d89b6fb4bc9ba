#include "runtime/array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace tenet {

std::int64_t Array::elements() const { return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()); }

std::expected<std::int64_t, std::string> element_count(const std::vector<std::int64_t>& shape) {
  constexpr std::int64_t most = std::int64_t{1} << 62;
  std::int64_t count = 1;
  for (std::int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count) || count > most)
      return std::unexpected(fmt::format("the shape [{}] is not that of an array", fmt::join(shape, ", ")));
  return count;
}

std::expected<ArrayColumn, std::string> column_of(const Array& array, const ArrayTarget& target, const std::string& items) {
  std::vector<std::int64_t> shape = array.shape;
  const bool flat = target.axes.size() == 2 && target.axes[0] == items && shape.size() > 2 && !array.reversed;
  if (flat) shape = {shape[0], std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<>())};
  if (shape.size() != target.axes.size())
    return std::unexpected(fmt::format("it has the shape [{}], and data '{}' has {} axes: [{}]", fmt::join(array.shape, ", "),
                                       target.input, target.axes.size(), fmt::join(target.axes, ", ")));
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = array.reversed ? i : shape.size() - 1 - i;
    strides[axis] = stride;
    stride *= shape[axis];
  }
  ArrayColumn result{{target.input, array.storage, {}, {}, {}, 0, array.values, array.largest, array.largest_at}, 0};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (target.axes[i] == items) {
      result.items = shape[i];
      result.column.item_stride = strides[i];
      continue;
    }
    result.column.axes.push_back(target.axes[i]);
    result.column.extents.push_back(shape[i]);
    result.column.strides.push_back(strides[i]);
  }
  return result;
}

}  // namespace tenet
