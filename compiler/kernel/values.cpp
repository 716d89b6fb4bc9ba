#include "compiler/kernel/values.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>

namespace tenet {
namespace {

constexpr double longest_expression = 200;  // operations worked out in one kernel before a value is stored all the same

bool is_zero(const Graph& graph, NodeId id) { return graph.node(id).op == Op::constant && graph.value_of(id) == 0; }

}  // namespace

Values::Values(const Graph& graph, const Sizes& sizes, const Computation& computation) : graph_(graph), sizes_(sizes) {
  for (const auto& output : computation.outputs) roots_.push_back(output.value);
  for (const auto& assignment : computation.assignments) roots_.push_back(assignment.value);
  if (computation.loss) roots_.push_back(*computation.loss);
  number();
  for (NodeId& root : roots_) root = of(root);
  find_reads();
  find_seen(computation);
  // The costs depend on what is stored and the choice on the costs: two rounds settle all but ties.
  stored_.assign(graph_.node_count(), false);
  for (int round = 0; round < 3; ++round) {
    weigh();
    choose();
  }
}

// Value numbering: a value is its operation over values.
void Values::number() {
  representative_.resize(graph_.node_count());
  std::map<std::vector<std::uint32_t>, NodeId> known;
  for (NodeId id : graph_.all_below(roots_)) {
    const Node& node = graph_.node(id);
    NodeId& value = representative_[index_of(id)];
    if (operation(node.op).form == Form::identity) {
      value = representative_[index_of(node.operands[0])];
      continue;
    }
    std::vector<std::uint32_t> key{static_cast<std::uint32_t>(node.op), node.attribute,
                                   static_cast<std::uint32_t>(node.bound.size())};
    for (AxisId axis : node.bound) key.push_back(index_of(axis));
    for (NodeId operand : node.operands) key.push_back(index_of(representative_[index_of(operand)]));
    value = known.try_emplace(std::move(key), id).first->second;
    if (value == id) live_.push_back(id);
  }
  // A merged duplicate's own operands may now be unused.
  std::vector<bool> used(graph_.node_count());
  for (NodeId root : roots_) used[index_of(of(root))] = true;
  for (std::size_t i = live_.size(); i-- > 0;)
    if (used[index_of(live_[i])])
      for (std::size_t k = 0; k < graph_.node(live_[i]).operands.size(); ++k) used[index_of(operand(live_[i], k))] = true;
  std::erase_if(live_, [&](NodeId id) { return !used[index_of(id)]; });
}

void Values::find_reads() {
  kept_.assign(graph_.node_count(), false);
  for (NodeId id : live_) {
    if (graph_.node(id).op != Op::recurrence) continue;
    const Recurrence& form = graph_.recurrence_of(id);
    const std::size_t components = graph_.components(id).size();
    kept_[index_of(operand(id, graph_.place_of(id)))] = true;
    for (std::size_t i = 0; i < form.reads.size(); ++i) {
      const auto& [component, offset, reading] = form.reads[i];
      reads_.try_emplace(reading, Read{operand(id, component), operand(id, components + i), form.axis, offset});
      kept_[index_of(operand(id, component))] = true;
    }
  }
}

// An operand through which no gradient passes is where an operation jumps; a substitution jumps with its indices. What is
// assigned to an input is seen where the input is.
void Values::find_seen(const Computation& computation) {
  seen_.assign(graph_.node_count(), false);
  std::vector<NodeId> open;
  const auto see = [&](NodeId id) {
    if (seen_[index_of(id)]) return;
    seen_[index_of(id)] = true;
    open.push_back(id);
  };
  for (NodeId id : live_) {
    const Node& node = graph_.node(id);
    const Operation& row = operation(node.op);
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      const bool computes = row.form == Form::pointwise || row.form == Form::reduction;
      const bool index = row.form == Form::substitution && i >= 1 && i <= node.bound.size();
      if (index || (computes && row.adjoint[i].empty())) see(operand(id, i));
    }
  }
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    const Node& node = graph_.node(id);
    for (std::size_t i = 0; i < node.operands.size(); ++i) see(operand(id, i));
    if (const auto read = reads_.find(id); read != reads_.end()) {
      see(read->second.value);
      see(read->second.start);
    }
    if (node.op != Op::input) continue;
    for (const auto& assignment : computation.assignments)
      if (assignment.target == graph_.input_of(id)) see(of(assignment.value));
  }
}

std::int64_t Values::points(std::span<const AxisId> axes) const {
  std::int64_t product = 1;
  for (AxisId axis : axes)
    if (__builtin_mul_overflow(product, std::max<std::int64_t>(1, sizes_[axis]), &product))
      return std::numeric_limits<std::int64_t>::max();
  return product;
}

bool Values::is_quotient_of_wholes(NodeId value) const {
  const auto whole = [&](NodeId operand) { return graph_.node(operand).kind == Kind::whole; };
  return graph_.node(value).op == Op::divide && std::ranges::all_of(graph_.node(value).operands, whole);
}

void Values::weigh() {
  weight_.assign(graph_.node_count(), {});
  for (NodeId id : live_) {
    const Node& node = graph_.node(id);
    Weight weight;
    const Operation& row = operation(node.op);
    switch (row.form) {
      case Form::leaf:
        weight.loads = node.op == Op::input ? 1 : 0;
        break;
      case Form::identity:
        break;
      case Form::pointwise:
        weight.operations = std::max(1, row.cost);
        break;
      case Form::reduction:
        weight.operations = 1;
        break;
      case Form::substitution:
      case Form::recurrence:
        weight.operations = 1;
        break;
    }
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      const NodeId from = operand(id, i);
      if (stored_[index_of(from)]) {
        weight.loads += 1;
      } else {
        weight.operations += weight_[index_of(from)].operations;
        weight.loads += weight_[index_of(from)].loads;
      }
    }
    weight_[index_of(id)] = weight;
  }
}

void Values::choose() {
  std::vector<double> evaluations(graph_.node_count(), 0);  // how often each value would be worked out if not stored
  std::vector<int> uses(graph_.node_count(), 0);
  std::vector<bool> root = kept_, feeds(graph_.node_count(), false);  // feeds: is read again and again, place by place
  for (NodeId id : roots_) root[index_of(id)] = true;
  // compared: for equality, perhaps with its own maximum; worked out twice it might be rounded in two ways, but for a quotient of
  // wholes.
  std::vector<bool> chosen(graph_.node_count(), false), compared(graph_.node_count(), false);
  for (std::size_t i = live_.size(); i-- > 0;) {
    const NodeId id = live_[i];
    const Node& node = graph_.node(id);
    const Operation& row = operation(node.op);
    const double own = static_cast<double>(points(node.axes));
    const double times = evaluations[index_of(id)];
    const Weight& weight = weight_[index_of(id)];
    bool store = root[index_of(id)];
    if (row.form == Form::reduction) {
      // Worked out in place only as the start of an epilogue: one user, at the same points.
      store |= uses[index_of(id)] != 1 || times > own || scatter(id).has_value() || feeds[index_of(id)];
    } else if (row.form != Form::leaf && weight.loads > 0) {
      const double work = weight.operations + weight.loads;
      store |= times * work > own * (work + 1) + times || weight.operations > longest_expression;
    } else if (row.form != Form::leaf) {
      store |= weight.operations > longest_expression;
    }
    store |= compared[index_of(id)] && uses[index_of(id)] > 1;
    chosen[index_of(id)] = store && row.form != Form::leaf;
    if (row.form == Form::leaf) continue;
    if (row.form == Form::recurrence) chosen[index_of(id)] = false;  // its body's value is it
    double inside = chosen[index_of(id)] ? own : times;
    if (row.form == Form::reduction) {
      if (std::optional<Scatter> form = scatter(id)) {
        std::vector<AxisId> axes(node.bound.begin(), node.bound.end());
        for (AxisId axis : node.axes)
          if (std::ranges::find(form->places, axis, &Scatter::Place::axis) == form->places.end()) axes.push_back(axis);
        inside = static_cast<double>(points(axes));
      } else {
        inside *= static_cast<double>(points(node.bound));
      }
    }
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      const std::uint32_t from = index_of(operand(id, k));
      const bool body_of_another = row.form == Form::recurrence && k < graph_.components(id).size() && k != graph_.place_of(id);
      if (node.open && !graph_.node(NodeId{from}).open) feeds[from] = true;
      if (body_of_another) continue;
      evaluations[from] += inside;
      uses[from] += 1;
      if (node.op == Op::equal && graph_.node(NodeId{from}).kind == Kind::real && !is_quotient_of_wholes(NodeId{from}))
        compared[from] = true;
    }
  }
  stored_ = std::move(chosen);
}

std::optional<Scatter> Values::scatter(NodeId reduction) const {
  const Node& node = graph_.node(reduction);
  if (node.op != Op::sum) return {};
  Scatter result;
  std::vector<NodeId> open{operand(reduction, 0)};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    const Node& factor = graph_.node(id);
    if (factor.op == Op::multiply || (factor.op == Op::where && is_zero(graph_, operand(id, 2)))) {
      open.push_back(operand(id, 1));
      open.push_back(operand(id, 0));
      continue;
    }
    bool place = false;
    for (std::size_t side = 0; side < 2 && factor.op == Op::equal && !place; ++side) {
      const NodeId axis = operand(id, side), index = operand(id, 1 - side);
      if (graph_.node(axis).op != Op::coordinate) continue;
      const AxisId target = graph_.node(axis).bound[0];
      const bool taken = std::ranges::find(result.places, target, &Scatter::Place::axis) != result.places.end();
      const bool reads_reduced = std::ranges::any_of(node.bound, [&](AxisId bound) { return reads_axis(index, bound); });
      const bool reads_target = std::ranges::any_of(node.axes, [&](AxisId free) {
        return reads_axis(index, free) &&
               (free == target || std::ranges::find(result.places, free, &Scatter::Place::axis) != result.places.end());
      });
      if (taken || !reads_reduced || reads_target || !graph_.has_axis(reduction, target) ||
          graph_.node(index).kind != Kind::whole)
        continue;
      result.places.push_back({target, index});
      place = true;
    }
    if (!place) result.factors.push_back(id);
  }
  // An index must not read an axis that a later place replaces.
  for (const auto& place : result.places)
    for (const auto& other : result.places)
      if (reads_axis(place.index, other.axis)) return {};
  if (result.places.empty()) return {};
  std::ranges::stable_partition(result.factors, [&](NodeId factor) { return graph_.node(factor).kind != Kind::truth; });
  return result;
}

}  // namespace tenet
