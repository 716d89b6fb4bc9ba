#include <algorithm>

#include "compiler/elaborate/recipe.h"

namespace tenet {
namespace {

using syntax::Expression;

// Sources of the language that is yet to come.
constexpr std::string_view future_sources[] = {"csv", "idx", "npy", "text"};

// The data that an argument names: typed by an axis.
const Symbol* data_named(Elaborator& elaborator, std::string_view argument, const Expression& value) {
  const Symbol* symbol = value.kind == Expression::Kind::name ? elaborator.file().find(value.text) : nullptr;
  if (symbol != nullptr && symbol->kind == SymbolKind::data && elaborator.graph().input(elaborator.input_of(*symbol)).typed_by)
    return symbol;
  Diagnostic& row = elaborator.report(Message::letters_data_wanted, value.span, argument);
  row.hint = "`data X[batch, context] : vocab`";
  if (value.kind == Expression::Kind::name && symbol == nullptr)
    if (const std::string near = suggestion(value.text, elaborator.file().names()); !near.empty()) row.hint = near;
  return nullptr;
}

// Which input is the window, which the next letter, and over which axes: both have the items' axis, the window one more.
std::optional<LettersSource> with_axes(Elaborator& elaborator, const Expression& call, const Symbol& window, const Symbol& next) {
  const InputId window_id = elaborator.input_of(window), next_id = elaborator.input_of(next);
  const Graph& graph = elaborator.graph();
  const Input &x = graph.input(window_id), &y = graph.input(next_id);
  if (x.typed_by != y.typed_by) {
    elaborator.report(Message::letters_alphabets_differ, call.span, x.name, graph.axis(*x.typed_by).name, y.name,
                      graph.axis(*y.typed_by).name);
    return {};
  }
  if (y.axes.size() != 1 || x.axes.size() != 2 || !std::ranges::includes(x.axes, y.axes)) {
    elaborator.report(Message::letters_axes, call.span, x.name, elaborator.axes_text(x.axes), y.name,
                      elaborator.axes_text(y.axes));
    return {};
  }
  const AxisId items = y.axes[0], positions = x.axes[0] == items ? x.axes[1] : x.axes[0];
  return LettersSource{{}, window_id, next_id, items, positions, *x.typed_by, call.span};
}

}  // namespace

std::optional<LettersSource> read_source(Elaborator& elaborator, const Expression& value) {
  if (value.kind == Expression::Kind::call && std::ranges::find(future_sources, value.text) != std::end(future_sources)) {
    elaborator.report(Message::form_not_supported, value.span, fmt::format("the source `{}`", value.text));
    return {};
  }
  if (value.kind != Expression::Kind::call || value.text != "letters") {
    elaborator.report(Message::source_wanted, value.span).hint =
        value.kind == Expression::Kind::call ? suggestion(value.text, {"letters"}) : "";
    return {};
  }
  const Expression* path = nullptr;
  const Expression* window = nullptr;
  const Expression* next = nullptr;
  for (const syntax::Argument& argument : value.arguments) {
    const std::string name = argument.name ? argument.name->text : "";
    const Expression** place = name == "window" ? &window : name == "next" ? &next : name.empty() ? &path : nullptr;
    if (name == "inputs" || name == "targets" || name == "weight") {
      elaborator.report(Message::form_not_supported, argument.name->span, "`letters` as sequences");
      return {};
    }
    if (place == nullptr) {
      elaborator.report(Message::argument_unknown, argument.name->span, "letters", name).hint =
          suggestion(name, {"window", "next"});
      return {};
    }
    if (*place != nullptr) {
      elaborator.report(Message::argument_twice, argument.value->span, name.empty() ? "path" : name, "letters");
      return {};
    }
    *place = argument.value.get();
  }
  if (path == nullptr || path->kind != Expression::Kind::string) {
    elaborator.report(Message::letters_path_wanted, path == nullptr ? value.span : path->span);
    return {};
  }
  for (const auto& [given, name] : {std::pair(window, "window"), std::pair(next, "next")})
    if (given == nullptr) elaborator.report(Message::argument_missing, value.span, name, "letters");
  if (window == nullptr || next == nullptr) return {};
  const Symbol* window_data = data_named(elaborator, "window", *window);
  const Symbol* next_data = data_named(elaborator, "next", *next);
  if (window_data == nullptr || next_data == nullptr) return {};
  std::optional<LettersSource> source = with_axes(elaborator, value, *window_data, *next_data);
  if (source) source->path = path->text;
  return source;
}

}  // namespace tenet
