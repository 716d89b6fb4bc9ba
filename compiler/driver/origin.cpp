#include "compiler/driver/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "compiler/driver/tensors.h"

namespace tenet {
namespace {

using Coordinates = std::map<AxisId, std::int64_t>;

constexpr double most_elements = 1e8;  // of a value that is looked at

bool is_bad(double value) { return !(std::abs(value) <= std::numeric_limits<float>::max()); }

class Descent {
 public:
  Descent(const Graph& graph, const Sizes& sizes, Interpreter& interpreter)
      : graph_(graph), sizes_(sizes), interpreter_(interpreter) {}

  std::optional<Origin> from(NodeId root);

 private:
  struct Element {
    NodeId node;
    Coordinates at;
  };
  double value(const Element& element) const;
  std::optional<Element> next(const Element& element) const;
  std::optional<Element> within(const Element& reduction) const;
  std::optional<Element> source(const Element& substitution) const;
  std::string text_of(const Element& element) const;
  bool large(NodeId node) const;

  // Whether an operand explains a value: NaN comes from NaN, an overflow from whatever is not finite.
  static bool explains(double operand, double value) { return std::isnan(value) ? std::isnan(operand) : is_bad(operand); }

  const Graph& graph_;
  const Sizes& sizes_;
  Interpreter& interpreter_;
};

bool Descent::large(NodeId node) const {
  double elements = 1;
  for (AxisId axis : graph_.node(node).axes) elements *= static_cast<double>(sizes_[axis]);
  return elements > most_elements;
}

double Descent::value(const Element& element) const {
  const Tensor& tensor = interpreter_.value(element.node);
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < tensor.axes.size(); ++i) offset = offset * tensor.extents[i] + element.at.at(tensor.axes[i]);
  return tensor.values[static_cast<std::size_t>(offset)];
}

// The first bad one of the elements that are reduced.
std::optional<Descent::Element> Descent::within(const Element& reduction) const {
  const Node& node = graph_.node(reduction.node);
  const double result = value(reduction);
  Element element{node.operands[0], reduction.at};
  for (AxisId axis : node.bound) element.at[axis] = 0;
  for (;;) {
    if (explains(value(element), result)) return element;
    std::size_t axis = node.bound.size();
    while (axis-- > 0) {
      if (++element.at[node.bound[axis]] < sizes_[node.bound[axis]]) break;
      element.at[node.bound[axis]] = 0;
    }
    if (axis == std::size_t(-1)) return {};
  }
}

// The element that is read, or the `else` value.
std::optional<Descent::Element> Descent::source(const Element& substitution) const {
  const Node& node = graph_.node(substitution.node);
  Element result{node.operands[0], substitution.at};
  for (std::size_t i = 0; i < node.bound.size(); ++i) {
    const double index = value({node.operands[i + 1], substitution.at});
    if (index >= 0 && index < static_cast<double>(sizes_[node.bound[i]])) {
      result.at[node.bound[i]] = static_cast<std::int64_t>(index);
    } else if (node.operands.size() > node.bound.size() + 1) {
      return Element{node.operands.back(), substitution.at};
    } else {
      return {};
    }
  }
  return result;
}

// What is to blame for this element; nothing: itself.
std::optional<Descent::Element> Descent::next(const Element& element) const {
  const Node& node = graph_.node(element.node);
  if (std::ranges::any_of(node.operands, [&](NodeId operand) { return large(operand) || graph_.node(operand).open; })) return {};
  switch (operation(node.op).form) {
    case Form::identity:
      return Element{node.operands[0], element.at};
    case Form::reduction:
      return within(element);
    case Form::substitution:
      return source(element);
    case Form::pointwise:
      break;
    case Form::leaf:
    case Form::recurrence:
      return {};
  }
  if (node.op == Op::where) return Element{node.operands[value({node.operands[0], element.at}) != 0 ? 1 : 2], element.at};
  for (NodeId operand : node.operands)
    if (explains(value({operand, element.at}), value(element))) return Element{operand, element.at};
  return {};
}

std::string Descent::text_of(const Element& element) const {
  const Node& node = graph_.node(element.node);
  const Operation& row = operation(node.op);
  const auto operand = [&](std::size_t i) { return value({node.operands[i], element.at}); };
  const auto bracketed = [&](std::size_t i) {
    return std::signbit(operand(i)) && !std::isnan(operand(i)) ? "(" + number_text(operand(i)) + ")" : number_text(operand(i));
  };
  if (row.form == Form::pointwise && row.notation == Notation::infix) {
    const char* space = node.op == Op::power ? "" : " ";
    return fmt::format("{}{}{}{}{}", bracketed(0), space, row.spelling, space, bracketed(1));
  }
  if (row.form == Form::pointwise && row.notation == Notation::call) {
    std::string text;
    for (std::size_t i = 0; i < node.operands.size(); ++i) text += (i == 0 ? "" : ", ") + number_text(operand(i));
    return fmt::format("{}({})", row.spelling, text);
  }
  if (row.form == Form::reduction && !large(node.operands[0])) {
    std::string axes;
    for (AxisId axis : node.bound) axes += (axes.empty() ? "" : ", ") + graph_.axis(axis).name;
    const std::vector<double>& values = interpreter_.value(node.operands[0]).values;
    return fmt::format("{}[{}] of values from {} to {}", row.spelling, axes, number_text(std::ranges::min(values)),
                       number_text(std::ranges::max(values)));
  }
  return {};
}

std::optional<Origin> Descent::from(NodeId root) {
  if (large(root)) return {};
  const Tensor tensor = interpreter_.value(root);
  const auto nan = std::ranges::find_if(tensor.values, [](double value) { return std::isnan(value); });
  const auto found = nan != tensor.values.end() ? nan : std::ranges::find_if(tensor.values, is_bad);
  if (found == tensor.values.end()) return {};
  Element element{root, {}};
  auto rest = found - tensor.values.begin();
  for (std::size_t i = tensor.axes.size(); i-- > 0; rest /= tensor.extents[i])
    element.at[tensor.axes[i]] = rest % tensor.extents[i];

  Origin result;
  for (std::optional<Element> below = element; below; below = next(element)) {
    element = std::move(*below);
    if (graph_.node(element.node).op == Op::named) result.innermost = element.node;
  }
  result.made_by = text_of(element);
  return result;
}

}  // namespace

std::optional<Origin> origin_of(const Graph& graph, const Sizes& sizes, Interpreter& interpreter, NodeId root) {
  return Descent(graph, sizes, interpreter).from(root);
}

}  // namespace tenet
