// Loop nests: what native code is emitted from. A computation is a list of kernels over buffers in one arena.
//
// A kernel is a nest of output loops around stores. A term is a value inside the nest: it depends on the loops that it reads.
// Reductions are terms with loops of their own. Each decision that makes a nest fast is data here, made by lowering and
// printed by `dump --stage kernels`: order and role of loops, tile sizes, what threads share out, layouts and copies of buffers,
// epilogues (terms over a reduction in a store), placement in the arena, the split of a reduction.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/kernel/whole_range.h"
#include "compiler/ops/operations.h"
#include "compiler/plan/computation.h"

namespace tenet {

enum class BufferId : std::uint32_t {};
enum class LoopId : std::uint32_t {};  // of one kernel
enum class TermId : std::uint32_t {};  // of one kernel; operands have smaller ids
constexpr std::uint32_t index_of(BufferId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index_of(LoopId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t index_of(TermId id) { return static_cast<std::uint32_t>(id); }

enum class BufferRole : std::uint8_t { input, output, loss, temporary };

// A tensor in the arena: 32-bit reals, wholes as wide as their range wants, or truths (0 or 1 as a 32-bit whole).
struct Buffer {
  std::string name;
  BufferRole role;
  Kind kind;
  std::vector<AxisId> axes;  // outermost first
  std::vector<std::int64_t> extents;
  std::vector<std::int64_t> strides;  // in elements; the last is 1
  std::int64_t offset = 0;            // in bytes from the arena's start, 64-byte aligned
  std::int64_t bytes = 0;
  std::optional<InputId> input;  // role input
  WholeRange range = {};         // of wholes
  // The last axis in panels of so many elements: the buffer has one panel after another, each with all of the other axes, and
  // room for a whole one at its end. `strides` are those within a panel. 0: it is in one piece.
  std::int64_t panel = 0;

  // What a step of a whole panel along the last axis is worth, an element of it.
  std::int64_t stride_of_panels() const { return extents.size() < 2 ? 1 : strides[0] * extents[0] / panel; }
  std::int64_t element_bytes() const { return kind == Kind::whole && range.width() != Width::narrow ? 8 : 4; }
};

enum class LoopRole : std::uint8_t {
  sequence,  // around the whole kernel: its coordinate is given by a sequence
  serial,    // a plain loop
  rows,      // unrolled `tile` at a time into registers
  lanes      // across vector lanes, `tile` vectors at a time; a rest narrower than a vector is masked
};

struct Loop {
  std::string name;  // the axis's name
  std::int64_t extent;
  LoopRole role = LoopRole::serial;
  int tile = 1;
};

// A level of a nest of output loops: a loop, or, where the same loop stands again further in, blocks of it.
struct Level {
  LoopId loop;
  std::int64_t block =
      0;  // elements of the loop that are gone through before the next ones; 0: the loop itself, within its blocks
};

// How a quotient of reals is worked out. What a comparison, a step function or an index can see, however far away, is divided;
// of the rest, lanes over one number are multiplied with its reciprocal, worked out once.
enum class Division : std::uint8_t { exact, free, by_reciprocal };

struct Term {
  // quotient: of two wholes, rounded down. convert of a whole to a whole: the nearest one in its range, the lowest for NaN.
  enum class Kind : std::uint8_t { constant, loop, load, apply, reduce, convert, quotient };
  Kind kind;
  tenet::Kind type;
  double constant = 0;
  LoopId loop{};                 // loop: the coordinate, whole
  BufferId buffer{};             // load
  Op op = Op::add;               // apply, reduce
  std::vector<TermId> operands;  // load: one whole index for each axis of the buffer; apply; reduce, convert: one; quotient: two
  std::vector<LoopId> loops;     // reduce: its loops, outermost first; one of them may have role lanes
  std::int64_t chunk = 0;        // reduce: iterations of the outermost loop summed apart, then combined in order; 0: all in one
  WholeRange range = {};         // of wholes
  Division division = Division::exact;  // apply, of reals by `/`
  // apply, a product of reals: the one sum or difference that reads it takes it in by a multiply-add, so that both are rounded
  // once; a target without that instruction multiplies, then adds.
  bool fused = false;
};

struct Store {
  BufferId buffer;
  std::vector<TermId> indices;  // one for each axis of the buffer
  TermId value;
  bool accumulate = false;  // adds (a scatter); the buffer was cleared before
};

struct Kernel {
  std::string name;
  std::vector<Loop> loops;        // all loops of the kernel, by LoopId
  std::vector<Level> order;       // of the output, outermost first; at most one loop of role rows and one of role lanes
  std::vector<LoopId> sequences;  // one for each sequence that the kernel stands in, outermost first
  std::vector<Term> terms;
  std::vector<Store> stores;      // done in order at each point; a store never feeds a load of the same kernel, but for in-place
                                  // updates at the same indices
  std::optional<BufferId> clear;  // set to zero first
  double cost = 0;                // of one call, estimated: about so many vector instructions
  // Threads share out the blocks or tiles of the outermost level; 0: one thread runs the whole kernel.
  std::int64_t shares = 0;
};

// What a term multiplies, if it is a product of two reals; a square is one.
std::optional<std::array<TermId, 2>> factors_of(const Kernel& kernel, const Term& term);

// Kernels that run together for one place of an axis after the other: a recurrence.
struct Sequence {
  std::size_t begin, end;  // of the list of kernels
  std::string name;        // the axis's
  std::int64_t extent;
  bool backwards;  // from the last place to the first
};

struct Kernels {
  std::vector<Buffer> buffers;
  std::vector<Kernel> kernels;      // run in this order
  std::vector<Sequence> sequences;  // one around another stands before it
  std::int64_t arena_bytes = 0;
  std::optional<BufferId> loss;  // a scalar: copied to the ring after each pass
  std::optional<BufferId> step;  // a whole scalar: set before each pass, where something reads it
  bool draws = false;
};

// Whether several threads have work in it.
bool has_shares(const Kernels& kernels);

struct Lowered {
  Kernels kernels;
  std::string error;  // not empty: why it cannot be compiled (a size overflows, memory)
};

// `lanes`: 32-bit lanes in a vector register of the target (4, 8 or 16); `registers`: how many (16 or 32); `fused`: it has a
// multiply-add. The caches' sizes in bytes, which tiles and blocks are made for, are the same for every processor: the order of a
// sum depends on its tile.
struct Target {
  int lanes;
  int registers;
  bool fused;
  std::int64_t first_cache = 32 << 10, second_cache = 512 << 10;  // of one core
};

Lowered lower(const Graph& graph, const Sizes& sizes, const Computation& computation, const Target& target);

// As text, one kernel a paragraph, and the table of buffers.
std::string to_text(const Kernels& kernels);

}  // namespace tenet
