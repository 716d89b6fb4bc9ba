#include "compiler/graph/graph.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace tenet {
namespace {

using Axes = std::vector<AxisId>;

Axes merged(const Axes& a, std::span<const AxisId> b) {
  Axes result;
  result.reserve(a.size() + b.size());
  std::ranges::set_union(a, b, std::back_inserter(result));
  return result;
}

Axes without(std::span<const AxisId> axes, std::span<const AxisId> removed) {
  Axes result;
  std::ranges::set_difference(axes, removed, std::back_inserter(result));
  return result;
}

void combine(std::size_t& seed, std::size_t value) { seed ^= value + 0x9e3779b97f4a7c15ull + (seed << 6) + (seed >> 2); }

std::size_t hash_of(Op op, std::span<const NodeId> operands, std::span<const AxisId> axes, std::span<const AxisId> bound,
                    std::uint32_t attribute) {
  std::size_t seed = static_cast<std::size_t>(op);
  for (NodeId operand : operands) combine(seed, index_of(operand));
  combine(seed, axes.size());
  for (AxisId axis : axes) combine(seed, index_of(axis));
  for (AxisId axis : bound) combine(seed, index_of(axis) + 0x51ed27ull);
  combine(seed, attribute);
  return seed;
}

}  // namespace

AxisId Graph::axis(std::string name, std::optional<NodeId> size) {
  axes_.push_back({std::move(name), size});
  return AxisId{static_cast<std::uint32_t>(axes_.size() - 1)};
}

AxisId Graph::copy_of(AxisId original, int n) {
  const std::uint64_t key = (std::uint64_t{index_of(original)} << 32) | static_cast<std::uint32_t>(n);
  if (auto found = copies_.find(key); found != copies_.end()) return found->second;
  const AxisId copy = axis(axes_[index_of(original)].name + std::string(static_cast<std::size_t>(n), '\''), size(original));
  copies_.emplace(key, copy);
  return copy;
}

void Graph::set_size(AxisId axis, NodeId size) { axes_[index_of(axis)].size = size; }

InputId Graph::add_input(Input input) {
  std::ranges::sort(input.axes);
  inputs_.push_back(std::move(input));
  return InputId{static_cast<std::uint32_t>(inputs_.size() - 1)};
}

NodeId Graph::constant(const mpq_class& value) {
  mpq_class canonical = value;
  canonical.canonicalize();
  auto [entry, fresh] = constant_index_.try_emplace(canonical.get_str(), static_cast<std::uint32_t>(constants_.size()));
  const bool whole = canonical.get_den() == 1;
  if (fresh) constants_.push_back(std::move(canonical));
  return intern(Op::constant, whole ? Kind::whole : Kind::real, {}, {}, {}, entry->second);
}

NodeId Graph::infinity() { return intern(Op::infinity, Kind::real, {}, {}, {}, 0); }
NodeId Graph::pi() { return intern(Op::pi, Kind::real, {}, {}, {}, 0); }
NodeId Graph::size(AxisId axis) { return intern(Op::size, Kind::whole, {}, {}, {axis}, 0); }
NodeId Graph::coordinate(AxisId axis) { return intern(Op::coordinate, Kind::whole, {}, {axis}, {axis}, 0); }

NodeId Graph::input_node(InputId id) {
  const Input& row = input(id);
  return intern(Op::input, row.kind, {}, row.axes, {}, index_of(id));
}

NodeId Graph::random(Op distribution, std::string_view stream, std::vector<AxisId> axes) {
  assert(distribution == Op::normal || distribution == Op::uniform);
  std::ranges::sort(axes);
  return intern(distribution, Kind::real, {}, std::move(axes), {}, intern_name(stream));
}

NodeId Graph::named(std::string_view name, NodeId value) {
  const std::uint32_t attribute = intern_name(name);
  const Node& row = node(value);
  return intern(Op::named, row.kind, {value}, {row.axes.begin(), row.axes.end()}, {}, attribute);
}

NodeId Graph::stop(NodeId value) {
  const Node& row = node(value);
  return intern(Op::stop, row.kind, {value}, {row.axes.begin(), row.axes.end()}, {}, 0);
}

NodeId Graph::apply(Op op, std::span<const NodeId> operands) {
  assert(operation(op).form == Form::pointwise && operation(op).arity == static_cast<int>(operands.size()));
  Axes axes;
  for (NodeId operand : operands) axes = merged(axes, node(operand).axes);
  const std::span<const NodeId> counted = operands.subspan(op == Op::where ? 1 : 0);
  std::array<Kind, 3> kinds;
  std::ranges::transform(counted, kinds.begin(), [&](NodeId operand) { return node(operand).kind; });
  return intern(op, result_kind(op, std::span(kinds).first(counted.size())), {operands.begin(), operands.end()}, std::move(axes),
                {}, 0);
}

NodeId Graph::reduce(Op op, std::vector<AxisId> axes, NodeId value) {
  const Operation& row = operation(op);
  assert(row.form == Form::reduction);
  if (axes.empty()) return value;
  std::ranges::sort(axes);
  const Node& inner = node(value);
  assert(std::ranges::includes(inner.axes, axes));
  Kind kind = Kind::real;
  if (row.kind == KindRule::whole) kind = Kind::whole;
  if (row.kind == KindRule::arithmetic) kind = inner.kind == Kind::real ? Kind::real : Kind::whole;
  if (row.kind == KindRule::same) kind = inner.kind;
  Axes free = without(inner.axes, axes);
  return intern(op, kind, {value}, std::move(free), std::move(axes), 0);
}

NodeId Graph::substitute(NodeId value, std::vector<Replacement> replacements, std::optional<NodeId> otherwise) {
  if (replacements.empty()) return value;
  std::ranges::sort(replacements, {}, &Replacement::axis);
  std::vector<NodeId> operands{value};
  Axes bound;
  for (const Replacement& replacement : replacements) {
    assert(otherwise || has_axis(value, replacement.axis));
    bound.push_back(replacement.axis);
    operands.push_back(replacement.index);
  }
  Axes axes = without(node(value).axes, bound);
  for (const Replacement& replacement : replacements) axes = merged(axes, node(replacement.index).axes);
  Kind kind = node(value).kind;
  if (otherwise) {
    const Node& other = node(*otherwise);
    axes = merged(axes, other.axes);  // the caller has applied the other replacements to it
    if (other.kind != kind) kind = kind == Kind::real || other.kind == Kind::real ? Kind::real : Kind::whole;
    operands.push_back(*otherwise);
  }
  return intern(Op::substitute, kind, std::move(operands), std::move(axes), std::move(bound), 0);
}

NodeId Graph::rebuild(NodeId id, std::span<const NodeId> operands) {
  const Node row = node(id);
  if (std::ranges::equal(row.operands, operands)) return id;
  switch (operation(row.op).form) {
    case Form::leaf:
      return id;
    case Form::identity:
      return row.op == Op::stop ? stop(operands[0]) : named(names_[row.attribute], operands[0]);
    case Form::pointwise:
      return apply(row.op, operands);
    case Form::reduction:
      return reduce(row.op, {row.bound.begin(), row.bound.end()}, operands[0]);
    case Form::recurrence: {
      const auto bodies = static_cast<std::ptrdiff_t>(components(id).size());
      return recurrence(recurrence_of(id), {operands.begin(), operands.begin() + bodies},
                        {operands.begin() + bodies, operands.end()})[place_of(id)];
    }
    case Form::substitution:
      break;
  }
  std::vector<Replacement> replacements;
  for (std::size_t i = 0; i < row.bound.size(); ++i) replacements.push_back({row.bound[i], operands[i + 1]});
  std::optional<NodeId> otherwise;
  if (operands.size() > row.bound.size() + 1) otherwise = operands.back();
  return substitute(operands[0], std::move(replacements), otherwise);
}

bool Graph::has_axis(NodeId id, AxisId axis) const { return std::ranges::binary_search(node(id).axes, axis); }

const mpq_class& Graph::value_of(NodeId constant) const {
  assert(node(constant).op == Op::constant);
  return constants_[node(constant).attribute];
}

const std::string& Graph::name_of(NodeId id) const {
  const Node& row = node(id);
  return row.op == Op::input ? input(input_of(id)).name : names_[row.attribute];
}

std::vector<NodeId> Graph::reachable(std::span<const NodeId> roots) const { return below(roots, false); }

std::vector<NodeId> Graph::all_below(std::span<const NodeId> roots) const { return below(roots, true); }

std::vector<NodeId> Graph::below(std::span<const NodeId> roots, bool inside) const {
  std::vector<bool> needed(nodes_.size());
  std::uint32_t last = 0;
  for (NodeId root : roots) {
    needed[index_of(root)] = true;
    last = std::max(last, index_of(root) + 1);
  }
  for (std::uint32_t i = last; i-- > 0;)
    if (needed[i])
      for (NodeId operand : inside ? nodes_[i].operands : reads_of(NodeId{i})) needed[index_of(operand)] = true;
  std::vector<NodeId> result;
  for (std::uint32_t i = 0; i < last; ++i)
    if (needed[i]) result.push_back(NodeId{i});
  return result;
}

std::uint32_t Graph::intern_name(std::string_view name) {
  auto [entry, fresh] = name_index_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
  if (fresh) names_.emplace_back(name);
  return entry->second;
}

NodeId Graph::intern(Op op, Kind kind, std::vector<NodeId> operands, Axes axes, Axes bound, std::uint32_t attribute) {
  const std::size_t hash = hash_of(op, operands, axes, bound, attribute);
  auto [first, last] = node_index_.equal_range(hash);
  for (auto entry = first; entry != last; ++entry) {
    const Node& row = node(entry->second);
    if (row.op == op && row.attribute == attribute && std::ranges::equal(row.operands, operands) &&
        std::ranges::equal(row.axes, axes) && std::ranges::equal(row.bound, bound))
      return entry->second;
  }
  const auto& read = op == Op::recurrence ? groups_[recurrence_components_[attribute].group].frontier : operands;
  const bool open = op == Op::input ? input(InputId{attribute}).role == InputRole::previous
                                    : std::ranges::any_of(read, [&](NodeId id) { return node(id).open; });
  Node row{op,
           kind,
           keep(operand_pool_, std::move(operands)),
           keep(axis_pool_, std::move(axes)),
           keep(axis_pool_, std::move(bound)),
           attribute,
           open};
  nodes_.push_back(row);
  const NodeId id{static_cast<std::uint32_t>(nodes_.size() - 1)};
  node_index_.emplace(hash, id);
  return id;
}

template <class T>
std::span<const T> Graph::keep(std::deque<std::vector<T>>& pool, std::vector<T> values) {
  if (values.empty()) return {};
  return pool.emplace_back(std::move(values));
}

}  // namespace tenet
