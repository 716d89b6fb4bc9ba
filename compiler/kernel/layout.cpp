#include "compiler/kernel/layout.h"

#include <algorithm>

namespace tenet {

void set_strides(Buffer& buffer) {
  const std::int64_t panel = buffer.panel;
  buffer.strides.resize(buffer.extents.size());
  std::int64_t stride = 1;
  for (std::size_t i = buffer.extents.size(); i-- > 0;) {
    buffer.strides[i] = stride;
    const std::int64_t extent = panel > 0 && i + 1 == buffer.extents.size() ? panel : buffer.extents[i];
    if (__builtin_mul_overflow(stride, extent, &stride)) stride = INT64_MAX;
  }
  const std::int64_t panels = panel > 0 ? (buffer.extents.back() + panel - 1) / panel : 1;
  if (__builtin_mul_overflow(stride, panels * buffer.element_bytes(), &buffer.bytes)) buffer.bytes = INT64_MAX;
}

void lay_out(Kernel& kernel, LoopId lanes, std::vector<Buffer>& buffers) {
  Store& store = kernel.stores[0];
  const auto found = std::ranges::find_if(store.indices, [&](TermId index) {
    const Term& term = kernel.terms[index_of(index)];
    return term.kind == Term::Kind::loop && term.loop == lanes;
  });
  if (found == store.indices.end()) return;
  const auto place = found - store.indices.begin();
  Buffer& buffer = buffers[index_of(store.buffer)];
  std::rotate(found, found + 1, store.indices.end());
  std::rotate(buffer.axes.begin() + place, buffer.axes.begin() + place + 1, buffer.axes.end());
  std::rotate(buffer.extents.begin() + place, buffer.extents.begin() + place + 1, buffer.extents.end());
  set_strides(buffer);
}

}  // namespace tenet
