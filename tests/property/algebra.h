// Small graphs from text, with random values for their inputs, for the tests of the algebra. Reads axes with sizes, data,
// parameters and definitions of plain expressions: no functions, no grad, no checks.
#pragma once

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/grad/formula.h"
#include "compiler/grad/gradient.h"
#include "compiler/graph/interpreter.h"
#include "compiler/simplify/simplify.h"
#include "compiler/syntax/parse.h"
#include "tests/catch.h"

namespace tenet::tests {

class Algebra {
 public:
  explicit Algebra(const std::string& text) {
    Diagnostics sink;
    const syntax::Program program = syntax::parse(sink, sink.add_source("test", text));
    INFO(sink.render(false));
    REQUIRE(!sink.has_errors());
    for (const auto& axis : program.axes) {
      axes[axis.name.text] = graph.axis(axis.name.text);
      const FormulaNames sizes_only{{}, names_.axes};
      if (axis.size) graph.set_size(axes[axis.name.text], instantiate(graph, *axis.size, sizes_only));
      names_.axes.emplace_back(keep(axis.name.text), AxisSet{axes[axis.name.text]});
    }
    for (const auto& data : program.data)
      input(data.name.text, InputRole::data, data.axes, data.typed_by ? std::optional(axes[data.typed_by->text]) : std::nullopt);
    for (const auto& parameter : program.parameters) input(parameter.name.text, InputRole::parameter, parameter.axes, {});
    for (const auto& definition : program.definitions)
      define(definition.name.text, graph.named(definition.name.text, instantiate(graph, *definition.value, names_)));
    complete_sizes();
  }

  NodeId operator[](const std::string& name) const { return values_.at(name); }

  // An expression over the names, which is not one of them.
  NodeId build(const std::string& text) { return instantiate(graph, *parse_formula(text), names_); }

  // Axes that were made since (fresh copies) get their sizes.
  void complete_sizes() {
    AxisId failed;
    REQUIRE(sizes.complete(graph, &failed));
  }

  // Reals: normal, at least 0.05 from 0 and from each other's kinks; typed wholes: uniform.
  Interpreter interpreter(unsigned seed) {
    complete_sizes();
    Interpreter result(graph, sizes, seed);
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (InputId id : inputs_) {
      const Input& row = graph.input(id);
      Tensor tensor = tensor_of(row.axes, sizes);
      for (double& value : tensor.values) {
        if (row.typed_by) {
          value = static_cast<double>(random() % static_cast<std::uint64_t>(sizes[*row.typed_by]));
        } else {
          value = normal(random);
          value += value < 0 ? -0.05 : 0.05;
        }
      }
      result.bind(id, std::move(tensor));
    }
    return result;
  }

  Graph graph;
  Sizes sizes;
  std::map<std::string, AxisId> axes;

 private:
  void input(const std::string& name, InputRole role, const std::vector<syntax::Name>& over, std::optional<AxisId> typed_by) {
    std::vector<AxisId> ids;
    for (const auto& axis : over) ids.push_back(axes.at(axis.text));
    inputs_.push_back(graph.add_input({name, role, typed_by ? Kind::whole : Kind::real, ids, typed_by}));
    define(name, graph.input_node(inputs_.back()));
  }

  void define(const std::string& name, NodeId value) {
    values_[name] = value;
    names_.values.emplace_back(keep(name), value);
  }

  std::string_view keep(const std::string& name) { return kept_.emplace_back(name); }

  std::deque<std::string> kept_;
  std::map<std::string, NodeId> values_;
  std::vector<InputId> inputs_;
  FormulaNames names_;
};

// Every real input between -scale and scale; of typed data, coordinates.
inline Interpreter far_interpreter(Algebra& algebra, unsigned seed, double scale) {
  Interpreter result = algebra.interpreter(seed);
  std::mt19937 random(seed);
  for (std::uint32_t k = 0; k < algebra.graph.input_count(); ++k) {
    const Input& row = algebra.graph.input(InputId{k});
    if (row.typed_by) continue;
    Tensor tensor = tensor_of(row.axes, algebra.sizes);
    for (double& value : tensor.values) value = scale * (static_cast<double>(random() % 2001) / 1000 - 1);
    result.bind(InputId{k}, std::move(tensor));
  }
  return result;
}

// NaN if an element is.
inline double largest(const Tensor& tensor) {
  double result = 0;
  for (double value : tensor.values)
    if (!(std::abs(value) <= result)) result = std::isnan(result) ? result : std::abs(value);
  return result;
}

// The greatest difference of two tensors over the same axes, relative to the largest value where that is above 1.
inline double distance(const Tensor& a, const Tensor& b) {
  if (a.axes != b.axes || a.values.size() != b.values.size()) return INFINITY;
  const double scale = std::max(1.0, std::max(largest(a), largest(b)));
  double result = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    if (std::isnan(a.values[i]) && std::isnan(b.values[i])) continue;
    if (a.values[i] == b.values[i]) continue;
    const double difference = std::abs(a.values[i] - b.values[i]) / scale;
    if (!(difference <= result)) result = std::isnan(difference) ? INFINITY : difference;
  }
  return result;
}

// The derivative of `value` by `target` by central differences, over the axes of both.
inline Tensor finite_difference(Algebra& algebra, Interpreter& interpreter, NodeId value, NodeId target, double step = 1e-5) {
  const AxisSet target_axes = set_of(algebra.graph.node(target).axes), value_axes = set_of(algebra.graph.node(value).axes);
  Tensor result = tensor_of(united(target_axes, value_axes), algebra.sizes);
  Tensor difference = tensor_of(target_axes, algebra.sizes);
  for (std::size_t element = 0; element < difference.values.size(); ++element) {
    const auto at = [&](double by) {
      std::fill(difference.values.begin(), difference.values.end(), 0);
      difference.values[element] = by;
      interpreter.perturb(target, difference);
      return interpreter.value(value).values;
    };
    const std::vector<double> above = at(step), below = at(-step);
    for (std::size_t k = 0; k < above.size(); ++k) {
      // The place of (element of the target, element of the value) in the result.
      std::size_t place = 0;
      for (std::size_t axis = 0; axis < result.axes.size(); ++axis) {
        const bool of_target = contains(target_axes, result.axes[axis]);
        const AxisSet& own = of_target ? target_axes : value_axes;
        std::size_t stride = 1;
        for (auto later = std::ranges::find(own, result.axes[axis]) + 1; later != own.end(); ++later)
          stride *= static_cast<std::size_t>(algebra.sizes[*later]);
        const auto extent = static_cast<std::size_t>(result.extents[axis]);
        place = place * extent + (of_target ? element : k) / stride % extent;
      }
      result.values[place] = (above[k] - below[k]) / (2 * step);
    }
  }
  interpreter.clear_perturbations();
  return result;
}

}  // namespace tenet::tests
