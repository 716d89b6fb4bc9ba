// A recurrence's values: its region is evaluated for one place of the axis after the other, by an interpreter for which the axis
// has this one place.
#include <algorithm>

#include "compiler/graph/interpreter.h"
#include "compiler/graph/rows.h"

namespace tenet {
namespace {

// What the tensor is at one place of an axis that it may lack.
Tensor slice(const Tensor& whole, AxisId axis, std::int64_t place) {
  const std::vector<std::int64_t> along = view_of(whole, std::span(&axis, 1)).strides;
  Tensor result = whole;
  for (std::size_t i = 0; i < whole.axes.size(); ++i)
    if (whole.axes[i] == axis) result.extents[i] = 1;
  const View from = view_of(whole, whole.axes);
  std::int64_t elements = 1;
  for (std::int64_t extent : result.extents) elements *= extent;
  result.values.resize(static_cast<std::size_t>(elements));
  Odometer odometer(result.extents, {from.strides});
  std::int64_t offset = place * along[0];
  for (double& value : result.values) {
    value = from.data[offset];
    odometer.next(std::span(&offset, 1));
  }
  return result;
}

// Puts a value for one place, which may lack axes, into the whole.
void put(Tensor& whole, AxisId axis, std::int64_t place, const Tensor& value) {
  const std::vector<std::int64_t> along = view_of(whole, std::span(&axis, 1)).strides;
  std::vector<std::int64_t> extents = whole.extents;
  for (std::size_t i = 0; i < whole.axes.size(); ++i)
    if (whole.axes[i] == axis) extents[i] = 1;
  const View to = view_of(whole, whole.axes), from = view_of(value, whole.axes);
  Odometer odometer(extents, {to.strides, from.strides});
  std::int64_t offsets[2] = {place * along[0], 0};
  do whole.values[static_cast<std::size_t>(offsets[0])] = from.data[offsets[1]];
  while (odometer.next(offsets));
}

bool has(const Tensor& tensor, AxisId axis) { return std::ranges::find(tensor.axes, axis) != tensor.axes.end(); }

}  // namespace

std::vector<Tensor> Interpreter::recurrence(NodeId component) const {
  const Recurrence& form = graph_.recurrence_of(component);
  const Node& node = graph_.node(component);
  std::vector<Tensor> result;
  for (NodeId id : graph_.components(component)) result.push_back(tensor_of(graph_.node(id).axes, sizes_));
  const std::size_t count = result.size();

  Sizes one = sizes_;
  one.set(form.axis, 1);
  Interpreter inner(graph_, one, seed_);
  inner.relative_error_ = relative_error_;
  inner.errors_ = errors_;
  // What has the axis is given for each place, the rest once.
  std::vector<std::pair<std::uint32_t, const Tensor*>> along;
  for (NodeId read : graph_.reads_of(component)) {
    const std::uint32_t id = index_of(resolve(read));
    const Tensor& value = *known(NodeId{id});
    if (apart(NodeId{id})) inner.held_.insert(id);  // it has a value of its own there too
    if (has(value, form.axis))
      along.emplace_back(id, &value);
    else
      inner.values_.insert_or_assign(id, value);
  }
  std::vector<std::uint32_t> anew;
  for (NodeId id : graph_.region_of(component)) {
    const std::uint32_t i = index_of(id);
    if (held_.contains(i)) {
      inner.held_.insert(i);
      along.emplace_back(i, &values_.at(i));
      continue;
    }
    anew.push_back(i);
    if (graph_.node(id).op == Op::recurrence)
      for (NodeId other : graph_.components(id)) anew.push_back(index_of(other));
  }
  // Perturbed and held nodes of recurrences further in have their turn there.
  for (const auto& [id, difference] : perturbations_)
    if (!has(difference, form.axis)) inner.perturbations_.emplace(id, difference);
  for (std::uint32_t id : held_)
    if (graph_.node(NodeId{id}).open) {
      inner.held_.insert(id);
      along.emplace_back(id, &values_.at(id));
    }

  const std::int64_t extent = sizes_[form.axis];
  for (std::int64_t step = 0; step < extent; ++step) {
    const std::int64_t place = form.backwards() ? extent - 1 - step : step;
    for (std::uint32_t id : anew) inner.values_.erase(id);
    for (const auto& [id, value] : along) inner.values_.insert_or_assign(id, slice(*value, form.axis, place));
    for (const auto& [id, difference] : perturbations_)
      if (has(difference, form.axis)) inner.perturbations_.insert_or_assign(id, slice(difference, form.axis, place));
    for (std::size_t i = 0; i < form.reads.size(); ++i) {
      const auto& [read, offset, reading] = form.reads[i];
      const std::int64_t from = place - offset;
      Tensor value = tensor_of(graph_.node(reading).axes, one);
      const bool within = 0 <= from && from < extent;
      put(value, form.axis, 0,
          slice(within ? result[read] : *known(resolve(node.operands[count + i])), form.axis, within ? from : place));
      inner.values_.insert_or_assign(index_of(reading), std::move(value));
    }
    for (std::size_t j = 0; j < count; ++j) put(result[j], form.axis, place, inner.value(node.operands[j]));
  }
  return result;
}

}  // namespace tenet
