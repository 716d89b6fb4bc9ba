// A recurrence's values: its region is evaluated for one place of the axis after the other, by an interpreter for which the axis
// has this one place.
#include <algorithm>

#include "compiler/graph/interpreter.h"
#include "compiler/graph/rows.h"

namespace tenet {
namespace {

// How a tensor lies around one of its axes, or one that it lacks: runs of neighbouring elements for each place, again and again.
struct Lie {
  std::int64_t count = 1, places = 1, length = 1;

  std::int64_t elements() const { return count * length; }  // at one place
  std::int64_t offset(std::int64_t run, std::int64_t place) const { return (run * places + (places == 1 ? 0 : place)) * length; }
};

Lie around(const Tensor& tensor, AxisId axis) {
  Lie result;
  bool before = true;
  for (std::size_t i = 0; i < tensor.axes.size(); ++i) {
    if (tensor.axes[i] == axis) {
      result.places = tensor.extents[i];
      before = false;
    } else {
      (before ? result.count : result.length) *= tensor.extents[i];
    }
  }
  if (before) std::swap(result.count, result.length);
  return result;
}

// The extents where the axis has one place.
std::vector<std::int64_t> extents_of_one(const Tensor& tensor, AxisId axis) {
  std::vector<std::int64_t> result = tensor.extents;
  for (std::size_t i = 0; i < tensor.axes.size(); ++i)
    if (tensor.axes[i] == axis) result[i] = 1;
  return result;
}

// What the tensor is at one place of an axis that it may lack.
Tensor slice(const Tensor& whole, AxisId axis, std::int64_t place) {
  const Lie lie = around(whole, axis);
  Tensor result{whole.axes, extents_of_one(whole, axis), {}};
  result.values.reserve(static_cast<std::size_t>(lie.elements()));
  for (std::int64_t run = 0; run < lie.count; ++run) {
    const auto first = whole.values.begin() + lie.offset(run, place);
    result.values.insert(result.values.end(), first, first + lie.length);
  }
  return result;
}

// Puts a value for one place, which may lack axes, into the whole.
void put(Tensor& whole, AxisId axis, std::int64_t place, const Tensor& value) {
  const Lie lie = around(whole, axis);
  std::vector<double> broadcast;
  const double* from = value.values.data();
  if (value.axes != whole.axes) {
    broadcast.resize(static_cast<std::size_t>(lie.elements()));
    evaluate({{view_of(value, whole.axes)}, {}}, extents_of_one(whole, axis), broadcast);
    from = broadcast.data();
  }
  for (std::int64_t run = 0; run < lie.count; ++run)
    std::copy_n(from + run * lie.length, lie.length, whole.values.begin() + lie.offset(run, place));
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
  inner.to_single_ = to_single_;
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
