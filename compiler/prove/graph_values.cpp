#include "compiler/prove/graph_values.h"

#include <algorithm>

namespace tenet {
namespace {

using Element = Field::Element;

// An operation of the arithmetic on elements; nothing where it is not defined. Truths are 0 and 1.
using Arithmetic = std::optional<Element> (*)(const Field&, std::span<const Element>);

Arithmetic arithmetic_of(Op op) {
  using Values = std::span<const Element>;
  using Result = std::optional<Element>;
  switch (op) {
    case Op::add:
      return [](const Field& f, Values v) -> Result { return f.sum(v[0], v[1]); };
    case Op::subtract:
      return [](const Field& f, Values v) -> Result { return f.difference(v[0], v[1]); };
    case Op::multiply:
    case Op::logical_and:
      return [](const Field& f, Values v) -> Result { return f.product(v[0], v[1]); };
    case Op::divide:
      return [](const Field& f, Values v) -> Result {
        const Result inverse = f.power(v[1], -1);
        return inverse ? Result(f.product(v[0], *inverse)) : std::nullopt;
      };
    case Op::negate:
      return [](const Field& f, Values v) -> Result { return f.negative(v[0]); };
    case Op::sqrt:
      return [](const Field& f, Values v) -> Result { return f.power(v[0], mpq_class(1, 2)); };
    case Op::equal:
      return [](const Field&, Values v) -> Result { return v[0] == v[1]; };
    case Op::not_equal:
      return [](const Field&, Values v) -> Result { return v[0] != v[1]; };
    case Op::logical_or:
      return [](const Field&, Values v) -> Result { return v[0] | v[1]; };
    case Op::logical_not:
      return [](const Field&, Values v) -> Result { return 1 - v[0]; };
    case Op::where:
      return [](const Field&, Values v) -> Result { return v[0] == 1 ? v[1] : v[2]; };
    default:
      return nullptr;
  }
}

// A comparison of wholes.
Arithmetic comparison_of(Op op) {
  using Values = std::span<const Element>;
  using Result = std::optional<Element>;
  switch (op) {
    case Op::less:
      return [](const Field& f, Values v) -> Result { return f.whole(v[0]) < f.whole(v[1]); };
    case Op::less_equal:
      return [](const Field& f, Values v) -> Result { return f.whole(v[0]) <= f.whole(v[1]); };
    case Op::greater:
      return [](const Field& f, Values v) -> Result { return f.whole(v[0]) > f.whole(v[1]); };
    case Op::greater_equal:
      return [](const Field& f, Values v) -> Result { return f.whole(v[0]) >= f.whole(v[1]); };
    default:
      return nullptr;
  }
}

}  // namespace

bool GraphValues::takes(std::span<const Dimension> space) {
  const std::size_t count = element_count(space);
  if (count > left_ && stop_.empty()) stop_ = "too many elements";
  if (!stop().empty()) return false;
  left_ -= count;
  return true;
}

const Table& GraphValues::of(NodeId root) {
  for (NodeId id : graph_.reachable(std::span(&root, 1))) {
    if (values_.contains(index_of(id))) continue;
    Table table = stop().empty() ? computed(id) : Table{};
    values_.emplace(index_of(id), std::move(table));
  }
  return values_.at(index_of(root));
}

Table GraphValues::computed(NodeId id) {
  const Node& node = graph_.node(id);
  switch (operation(node.op).form) {
    case Form::leaf:
    case Form::recurrence:
      return leaf(id);
    case Form::identity:
      return operand(node, 0);
    case Form::pointwise:
      if (auto table = pointwise(node)) return std::move(*table);
      return by_form(id);
    case Form::reduction:
      return node.op == Op::sum || node.op == Op::product ? reduction(node) : by_form(id);
    case Form::substitution:
      return substitution(node);
  }
  return {};
}

Table GraphValues::leaf(NodeId id) {
  const Node& node = graph_.node(id);
  const Field& field = point_.field;
  switch (node.op) {
    case Op::constant: {
      const std::optional<Element> value = field.of(graph_.value_of(id));
      if (!value) stop_ = "a division by zero";
      return scalar(value.value_or(0));
    }
    case Op::size:
      return scalar(field.of(point_.sizes[node.bound[0]]));
    default: {
      Table result;
      for (AxisId axis : node.axes) result.dimensions.push_back({index_of(axis), point_.sizes[axis]});
      if (!takes(result.dimensions)) return {};
      for_each_point(result.dimensions, [&](std::span<const std::int64_t> at) {
        std::vector<Element> coordinates;
        for (std::int64_t coordinate : at) coordinates.push_back(field.of(coordinate));
        result.values.push_back(node.op == Op::coordinate ? coordinates[0]
                                                          : point_.leaf(graph_, node.op, node.attribute, coordinates));
      });
      return result;
    }
  }
}

std::optional<Table> GraphValues::pointwise(const Node& node) {
  const auto is_whole = [&](NodeId operand) { return graph_.node(operand).kind != Kind::real; };
  Arithmetic f = arithmetic_of(node.op);
  if (!f && std::ranges::all_of(node.operands, is_whole)) f = comparison_of(node.op);
  const NodeId last = node.operands.back();
  const bool power = node.op == Op::power && graph_.node(last).op == Op::constant;
  if (!f && !power) return {};
  std::vector<const Table*> operands;
  for (std::size_t k = 0; k < node.operands.size(); ++k) operands.push_back(&operand(node, k));
  std::vector<Dimension> space = joined(operands);
  if (!takes(space)) return Table{};
  return mapped(operands, std::move(space), [&](std::span<const Element> values) {
    const std::optional<Element> value = power ? point_.field.power(values[0], graph_.value_of(last)) : f(point_.field, values);
    if (!value && stop_.empty()) stop_ = "a root of what is no square, or a division by zero";
    return value.value_or(1);
  });
}

Table GraphValues::reduction(const Node& node) {
  std::vector<std::uint32_t> names;
  for (AxisId axis : node.bound) names.push_back(index_of(axis));
  const Table& body = operand(node, 0);
  Table result = folded(body, names, node.op == Op::product, [&](Element a, Element b) {
    return node.op == Op::product ? point_.field.product(a, b) : point_.field.sum(a, b);
  });
  // Along an axis that the body lacks it is the same value, again and again.
  for (AxisId axis : node.bound) {
    if (std::ranges::find(body.dimensions, index_of(axis), &Dimension::name) != body.dimensions.end()) continue;
    const std::int64_t times = point_.sizes[axis];
    for (Element& value : result.values)
      value = node.op == Op::product ? point_.field.power(value, mpq_class(static_cast<long>(times))).value_or(0)
                                     : point_.field.product(value, point_.field.of(times));
  }
  return result;
}

Table GraphValues::substitution(const Node& node) {
  const std::size_t count = node.bound.size();
  Table kept = operand(node, 0);  // its dimensions that stay
  std::erase_if(kept.dimensions, [&](const Dimension& dimension) {
    return std::ranges::find(node.bound, AxisId{dimension.name}) != node.bound.end();
  });
  std::vector<const Table*> shapes{&kept}, indices;
  for (std::size_t k = 1; k < node.operands.size(); ++k) shapes.push_back(&operand(node, k));
  for (std::size_t k = 0; k < count; ++k) indices.push_back(&operand(node, k + 1));
  std::vector<Dimension> space = joined(shapes);
  if (!takes(space)) return {};

  const auto spread = [&](const Table& table) {
    const Table* one[] = {&table};
    return mapped(one, space, [](std::span<const Element> values) { return values[0]; }).values;
  };
  std::vector<std::vector<Element>> at;
  for (const Table* index : indices) at.push_back(spread(*index));
  const bool has_else = node.operands.size() > count + 1;
  const std::vector<Element> otherwise = has_else ? spread(operand(node, count + 1)) : std::vector<Element>{};

  const Table& value = operand(node, 0);
  Table result{space, {}};
  for_each_point(space, [&](std::span<const std::int64_t> point) {
    const std::size_t element = result.values.size();
    std::size_t offset = 0;
    bool inside = true;
    for (std::size_t k = 0; k < count; ++k) {  // of an axis that the value does not vary with, too
      const std::int64_t coordinate = point_.field.whole(at[k][element]);
      inside = inside && coordinate >= 0 && coordinate < point_.sizes[node.bound[k]];
    }
    for (const Dimension& dimension : value.dimensions) {
      const auto replaced = std::ranges::find(node.bound, AxisId{dimension.name}) - node.bound.begin();
      const auto place = std::ranges::find(space, dimension.name, &Dimension::name) - space.begin();
      const std::int64_t coordinate = replaced < static_cast<std::ptrdiff_t>(count)
                                          ? point_.field.whole(at[static_cast<std::size_t>(replaced)][element])
                                          : point[static_cast<std::size_t>(place)];
      offset = offset * static_cast<std::size_t>(dimension.extent) + static_cast<std::size_t>(inside ? coordinate : 0);
    }
    if (!inside && !has_else && stop_.empty()) stop_ = "an index beyond its axis";
    result.values.push_back(inside ? value.values[offset] : has_else ? otherwise[element] : 0);
  });
  return result;
}

Table GraphValues::by_form(NodeId node) {
  const Polynomial form = forms_.of(node);
  if (!forms_.stop().empty()) {
    if (stop_.empty()) stop_ = forms_.stop();
    return {};
  }
  const Table table = form_values_.of(form);
  return stop().empty() ? named_by_axes(table) : Table{};
}

bool GraphValues::positive_are_squares(NodeId root) {
  for (NodeId id : graph_.reachable(std::span(&root, 1)))
    if (const Polynomial form = forms_.of(id); !forms_.stop().empty() || !form_values_.positive_are_squares(form)) return false;
  return true;
}

// Free indices of a form are axes.
Table GraphValues::named_by_axes(const Table& table) const {
  Table renamed = table;
  for (Dimension& dimension : renamed.dimensions) dimension.name = forms_.atoms()[AtomId{dimension.name}].tag;
  std::vector<Dimension> space = renamed.dimensions;
  std::ranges::sort(space);
  // The values stand in the order of the atoms: walk the axes in theirs.
  Table result{space, {}};
  for_each_point(space, [&](std::span<const std::int64_t> point) {
    std::size_t offset = 0;
    for (const Dimension& dimension : renamed.dimensions) {
      const auto place = std::ranges::find(space, dimension.name, &Dimension::name) - space.begin();
      offset =
          offset * static_cast<std::size_t>(dimension.extent) + static_cast<std::size_t>(point[static_cast<std::size_t>(place)]);
    }
    result.values.push_back(renamed.values[offset]);
  });
  return result;
}

}  // namespace tenet
