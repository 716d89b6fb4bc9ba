#include "runtime/dataset.h"

namespace tenet {

ElementType element_type(Storage storage) {
  return storage == Storage::real32 || storage == Storage::unit8 ? ElementType::real32 : ElementType::whole32;
}

std::int64_t element_bytes(Storage storage) { return storage == Storage::real32 || storage == Storage::whole32 ? 4 : 1; }

namespace {

template <class From, class To, class Convert>
void copy_item(const From* from, To* to, std::span<const CopyLoop> loops, Convert convert) {
  const CopyLoop loop = loops.front();
  if (loops.size() == 1) {
    for (std::int64_t i = 0; i < loop.extent; ++i) to[i * loop.target] = convert(from[i * loop.source]);
    return;
  }
  for (std::int64_t i = 0; i < loop.extent; ++i)
    copy_item(from + i * loop.source, to + i * loop.target, loops.subspan(1), convert);
}

// The loop over items stands outside what depends on the column: a batch of small items is as common as one of large ones.
template <class From, class To, class Convert>
void copy_all(const Column& column, std::span<const std::int64_t> items, std::span<const CopyLoop> loops, To* to,
              std::int64_t distance, Convert convert) {
  const auto* values = static_cast<const From*>(column.values.get());
  const std::int64_t stride = column.item_stride;
  if (loops.empty()) {
    for (const std::int64_t item : items) *to = convert(values[item * stride]), to += distance;
    return;
  }
  for (const std::int64_t item : items) copy_item(values + item * stride, to, loops, convert), to += distance;
}

}  // namespace

void copy_items(const Column& column, std::span<const std::int64_t> items, std::span<const CopyLoop> loops, void* target,
                std::int64_t distance) {
  const auto as_it_is = [](auto value) { return value; };
  const auto share = [](unsigned char byte) { return static_cast<float>(byte) / 255; };
  auto* reals = static_cast<float*>(target);
  auto* wholes = static_cast<std::int32_t*>(target);
  switch (column.storage) {
    case Storage::real32:
      return copy_all<float>(column, items, loops, reals, distance, as_it_is);
    case Storage::whole32:
      return copy_all<std::int32_t>(column, items, loops, wholes, distance, as_it_is);
    case Storage::whole8:
      return copy_all<unsigned char>(column, items, loops, wholes, distance, as_it_is);
    case Storage::unit8:
      return copy_all<unsigned char>(column, items, loops, reals, distance, share);
  }
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
    copy_items(column, {&item, 1}, loops, values.data(), 0);
    return {values.begin(), values.end()};
  }
  std::vector<std::int32_t> values(size);
  copy_items(column, {&item, 1}, loops, values.data(), 0);
  return {values.begin(), values.end()};
}

}  // namespace tenet
