#include "compiler/driver/tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/slots.h"
#include "runtime/threads.h"

namespace tenet {

int slot_index(const Executable& executable, Slot::Role role, std::string_view name) {
  const std::vector<Slot>& slots = executable.program.slots;
  const auto found = std::ranges::find_if(slots, [&](const Slot& slot) { return slot.role == role && slot.name == name; });
  return found == slots.end() ? -1 : static_cast<int>(found - slots.begin());
}

Tensor laid_out(const Tensor& tensor, std::span<const AxisId> to, const Sizes& sizes) {
  Tensor result;
  result.axes.assign(to.begin(), to.end());
  std::size_t count = 1;
  for (AxisId axis : to) {
    result.extents.push_back(sizes[axis]);
    count *= static_cast<std::size_t>(sizes[axis]);
  }
  std::vector<std::int64_t> strides(to.size());  // in `tensor`; 0 along an axis that it lacks
  std::int64_t stride = 1;
  for (std::size_t i = tensor.axes.size(); i-- > 0;) {
    const auto place = std::ranges::find(to, tensor.axes[i]);
    if (place != to.end()) strides[static_cast<std::size_t>(place - to.begin())] = stride;
    stride *= tensor.extents[i];
  }
  result.values.resize(count);
  std::vector<std::int64_t> at(to.size());
  std::int64_t source = 0;
  for (double& value : result.values) {
    value = tensor.values[static_cast<std::size_t>(source)];
    for (std::size_t i = to.size(); i-- > 0;) {  // the next place, like an odometer
      source += strides[i];
      if (++at[i] < result.extents[i]) break;
      source -= strides[i] * result.extents[i];
      at[i] = 0;
    }
  }
  return result;
}

void write_slot(const Executable& executable, int index, const Tensor& tensor, const Sizes& sizes, unsigned char* arena) {
  const Slot& slot = executable.program.slots[static_cast<std::size_t>(index)];
  const Tensor source = laid_out(tensor, executable.axes[static_cast<std::size_t>(index)], sizes);
  if (slot.type == ElementType::real32)
    std::ranges::transform(source.values, reals(arena, slot).begin(), [](double x) { return static_cast<float>(x); });
  else
    std::ranges::transform(source.values, wholes(arena, slot).begin(), [](double x) { return static_cast<std::int32_t>(x); });
}

Tensor read_slot(const Executable& executable, int index, const Sizes& sizes, const unsigned char* arena) {
  const Slot& slot = executable.program.slots[static_cast<std::size_t>(index)];
  std::vector<double> values;
  if (slot.type == ElementType::real32) {
    const std::span<const float> source = reals(arena, slot);
    values.assign(source.begin(), source.end());
  } else {
    const std::span<const std::int32_t> source = wholes(const_cast<unsigned char*>(arena), slot);
    values.assign(source.begin(), source.end());
  }
  return tensor_in_layout_of(executable, index, std::move(values), sizes);
}

Tensor tensor_in_layout_of(const Executable& executable, int index, std::vector<double> values, const Sizes& sizes) {
  const auto place = static_cast<std::size_t>(index);
  const Tensor source{executable.axes[place], executable.program.slots[place].extents, std::move(values)};
  std::vector<AxisId> ascending = source.axes;
  std::ranges::sort(ascending);
  return laid_out(source, ascending, sizes);
}

std::string output_name(std::size_t place) { return "value." + std::to_string(place); }

std::vector<Tensor> outputs_of_pass(const Executable& executable, std::size_t count, std::int64_t step, const Sizes& sizes,
                                    unsigned char* arena) {
  float loss = 0;
  TenetFrame frame{arena, step, 1, &loss, nullptr};
  run_program(executable.program, frame);
  std::vector<Tensor> result;
  for (std::size_t i = 0; i < count; ++i)
    result.push_back(read_slot(executable, slot_index(executable, Slot::Role::output, output_name(i)), sizes, arena));
  return result;
}

void round_to_float(Tensor& tensor) {
  for (double& value : tensor.values) value = static_cast<float>(value);
}

std::string place_of(const Graph& graph, const Tensor& tensor, std::size_t element) {
  std::string result;
  for (std::size_t i = tensor.axes.size(); i-- > 0;) {
    const auto extent = static_cast<std::size_t>(tensor.extents[i]);
    result = graph.axis(tensor.axes[i]).name + " = " + std::to_string(element % extent) + (result.empty() ? "" : ", ") + result;
    element /= extent;
  }
  return result;
}

std::string number_text(double value, int digits) { return std::isnan(value) ? "nan" : fmt::format("{:.{}g}", value, digits); }

}  // namespace tenet
