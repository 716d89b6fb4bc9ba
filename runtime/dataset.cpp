#include "runtime/dataset.h"

namespace tenet {

ElementType element_type(Storage storage) {
  return storage == Storage::real32 || storage == Storage::unit8 ? ElementType::real32 : ElementType::whole32;
}

std::int64_t element_bytes(Storage storage) { return storage == Storage::real32 || storage == Storage::whole32 ? 4 : 1; }

namespace {

template <class From, class To, class Convert>
void copy(const From* from, To* to, std::span<const CopyLoop> loops, Convert convert) {
  if (loops.empty()) {
    *to = convert(*from);
    return;
  }
  const CopyLoop loop = loops.front();
  if (loops.size() == 1) {
    for (std::int64_t i = 0; i < loop.extent; ++i) to[i * loop.target] = convert(from[i * loop.source]);
    return;
  }
  for (std::int64_t i = 0; i < loop.extent; ++i) copy(from + i * loop.source, to + i * loop.target, loops.subspan(1), convert);
}

}  // namespace

void copy_item(Storage storage, const void* item, std::span<const CopyLoop> loops, void* target) {
  const auto as_it_is = [](auto value) { return value; };
  const auto* bytes = static_cast<const unsigned char*>(item);
  switch (storage) {
    case Storage::real32:
      return copy(static_cast<const float*>(item), static_cast<float*>(target), loops, as_it_is);
    case Storage::whole32:
      return copy(static_cast<const std::int32_t*>(item), static_cast<std::int32_t*>(target), loops, as_it_is);
    case Storage::whole8:
      return copy(bytes, static_cast<std::int32_t*>(target), loops, as_it_is);
    case Storage::unit8:
      return copy(bytes, static_cast<float*>(target), loops, [](unsigned char byte) { return static_cast<float>(byte) / 255; });
  }
}

const void* item_of(const Column& column, std::int64_t item) {
  return static_cast<const unsigned char*>(column.values.get()) + item * column.item_stride * element_bytes(column.storage);
}

std::vector<double> item_values(const Column& column, std::int64_t item) {
  std::vector<CopyLoop> loops(column.axes.size());
  std::int64_t count = 1;
  for (std::size_t i = loops.size(); i-- > 0;) {
    loops[i] = {column.extents[i], column.strides[i], count};
    count *= column.extents[i];
  }
  const auto size = static_cast<std::size_t>(count);
  if (element_type(column.storage) == ElementType::real32) {
    std::vector<float> values(size);
    copy_item(column.storage, item_of(column, item), loops, values.data());
    return {values.begin(), values.end()};
  }
  std::vector<std::int32_t> values(size);
  copy_item(column.storage, item_of(column, item), loops, values.data());
  return {values.begin(), values.end()};
}

}  // namespace tenet
