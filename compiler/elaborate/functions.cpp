// Functions are inlined: the body is elaborated anew at every call, with the call's axes and arguments under its names.
#include <algorithm>

#include "compiler/elaborate/elaborator.h"

namespace tenet {
namespace {

constexpr std::size_t deepest_calls = 64;
constexpr int most_inlined = 100'000;

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count == 0 ? "no" : std::to_string(count), count == 1 ? one : many);
}

std::string given_text(std::size_t count) {
  return count == 0 ? "none is given" : fmt::format("{} {} given", count, count == 1 ? "is" : "are");
}

std::string joined(const std::vector<syntax::Name>& names) {
  std::string result;
  for (const syntax::Name& name : names) result += (result.empty() ? "" : ", ") + name.text;
  return result;
}

}  // namespace

bool Elaborator::may_inline(Span call) {
  if (calls_.size() >= deepest_calls) {
    report(Message::calls_too_deep, call, deepest_calls);
    return false;
  }
  if (++inlined_ <= most_inlined) return true;
  if (inlined_ == most_inlined + 1 || !diagnostics_.has_errors()) report(Message::program_too_large, call, most_inlined);
  return false;
}

std::optional<Value> Elaborator::inlined(const syntax::Expression& call, const Symbol& symbol) {
  const syntax::Function& function = symbol.module->tree().functions[symbol.index];
  if (!may_inline(call.span)) return {};
  const std::optional<std::vector<Group>> over = axis_arguments(call, function);
  std::optional<Given> given = arguments(call, function);
  if (!over || !given) return {};

  Scope scope{symbol.module, {}};
  name_axes(function, *over, scope);
  return in_block(function, std::move(scope), std::move(*given), call.span, fresh_path(function.name.text));
}

// The function's names for the axes that a call gives it.
void Elaborator::name_axes(const syntax::Function& function, const std::vector<Group>& over, Scope& scope) {
  for (std::size_t i = 0; i < over.size(); ++i)
    scope.names[function.axes[i].text] = over[i].size() == 1 ? Local(over[i][0]) : Local(over[i]);
}

std::optional<Value> Elaborator::in_block(const syntax::Function& function, Scope scope, Given given, Span call,
                                          std::string path) {
  Scope* const scope_before = scope_;
  const std::string path_before = path_;
  calls_.push_back({call, function.name.text});
  scope_ = &scope;
  path_ = std::move(path);
  std::optional<Value> value = body(function, std::move(given), scope);
  scope_ = scope_before;
  path_ = path_before;
  calls_.pop_back();
  return value;
}

// The axes in a call's brackets, one or a group for each that the function names.
std::optional<std::vector<Elaborator::Group>> Elaborator::axis_arguments(const syntax::Expression& call,
                                                                         const syntax::Function& function) {
  std::vector<Group> result;
  bool complete = true;
  for (const syntax::Bracket& bracket : call.brackets) {
    const std::optional<Group> given = axes(bracket.names);
    complete = complete && given;
    if (given) result.push_back(*given);
  }
  if (call.brackets.size() != function.axes.size()) {
    Diagnostic& row = report(Message::axis_arguments_count, call.span, call.text, counted(function.axes.size(), "axis", "axes"),
                             given_text(call.brackets.size()));
    if (!function.axes.empty()) row.hint = fmt::format("`{}[{}](...)`", call.text, joined(function.axes));
    return {};
  }
  if (!complete) return {};
  return result;
}

// The arguments that a call gives, elaborated where the call stands: by place, then by name.
std::optional<Elaborator::Given> Elaborator::arguments(const syntax::Expression& call, const syntax::Function& function,
                                                       std::size_t skipped) {
  Given given(function.arguments.size());
  std::vector<bool> is_given(given.size());
  bool complete = true;
  const std::string& called = skipped == 0 ? call.text : function.name.text;
  if (call.arguments.size() - skipped > given.size()) {
    report(Message::arguments_count, call.span, called, counted(given.size(), "argument", "arguments"),
           given_text(call.arguments.size() - skipped));
    complete = false;
  }
  for (std::size_t i = skipped; i < call.arguments.size(); ++i) {
    const syntax::Argument& argument = call.arguments[i];
    std::size_t place = i - skipped;
    if (argument.name) {
      const auto formal =
          std::ranges::find_if(function.arguments, [&](const auto& row) { return row.name.text == argument.name->text; });
      if (formal == function.arguments.end()) {
        std::vector<std::string> names;
        for (const syntax::Formal& row : function.arguments) names.push_back(row.name.text);
        report(Message::argument_unknown, argument.name->span, called, argument.name->text).hint =
            suggestion(argument.name->text, names);
        complete = false;
        continue;
      }
      place = static_cast<std::size_t>(formal - function.arguments.begin());
    }
    if (place >= given.size()) break;  // too many, reported
    if (is_given[place]) {
      report(Message::argument_twice, argument.name->span, argument.name->text, called);
      complete = false;
      continue;
    }
    is_given[place] = true;
    given[place] = expression(*argument.value);
    complete = complete && given[place];
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (is_given[i] || function.arguments[i].initial != nullptr || !complete) continue;
    report(Message::argument_missing, call.span, function.arguments[i].name.text, called);
    complete = false;
  }
  if (!complete) return {};
  return given;
}

std::optional<Value> Elaborator::body(const syntax::Function& function, Given given, Scope& scope) {
  const Block& block = resolution_.blocks.at(&function);
  for (std::size_t i = 0; i < given.size(); ++i) {
    const syntax::Formal& formal = function.arguments[i];
    if (!given[i]) given[i] = expression(*formal.initial);
    if (!given[i]) return {};
    // An argument that `grad` differentiates by has to have a name; one that has a name keeps it.
    const Op op = graph().node(given[i]->node).op;
    if (block.gradient_targets.contains(formal.name.text) && op != Op::named && op != Op::input)
      given[i] = named(path_ + "." + formal.name.text, *given[i], formal.name.span);
    scope.names[formal.name.text] = *given[i];
  }
  const std::string path = path_;
  for (const syntax::Definition& local : function.locals) used_paths_.insert(path + "." + local.name.text);
  const std::string place = place_;
  const bool last_line = last_line_;
  for (const syntax::State& row : function.states) {
    if (scope.names.contains(row.name.text)) continue;  // an instance's
    const std::optional<Value> kept = state(row, path + "." + row.name.text, false);
    scope.names[row.name.text] = kept ? Local(*kept) : Local();
  }
  const auto define = [&](const syntax::Definition& local, Local& meaning) {
    path_ = path + "." + local.name.text;
    place_ = place.empty() ? local.name.text : place + "." + local.name.text;
    last_line_ = false;
    meaning = Local();
    if (std::optional<InstancePtr> made = instance(*local.value)) {
      meaning = std::move(*made);
    } else {
      std::optional<Value> value = stated(local, expression(*local.value));
      if (value && (defines_ || block.gradient_targets.contains(local.name.text))) value = named(path_, *value, local.name.span);
      meaning = value ? Local(*value) : Local();
    }
    path_ = path;
    place_ = place;
    last_line_ = last_line;
  };
  std::vector<std::optional<Value>> values(function.locals.size());  // of a circle's members
  const auto meaning_of = [&](const Declared& row) -> Local& { return scope.names[function.locals[row.index].name.text]; };
  const auto elaborate = [&](const Declared& row) {
    if (row.kind == SymbolKind::definition) {
      define(function.locals[row.index], meaning_of(row));
      const Value* value = std::get_if<Value>(&meaning_of(row));
      values[row.index] = value != nullptr ? std::optional(*value) : std::nullopt;
    } else if (!scope.names.contains(function.local_axes[row.index].name.text)) {
      local_axis(function.local_axes[row.index], scope);
    }
  };
  const auto member_of = [&](const Declared& row) { return member(function.locals[row.index], values[row.index]); };
  const auto known = [&](const Declared& row) { meaning_of(row) = values[row.index] ? Local(*values[row.index]) : Local(); };
  in_order(block.order, block.circle_axes, {member_of, elaborate, known});
  for (const syntax::Update& row : function.updates) update(row);
  const std::optional<Value> value = expression(*function.value);
  if (!value) return {};
  for (const syntax::AxisDeclaration& declaration : function.local_axes)
    if (const AxisId* axis = std::get_if<AxisId>(&scope.names[declaration.name.text]))
      if (graph().has_axis(value->node, *axis)) {
        report(Message::local_axis_escapes, function.value->span, function.name.text, declaration.name.text).hint =
            "reduce over it, or replace it by an axis that the caller knows";
        return {};
      }
  return value;
}

// `probs.softmax`, or `probs.softmax_2` for the second call of it there.
std::string Elaborator::fresh_path(const std::string& name) {
  std::string path = path_ + "." + name;
  for (int i = 2; !used_paths_.insert(path).second; ++i) path = fmt::format("{}.{}_{}", path_, name, i);
  return path;
}

}  // namespace tenet
