#include <algorithm>

#include "compiler/syntax/print.h"

namespace tenet::syntax {
namespace {

std::string listed(const std::vector<Name>& names) {
  std::string text;
  for (const Name& name : names) text += (text.empty() ? "" : ", ") + name.text;
  return text;
}

std::string axes_text(const std::vector<Name>& axes) { return axes.empty() ? "" : fmt::format("[{}]", listed(axes)); }

std::string text_of(const AxisDeclaration& axis) {
  return fmt::format("axis {}{}{}", axis.name.text, axis.size ? " = " : "", axis.size ? print(*axis.size) : "");
}

std::string text_of(const Data& data) {
  std::string text = "data " + data.name.text + axes_text(data.axes);
  if (data.typed_by) text += " : " + data.typed_by->text;
  if (data.source) text += " = " + print(*data.source);
  return text;
}

std::string text_of(const Parameter& parameter) {
  return fmt::format("param {}{} = {}", parameter.name.text, axes_text(parameter.axes), print(*parameter.initial));
}

std::string text_of(const Definition& definition) {
  const std::string axes = definition.axes ? axes_text(*definition.axes) : "";
  return fmt::format("{}{} = {}", definition.name.text, axes, print(*definition.value));
}

std::string text_of(const State& state) {
  return fmt::format("state {}{} = {}", state.name.text, state.axes ? axes_text(*state.axes) : "", print(*state.initial));
}

std::string text_of(const Update& update) { return fmt::format("update {} = {}", update.state.text, print(*update.value)); }

std::string text_of(const Assumption& assumption) {
  return fmt::format("assume {} {} {}", print_side(*assumption.left), operation(assumption.relation).spelling,
                     print_side(*assumption.right));
}

std::string text_of(const Claim& claim) {
  return fmt::format("claim {}{} == {}", claim.name ? fmt::format("{}: ", claim.name->text) : "", print_side(*claim.left),
                     print_side(*claim.right));
}

std::string text_of(const Import& import) { return fmt::format("import {}", quoted(import.path)); }

std::string block(const std::vector<Entry>& entries) {
  std::string text = " {\n";
  for (const Entry& entry : entries) {
    // A list at the top of a recipe's value stands without brackets.
    std::string value = print(*entry.value);
    const bool bare = entry.value->kind == Expression::Kind::list && entry.value->operands.size() > 1;
    if (bare) value = value.substr(1, value.size() - 2);
    const std::string of = entry.of.empty() ? "" : fmt::format("({})", listed(entry.of));
    text += fmt::format("  {}{} = {}\n", entry.key.text, of, value);
  }
  return text + "}";
}

std::string text_of(const Train& train) { return fmt::format("train {}{}", train.loss.text, block(train.entries)); }
std::string text_of(const Sample& sample) { return fmt::format("sample {}{}", sample.distribution.text, block(sample.entries)); }

std::string text_of(const Function& function, std::string_view word = "fn");

// Statements in the order of the text.
class Lines {
 public:
  template <class Statement, class... Word>
  void add(const Statement& statement, Span span, Word... word) {
    lines_.emplace_back(span.begin, text_of(statement, word...));
  }
  std::string text(std::string_view indent) {
    std::ranges::stable_sort(lines_, {}, &std::pair<std::uint32_t, std::string>::first);
    std::string all;
    for (const auto& [begin, line] : lines_) all.append(indent).append(line).append("\n");
    return all;
  }

 private:
  std::vector<std::pair<std::uint32_t, std::string>> lines_;
};

std::string text_of(const Function& function, std::string_view word) {
  std::string arguments;
  for (const Formal& formal : function.arguments) {
    if (!arguments.empty()) arguments += ", ";
    arguments += formal.name.text;
    if (formal.initial) arguments += fmt::format(" = {}", print(*formal.initial));
  }
  const std::string head = fmt::format("{} {}{}({})", word, function.name.text, axes_text(function.axes), arguments);
  const std::string value = print(*function.value);
  if (function.locals.empty() && function.local_axes.empty() && function.parameters.empty() && function.states.empty() &&
      function.updates.empty())
    return fmt::format("{} = {}", head, value);
  Lines lines;
  for (const AxisDeclaration& axis : function.local_axes) lines.add(axis, axis.name.span);
  for (const Definition& local : function.locals) lines.add(local, local.name.span);
  for (const Parameter& parameter : function.parameters) lines.add(parameter, parameter.name.span);
  for (const State& state : function.states) lines.add(state, state.name.span);
  for (const Update& update : function.updates) lines.add(update, update.state.span);
  return fmt::format("{} {{\n{}  {}\n}}", head, lines.text("  "), value);
}

}  // namespace

std::string print(const Program& program) {
  Lines lines;
  for (const AxisDeclaration& axis : program.axes) lines.add(axis, axis.name.span);
  for (const Data& data : program.data) lines.add(data, data.name.span);
  for (const Parameter& parameter : program.parameters) lines.add(parameter, parameter.name.span);
  for (const Definition& definition : program.definitions) lines.add(definition, definition.name.span);
  for (const Function& function : program.functions) lines.add(function, function.name.span);
  for (const Function& layer : program.layers) lines.add(layer, layer.name.span, "layer");
  for (const Function& optimizer : program.optimizers) lines.add(optimizer, optimizer.name.span, "optimizer");
  for (const State& state : program.states) lines.add(state, state.name.span);
  for (const Update& update : program.updates) lines.add(update, update.state.span);
  for (const Assumption& assumption : program.assumptions) lines.add(assumption, assumption.span);
  for (const Claim& claim : program.claims) lines.add(claim, claim.span);
  for (const Import& import : program.imports) lines.add(import, import.span);
  for (const Train& train : program.trains) lines.add(train, train.span);
  for (const Sample& sample : program.samples) lines.add(sample, sample.span);
  return lines.text("");
}

}  // namespace tenet::syntax
