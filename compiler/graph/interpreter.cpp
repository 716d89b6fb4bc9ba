#include "compiler/graph/interpreter.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "compiler/graph/random.h"
#include "compiler/graph/rational.h"
#include "compiler/graph/rows.h"

namespace tenet {
namespace {

constexpr double most_stored = 1 << 20;  // elements of a node that could be folded
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int64_t> extents_of(std::span<const AxisId> axes, const Sizes& sizes) {
  std::vector<std::int64_t> extents;
  for (AxisId axis : axes) extents.push_back(sizes[axis]);
  return extents;
}

std::size_t place_of(std::span<const AxisId> axes, AxisId axis) {
  return static_cast<std::size_t>(std::ranges::find(axes, axis) - axes.begin());
}

// A truth as a factor chooses: where it is false the product is 0, whatever is infinite or no number there.
Expression::Step step_of(const Graph& graph, const Node& node, const std::array<int, 3>& operands) {
  if (node.op == Op::multiply && node.kind == Kind::real)
    for (std::size_t k = 0; k < 2; ++k)
      if (graph.node(node.operands[k]).kind == Kind::truth)
        return {&operation(Op::where), {operands[k], operands[1 - k], operands[k]}};
  return {&operation(node.op), operands};
}

// A quotient of wholes that rounding left just below a whole is that whole: 49 * (1 / 49) is 1.
void correct_floor(Tensor& floors, const Tensor& quotients) {
  constexpr double rounding = 0x1p-50;  // of a few operations; a quotient that is no whole is further away
  for (std::size_t i = 0; i < floors.values.size(); ++i) {
    const double above = floors.values[i] + 1;
    if (above - quotients.values[i] <= rounding * std::max(1.0, std::abs(above))) floors.values[i] = above;
  }
}

}  // namespace

Tensor tensor_of(std::span<const AxisId> axes, const Sizes& sizes, double fill) {
  Tensor result{{axes.begin(), axes.end()}, extents_of(axes, sizes), {}};
  std::int64_t elements = 1;
  for (std::int64_t extent : result.extents) elements *= extent;
  result.values.assign(static_cast<std::size_t>(elements), fill);
  return result;
}

void Interpreter::bind(InputId input, Tensor value) {
  assert(std::ranges::includes(graph_.input(input).axes, value.axes));
  inputs_.insert_or_assign(index_of(input), std::move(value));
  if (values_.empty()) return;
  for (std::uint32_t i = 0; i < graph_.node_count(); ++i) {
    const NodeId node{i};
    if (graph_.node(node).op == Op::input && graph_.input_of(node) == input) return forget(std::span(&node, 1));
  }
}

void Interpreter::perturb(NodeId node, Tensor difference) {
  node = graph_.defined(node);
  perturbations_.insert_or_assign(index_of(node), std::move(difference));
  forget(std::span(&node, 1));
}

void Interpreter::clear_perturbations() {
  std::vector<NodeId> changed;
  for (const auto& [node, difference] : perturbations_) changed.push_back(NodeId{node});
  perturbations_.clear();
  forget(changed);
}

void Interpreter::hold(NodeId node) {
  const NodeId held = graph_.defined(node);
  if (held_.contains(index_of(held))) return;
  Tensor now = value(node);
  held_.insert(index_of(held));
  values_.insert_or_assign(index_of(held), std::move(now));
}

// Inputs in the order of their ids: the errors depend on nothing but the seed.
void Interpreter::disturb(double relative, std::uint64_t seed) {
  relative_error_ = relative;
  to_single_ = false;
  std::mt19937_64 scrambled(seed);  // neighbouring seeds of a congruential generator give neighbouring errors
  errors_.seed(static_cast<std::minstd_rand::result_type>(scrambled()));
  forget_computed();
  for (std::uint32_t i = 0; i < graph_.input_count(); ++i)
    if (const auto bound = inputs_.find(i); bound != inputs_.end() && graph_.input(InputId{i}).kind == Kind::real)
      add_error(bound->second);
}

void Interpreter::round_to_single() {
  relative_error_ = std::numeric_limits<float>::epsilon();
  to_single_ = true;
  forget_computed();
}

void Interpreter::forget_computed() {
  std::erase_if(values_, [&](const auto& row) { return !held_.contains(row.first); });
  exact_.clear();
}

void Interpreter::add_error(Tensor& tensor) {
  constexpr double middle = std::minstd_rand::max() / 2.0;
  for (double& value : tensor.values) {
    value = to_single_ ? static_cast<double>(static_cast<float>(value))
                       : value * (1 + relative_error_ * (static_cast<double>(errors_()) / middle - 1));
    if (std::abs(value) < std::numeric_limits<float>::min()) value = 0;
  }
}

const Tensor& Interpreter::value(NodeId node) {
  const NodeId root = resolve(node);
  if (const Tensor* found = known(root)) return *found;
  // What is folded into a reduction has no error of its own: only what is too large to be stored is.
  const auto has_error = [&](NodeId id) {
    if (is_floor_of_quotient(id)) return true;
    if (relative_error_ == 0 || operation(graph_.node(id).op).form == Form::identity) return false;
    if (reads_exactly(id)) return true;
    double elements = 1;
    for (std::int64_t extent : extents_of(graph_.node(id).axes, sizes_)) elements *= static_cast<double>(extent);
    return elements <= most_stored;
  };
  const Schedule plan = schedule(
      graph_, std::span(&root, 1), [&](NodeId id) { return known(id) != nullptr; },
      [&](NodeId id) { return apart(id) || has_error(id); });
  for (NodeId id : plan.stored) {
    if (known(id)) continue;  // a component, worked out with another
    if (graph_.node(id).op == Op::recurrence) {
      std::vector<Tensor> values = recurrence(id);
      for (std::size_t i = 0; i < values.size(); ++i)
        values_.insert_or_assign(index_of(graph_.components(id)[i]), std::move(values[i]));
      continue;
    }
    reading_exactly_ = relative_error_ > 0 && reads_exactly(id);
    Tensor result = compute(id, plan);
    if (is_floor_of_quotient(id)) correct_floor(result, operand(graph_.node(id).operands[0]));
    if (relative_error_ > 0 && graph_.node(id).kind == Kind::real && operation(graph_.node(id).op).form != Form::leaf) {
      if (reading_exactly_) exact_.insert_or_assign(index_of(id), result);
      add_error(result);
    }
    reading_exactly_ = false;
    if (const auto difference = perturbations_.find(index_of(id)); difference != perturbations_.end()) {
      Expression sum{{view_of(result, result.axes), view_of(difference->second, result.axes)},
                     {{&operation(Op::add), {0, 1, 0}}}};
      evaluate(sum, result.extents, result.values);
    }
    values_.insert_or_assign(index_of(id), std::move(result));
  }
  return *known(root);
}

NodeId Interpreter::resolve(NodeId node) const {
  return resolved(graph_, node, [&](NodeId id) { return apart(id); });
}

bool Interpreter::apart(NodeId node) const { return held_.contains(index_of(node)) || perturbations_.contains(index_of(node)); }

bool Interpreter::is_quotient_of_wholes(NodeId id, int depth) const {
  const Node& node = graph_.node(resolve(id));
  if (node.kind != Kind::real || node.op == Op::constant) return true;
  const bool exact =
      node.op == Op::add || node.op == Op::subtract || node.op == Op::multiply || node.op == Op::divide || node.op == Op::negate;
  return exact && depth > 0 &&
         std::ranges::all_of(node.operands, [&](NodeId operand) { return is_quotient_of_wholes(operand, depth - 1); });
}

bool Interpreter::is_floor_of_quotient(NodeId id) const {
  const Node& node = graph_.node(id);
  return node.op == Op::floor && graph_.node(node.operands[0]).kind == Kind::real && is_quotient_of_wholes(node.operands[0]);
}

bool Interpreter::reads_exactly(NodeId id) const {
  const Node& node = graph_.node(id);
  if (node.op == Op::floor) return is_floor_of_quotient(id);
  return node.kind == Kind::real && operation(node.op).form == Form::pointwise && is_quotient_of_wholes(id);
}

const Tensor* Interpreter::known(NodeId node) const {
  if (reading_exactly_)
    if (const auto found = exact_.find(index_of(node)); found != exact_.end()) return &found->second;
  if (const auto found = values_.find(index_of(node)); found != values_.end()) return &found->second;
  if (graph_.node(node).op != Op::input || perturbations_.contains(index_of(node))) return nullptr;
  const auto bound = inputs_.find(index_of(graph_.input_of(node)));
  return bound == inputs_.end() ? nullptr : &bound->second;
}

// The changed nodes and all that depend on them, in one pass over the graph.
void Interpreter::forget(std::span<const NodeId> changed) {
  if (values_.empty() || changed.empty()) return;
  std::vector<bool> stale(graph_.node_count());
  std::uint32_t first = index_of(changed.front());
  for (NodeId node : changed) {
    stale[index_of(node)] = true;
    first = std::min(first, index_of(node));
  }
  for (std::uint32_t i = first; i < graph_.node_count(); ++i) {
    if (!stale[i])
      for (NodeId operand : graph_.node(NodeId{i}).operands)
        if (stale[index_of(operand)]) stale[i] = true;
    if (held_.contains(i)) stale[i] = false;
    if (!stale[i]) continue;
    values_.erase(i);
    exact_.erase(i);
  }
}

Tensor Interpreter::compute(NodeId id, const Schedule& schedule) const {
  const Node& node = graph_.node(id);
  switch (operation(node.op).form) {
    case Form::leaf:
      return leaf(id);
    case Form::identity:
      return operand(node.operands[0]);
    case Form::pointwise:
      return pointwise(node);
    case Form::reduction:
      return node.op == Op::argmax ? greatest_place(node) : reduction(node, schedule);
    case Form::substitution:
      return substitution(node);
    case Form::recurrence:
      break;
  }
  return {};
}

Tensor Interpreter::leaf(NodeId id) const {
  const Node& node = graph_.node(id);
  switch (node.op) {
    case Op::constant:
      return tensor_of({}, sizes_, nearest_double(graph_.value_of(id)));
    case Op::infinity:
      return tensor_of({}, sizes_, std::numeric_limits<double>::infinity());
    case Op::pi:
      return tensor_of({}, sizes_, std::numbers::pi);
    case Op::size:
      return tensor_of({}, sizes_, static_cast<double>(sizes_[node.bound[0]]));
    case Op::coordinate: {
      Tensor result = tensor_of(node.axes, sizes_);
      std::iota(result.values.begin(), result.values.end(), 0.0);
      return result;
    }
    case Op::input: {
      const auto bound = inputs_.find(index_of(graph_.input_of(id)));
      assert(bound != inputs_.end() && "every input that is read is bound");
      return bound->second;
    }
    default:
      return random(id);
  }
}

// The stream's states along the axes so far are kept: the last axis by name costs one step of the generator an element.
Tensor Interpreter::random(NodeId id) const {
  const Node& node = graph_.node(id);
  Tensor result = tensor_of(node.axes, sizes_);
  std::vector<AxisId> by_name(node.axes.begin(), node.axes.end());
  std::ranges::stable_sort(by_name, {}, [&](AxisId axis) { return graph_.axis(axis).name; });
  const View view = view_of(result, by_name);
  std::vector<std::uint64_t> hashes;
  for (AxisId axis : by_name) hashes.push_back(RandomStream::hash(graph_.axis(axis).name));

  std::vector<RandomStream> states{RandomStream(seed_, graph_.name_of(id))};
  std::vector<std::int64_t> place(by_name.size());
  for (std::size_t done = 0; done < result.values.size(); ++done) {
    while (states.size() <= by_name.size()) {
      const std::size_t axis = states.size() - 1;
      states.push_back(states.back().at(hashes[axis], place[axis]));
    }
    const auto offset = std::inner_product(place.begin(), place.end(), view.strides.begin(), std::int64_t{0});
    result.values[static_cast<std::size_t>(offset)] = node.op == Op::normal ? states.back().normal() : states.back().uniform();
    std::size_t axis = by_name.size();
    while (axis-- > 0) {
      states.pop_back();
      if (++place[axis] < sizes_[by_name[axis]]) break;
      place[axis] = 0;
    }
  }
  return result;
}

Tensor Interpreter::pointwise(const Node& node) const {
  Tensor result = tensor_of(node.axes, sizes_);
  Expression expression;
  for (NodeId id : node.operands) expression.views.push_back(view_of(operand(id), node.axes));
  expression.steps.push_back(step_of(graph_, node, {0, 1, 2}));
  evaluate(expression, result.extents, result.values);
  return result;
}

Tensor Interpreter::reduction(const Node& node, const Schedule& schedule) const {
  Tensor result = tensor_of(node.axes, sizes_);
  const std::span<const AxisId> space = graph_.node(node.operands[0]).axes;
  std::vector<bool> reduced;
  for (AxisId axis : space) reduced.push_back(std::ranges::binary_search(node.bound, axis));
  evaluate_reduced(operation(node.op), folded_expression(node.operands[0], schedule), extents_of(space, sizes_), reduced,
                   result.values);
  return result;
}

// The tree of folded nodes under a reduction as a straight line of steps. Each of them is read once; operands before users is
// the order of their ids.
Expression Interpreter::folded_expression(NodeId root, const Schedule& schedule) const {
  const std::span<const AxisId> space = graph_.node(root).axes;
  Expression result;
  std::unordered_map<std::uint32_t, int> slots;
  std::vector<NodeId> folded, open{resolve(root)};
  while (!open.empty()) {
    const NodeId node = open.back();
    open.pop_back();
    if (schedule.is_folded(node)) {
      folded.push_back(node);
      for (NodeId operand : graph_.node(node).operands) open.push_back(resolve(operand));
    } else if (slots.try_emplace(index_of(node), static_cast<int>(result.views.size())).second) {
      result.views.push_back(view_of(*known(node), space));
    }
  }
  std::ranges::sort(folded);
  for (NodeId id : folded) {
    const Node& node = graph_.node(id);
    std::array<int, 3> operands{};
    for (std::size_t i = 0; i < node.operands.size(); ++i) operands[i] = slots.at(index_of(resolve(node.operands[i])));
    slots.emplace(index_of(id), static_cast<int>(result.views.size() + result.steps.size()));
    result.steps.push_back(step_of(graph_, node, operands));
  }
  return result;
}

// argmax over one axis: the lowest place of the greatest value; NaN is never greatest.
Tensor Interpreter::greatest_place(const Node& node) const {
  assert(node.bound.size() == 1);
  Tensor result = tensor_of(node.axes, sizes_);
  const Tensor& values = operand(node.operands[0]);
  const View from = view_of(values, node.axes);
  const std::int64_t along = view_of(values, node.bound).strides[0], extent = sizes_[node.bound[0]];
  Odometer odometer(result.extents, {from.strides});
  std::int64_t offset = 0;
  std::size_t written = 0;
  do {
    std::int64_t best = 0;
    double greatest = -std::numeric_limits<double>::infinity();
    for (std::int64_t i = 0; i < extent; ++i)
      if (const double value = from.data[offset + i * along]; value > greatest) greatest = value, best = i;
    result.values[written++] = static_cast<double>(best);
  } while (odometer.next(std::span(&offset, 1)));
  return result;
}

// Each index says where to look along its axis; an index that leaves the axis selects the `else` value, or NaN without one.
Tensor Interpreter::substitution(const Node& node) const {
  Tensor result = tensor_of(node.axes, sizes_);
  const std::size_t indices = node.bound.size();
  const bool otherwise = node.operands.size() > indices + 1;
  const Tensor& source = operand(node.operands[0]);

  std::vector<View> views{view_of(source, node.axes)};
  for (AxisId bound : node.bound)  // an axis of the result may be a replaced one that an index brings back
    if (const std::size_t place = place_of(node.axes, bound); place < node.axes.size()) views[0].strides[place] = 0;
  for (std::size_t i = 0; i < indices; ++i) views.push_back(view_of(operand(node.operands[i + 1]), node.axes));
  if (otherwise) views.push_back(view_of(operand(node.operands.back()), node.axes));
  const View along = view_of(source, node.bound);
  const std::vector<std::int64_t> extents = extents_of(node.bound, sizes_);

  std::vector<std::vector<std::int64_t>> strides;
  for (const View& view : views) strides.push_back(view.strides);
  Odometer odometer(result.extents, std::move(strides));
  std::vector<std::int64_t> offsets(views.size());
  std::size_t written = 0;
  do {
    std::int64_t offset = offsets[0];
    bool inside = true;
    for (std::size_t i = 0; i < indices; ++i) {
      const double place = views[i + 1].data[offsets[i + 1]];
      inside = inside && place >= 0 && place < static_cast<double>(extents[i]);
      if (inside) offset += static_cast<std::int64_t>(place) * along.strides[i];
    }
    result.values[written++] = inside      ? source.values[static_cast<std::size_t>(offset)]
                               : otherwise ? views.back().data[offsets.back()]
                                           : nan;
  } while (odometer.next(offsets));
  return result;
}

}  // namespace tenet
