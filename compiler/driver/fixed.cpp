#include "compiler/driver/fixed.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "compiler/driver/tensors.h"
#include "runtime/safetensors.h"

namespace tenet {
namespace {

// The axes in the file's order: as it names them, else as the program lists them.
std::vector<AxisId> order_of(const Safetensors::Tensor& tensor, const TensorSource& source, const Graph& graph) {
  std::vector<AxisId> order;
  for (const std::string& name : tensor.axes)
    for (AxisId axis : source.axes)
      if (graph.axis(axis).name == name) order.push_back(axis);
  return order.size() == source.axes.size() ? order : source.axes;
}

Outcome<FixedData> read_one(const DataInput& data, const Graph& graph, const std::filesystem::path& folder) {
  const std::string file = (folder / data.source->file).string();
  auto contents = read_safetensors(file);
  if (!contents) return failed(contents.error());
  const Safetensors::Tensor* tensor = contents->find(data.source->tensor);
  if (!tensor) {
    std::vector<std::string> names;
    for (const Safetensors::Tensor& there : contents->tensors) names.push_back(there.name);
    return failed(fmt::format("{}: no tensor `{}`; it has {}", file, data.source->tensor, fmt::join(names, ", ")));
  }
  const std::vector<AxisId> order = order_of(*tensor, *data.source, graph);
  if (tensor->shape.size() != order.size())
    return failed(fmt::format("{}: `{}` has the shape [{}], and data `{}` has {} axes", file, tensor->name,
                              fmt::join(tensor->shape, ", "), data.name, order.size()));
  auto values = contents->numbers(*tensor);
  if (!values) return failed(file + ": " + values.error());
  const bool whole = graph.input(data.input).typed_by.has_value();
  for (std::size_t i = 0; i < values->size(); ++i) {
    const double value = (*values)[i];
    const bool right =
        whole ? value >= 0 && value <= 2147483647.0 && value == std::floor(value) : std::isfinite(static_cast<float>(value));
    if (!right)
      return failed(fmt::format("{}: element {} of `{}` is {}, not {}", file, i, tensor->name, value,
                                whole ? "a whole number from 0 to 2147483647" : "finite in single precision"));
  }
  return FixedData{data.name, data.input, data.source->span, Tensor{order, tensor->shape, std::move(*values)}};
}

}  // namespace

Outcome<std::vector<FixedData>> read_fixed(const Program& program, const std::filesystem::path& folder) {
  std::vector<FixedData> result;
  for (const DataInput& data : program.data) {
    if (!data.source) continue;
    auto read = read_one(data, program.graph, folder);
    if (!read) return std::unexpected(read.error());
    result.push_back(std::move(*read));
  }
  return result;
}

void add_sizes_of(std::span<const FixedData> fixed, const Graph& graph, std::map<std::string, std::int64_t>& given) {
  for (const FixedData& data : fixed)
    for (std::size_t i = 0; i < data.value.axes.size(); ++i)
      if (const Axis& axis = graph.axis(data.value.axes[i]); !axis.size) given.try_emplace(axis.name, data.value.extents[i]);
}

Outcome<void> fit(std::vector<FixedData>& fixed, const Graph& graph, const Sizes& sizes, Diagnostics& diagnostics) {
  for (FixedData& data : fixed) {
    bool fits = true;
    for (std::size_t i = 0; i < data.value.axes.size(); ++i) {
      const AxisId axis = data.value.axes[i];
      if (sizes[axis] == data.value.extents[i]) continue;
      diagnostics.report(Message::data_size_differs, data.span, graph.axis(axis).name, sizes[axis], data.name,
                         data.value.extents[i]);
      fits = false;
    }
    if (!fits) continue;
    data.value = laid_out(data.value, graph.input(data.input).axes, sizes);
    const std::optional<AxisId>& typed_by = graph.input(data.input).typed_by;
    if (!typed_by) round_to_float(data.value);
    if (!typed_by || data.value.values.empty()) continue;
    const double largest = std::ranges::max(data.value.values);
    if (largest >= static_cast<double>(sizes[*typed_by]))
      return failed(fmt::format("`{}` has the value {}, which is no coordinate of axis `{}`: that has the size {}", data.name,
                                largest, graph.axis(*typed_by).name, sizes[*typed_by]));
  }
  return {};
}

}  // namespace tenet
