// Loop nests for tests: built by hand, run by compiled code and, as the oracle, by walking them in double precision.
#pragma once

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "compiler/kernel/kernels.h"
#include "compiler/native/native.h"
#include "compiler/ops/operations.h"
#include "tests/catch.h"

namespace tenet::tests {

// Appends to `kernels`; row-major, the last axis padded to `row` elements where given, or in panels.
inline BufferId add_buffer(Kernels& kernels, std::string name, Kind kind, std::vector<std::int64_t> extents, std::int64_t row = 0,
                           std::int64_t panel = 0) {
  Buffer buffer{std::move(name), BufferRole::temporary, kind, {}, std::move(extents), {}, kernels.arena_bytes, 4, {}};
  buffer.panel = panel;
  if (panel > 0) row = panel;
  buffer.strides.resize(buffer.extents.size());
  std::int64_t elements = 1;
  for (std::size_t axis = buffer.extents.size(); axis-- > 0;) {
    buffer.strides[axis] = elements;
    elements *= axis + 1 == buffer.extents.size() && row > 0 ? row : buffer.extents[axis];
  }
  if (panel > 0) elements *= (buffer.extents.back() + panel - 1) / panel;
  buffer.bytes = 4 * elements;
  kernels.arena_bytes += (buffer.bytes + 63) / 64 * 64;
  kernels.buffers.push_back(std::move(buffer));
  return BufferId{static_cast<std::uint32_t>(kernels.buffers.size() - 1)};
}

// One kernel, term by term.
struct Nest {
  Kernel kernel;

  explicit Nest(std::string name) { kernel.name = std::move(name); }

  LoopId bound(std::string name, std::int64_t extent, LoopRole role = LoopRole::serial, int tile = 1) {
    kernel.loops.push_back({std::move(name), extent, role, tile});
    return LoopId{static_cast<std::uint32_t>(kernel.loops.size() - 1)};
  }
  LoopId output(std::string name, std::int64_t extent, LoopRole role = LoopRole::serial, int tile = 1) {
    const LoopId id = bound(std::move(name), extent, role, tile);
    kernel.order.push_back({id});
    return id;
  }

  static Term made(Term::Kind kind, Kind type) {
    Term term{};
    term.kind = kind;
    term.type = type;
    return term;
  }
  TermId add(Term term) {
    kernel.terms.push_back(std::move(term));
    return TermId{static_cast<std::uint32_t>(kernel.terms.size() - 1)};
  }
  TermId constant(double value, Kind type = Kind::real) {
    Term term = made(Term::Kind::constant, type);
    term.constant = value;
    return add(term);
  }
  TermId at(LoopId loop) {
    Term term = made(Term::Kind::loop, Kind::whole);
    term.loop = loop;
    return add(term);
  }
  TermId load(const Kernels& kernels, BufferId buffer, std::vector<TermId> indices) {
    Term term = made(Term::Kind::load, kernels.buffers[index_of(buffer)].kind);
    term.buffer = buffer;
    term.operands = std::move(indices);
    return add(term);
  }
  TermId apply(Op op, std::vector<TermId> operands, Kind type = Kind::real) {
    Term term = made(Term::Kind::apply, type);
    term.op = op;
    term.operands = std::move(operands);
    return add(term);
  }
  TermId reduce(Op op, TermId element, std::vector<LoopId> loops, Kind type = Kind::real, std::int64_t chunk = 0) {
    Term term = made(Term::Kind::reduce, type);
    term.op = op;
    term.operands = {element};
    term.loops = std::move(loops);
    term.chunk = chunk;
    return add(term);
  }
  TermId convert(TermId value, Kind type) {
    Term term = made(Term::Kind::convert, type);
    term.operands = {value};
    return add(term);
  }
  void store(BufferId buffer, std::vector<TermId> indices, TermId value, bool accumulate = false) {
    kernel.stores.push_back({buffer, std::move(indices), value, accumulate});
  }
};

// A buffer's elements as numbers, padding included.
using Memory = std::vector<std::vector<double>>;

// The meaning of kernels, point by point. Loads see what a buffer held before the kernel.
class NestWalker {
 public:
  NestWalker(const Kernels& kernels, Memory& memory) : kernels_(kernels), memory_(memory) {}

  void run() {
    for (const Kernel& kernel : kernels_.kernels) {
      kernel_ = &kernel;
      at_.assign(kernel.loops.size(), 0);
      if (kernel.clear) memory_[index_of(*kernel.clear)].assign(memory_[index_of(*kernel.clear)].size(), 0);
      before_ = memory_;
      std::vector<LoopId> loops;
      for (const Level& level : kernel.order)
        if (level.block == 0) loops.push_back(level.loop);
      over(loops, 0, [&] { stores(); });
    }
  }

 private:
  template <class Body>
  void over(const std::vector<LoopId>& loops, std::size_t level, Body&& body) {
    if (level == loops.size()) return body();
    std::int64_t& at = at_[index_of(loops[level])];
    for (at = 0; at < kernel_->loops[index_of(loops[level])].extent; ++at) over(loops, level + 1, body);
    at = 0;
  }

  double& element(Memory& memory, BufferId id, const std::vector<TermId>& indices) {
    const Buffer& buffer = kernels_.buffers[index_of(id)];
    std::int64_t place = 0;
    for (std::size_t axis = 0; axis < indices.size(); ++axis) {
      auto at = static_cast<std::int64_t>(value(indices[axis]));
      if (buffer.panel > 0 && axis + 1 == indices.size()) {
        place += at / buffer.panel * buffer.panel * buffer.stride_of_panels();
        at %= buffer.panel;
      }
      place += buffer.strides[axis] * at;
    }
    return memory[index_of(id)].at(static_cast<std::size_t>(place));
  }

  double value(TermId id) {
    const Term& term = kernel_->terms[index_of(id)];
    switch (term.kind) {
      case Term::Kind::constant:
        return term.constant;
      case Term::Kind::loop:
        return static_cast<double>(at_[index_of(term.loop)]);
      case Term::Kind::load:
        return element(before_, term.buffer, term.operands);
      case Term::Kind::convert: {
        const double from = value(term.operands[0]);
        return term.type == Kind::truth ? from != 0 : term.type == Kind::whole ? std::trunc(from) : from;
      }
      case Term::Kind::quotient:
        return std::floor(value(term.operands[0]) / value(term.operands[1]));
      case Term::Kind::apply: {
        double operands[3] = {};
        for (std::size_t i = 0; i < term.operands.size(); ++i) operands[i] = value(term.operands[i]);
        return operation(term.op).evaluate(operands[0], operands[1], operands[2]);
      }
      case Term::Kind::reduce:
        break;
    }
    double result = operation(term.op).identity;
    std::int64_t index = 0;
    over(term.loops, 0, [&] {
      const double next = value(term.operands[0]);
      if (term.op == Op::argmax && next > result) index = at_[index_of(term.loops[0])];
      result = operation(term.op).evaluate(result, next, 0);
    });
    return term.op == Op::argmax ? static_cast<double>(index) : result;
  }

  void stores() {
    std::vector<double> values;
    for (const Store& store : kernel_->stores) values.push_back(value(store.value));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Store& store = kernel_->stores[i];
      double& place = element(memory_, store.buffer, store.indices);
      place = store.accumulate ? place + values[i] : values[i];
    }
  }

  const Kernels& kernels_;
  Memory& memory_;
  Memory before_;
  const Kernel* kernel_ = nullptr;
  std::vector<std::int64_t> at_;
};

inline Memory empty_memory(const Kernels& kernels) {
  Memory memory;
  for (const Buffer& buffer : kernels.buffers) memory.emplace_back(static_cast<std::size_t>(buffer.bytes / 4), 0.0);
  return memory;
}

// Empty if every element agrees to `tolerance`, relative above 1.
inline std::string first_difference(const Kernels& kernels, const Memory& expected, const Memory& actual, double tolerance) {
  for (std::size_t b = 0; b < expected.size(); ++b)
    for (std::size_t i = 0; i < expected[b].size(); ++i) {
      const double e = expected[b][i], a = actual[b][i];
      if (std::isnan(e) ? std::isnan(a) : e == a || std::abs(e - a) <= tolerance * std::max(1.0, std::abs(e))) continue;
      return kernels.buffers[b].name + "[" + std::to_string(i) + "]: " + std::to_string(e) + " expected, " + std::to_string(a) +
             " found";
    }
  return {};
}

// The arena of compiled kernels.
class NativeRun {
 public:
  explicit NativeRun(const Kernels& kernels, std::unique_ptr<NativeCode> code)
      : kernels_(kernels),
        code_(std::move(code)),
        arena_(new (std::align_val_t(64)) unsigned char[static_cast<std::size_t>(kernels.arena_bytes + 64)]()) {}
  ~NativeRun() { operator delete[](arena_, std::align_val_t(64)); }
  NativeRun(const NativeRun&) = delete;
  NativeRun& operator=(const NativeRun&) = delete;

  void write(const Memory& memory) {
    for (std::size_t b = 0; b < memory.size(); ++b)
      for (std::size_t i = 0; i < memory[b].size(); ++i) {
        const auto real = static_cast<float>(memory[b][i]);
        const auto whole = kernels_.buffers[b].kind == Kind::real ? 0 : static_cast<std::int32_t>(memory[b][i]);
        std::memcpy(place(b, i), kernels_.buffers[b].kind == Kind::real ? static_cast<const void*>(&real) : &whole, 4);
      }
  }
  Memory read() const {
    Memory memory = empty_memory(kernels_);
    for (std::size_t b = 0; b < memory.size(); ++b)
      for (std::size_t i = 0; i < memory[b].size(); ++i) {
        float real;
        std::int32_t whole;
        std::memcpy(&real, place(b, i), 4);
        std::memcpy(&whole, place(b, i), 4);
        memory[b][i] = kernels_.buffers[b].kind == Kind::real ? real : whole;
      }
    return memory;
  }
  void run(std::int64_t passes = 1, std::int64_t first_step = 0, float* losses = nullptr) {
    TenetFrame frame{arena_, first_step, passes, losses, nullptr};
    code_->function()(&frame);
  }

 private:
  unsigned char* place(std::size_t buffer, std::size_t element) const {
    return arena_ + kernels_.buffers[buffer].offset + 4 * static_cast<std::ptrdiff_t>(element);
  }

  const Kernels& kernels_;
  std::unique_ptr<NativeCode> code_;
  unsigned char* arena_;
};

inline std::string named(std::string prefix, const std::string& rest) { return std::move(prefix.append(rest)); }

inline std::unique_ptr<NativeCode> compiled(const Kernels& kernels) {
  auto code = compile(kernels);
  if (!code) FAIL(code.error());
  return std::move(*code);
}

// Reals between -2 and 2; wholes from 0 to `below` - 1; truths.
inline Memory random_memory(const Kernels& kernels, std::uint32_t seed, int below = 2) {
  std::mt19937 random(seed);
  Memory memory = empty_memory(kernels);
  for (std::size_t b = 0; b < memory.size(); ++b)
    for (double& x : memory[b]) {
      const double u = static_cast<double>(random()) / 4294967296.0;
      switch (kernels.buffers[b].kind) {
        case Kind::real:
          x = static_cast<float>(4 * u - 2);
          break;
        case Kind::whole:
          x = std::floor(u * below);
          break;
        case Kind::truth:
          x = std::floor(u * 2);
          break;
      }
    }
  return memory;
}

// Compiled code leaves in memory what the nests mean.
inline void check(const Kernels& kernels, const Memory& start, double tolerance = 1e-5) {
  Memory expected = start;
  NestWalker(kernels, expected).run();
  NativeRun native(kernels, compiled(kernels));
  native.write(start);
  native.run();
  CHECK(first_difference(kernels, expected, native.read(), tolerance) == "");
}

}  // namespace tenet::tests
