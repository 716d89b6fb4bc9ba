// Values that are kept from step to step, and the programs that make a parameter's next value.
#include <algorithm>

#include "compiler/elaborate/elaborator.h"

namespace tenet {

std::optional<Value> Elaborator::state(const syntax::State& row, const std::string& name, bool own) {
  std::optional<std::vector<AxisId>> over;
  if (row.axes) {
    over = axes(*row.axes);
    if (!over) return {};
  }
  const std::optional<NodeId> initial = initial_of(name, *row.initial, over);
  if (!initial) return {};
  std::ranges::sort(*over);
  const InputId input = graph().add_input({name, InputRole::state, Kind::real, *over, {}});
  const NodeId node = graph().input_node(input);
  program_.states.push_back({name, input, node, *initial, node, own, row.name.span});
  return Value{node, Kind::real};
}

void Elaborator::update(const syntax::Update& row) {
  syntax::Expression target{};
  target.kind = syntax::Expression::Kind::name;
  target.text = row.state.text;
  target.span = target.name_span = row.state.span;
  const std::optional<Value> current = expression(target);
  std::optional<Value> value = expression(*row.value);
  if (!current) return;
  const auto state = std::ranges::find(program_.states, current->node, &State::node);
  if (state == program_.states.end()) {
    report(Message::update_of_no_state, row.state.span, row.state.text).hint = fmt::format("`state {} = 0`", row.state.text);
  } else if (state->next != state->node) {
    report(Message::update_twice, row.state.span, row.state.text);
  } else if (value && fitted(value->node, state->input, row.value->span, Message::update_axes_extra)) {
    state->next = value->node;
  }
}

// Whether the value has no axis that what it is put into lacks; then it is given those that it lacks itself.
bool Elaborator::fitted(NodeId& value, InputId target, Span span, Message axes_extra) {
  const Input row = graph().input(target);
  for (AxisId axis : graph().node(value).axes)
    if (!std::ranges::binary_search(row.axes, axis)) {
      report(axes_extra, span, row.name, graph().axis(axis).name).hint =
          fmt::format("`{}` has {}, its next value {}", row.name, axes_text(row.axes), axes_text(value));
      return false;
    }
  value = broadcast(value, row.axes);
  return true;
}

std::optional<Rule> Elaborator::rule(const Symbol& symbol, std::vector<std::optional<Value>> arguments, Span call,
                                     std::size_t parameter, NodeId rate) {
  const syntax::Function& optimizer = symbol.module->tree().optimizers[symbol.index];
  const InputId target = program_.parameters[parameter].input;
  const Input input = graph().input(target);
  const InputId gradient = graph().add_input({fmt::format("grad.{}", input.name), InputRole::given, Kind::real, input.axes, {}});
  arguments[0] = Value{graph().input_node(target), Kind::real};
  arguments[1] = Value{graph().input_node(gradient), Kind::real};
  arguments[2] = Value{rate, Kind::real};
  step_ = true;
  std::optional<Value> next = in_block(optimizer, {symbol.module, {}}, std::move(arguments), call, input.name);
  step_ = false;
  if (!next || !fitted(next->node, target, optimizer.value->span, Message::optimizer_axes_extra)) return {};
  return Rule{parameter, gradient, next->node};
}

}  // namespace tenet
