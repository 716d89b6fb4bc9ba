// One kernel as a function: tile evaluation.
//
// The output nest is emitted loop by loop; a rows loop is taken R rows at a time, a lanes loop V vectors at a time, and the
// R*V points of such a tile are worked out together. A term is emitted once for each row and vector that it depends on: once
// if it depends on neither, as a scalar that is broadcast where it meets a vector. So a product of a value of the row and a
// value of the lane, summed over a loop of its own, is a register tile of a matrix product; nothing here knows that.
//
// Before a loop is entered, the largest terms needed inside that do not depend on it are worked out (hoisted). Reductions
// over the same loops share them. A rest narrower than a tile is a second body over fewer rows or vectors, the last of these
// masked. Loads happen whether or not a `where` discards them: indices are always within the buffer.
#pragma once

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/IRBuilder.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/kernel/kernels.h"
#include "compiler/native/analysis.h"
#include "compiler/native/llvm_emitter.h"
#include "compiler/native/memo.h"

namespace tenet {

// The buffers that a kernel reads or writes, in the order of its function's arguments.
std::vector<BufferId> buffers_of(const Kernel& kernel);

class KernelEmitter {
 public:
  // `function` is empty and takes a pointer for each of buffers_of(kernel).
  KernelEmitter(const Kernels& kernels, const Kernel& kernel, llvm::Function& function, const Target& target);
  void emit();

 private:
  // base + offset; no base: 0.
  struct Coordinate {
    llvm::Value* base = nullptr;  // i64
    std::int64_t offset = 0;
  };
  struct Range {
    Coordinate begin;
    std::int64_t extent;
  };
  struct Rows {
    LoopId loop;
    int count;
  };
  struct Lanes {
    LoopId loop;
    unsigned width;    // of one vector
    int vectors;       // of this tile
    unsigned in_last;  // lanes in use in the last of them
  };
  using Carried = std::vector<llvm::Value*>;  // values that a loop's rounds hand on
  using TileBody = llvm::function_ref<Carried(Coordinate begin, std::int64_t count, Carried)>;

  // nest.cpp: loops and stores.
  const Loop& loop(LoopId id) const { return kernel_.loops[index_of(id)]; }
  const Term& term(TermId id) const { return kernel_.terms[index_of(id)]; }
  Range whole_range(LoopId id) const { return {{}, loop(id).extent}; }
  Carried for_tiles(const Range& range, std::int64_t tile, Carried initial, TileBody body);
  void for_shared_tiles(std::int64_t extent, std::int64_t tile,
                        llvm::function_ref<void(Coordinate begin, std::int64_t count)> body);
  Carried across(LoopId id, Coordinate begin, std::int64_t count, Carried carried, llvm::function_ref<Carried(Carried)> body);
  Carried for_vectors(LoopId id, const Range& range, int tile, Carried initial, llvm::function_ref<Carried(Carried)> body);
  void enter(LoopId id, Coordinate coordinate);
  void leave(LoopId id);
  unsigned width_for(LoopId id) const;
  void emit_level(std::size_t level);
  void emit_stores(std::size_t level);

  // terms.cpp: values.
  Place place(TermId id, int row, int vector) const;
  bool depends_on_row(TermId id) const { return rows_ && analysis_.loops(id)[rows_->loop]; }
  bool depends_on_lane(TermId id) const { return lanes_ && analysis_.loops(id)[lanes_->loop]; }
  bool available(TermId id) const { return analysis_.loops(id).is_within(active_); }
  llvm::Value* value(TermId id, int row, int vector);
  llvm::Value* emit_term(TermId id, int row, int vector);
  llvm::Value* emit_coordinate(LoopId id, int row, int vector);
  llvm::Value* emit_apply(const Term& term, int row, int vector);
  llvm::Value* sum_with_product(TermId product, bool negative, Emitter::Value sum, int row, int vector);
  llvm::Value* emit_power(const Term& term, double exponent, int row, int vector);
  llvm::Value* emit_quotient(const Term& term, int row, int vector);
  llvm::Value* emit_quotient_rounded_down(const Term& term, int row, int vector);
  llvm::Value* emit_large_angle(llvm::Value* angle, int quarters);  // sin(angle + quarters pi / 2); large_angles.cpp
  llvm::Value* with_large_angles(llvm::Value* usual, llvm::Value* angle, int quarters);
  void keep_reciprocal(TermId divisor, int row, int vector);
  std::optional<double> constant_of(TermId id) const;
  bool reads_large_whole(TermId real, int depth = 0) const;
  bool is_exact(TermId real, int depth = 0) const;
  llvm::Value* in_double(TermId real, int row, int vector);
  llvm::Value* converted(llvm::Value* value, Kind kind);
  llvm::Value* held(llvm::Value* value, Width width);  // as a whole of that width
  llvm::Value* held_within(llvm::Value* whole, const WholeRange& range);
  llvm::Value* within_exact(llvm::Value* whole);  // infinite where it would be rounded
  llvm::Type* type_of(Width width);
  llvm::Value* whole_constant(double number, Width width);
  void hoist(std::span<const TermId> roots);

  // reductions.cpp
  struct Accumulator {
    TermId term;
    int rows, vectors;  // 1 where it does not depend on them
    std::size_t first;  // its place among the carried values: [way][row][vector], index apart for argmax
  };
  struct Reduction {
    std::vector<LoopId> loops;
    std::vector<TermId> elements;  // what its accumulators add up
    std::vector<Accumulator> accumulators;
    std::optional<LoopId> lanes;  // a loop of its own across lanes
    unsigned width = 1;           // of a vector along `lanes`
    int vectors = 1;
    int unroll = 1, ways = 1;  // rounds of the innermost loop a turn; independent accumulators they go to
    std::size_t carried = 0;
  };
  void prepare(std::span<const TermId> roots);
  bool reads(TermId id, std::span<const TermId> reductions) const;
  void emit_reduction(std::span<const TermId> group);
  Reduction plan(std::span<const TermId> group) const;
  std::size_t slot(const Accumulator& a, int way, int row, int vector) const;
  Carried identities(const Reduction& reduction);
  Carried emit_rounds(const Reduction& reduction, std::size_t level, const Range& range, Carried carried);
  Carried accumulate(const Reduction& reduction, int way, Carried carried);
  llvm::Value* as_accumulated(llvm::Value* element, const Term& into);
  llvm::Value* accumulation(const Term& reduction, std::span<const Emitter::Value> operands);
  // `into` and `from` point at one accumulator of each side: a value, for argmax value and index.
  void combine(TermId id, llvm::Value** into, llvm::Value* const* from);
  Carried combine_all(const Reduction& reduction, Carried into, const Carried& from);
  void finish(const Reduction& reduction, Carried& carried);
  std::vector<llvm::Value*> across_lanes(TermId id, std::vector<llvm::Value*> parts);

  // access.cpp: memory.
  struct Address {
    llvm::Value* pointer;
    llvm::Value* offsets;  // in elements, a vector; null: the lanes are consecutive, or all the same
    bool consecutive;
    std::int64_t apart;  // elements from lane to lane; 0: none, or not the same between all
  };
  Address address(const Affine& sum, BufferId buffer, int row, int vector);
  llvm::Value* lane_pointer(const Address& address, llvm::Type* element, unsigned lane);
  llvm::Value* mask(int vector);  // null: every lane is in use
  unsigned lanes_in_use(int vector) const;
  llvm::Value* emit_load(TermId id, int row, int vector);
  void emit_store(std::size_t store, llvm::Value* value, int row, int vector);
  void emit_accumulation(const Address& address, llvm::Value* value, int vector);
  llvm::Value* load_lanes(llvm::Type* type, llvm::Value* pointer, unsigned used);
  void store_lanes(llvm::Value* value, llvm::Value* pointer, unsigned used);
  void add_to_memory(llvm::Value* pointer, llvm::Value* value, unsigned used);
  llvm::Type* type_in_memory(const Buffer& buffer);
  llvm::Value* in_memory(llvm::Value* value, const Buffer& buffer);  // as the buffer holds it

  // transposes.cpp: tiles whose rows, not lanes, are consecutive in memory.
  struct RowGroup {
    int first, size;
  };
  std::optional<RowGroup> group_across(const Affine& sum, int row) const;
  void load_across(TermId id, RowGroup group, int vector);
  void store_across(std::size_t store, RowGroup group, int vector);

  const Kernels& kernels_;
  const Kernel& kernel_;
  llvm::Function& function_;
  const unsigned width_;
  const bool stores_masked_;  // at the cost of a store
  const Analysis analysis_;
  llvm::IRBuilder<> builder_;
  LlvmEmitter emitter_;
  std::vector<llvm::Value*> pointers_;     // by BufferId
  std::vector<std::size_t> store_levels_;  // how many output loops stand around each store
  Memo memo_;
  std::vector<Coordinate> coordinates_;  // by LoopId, of the active loops
  std::vector<Range> ranges_;            // by LoopId: what is left of it within its blocks
  LoopSet active_;
  std::vector<LoopId> nesting_;  // active loops, outermost first
  std::optional<Rows> rows_;
  std::optional<Lanes> lanes_;
};

}  // namespace tenet
