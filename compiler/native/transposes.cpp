// Tiles that lie across memory: the lanes are a stride apart, but the tile's rows are consecutive. Such a tile is read and
// written a lane at a time, its rows as one short vector, and turned in registers: far fewer accesses than a gather or
// scatter for each row.
//
// A group of G rows (16, 8, 4 or 2) by W lanes is G vectors. Vector k holds the segments of lanes k, k + G, k + 2G, ...: W/G
// blocks of G by G elements, each of which is transposed by exchanging halves, quarters, ... down to single elements.
#include <llvm/IR/Constants.h>

#include <algorithm>

#include "compiler/native/kernel_emitter.h"

namespace tenet {

namespace {

constexpr int smallest_group = 2;

const llvm::Align element_align(4);

// Transposes each block of v.size() by v.size() elements; its own inverse.
void transpose_blocks(llvm::IRBuilder<>& builder, std::vector<llvm::Value*>& v) {
  const auto size = static_cast<int>(v.size()), width = static_cast<int>(lanes_of(v[0]));
  for (int half = size / 2; half >= 1; half /= 2) {
    std::vector<int> low, high;
    for (int lane = 0; lane < width; ++lane) {
      const bool upper = (lane & half) != 0;
      low.push_back(upper ? width + lane - half : lane);
      high.push_back(upper ? width + lane : lane + half);
    }
    for (int i = 0; i < size; ++i) {
      if (i & half) continue;
      llvm::Value *x = v[static_cast<std::size_t>(i)], *y = v[static_cast<std::size_t>(i + half)];
      v[static_cast<std::size_t>(i)] = builder.CreateShuffleVector(x, y, low);
      v[static_cast<std::size_t>(i + half)] = builder.CreateShuffleVector(x, y, high);
    }
  }
}

// Equal vectors end to end.
llvm::Value* joined(llvm::IRBuilder<>& builder, std::vector<llvm::Value*> parts) {
  while (parts.size() > 1) {
    std::vector<int> lanes(2 * lanes_of(parts[0]));
    for (std::size_t i = 0; i < lanes.size(); ++i) lanes[i] = static_cast<int>(i);
    std::vector<llvm::Value*> pairs;
    for (std::size_t i = 0; i < parts.size(); i += 2) pairs.push_back(builder.CreateShuffleVector(parts[i], parts[i + 1], lanes));
    parts = std::move(pairs);
  }
  return parts[0];
}

std::int64_t factor_of(const Affine& sum, LoopId id) {
  const auto found = std::ranges::find(sum.loops, id, &std::pair<LoopId, std::int64_t>::first);
  return found == sum.loops.end() ? 0 : found->second;
}

}  // namespace

// The group that `row` belongs to, if the address lies across memory and enough rows are left for a group.
std::optional<KernelEmitter::RowGroup> KernelEmitter::group_across(const Affine& sum, int row) const {
  if (!rows_ || !lanes_ || factor_of(sum, rows_->loop) != 1 || factor_of(sum, lanes_->loop) <= 1) return {};
  for (const auto& [term, factor] : sum.terms)
    if (depends_on_row(term) || depends_on_lane(term)) return {};
  int size = static_cast<int>(std::min(16U, lanes_->width));
  for (int first = 0; size >= smallest_group; size /= 2)
    for (; first + size <= rows_->count; first += size)
      if (row < first + size) return RowGroup{first, size};
  return {};
}

// Keeps the values of all rows of the group.
void KernelEmitter::load_across(TermId id, RowGroup group, int vector) {
  const Term& t = term(id);
  const Buffer& source = kernels_.buffers[index_of(t.buffer)];
  llvm::Type* element = type_in_memory(source);
  const Affine& sum = analysis_.address(id);
  const Address at = address(sum, t.buffer, group.first, vector);
  const auto size = static_cast<unsigned>(group.size);
  llvm::Type* segment = with_lanes(element, size);
  std::vector<llvm::Value*> vectors;
  for (unsigned k = 0; k < size; ++k) {
    std::vector<llvm::Value*> parts;
    for (unsigned lane = k; lane < lanes_->width; lane += size)
      parts.push_back(lane < lanes_in_use(vector)
                          ? builder_.CreateAlignedLoad(segment, lane_pointer(at, element, lane), element_align)
                          : static_cast<llvm::Value*>(llvm::Constant::getNullValue(segment)));
    vectors.push_back(joined(builder_, std::move(parts)));
  }
  transpose_blocks(builder_, vectors);
  for (int row = 0; row < group.size; ++row) {
    llvm::Value* loaded = vectors[static_cast<std::size_t>(row)];
    memo_.keep(place(id, group.first + row, vector), source.kind == Kind::truth ? converted(loaded, Kind::truth) : loaded);
  }
}

void KernelEmitter::store_across(std::size_t index, RowGroup group, int vector) {
  const Store& store = kernel_.stores[index];
  const Buffer& target = kernels_.buffers[index_of(store.buffer)];
  const Affine& sum = analysis_.address_of_store(index);
  const Address at = address(sum, store.buffer, group.first, vector);
  const auto size = static_cast<unsigned>(group.size);
  std::vector<llvm::Value*> vectors;
  for (int row = 0; row < group.size; ++row)
    vectors.push_back(broadcast(builder_, in_memory(value(store.value, group.first + row, vector), target), lanes_->width));
  transpose_blocks(builder_, vectors);
  for (unsigned lane = 0; lane < lanes_in_use(vector); ++lane) {
    std::vector<int> part(size);
    for (unsigned i = 0; i < size; ++i) part[i] = static_cast<int>(lane / size * size + i);
    llvm::Value* whole = vectors[lane % size];
    builder_.CreateAlignedStore(size == lanes_->width ? whole : builder_.CreateShuffleVector(whole, part),
                                lane_pointer(at, type_in_memory(target), lane), element_align);
  }
}

}  // namespace tenet
