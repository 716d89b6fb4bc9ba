// A computation compiled and run once on an interpreter's inputs.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/graph/interpreter.h"
#include "compiler/kernel/kernels.h"
#include "compiler/native/native.h"
#include "tests/catch.h"

namespace tenet::tests {

// What a pass leaves in every output and assigned input, as the graph's tensors (axes ascending).
class NativeValues {
 public:
  NativeValues(const Graph& graph, const Sizes& sizes, const Computation& computation, Interpreter& interpreter) : sizes_(sizes) {
    const Lowered lowered = lower(graph, sizes, computation, host_target());
    REQUIRE(lowered.error.empty());
    kernels_ = lowered.kernels;
    INFO(to_text(kernels_));
    auto code = compile(kernels_);
    REQUIRE(code.has_value());
    arena_.reset(
        static_cast<unsigned char*>(std::aligned_alloc(64, static_cast<std::size_t>(kernels_.arena_bytes + 64) / 64 * 64)));
    std::memset(arena_.get(), 0xff, static_cast<std::size_t>(kernels_.arena_bytes));  // what is not written reads as NaN
    for (const Buffer& buffer : kernels_.buffers) {
      if (buffer.role != BufferRole::input || graph.input(*buffer.input).role == InputRole::step) continue;
      const NodeId node = const_cast<Graph&>(graph).input_node(*buffer.input);
      const Tensor& tensor = interpreter.value(node);
      for (std::size_t i = 0; i < tensor.values.size(); ++i) put(buffer, i, tensor.values[i]);
    }
    std::vector<float> losses(1);
    TenetFrame frame{arena_.get(), 0, 1, losses.data(), nullptr};
    (*code)->function()(&frame);
    loss = losses[0];
  }

  // The named buffer's values, row-major over `axes`.
  std::vector<double> operator[](const std::string& name) const {
    for (const Buffer& buffer : kernels_.buffers)
      if (buffer.name == name && (buffer.role == BufferRole::output || buffer.role == BufferRole::input)) return values(buffer);
    FAIL("no buffer is called " << name);
    return {};
  }

  double loss = 0;

 private:
  static std::int64_t count(const Buffer& buffer) { return buffer.bytes / 4; }
  void put(const Buffer& buffer, std::size_t i, double value) {
    unsigned char* at = arena_.get() + buffer.offset + 4 * i;
    const float real = static_cast<float>(value);
    const std::int32_t whole = buffer.kind == Kind::real ? 0 : static_cast<std::int32_t>(value);
    std::memcpy(at, buffer.kind == Kind::real ? static_cast<const void*>(&real) : &whole, 4);
  }
  double at(const Buffer& buffer, std::int64_t i) const {
    float real;
    std::int32_t whole;
    std::memcpy(&real, arena_.get() + buffer.offset + 4 * i, 4);
    std::memcpy(&whole, arena_.get() + buffer.offset + 4 * i, 4);
    return buffer.kind == Kind::real ? static_cast<double>(real) : whole;
  }
  std::vector<double> values(const Buffer& buffer) const {
    std::vector<AxisId> ascending = buffer.axes;
    std::ranges::sort(ascending);
    std::vector<std::int64_t> strides(ascending.size());
    for (std::size_t i = 0; i < buffer.axes.size(); ++i)
      strides[static_cast<std::size_t>(std::ranges::find(ascending, buffer.axes[i]) - ascending.begin())] = buffer.strides[i];
    std::vector<double> result;
    for (std::int64_t i = 0; i < count(buffer); ++i) {
      std::int64_t rest = i, offset = 0;
      for (std::size_t axis = ascending.size(); axis-- > 0; rest /= sizes_[ascending[axis]])
        offset += rest % sizes_[ascending[axis]] * strides[axis];
      result.push_back(at(buffer, offset));
    }
    return result;
  }

  struct Free {
    void operator()(unsigned char* memory) const { std::free(memory); }
  };
  const Sizes& sizes_;
  Kernels kernels_;
  std::unique_ptr<unsigned char, Free> arena_;
};

// Every value with a name, as an output of that name.
inline Computation named_outputs(const Graph& graph) {
  Computation result;
  for (std::uint32_t i = 0; i < graph.node_count(); ++i)
    if (graph.node(NodeId{i}).op == Op::named) result.outputs.push_back({graph.name_of(NodeId{i}), NodeId{i}});
  return result;
}

// The greatest difference, relative to the largest value (absolute where all are below `floor`).
inline double difference(const std::vector<double>& actual, const std::vector<double>& expected, double floor = 1e-9) {
  REQUIRE(actual.size() == expected.size());
  double largest = floor, worst = 0;
  for (double value : expected) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i]))) continue;
    const double off = std::abs(actual[i] - expected[i]) / largest;
    worst = std::isnan(off) ? INFINITY : std::max(worst, off);
  }
  return worst;
}

}  // namespace tenet::tests
