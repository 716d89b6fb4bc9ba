// sum, mean, prod, max, min and argmax over named axes.
#include <algorithm>

#include "compiler/elaborate/elaborator.h"

namespace tenet {
namespace {

// What a reduction over an axis that its operand `e` lacks would come to, to be written instead.
std::string constant_reduction(std::string_view reduction, std::string_view size, std::string_view e, bool atom) {
  const std::string factor = atom ? std::string(e) : fmt::format("({})", e);
  if (reduction == "sum") return fmt::format("`{} * {}`", size, factor);
  if (reduction == "prod") return fmt::format("`{}^{}`", factor, size);
  if (reduction == "argmax") return "`0`";
  return fmt::format("`{}`", e);
}

}  // namespace

std::optional<Value> Elaborator::reduction(const syntax::Expression& e) {
  std::vector<syntax::Name> names;
  for (const syntax::Bracket& bracket : e.brackets) names.insert(names.end(), bracket.names.begin(), bracket.names.end());
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
  if (!reduces(e, *operand)) return {};
  const bool is_mean = e.text == "mean";
  const Op op = is_mean ? Op::sum : reduction_called(e.text)->op;
  NodeId result = graph().reduce(op, *over, operand->node);
  if (!is_mean) {
    const bool real = operand->kind == Kind::real && op != Op::argmax;
    return Value{result, real ? Kind::real : graph().node(result).kind};
  }
  return Value{graph().apply(Op::divide, result, count(*over)), Kind::real};
}

// Whether the operand has all the axes in the brackets.
bool Elaborator::reduces(const syntax::Expression& e, Value operand) {
  const syntax::Expression& argument = *e.arguments[0].value;
  for (const syntax::Bracket& bracket : e.brackets)
    for (const syntax::Name& name : bracket.names) {
      const std::optional<Group> over = group(name);
      for (AxisId axis : *over) {
        if (graph().has_axis(operand.node, axis)) continue;
        if (adds_axis(operand.node, axis)) return false;
        const std::string size = bracket.value == nullptr ? fmt::format("|{}|", name.text) : source_text(bracket.value->span);
        const bool atom = argument.kind != syntax::Expression::Kind::operation;
        report(Message::reduction_lacks_axis, name.span, e.text, graph().axis(axis).name, axes_text(operand.node)).hint =
            "write " + constant_reduction(e.text, size, source_text(argument.span), atom);
        return false;
      }
    }
  return true;
}

}  // namespace tenet
