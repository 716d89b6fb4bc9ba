// grad(e, t).
#include "compiler/elaborate/elaborator.h"
#include "compiler/grad/gradient.h"

namespace tenet {

std::optional<Value> Elaborator::gradient(const syntax::Expression& e) {
  if (!takes(e, 2)) return {};
  const syntax::Expression& target_expression = *e.arguments[1].value;
  const std::optional<Value> value = expression(*e.arguments[0].value);
  const std::optional<NodeId> target = gradient_target(target_expression);
  if (!value || !target || !fits(e.span)) return {};
  for (AxisId axis : graph().node(*target).axes) {
    if (!graph().has_axis(value->node, axis)) continue;
    const std::string& name = graph().axis(axis).name;
    report(Message::grad_shares_axes, e.span, axes_text(value->node), target_expression.text, axes_text(*target), name).hint =
        fmt::format("sum over it, `grad(sum[{0}]({1}), {2})`, or give it another name in the value, `{1}[{0} = m]`", name,
                    source_text(e.arguments[0].value->span), target_expression.text);
    return {};
  }
  gradient_targets_.push_back(*target);
  const NodeId result = gradients(graph(), value->node, std::span(&*target, 1)).front();
  program_.gradients.push_back({value->node, *target, result});
  return Value{result, Kind::real};
}

std::optional<NodeId> Elaborator::gradient_target(const syntax::Expression& e) {
  if (e.kind != syntax::Expression::Kind::name) {
    report(Message::grad_target_unnamed, e.span);
    return {};
  }
  const std::optional<Value> value = name(e);
  if (!value) return {};
  const Node& node = graph().node(value->node);
  const bool noise = node.op == Op::input && graph().input(graph().input_of(value->node)).role == InputRole::noise;
  if (noise || (node.op != Op::named && node.op != Op::input)) {
    report(Message::grad_target_unnamed, e.span);
    return {};
  }
  if (node.op == Op::input && node.kind != Kind::real) {
    report(Message::grad_target_whole, e.span, e.text);
    return {};
  }
  return value->node;
}

}  // namespace tenet
