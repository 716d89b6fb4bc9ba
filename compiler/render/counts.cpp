#include "compiler/render/counts.h"

#include <algorithm>

namespace tenet {
namespace {

AxisSet space_of(const Graph& graph, std::span<const CountedFactor> factors) {
  AxisSet result;
  for (const CountedFactor& factor : factors) result = united(result, graph.node(factor.node).axes);
  return result;
}

// How many of `parts` have all of `space`, and into how many groups the others combine below it.
struct Shape {
  std::size_t full = 0, groups = 0;
};

Shape shape_of(std::span<const AxisSet> parts, const AxisSet& space) {
  std::vector<AxisSet> small;
  for (const AxisSet& part : parts)
    if (part.size() < space.size()) small.push_back(part);
  const std::size_t full = parts.size() - small.size();
  return {full, groups_below(std::move(small), space)};
}

// The axes of `parts` that no other part contains.
std::set<AxisSet> maximal(std::span<const AxisSet> parts) {
  std::set<AxisSet> result(parts.begin(), parts.end());
  std::erase_if(result, [&](const AxisSet& axes) {
    return std::ranges::any_of(parts, [&](const AxisSet& other) { return other != axes && std::ranges::includes(other, axes); });
  });
  return result;
}

int less_one(std::size_t count) { return count == 0 ? 0 : static_cast<int>(count) - 1; }

}  // namespace

std::unordered_set<NodeId> computed_by(const Graph& graph, NodeId value) {
  const std::vector<NodeId> below = graph.reachable(std::span(&value, 1));
  std::unordered_set<NodeId> result(below.begin(), below.end());
  for (NodeId id : below)
    if (graph.node(id).op == Op::sum && is_product(graph, graph.node(id).operands[0])) result.erase(graph.node(id).operands[0]);
  return result;
}

Counter::Counter(const Graph& graph, std::span<const NodeId> lines, const std::function<bool(NodeId)>& at_hand)
    : graph_(graph), touching_(touching(graph)), opens_([this](NodeId id) {
        const auto value = values_.find(index_of(id));
        return value != values_.end() && !value->second.free && !value->second.line && value->second.uses == 1;
      }) {
  for (NodeId line : lines) values_[index_of(line)].line = true;
  std::vector<NodeId> open(lines.begin(), lines.end());
  std::set<NodeId> seen;
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    order_.push_back(id);
    values_[index_of(id)].free = at_hand(id);
    if (at_hand(id)) continue;
    for (NodeId operand : graph_.node(id).operands) {
      ++values_[index_of(operand)].uses;
      open.push_back(operand);
    }
  }
  collect_large();
}

// A product inside a product or a sum is never formed on its own axes, nor is a window, a substitution that adds an axis.
void Counter::collect_large() {
  std::set<NodeId> inside;
  for (NodeId id : order_)
    if (graph_.node(id).op == Op::substitute && axes_of(id).size() > axes_of(graph_.node(id).operands[0]).size())
      inside.insert(id);
  for (NodeId id : order_)
    if (graph_.node(id).op == Op::sum || is_product(graph_, id))
      for (NodeId operand : graph_.node(id).operands)
        if (is_product(graph_, operand) && opens_(operand)) inside.insert(operand);
  for (NodeId id : order_)
    if (graph_.node(id).kind == Kind::real && !inside.contains(id)) occurring_.insert(axes_of(id));
}

bool Counter::is_large(const AxisSet& axes) const {
  return !axes.empty() && std::ranges::none_of(occurring_, [&](const AxisSet& other) {
    return other.size() > axes.size() && std::ranges::includes(other, axes);
  });
}

Counts Counter::add(NodeId line) {
  const Counts before = counts_;
  visit(line);
  return {counts_.per_element - before.per_element, counts_.indicator_operations - before.indicator_operations,
          counts_.reductions - before.reductions, counts_.contractions - before.contractions, counts_.sweeps - before.sweeps};
}

std::vector<AxisSet> Counter::axes_of(std::span<const CountedFactor> factors) const {
  std::vector<AxisSet> result;
  for (const CountedFactor& factor : factors) result.push_back(axes_of(factor.node));
  return result;
}

int Counter::pass(int first) {
  counts_.sweeps = std::max(counts_.sweeps, first);
  return first;
}

int Counter::visit(NodeId id) {
  Value& value = values_[index_of(id)];
  if (value.ready == 0) value.ready = value.free ? 1 : compute(id);
  return value.ready;
}

int Counter::compute(NodeId id) {
  const Node& node = graph_.node(id);
  if (node.kind == Kind::truth) return visit_truth(id);
  if (node.op == Op::where) return visit_choice(id);
  if (operation(node.op).form == Form::reduction) return visit_reduction(id);
  if (node.kind == Kind::real && is_product(graph_, id)) return visit_product(id, false);
  if (node.kind == Kind::real && is_sum(graph_, id)) return visit_sum(id);
  int ready = 1;
  for (NodeId operand : node.operands) ready = std::max(ready, visit(operand));
  const bool function = operation(node.op).form == Form::pointwise && node.kind == Kind::real;
  if (!function || !is_large(axes_of(id))) return ready;
  if (!clips(id)) ++counts_.per_element;
  return pass(ready);
}

int Counter::visit_all(std::span<const CountedFactor> factors) {
  int ready = 1;
  for (const CountedFactor& factor : factors) ready = std::max(ready, visit(factor.node));
  return ready;
}

// A comparison is free; the reals that it compares may not be.
int Counter::visit_truth(NodeId id) {
  int ready = 1;
  for (NodeId operand : graph_.node(id).operands)
    if (graph_.node(operand).kind != Kind::whole) ready = std::max(ready, visit(operand));
  return ready;
}

int Counter::visit_choice(NodeId id) {
  int ready = 1;
  for (NodeId operand : graph_.node(id).operands) ready = std::max(ready, visit(operand));
  if (!is_large(axes_of(id))) return ready;
  ++(touches(graph_.node(id).operands[0]) ? counts_.indicator_operations : counts_.per_element);
  return pass(ready);
}

// min(max(x, a), b) with small a and b is one operation, counted at the inner one.
bool Counter::clips(NodeId id) const {
  const Node& node = graph_.node(id);
  if (node.op != Op::minimum && node.op != Op::maximum) return false;
  const Op other = node.op == Op::minimum ? Op::maximum : Op::minimum;
  const auto small = [&](NodeId operand) { return !is_large(axes_of(operand)); };
  return std::ranges::any_of(node.operands,
                             [&](NodeId inner) {
                               return graph_.node(inner).op == other && opens_(inner) &&
                                      std::ranges::any_of(graph_.node(inner).operands, small);
                             }) &&
         std::ranges::any_of(node.operands, small);
}

bool Counter::contracts(NodeId id) const {
  const Node& node = graph_.node(id);
  if (!opens_(id)) return false;
  return node.op == Op::sum || (node.op == Op::substitute && contracts(node.operands[0]));
}

int Counter::visit_product(NodeId id, bool in_sum) {
  const Product product = product_of(graph_, id, opens_);
  if (product.zero) return 1;
  const int ready = visit_all(product.factors);
  if (!is_large(axes_of(id))) return ready;
  if (std::ranges::any_of(product.factors, [&](const CountedFactor& factor) { return touches(factor.node); })) {
    ++counts_.indicator_operations;
    return pass(ready);
  }
  const int operations = dense(product, axes_of(id), in_sum);
  counts_.per_element += operations;
  return operations == 0 ? ready : pass(ready);
}

// How many results on `all` the product takes. A contraction takes constant factors in; a sum and a contraction, as a sum around
// the product, take the sign.
int Counter::dense(const Product& product, const AxisSet& all, bool in_sum) const {
  std::vector<AxisSet> parts;
  bool coefficients = true, numerator = false, takes_in = false, takes_sign = in_sum;
  for (const auto& [node, inverse] : product.factors) {
    parts.push_back(axes_of(node));
    const bool full = parts.back().size() == all.size();
    coefficients = coefficients && (full || parts.back().empty());
    numerator = numerator || !inverse || !full;
    takes_in = takes_in || contracts(node);
    takes_sign = takes_sign || contracts(node) || (opens_(node) && is_sum(graph_, node));
  }
  auto [full, groups] = shape_of(parts, all);
  if (coefficients && takes_in) groups = 0;
  const int operations = less_one(full + groups) + (numerator ? 0 : 1);
  return operations == 0 && product.negative && !takes_sign ? 1 : operations;
}

int Counter::visit_sum(NodeId id) {
  const bool large = is_large(axes_of(id));
  int ready = 1, touched = 0;
  std::vector<AxisSet> parts;
  for (NodeId term : terms_of(graph_, id, opens_)) {
    const bool bracket = opens_(term) && graph_.node(term).kind == Kind::real;
    if (bracket && is_product(graph_, term) && product_of(graph_, term, opens_).zero) continue;
    ready = std::max(ready, bracket && is_product(graph_, term) ? visit_product(term, true) : visit(term));
    if (!touches(term)) parts.push_back(axes_of(term));
    if (touches(term) && !bracket) ++touched;
  }
  if (!large || (parts.empty() && touched == 0)) return ready;
  const auto [full, groups] = shape_of(parts, axes_of(id));
  counts_.per_element += less_one(full + groups);
  counts_.indicator_operations += touched;
  return pass(ready);
}

int Counter::visit_reduction(NodeId id) {
  const NodeId body = graph_.node(id).operands[0];
  if (graph_.node(id).op == Op::sum && is_product(graph_, body) && opens_(body))
    return visit_sum_of_product(id, product_of(graph_, body, opens_));
  const int ready = visit(body);
  if (!is_large(axes_of(body))) return ready;
  ++(touches(body) ? counts_.indicator_operations : counts_.reductions);
  return pass(ready) + 1;
}

int Counter::visit_sum_of_product(NodeId id, const Product& product) {
  if (product.zero) return 1;
  const int ready = visit_all(product.factors);
  const Node& node = graph_.node(id);
  std::vector<CountedFactor> inner, outer, touching;
  for (const CountedFactor& factor : product.factors) {
    const bool summed = !intersection(graph_.node(factor.node).axes, node.bound).empty();
    (touches(factor.node) ? touching : summed ? inner : outer).push_back(factor);
  }
  const AxisSet space = space_of(graph_, inner);
  if (!is_large(space)) return ready;
  if (is_large(set_of(node.axes))) {
    std::vector<AxisSet> parts;
    for (const CountedFactor& factor : outer)
      if (!graph_.node(factor.node).axes.empty()) parts.push_back(axes_of(factor.node));
    const Shape shape = shape_of(parts, set_of(node.axes));
    counts_.per_element += static_cast<int>(shape.full + shape.groups);
  }
  if (!touching.empty()) {  // a scatter of one value, or of what a contraction gives
    ++counts_.indicator_operations;
    if (const Product one{inner}; maximal(axes_of(inner)).size() == 1)
      counts_.per_element += dense(one, space, true);
    else
      contract(inner, space);
    return pass(ready);
  }
  return pass(ready) + (contract(inner, space) ? 0 : 1);
}

bool Counter::contract(std::span<const CountedFactor> inner, const AxisSet& space) {
  std::vector<AxisSet> parts = axes_of(inner);
  const std::set<AxisSet> sides = maximal(parts);
  if (sides.size() > 1) {
    counts_.contractions += static_cast<int>(sides.size()) - 1;
    for (const AxisSet& side : sides) {  // each is formed first, from the factors within it
      std::vector<AxisSet> within;
      std::erase_if(parts, [&](const AxisSet& part) {
        if (!std::ranges::includes(side, part)) return false;
        within.push_back(part);
        return true;
      });
      const Shape shape = shape_of(within, side);
      if (is_large(side)) counts_.per_element += less_one(shape.full + shape.groups);
    }
    return true;
  }
  const Shape shape = shape_of(parts, space);
  const bool matrix_vector = shape.full == 1 && shape.groups > 0;
  ++(matrix_vector ? counts_.contractions : counts_.reductions);
  counts_.per_element += less_one(less_one(shape.full + shape.groups));
  return false;
}

}  // namespace tenet
