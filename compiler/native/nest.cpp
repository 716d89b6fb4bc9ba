// The output nest: loops, tiles, the stores in them.
#include <algorithm>
#include <bit>
#include <utility>

#include "compiler/native/kernel_emitter.h"

namespace tenet {

namespace {

constexpr unsigned narrowest_vector = 4;

}  // namespace

std::vector<BufferId> buffers_of(const Kernel& kernel) {
  std::vector<BufferId> buffers;
  const auto include = [&](BufferId id) {
    if (std::ranges::find(buffers, id) == buffers.end()) buffers.push_back(id);
  };
  for (const Term& term : kernel.terms)
    if (term.kind == Term::Kind::load) include(term.buffer);
  for (const Store& store : kernel.stores) include(store.buffer);
  if (kernel.clear) include(*kernel.clear);
  return buffers;
}

KernelEmitter::KernelEmitter(const Kernels& kernels, const Kernel& kernel, llvm::Function& function, const Target& target)
    : kernels_(kernels),
      kernel_(kernel),
      function_(function),
      width_(static_cast<unsigned>(target.lanes)),
      stores_masked_(target.lanes == 16),
      analysis_(kernels, kernel),
      builder_(llvm::BasicBlock::Create(function.getContext(), "entry", &function)),
      emitter_(builder_, target.fused),
      pointers_(kernels.buffers.size()),
      coordinates_(kernel.loops.size()) {
  for (const Loop& loop : kernel.loops) ranges_.push_back({{}, loop.extent});
  const std::vector<BufferId> buffers = buffers_of(kernel);
  for (std::size_t i = 0; i < buffers.size(); ++i) pointers_[index_of(buffers[i])] = function.getArg(static_cast<unsigned>(i));

  // A store that inner loops do not change happens once, after them; one that adds happens at every point.
  for (std::size_t i = 0; i < kernel.stores.size(); ++i) {
    std::size_t level = kernel.order.size();
    while (!kernel.stores[i].accumulate && level > 0 && !analysis_.loops_of_store(i)[kernel.order[level - 1].loop]) --level;
    store_levels_.push_back(level);
  }
}

void KernelEmitter::emit() {
  if (kernel_.clear) {
    const Buffer& buffer = kernels_.buffers[index_of(*kernel_.clear)];
    builder_.CreateMemSet(pointers_[index_of(*kernel_.clear)], builder_.getInt8(0), static_cast<std::uint64_t>(buffer.bytes),
                          llvm::Align(64));
  }
  const auto first = static_cast<unsigned>(buffers_of(kernel_).size());
  for (unsigned i = 0; i < kernel_.sequences.size(); ++i) enter(kernel_.sequences[i], {function_.getArg(first + i), 0});
  emit_level(0);
  builder_.CreateRetVoid();
}

// for (begin = range.begin; full tiles; begin += tile) body(begin, tile); then body(the rest).
KernelEmitter::Carried KernelEmitter::for_tiles(const Range& range, std::int64_t tile, Carried initial, TileBody body) {
  const std::int64_t full = range.extent / tile, rest = range.extent % tile;
  Carried carried = std::move(initial);
  if (full == 1) carried = body(range.begin, tile, std::move(carried));
  if (full > 1) {
    llvm::BasicBlock* before = builder_.GetInsertBlock();
    llvm::BasicBlock* head = llvm::BasicBlock::Create(function_.getContext(), "loop", &function_);
    builder_.CreateBr(head);
    builder_.SetInsertPoint(head);
    llvm::PHINode* position = builder_.CreatePHI(builder_.getInt64Ty(), 2);
    position->addIncoming(builder_.getInt64(0), before);
    std::vector<llvm::PHINode*> phis;
    for (llvm::Value*& value : carried) {
      phis.push_back(builder_.CreatePHI(value->getType(), 2));
      phis.back()->addIncoming(value, before);
      value = phis.back();
    }
    Coordinate begin = {position, range.begin.offset};
    if (range.begin.base) begin.base = builder_.CreateAdd(range.begin.base, position, "", true, true);
    carried = body(begin, tile, std::move(carried));
    llvm::Value* next = builder_.CreateAdd(position, builder_.getInt64(static_cast<std::uint64_t>(tile)), "", true, true);
    llvm::BasicBlock* tail = builder_.GetInsertBlock();
    llvm::BasicBlock* after = llvm::BasicBlock::Create(function_.getContext(), "after", &function_);
    builder_.CreateCondBr(builder_.CreateICmpNE(next, builder_.getInt64(static_cast<std::uint64_t>(full * tile))), head, after);
    position->addIncoming(next, tail);
    for (std::size_t i = 0; i < phis.size(); ++i) phis[i]->addIncoming(carried[i], tail);
    builder_.SetInsertPoint(after);
  }
  if (rest > 0) carried = body({range.begin.base, range.begin.offset + full * tile}, rest, std::move(carried));
  return carried;
}

// for_tiles over the share of the kernel's outermost loop that this call has.
void KernelEmitter::for_shared_tiles(std::int64_t extent, std::int64_t tile,
                                     llvm::function_ref<void(Coordinate, std::int64_t)> body) {
  const std::int64_t full = extent / tile, rest = extent % tile;
  const auto number = [&](std::int64_t value) { return builder_.getInt64(static_cast<std::uint64_t>(value)); };
  const auto block = [&](const char* name) { return llvm::BasicBlock::Create(function_.getContext(), name, &function_); };
  llvm::Value* first = function_.getArg(static_cast<unsigned>(function_.arg_size()) - 2);
  llvm::Value* last = function_.getArg(static_cast<unsigned>(function_.arg_size()) - 1);
  llvm::Value* end = builder_.CreateMul(builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, last, number(full)), number(tile));
  llvm::Value* begin = builder_.CreateMul(first, number(tile));
  llvm::BasicBlock *before = builder_.GetInsertBlock(), *head = block("share"), *after = block("shared");
  builder_.CreateCondBr(builder_.CreateICmpSLT(begin, end), head, after);
  builder_.SetInsertPoint(head);
  llvm::PHINode* position = builder_.CreatePHI(builder_.getInt64Ty(), 2);
  position->addIncoming(begin, before);
  body({position, 0}, tile);
  llvm::Value* next = builder_.CreateAdd(position, number(tile), "", true, true);
  position->addIncoming(next, builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateICmpSLT(next, end), head, after);
  builder_.SetInsertPoint(after);
  if (rest == 0) return;
  llvm::BasicBlock *narrower = block("rest"), *done = block("done");
  builder_.CreateCondBr(builder_.CreateICmpEQ(last, number(full + 1)), narrower, done);
  builder_.SetInsertPoint(narrower);
  body({nullptr, full * tile}, rest);
  builder_.CreateBr(done);
  builder_.SetInsertPoint(done);
}

// Wide enough for the whole loop, no wider than a register.
unsigned KernelEmitter::width_for(LoopId id) const {
  const auto extent = static_cast<std::uint64_t>(std::min<std::int64_t>(loop(id).extent, width_));
  return std::min(width_, std::max(narrowest_vector, static_cast<unsigned>(std::bit_ceil(extent))));
}

// Takes a tile of a loop across lanes, of `count` elements, in and out of `body`.
KernelEmitter::Carried KernelEmitter::across(LoopId id, Coordinate begin, std::int64_t count, Carried carried,
                                             llvm::function_ref<Carried(Carried)> body) {
  const std::int64_t width = width_for(id), vectors = (count + width - 1) / width;
  enter(id, begin);
  lanes_ = {id, static_cast<unsigned>(width), static_cast<int>(vectors), static_cast<unsigned>(count - (vectors - 1) * width)};
  carried = body(std::move(carried));
  lanes_.reset();
  leave(id);
  return carried;
}

// Runs `body` across the lanes of a loop, `tile` vectors at a time.
KernelEmitter::Carried KernelEmitter::for_vectors(LoopId id, const Range& range, int tile, Carried initial,
                                                  llvm::function_ref<Carried(Carried)> body) {
  return for_tiles(range, width_for(id) * tile, std::move(initial), [&](Coordinate begin, std::int64_t count, Carried carried) {
    return across(id, begin, count, std::move(carried), body);
  });
}

void KernelEmitter::enter(LoopId id, Coordinate coordinate) {
  coordinates_[index_of(id)] = coordinate;
  active_.set(id);
  nesting_.push_back(id);
  memo_.enter();
}

void KernelEmitter::leave(LoopId id) {
  active_.reset(id);
  nesting_.pop_back();
  memo_.leave();
}

// The output loops from `level` inwards, and what is stored once they are done.
void KernelEmitter::emit_level(std::size_t level) {
  std::vector<TermId> inside;
  for (std::size_t i = 0; i < kernel_.stores.size(); ++i)
    if (store_levels_[i] > level)
      inside.insert(inside.end(), analysis_.needs_of_store(i).begin(), analysis_.needs_of_store(i).end());
  if (!inside.empty()) {
    hoist(inside);
    const auto& [id, block] = kernel_.order[level];
    const Loop& output = loop(id);
    const bool lanes = output.role == LoopRole::lanes && output.extent > 1, rows = output.role == LoopRole::rows;
    const auto tile = [&](Coordinate begin, std::int64_t count) {
      if (block > 0) {
        const Range around = std::exchange(ranges_[index_of(id)], Range{begin, count});
        memo_.enter();
        emit_level(level + 1);
        memo_.leave();
        ranges_[index_of(id)] = around;
        return;
      }
      if (lanes) {
        across(id, begin, count, {}, [&](Carried carried) {
          emit_level(level + 1);
          return carried;
        });
        return;
      }
      enter(id, begin);
      if (rows) rows_ = {id, static_cast<int>(count)};
      emit_level(level + 1);
      if (rows) rows_.reset();
      leave(id);
    };
    const std::int64_t size = block > 0 ? block : lanes ? std::int64_t{width_for(id)} * output.tile : rows ? output.tile : 1;
    if (level == 0 && kernel_.shares > 0)
      for_shared_tiles(output.extent, size, tile);
    else
      for_tiles(ranges_[index_of(id)], size, {}, [&](Coordinate begin, std::int64_t count, Carried carried) {
        tile(begin, count);
        return carried;
      });
  }
  emit_stores(level);
}

void KernelEmitter::emit_stores(std::size_t level) {
  std::vector<std::size_t> stores;
  std::vector<TermId> needs;
  for (std::size_t i = 0; i < kernel_.stores.size(); ++i) {
    if (store_levels_[i] != level) continue;
    stores.push_back(i);
    needs.insert(needs.end(), analysis_.needs_of_store(i).begin(), analysis_.needs_of_store(i).end());
  }
  prepare(needs);
  for (int row = 0; row < (rows_ ? rows_->count : 1); ++row)
    for (int vector = 0; vector < (lanes_ ? lanes_->vectors : 1); ++vector) {
      // All values first: an update in place reads what it overwrites.
      std::vector<llvm::Value*> values;
      for (std::size_t store : stores) values.push_back(value(kernel_.stores[store].value, row, vector));
      for (std::size_t i = 0; i < stores.size(); ++i) {
        const LoopSet& loops = analysis_.loops_of_store(stores[i]);
        const bool again = (row > 0 && !loops[rows_->loop]) || (vector > 0 && !loops[lanes_->loop]);
        if (again && !kernel_.stores[stores[i]].accumulate) continue;
        emit_store(stores[i], values[i], row, vector);
      }
    }
}

}  // namespace tenet
