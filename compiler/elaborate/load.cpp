// data C[vocab, embed] = load("w.safetensors", "C")
#include "compiler/elaborate/elaborator.h"

namespace tenet {

TensorSource Elaborator::tensor_source(const syntax::Data& data, const std::vector<AxisId>& axes) {
  const syntax::Expression& call = *data.source;
  const bool loads = call.kind == syntax::Expression::Kind::call && call.text == "load" && call.arguments.size() == 2;
  const auto string = [&](std::size_t place) {
    return !call.arguments[place].name && call.arguments[place].value->kind == syntax::Expression::Kind::string;
  };
  if (loads && !takes_no_axes(call)) return {{}, {}, axes, call.span};
  if (loads && string(0) && string(1))
    return TensorSource{call.arguments[0].value->text, call.arguments[1].value->text, axes, call.span};
  report(Message::load_wanted, call.span, data.name.text);
  return {{}, {}, axes, call.span};
}

}  // namespace tenet
