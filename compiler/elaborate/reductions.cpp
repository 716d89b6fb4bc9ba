// sum, mean, prod, max, min and argmax over named axes.
#include <algorithm>

#include "compiler/elaborate/elaborator.h"

namespace tenet {
namespace {

// What a reduction over an axis that its operand `e` lacks would come to, to be written instead.
std::string constant_reduction(std::string_view reduction, std::string_view axis, std::string_view e, bool atom) {
  const std::string factor = atom ? std::string(e) : fmt::format("({})", e);
  if (reduction == "sum") return fmt::format("`|{}| * {}`", axis, factor);
  if (reduction == "prod") return fmt::format("`{}^|{}|`", factor, axis);
  if (reduction == "argmax") return "`0`";
  return fmt::format("`{}`", e);
}

}  // namespace

std::optional<Value> Elaborator::reduction(const syntax::Expression& e) {
  std::vector<syntax::Name> names;
  for (const syntax::Bracket& bracket : e.brackets) {
    if (bracket.value != nullptr || bracket.names.size() != 1) {
      report(Message::form_not_supported, bracket.span,
             bracket.value != nullptr ? "an axis made for one reduction" : "a group of axes");
      return {};
    }
    names.push_back(bracket.names[0]);
  }
  if (e.arguments.size() != 1 || e.arguments[0].name) {
    report(Message::arguments_count, e.span, e.text, "1 argument", fmt::format("{} are given", e.arguments.size()));
    return {};
  }
  const syntax::Expression& argument = *e.arguments[0].value;
  const std::optional<Value> operand = expression(argument);
  const std::optional<std::vector<AxisId>> over = axes(names);
  if (!operand || !over) return {};
  if (over->empty()) {
    report(Message::reduction_without_axes, e.span, e.text, axes_text(operand->node)).hint =
        fmt::format("`{}[axis]({})`", e.text, source_text(argument.span));
    return {};
  }
  if (e.text == "argmax" && over->size() > 1) {
    report(Message::argmax_one_axis, e.span);
    return {};
  }
  for (std::size_t i = 0; i < over->size(); ++i) {
    if (graph().has_axis(operand->node, (*over)[i])) continue;
    const std::string& axis = graph().axis((*over)[i]).name;
    using Kind = syntax::Expression::Kind;
    const bool atom = argument.kind != Kind::operation;
    report(Message::reduction_lacks_axis, names[i].span, e.text, axis, axes_text(operand->node)).hint =
        "write " + constant_reduction(e.text, names[i].text, source_text(argument.span), atom);
    return {};
  }
  const bool is_mean = e.text == "mean";
  const Op op = is_mean ? Op::sum : reduction_called(e.text)->op;
  NodeId result = graph().reduce(op, *over, operand->node);
  if (!is_mean) {
    const bool real = operand->kind == Kind::real && op != Op::argmax;
    return Value{result, real ? Kind::real : graph().node(result).kind};
  }
  NodeId count = graph().size(over->front());
  for (std::size_t i = 1; i < over->size(); ++i) count = graph().apply(Op::multiply, count, graph().size((*over)[i]));
  return Value{graph().apply(Op::divide, result, count), Kind::real};
}

}  // namespace tenet
