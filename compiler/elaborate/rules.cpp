// Which parameters a recipe trains, and by which optimizer each of them.
#include <algorithm>

#include "compiler/elaborate/recipe.h"

namespace tenet {

using syntax::Expression;

std::optional<NodeId> schedule(Elaborator& elaborator, std::string_view key, const Expression& value, Train& train,
                               bool negative) {
  check_names(elaborator.diagnostics(), elaborator.file(), value);
  const std::optional<Value> result = elaborator.recipe_expression(value);
  if (!result) return {};
  if (!elaborator.graph().node(result->node).axes.empty()) {
    elaborator.report(Message::recipe_not_scalar, value.span, key, elaborator.axes_text(result->node));
    return {};
  }
  const auto is_value = [](const Input& input) { return input.role != InputRole::step; };
  if (const Input* input = elaborator.input_read(result->node, is_value)) {
    elaborator.report(Message::recipe_reads_values, value.span, key, input->name);
    return {};
  }
  train.hyperparameters.push_back({std::string(key), result->node, value.span, negative});
  return result->node;
}

namespace {

// The parameter, its gradient and the rate come first among an optimizer's arguments.
constexpr std::size_t own_arguments = 3;

// An optimizer as the recipe calls it, with its further arguments.
struct Chosen {
  Symbol optimizer;
  std::vector<std::optional<Value>> arguments;
  Span span;
};

// Those of a program with errors are not all made.
bool is_parameter_of_file(const Elaborator& elaborator, const std::string& name) {
  const Symbol* symbol = elaborator.file().find(name);
  return symbol != nullptr && symbol->kind == SymbolKind::parameter;
}

// The places of the parameters that are named, those of layers too: `encode.W`.
std::vector<std::size_t> parameters_named(Elaborator& elaborator, const std::vector<syntax::Name>& names) {
  std::vector<std::size_t> result;
  for (const syntax::Name& name : names) {
    const std::vector<Parameter>& parameters = elaborator.program().parameters;
    const auto place = std::ranges::find(parameters, name.text, &Parameter::name);
    if (place != parameters.end()) {
      result.push_back(static_cast<std::size_t>(place - parameters.begin()));
      continue;
    }
    if (elaborator.diagnostics().has_errors() && is_parameter_of_file(elaborator, name.text)) continue;
    std::vector<std::string> known;
    for (const Parameter& parameter : parameters) known.push_back(parameter.name);
    elaborator.report(Message::parameter_wanted, name.span, name.text).hint = suggestion(name.text, known);
  }
  return result;
}

std::optional<Chosen> chosen(Elaborator& elaborator, const Expression& value, Train& train) {
  const bool named = value.kind == Expression::Kind::call || value.kind == Expression::Kind::name;
  const Symbol* symbol = named ? elaborator.file().find(value.text) : nullptr;
  if (symbol == nullptr || symbol->kind != SymbolKind::optimizer) {
    const std::string near = named ? suggestion(value.text, elaborator.file().names(SymbolKind::optimizer)) : "";
    elaborator.report(Message::recipe_value_unknown, value.span, "optimizer", elaborator.source_text(value.span)).hint =
        near.empty() ? "`sgd(momentum = 0.9)`, `adam()`, `adamw(decay = 0.1)`, or an `optimizer` of the program" : near;
    return {};
  }
  const syntax::Function& optimizer = symbol->module->tree().optimizers[symbol->index];
  if (!optimizer.axes.empty() || optimizer.arguments.size() < own_arguments) {
    elaborator.report(Message::optimizer_arguments, optimizer.name.span, optimizer.name.text).hint =
        fmt::format("`optimizer {}(p, g, rate) {{ ... }}`", optimizer.name.text);
    return {};
  }
  if (!elaborator.takes_no_axes(value)) return {};
  Chosen result{*symbol, std::vector<std::optional<Value>>(optimizer.arguments.size()), value.span};
  std::vector<std::string> names;
  for (std::size_t i = own_arguments; i < optimizer.arguments.size(); ++i) names.push_back(optimizer.arguments[i].name.text);
  bool complete = true;
  for (const syntax::Argument& argument : value.arguments) {
    complete = false;
    if (!argument.name) {
      elaborator.report(Message::argument_by_name, argument.value->span, value.text).hint =
          names.empty() ? "" : fmt::format("`{}({} = ...)`", value.text, names.front());
      continue;
    }
    const auto place = std::ranges::find(names, argument.name->text);
    if (place == names.end()) {
      elaborator.report(Message::argument_unknown, argument.name->span, value.text, argument.name->text).hint =
          suggestion(argument.name->text, names);
      continue;
    }
    std::optional<Value>& given = result.arguments[own_arguments + static_cast<std::size_t>(place - names.begin())];
    if (given) {
      elaborator.report(Message::argument_twice, argument.name->span, argument.name->text, value.text);
    } else if (const std::optional<NodeId> node = schedule(elaborator, argument.name->text, *argument.value, train)) {
      given = Value{*node, Kind::real};
      complete = true;
    }
    if (!complete) break;
  }
  for (std::size_t i = own_arguments; i < optimizer.arguments.size() && complete; ++i)
    if (!result.arguments[i] && optimizer.arguments[i].initial == nullptr) {
      elaborator.report(Message::argument_missing, value.span, names[i - own_arguments], value.text);
      complete = false;
    }
  return complete ? std::optional(std::move(result)) : std::nullopt;
}

std::vector<syntax::Name> names_in(Elaborator& elaborator, const Expression& value) {
  std::vector<const Expression*> parts{&value};
  if (value.kind == Expression::Kind::list) {
    parts.clear();
    for (const syntax::ExpressionPtr& part : value.operands) parts.push_back(part.get());
  }
  std::vector<syntax::Name> names;
  for (const Expression* part : parts) {
    if (part->kind == Expression::Kind::name)
      names.push_back({part->text, part->span});
    else
      elaborator.report(Message::parameter_wanted, part->span, elaborator.source_text(part->span));
  }
  return names;
}

}  // namespace

void read_rules(Elaborator& elaborator, const syntax::Train& tree, Train& train) {
  constexpr std::size_t none = std::size_t(-1);
  const std::vector<Parameter>& parameters = elaborator.program().parameters;
  const std::size_t count = parameters.size();
  std::vector<Chosen> optimizers;
  std::size_t usual = none;
  std::vector<std::size_t> optimizer_of(count, none);
  std::vector<bool> frozen(count);
  for (const syntax::Entry& entry : tree.entries) {
    if (entry.value == nullptr) continue;
    if (entry.key.text == "freeze")
      for (std::size_t parameter : parameters_named(elaborator, names_in(elaborator, *entry.value))) frozen[parameter] = true;
    if (entry.key.text != "optimizer") continue;
    const std::vector<std::size_t> of = parameters_named(elaborator, entry.of);
    std::optional<Chosen> optimizer = chosen(elaborator, *entry.value, train);
    if (!optimizer) continue;
    if (entry.of.empty()) usual = optimizers.size();
    for (std::size_t parameter : of) {
      if (optimizer_of[parameter] != none)
        elaborator.report(Message::optimizer_twice, entry.key.span, parameters[parameter].name);
      optimizer_of[parameter] = optimizers.size();
    }
    optimizers.push_back(std::move(*optimizer));
  }
  if (elaborator.diagnostics().has_errors()) return;
  if (usual == none) {
    usual = optimizers.size();
    Expression plain{};
    plain.kind = Expression::Kind::name;
    plain.text = "sgd";
    plain.span = plain.name_span = tree.span;
    std::optional<Chosen> optimizer = chosen(elaborator, plain, train);
    if (!optimizer) return;
    optimizers.push_back(std::move(*optimizer));
  }
  for (std::size_t parameter = 0; parameter < count; ++parameter) {
    if (frozen[parameter]) continue;
    const Chosen& optimizer = optimizers[optimizer_of[parameter] == none ? usual : optimizer_of[parameter]];
    std::optional<Rule> rule = elaborator.rule(optimizer.optimizer, optimizer.arguments, optimizer.span, parameter, train.rate);
    if (!rule) return;  // the next parameter's would say the same
    train.rules.push_back(*rule);
  }
}

}  // namespace tenet
