#include "compiler/grad/formula.h"

#include <cassert>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/rational.h"
#include "compiler/syntax/parse.h"

namespace tenet {
namespace {

using syntax::Expression;

class Instance {
 public:
  Instance(Graph& graph, const FormulaNames& names) : graph_(graph), names_(names) {}

  NodeId build(const Expression& formula) {
    switch (formula.kind) {
      case Expression::Kind::number:
        return graph_.constant(formula.number);
      case Expression::Kind::infinity:
        return graph_.infinity();
      case Expression::Kind::pi:
        return graph_.pi();
      case Expression::Kind::size:
        return size_of(formula.text);
      case Expression::Kind::name:
        return value_of(formula.text);
      case Expression::Kind::operation:
        return pointwise(formula);
      case Expression::Kind::call:
        return call(formula);
      case Expression::Kind::substitute:
        return substitute(formula);
      default:
        break;
    }
    assert(false && "a formula holds arithmetic, calls, reductions and substitutions only");
    return graph_.constant(0);
  }

 private:
  const AxisSet* axes_of(std::string_view name) const {
    for (const auto& [bound, axes] : names_.axes)
      if (bound == name) return &axes;
    return nullptr;
  }

  NodeId size_of(std::string_view name) {
    const AxisSet* axes = axes_of(name);
    assert(axes);
    NodeId product = graph_.constant(1);
    for (std::size_t i = 0; i < axes->size(); ++i)
      product = i == 0 ? graph_.size((*axes)[0]) : graph_.apply(Op::multiply, product, graph_.size((*axes)[i]));
    return product;
  }

  NodeId value_of(std::string_view name) {
    for (const auto& [bound, value] : names_.values)
      if (bound == name) return value;
    const AxisSet* axes = axes_of(name);
    assert(axes && axes->size() == 1 && "a formula's name is bound");
    return graph_.coordinate(axes->front());
  }

  NodeId pointwise(const Expression& formula) {
    std::vector<NodeId> operands;
    for (const auto& operand : formula.operands) operands.push_back(build(*operand));
    return graph_.apply(formula.op, operands);
  }

  NodeId call(const Expression& formula) {
    std::vector<NodeId> operands;
    for (const auto& argument : formula.arguments) operands.push_back(build(*argument.value));
    if (formula.text == "where") return graph_.apply(Op::where, operands);
    if (formula.text == "stop") return graph_.stop(operands[0]);
    if (formula.brackets.empty()) {
      const Operation* row = function_called(formula.text);
      assert(row);
      return graph_.apply(row->op, operands);
    }
    AxisSet axes;
    for (const auto& bracket : formula.brackets)
      for (const auto& name : bracket.names) axes = united(axes, *axes_of(name.text));
    const Operation* row = reduction_called(formula.text);
    assert(row);
    if (row->op == Op::sum) return sum_over(graph_, operands[0], axes);
    return graph_.reduce(row->op, intersection(axes, graph_.node(operands[0]).axes), operands[0]);
  }

  NodeId substitute(const Expression& formula) {
    const NodeId value = build(*formula.operands[0]);
    std::vector<Replacement> replacements;
    std::optional<NodeId> otherwise;
    for (const auto& bracket : formula.brackets) {
      const AxisSet* axes = axes_of(bracket.names[0].text);
      assert(axes && axes->size() == 1);
      replacements.push_back({axes->front(), build(*bracket.value)});
      if (bracket.otherwise) otherwise = build(*bracket.otherwise);
    }
    return graph_.substitute(value, std::move(replacements), otherwise);
  }

  Graph& graph_;
  const FormulaNames& names_;
};

}  // namespace

syntax::ExpressionPtr parse_formula(std::string_view text) {
  Diagnostics sink;
  const std::uint32_t file = sink.add_source("formula", std::string(text));
  syntax::ExpressionPtr result = syntax::parse_expression(sink, file);
  assert(result && !sink.has_errors());
  return result;
}

NodeId instantiate(Graph& graph, const syntax::Expression& formula, const FormulaNames& names) {
  return Instance(graph, names).build(formula);
}

}  // namespace tenet
