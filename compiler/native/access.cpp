// Memory: a lane-uniform address is a scalar access, consecutive lanes are a vector access, anything else gathers or scatters.
#include <llvm/IR/Constants.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "compiler/native/kernel_emitter.h"

namespace tenet {

namespace {

const llvm::Align element_align(4);

llvm::Constant* first_lanes(llvm::IRBuilder<>& builder, unsigned used, unsigned width) {
  std::vector<llvm::Constant*> lanes;
  for (unsigned i = 0; i < width; ++i) lanes.push_back(builder.getInt1(i < used));
  return llvm::ConstantVector::get(lanes);
}

}  // namespace

llvm::Type* KernelEmitter::type_in_memory(const Buffer& buffer) {
  return buffer.kind == Kind::real ? builder_.getFloatTy()
                                   : type_of(buffer.kind == Kind::whole ? buffer.range.width() : Width::narrow);
}

KernelEmitter::Address KernelEmitter::address(const Affine& sum, BufferId buffer, int row, int vector) {
  llvm::Value* scalar = nullptr;   // i64
  llvm::Value* offsets = nullptr;  // vector of i32, or of i64 for a buffer beyond their range
  std::int64_t constant = sum.constant, lane_factor = 0;
  const auto i64 = [&](std::int64_t n) { return builder_.getInt64(static_cast<std::uint64_t>(n)); };
  const auto add = [&](llvm::Value*& total, llvm::Value* part) { total = total ? builder_.CreateAdd(total, part) : part; };
  // Outer loops first, so that what stays the same in an inner loop is a sum of its own.
  for (LoopId id : nesting_)
    for (const auto& [loop, factor] : sum.loops) {
      if (loop != id) continue;
      const Coordinate& c = coordinates_[index_of(id)];
      const std::int64_t between = sum.panels == id ? factor + sum.beyond_panel : factor;  // from one tile to the next
      constant += between * c.offset;
      if (rows_ && rows_->loop == id) constant += factor * row;
      if (lanes_ && lanes_->loop == id) {
        constant += factor * vector * static_cast<std::int64_t>(lanes_->width);
        lane_factor = factor;
      }
      if (c.base) add(scalar, builder_.CreateMul(c.base, i64(between)));
    }

  const Buffer& target = kernels_.buffers[index_of(buffer)];
  const auto far = [&](const auto& part) {  // only with others does it come back into the buffer
    const WholeRange& range = this->term(part.first).range;
    const std::int64_t most = INT32_MAX / std::max<std::int64_t>(1, std::abs(part.second)) / 2;
    return !range.within(-most, most);
  };
  const bool long_offsets = target.bytes / target.element_bytes() > INT32_MAX || std::ranges::any_of(sum.terms, far);
  llvm::Type* offset_type = long_offsets ? builder_.getInt64Ty() : builder_.getInt32Ty();
  const auto in_offset_type = [&](llvm::Value* whole) {
    return builder_.CreateSExtOrTrunc(whole, with_lanes(offset_type, lanes_of(whole)));
  };
  const auto factor_of = [&](std::int64_t n, unsigned lanes) {
    return broadcast(builder_, llvm::ConstantInt::getSigned(offset_type, n), lanes);
  };
  for (const auto& [term, factor] : sum.terms) {
    llvm::Value* part = converted(value(term, row, vector), Kind::whole);
    if (const unsigned lanes = lanes_of(part); lanes > 1)
      add(offsets, builder_.CreateMul(in_offset_type(part), factor_of(factor, lanes)));
    else
      add(scalar, builder_.CreateMul(builder_.CreateSExt(part, builder_.getInt64Ty()), i64(factor)));
  }

  llvm::Value* pointer = pointers_[index_of(buffer)];
  llvm::Type* element = type_in_memory(target);
  if (scalar) pointer = builder_.CreateGEP(element, pointer, scalar);
  if (constant != 0) pointer = builder_.CreateGEP(element, pointer, i64(constant));
  const std::int64_t apart = offsets ? 0 : lane_factor;
  if (lane_factor != 0 && (offsets || lane_factor != 1)) {
    std::vector<llvm::Constant*> steps;
    for (unsigned i = 0; i < lanes_->width; ++i)
      steps.push_back(llvm::ConstantInt::getSigned(offset_type, lane_factor * static_cast<std::int64_t>(i)));
    add(offsets, llvm::ConstantVector::get(steps));
  }
  return {pointer, offsets, lane_factor == 1, apart};
}

// Where one lane is of those that are the same number of elements apart.
llvm::Value* KernelEmitter::lane_pointer(const Address& at, llvm::Type* element, unsigned lane) {
  return builder_.CreateGEP(element, at.pointer, builder_.getInt64(static_cast<std::uint64_t>(at.apart * lane)));
}

unsigned KernelEmitter::lanes_in_use(int vector) const { return vector + 1 == lanes_->vectors ? lanes_->in_last : lanes_->width; }

llvm::Value* KernelEmitter::mask(int vector) {
  const unsigned used = lanes_in_use(vector);
  return used == lanes_->width ? nullptr : first_lanes(builder_, used, lanes_->width);
}

// The first lanes of a vector, of which the others are 0.
llvm::Value* KernelEmitter::load_lanes(llvm::Type* type, llvm::Value* pointer, unsigned used) {
  const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  const unsigned width = vector ? vector->getNumElements() : 1;
  if (used == width) return builder_.CreateAlignedLoad(type, pointer, element_align);
  return builder_.CreateMaskedLoad(type, pointer, element_align, first_lanes(builder_, used, width),
                                   llvm::Constant::getNullValue(type));
}

llvm::Value* KernelEmitter::emit_load(TermId id, int row, int vector) {
  const Term& t = term(id);
  if (const std::optional<RowGroup> group = group_across(analysis_.address(id), row)) {
    load_across(id, *group, vector);
    return memo_.find(place(id, row, vector));
  }
  const Buffer& source = kernels_.buffers[index_of(t.buffer)];
  const Address at = address(analysis_.address(id), t.buffer, row, vector);
  llvm::Type* element = type_in_memory(source);
  llvm::Value* loaded;
  if (at.offsets) {
    llvm::Type* type = with_lanes(element, lanes_->width);
    llvm::Value* pointers = builder_.CreateGEP(element, at.pointer, at.offsets);
    loaded = builder_.CreateMaskedGather(type, pointers, element_align, mask(vector), llvm::Constant::getNullValue(type));
  } else if (at.consecutive) {
    llvm::Type* type = with_lanes(element, lanes_->width);
    loaded = load_lanes(type, at.pointer, lanes_in_use(vector));
  } else {
    loaded = builder_.CreateAlignedLoad(element, at.pointer, element_align);
  }
  return source.kind == Kind::truth ? converted(loaded, Kind::truth) : loaded;
}

llvm::Value* KernelEmitter::in_memory(llvm::Value* value, const Buffer& buffer) {
  value = converted(value, buffer.kind);
  if (buffer.kind == Kind::truth) return converted(value, Kind::whole);
  return buffer.kind == Kind::whole ? held(value, buffer.range.width()) : value;
}

void KernelEmitter::emit_store(std::size_t index, llvm::Value* value, int row, int vector) {
  const Store& store = kernel_.stores[index];
  if (!store.accumulate)
    if (const std::optional<RowGroup> group = group_across(analysis_.address_of_store(index), row)) {
      if (row == group->first + group->size - 1) store_across(index, *group, vector);  // every row's value is at hand
      return;
    }
  const Address at = address(analysis_.address_of_store(index), store.buffer, row, vector);
  value = in_memory(value, kernels_.buffers[index_of(store.buffer)]);
  if (store.accumulate) return emit_accumulation(at, value, vector);
  if (at.offsets && at.apart != 0) {
    for (unsigned lane = 0; lane < lanes_in_use(vector); ++lane)
      builder_.CreateAlignedStore(lanes_of(value) > 1 ? builder_.CreateExtractElement(value, lane) : value,
                                  lane_pointer(at, type_in_memory(kernels_.buffers[index_of(store.buffer)]), lane),
                                  element_align);
  } else if (at.offsets) {
    value = broadcast(builder_, value, lanes_->width);
    builder_.CreateMaskedScatter(value, builder_.CreateGEP(value->getType()->getScalarType(), at.pointer, at.offsets),
                                 element_align, mask(vector));
  } else if (at.consecutive) {
    value = broadcast(builder_, value, lanes_->width);
    store_lanes(value, at.pointer, lanes_in_use(vector));
  } else {
    if (lanes_of(value) > 1) value = builder_.CreateExtractElement(value, lanes_in_use(vector) - 1);
    builder_.CreateAlignedStore(value, at.pointer, element_align);
  }
}

// The first lanes of a vector. Masked stores are slow without 512-bit vectors' masks (tens of cycles on some processors): there a
// rest is stored in halves, quarters, ... of the vector.
void KernelEmitter::store_lanes(llvm::Value* value, llvm::Value* pointer, unsigned used) {
  const unsigned width = lanes_of(value);
  if (used < width && stores_masked_) {
    builder_.CreateMaskedStore(value, pointer, element_align, first_lanes(builder_, used, width));
    return;
  }
  for (unsigned at = 0, size = width; at < used; size /= 2) {
    if (at + size > used) continue;
    std::vector<int> part(size);
    std::iota(part.begin(), part.end(), static_cast<int>(at));
    builder_.CreateAlignedStore(
        size == width ? value : builder_.CreateShuffleVector(value, part),
        at == 0 ? pointer : builder_.CreateGEP(value->getType()->getScalarType(), pointer, builder_.getInt64(at)), element_align);
    at += size;
  }
}

void KernelEmitter::add_to_memory(llvm::Value* pointer, llvm::Value* value, unsigned used) {
  llvm::Type* type = value->getType();
  llvm::Value* before = load_lanes(type, pointer, used);
  store_lanes(LlvmEmitter::unwrap(emitter_.add(LlvmEmitter::wrap(before), LlvmEmitter::wrap(value))), pointer, used);
}

// Consecutive lanes are different places and are added together; otherwise lanes may meet in one place, so they go one by one.
void KernelEmitter::emit_accumulation(const Address& at, llvm::Value* value, int vector) {
  if (at.consecutive && !at.offsets)
    return add_to_memory(at.pointer, broadcast(builder_, value, lanes_->width), lanes_in_use(vector));
  const unsigned used = lanes_ ? lanes_in_use(vector) : 1;
  for (unsigned lane = 0; lane < used; ++lane) {
    llvm::Value* pointer = at.pointer;
    if (at.offsets)
      pointer = builder_.CreateGEP(value->getType()->getScalarType(), pointer, builder_.CreateExtractElement(at.offsets, lane));
    add_to_memory(pointer, lanes_of(value) > 1 ? builder_.CreateExtractElement(value, lane) : value, 1);
  }
}

}  // namespace tenet
