// Axes: by name, as groups, made for one call or one use of a function.
#include <algorithm>

#include "compiler/elaborate/elaborator.h"
#include "compiler/syntax/words.h"

namespace tenet {

std::optional<AxisId> Elaborator::axis(const syntax::Name& name) {
  const std::optional<Group> axes = group(name);
  if (!axes) return {};
  if (axes->size() == 1) return axes->front();
  report(Message::group_misplaced, name.span, name.text, axes_text(*axes));
  return {};
}

std::optional<Elaborator::Group> Elaborator::group(const syntax::Name& name) {
  if (name.text.find('.') != std::string::npos) {
    if (auto place = axis_paths_.find(name.text); place != axis_paths_.end()) return Group{place->second};
    return unknown_path(name.text, name.span);
  }
  if (const Local* local = this->local(name.text)) {
    if (const AxisId* axis = std::get_if<AxisId>(local)) return Group{*axis};
    if (const Group* axes = std::get_if<Group>(local)) return *axes;
    if (std::holds_alternative<Value>(*local)) report(Message::name_is_no_axis, name.span, name.text, "a value");
    return {};
  }
  const Symbol* symbol = module().find(name.text);
  if (symbol == nullptr && !syntax::is_reserved(name.text)) return {};  // reported when names were resolved
  if (symbol != nullptr && symbol->kind == SymbolKind::axis) return Group{axis_of(*symbol)};
  report(Message::name_is_no_axis, name.span, name.text,
         symbol != nullptr ? description(symbol->kind) : "a word of the language");
  return {};
}

std::optional<std::vector<AxisId>> Elaborator::axes(const std::vector<syntax::Name>& names) {
  std::vector<AxisId> result;
  bool complete = true;
  for (const syntax::Name& name : names) {
    const std::optional<Group> axes = group(name);
    complete = complete && axes;
    for (AxisId axis : axes.value_or(Group{})) {
      if (std::ranges::find(result, axis) != result.end()) {
        report(Message::axis_repeated, name.span, graph().axis(axis).name);
        complete = false;
      }
      result.push_back(axis);
    }
  }
  if (complete) return result;
  explained(names.front().span);
  return {};
}

NodeId Elaborator::count(std::span<const AxisId> axes) {
  NodeId result = graph().size(axes.front());
  for (AxisId axis : axes.subspan(1)) result = graph().apply(Op::multiply, result, graph().size(axis));
  return result;
}

// An axis that is like no other; a path names it from outside.
std::optional<AxisId> Elaborator::new_axis(const syntax::Name& name, const syntax::Expression& size) {
  const std::string path = fresh_path(name.text);
  const AxisId axis = graph().axis(path);
  axis_size(name, size, axis);
  if (!graph().axis(axis).size) return {};
  axis_paths_.emplace(path, axis);
  return axis;
}

// `sum[j = |i|](e)`: an axis that only `e` knows.
std::optional<Value> Elaborator::with_new_axes(const syntax::Expression& call) {
  Scope inside{&module(), scope_ != nullptr ? scope_->names : decltype(Scope::names){}};
  std::vector<AxisId> made;
  for (const syntax::Bracket& bracket : call.brackets) {
    if (bracket.value == nullptr) continue;
    const std::optional<AxisId> axis = new_axis(bracket.names[0], *bracket.value);
    if (!axis) return {};
    inside.names[bracket.names[0].text] = *axis;
    made.push_back(*axis);
  }
  Scope* const before = scope_;
  scope_ = &inside;
  const std::optional<Value> value = callee(call);
  scope_ = before;
  if (!value) return {};
  for (AxisId axis : made)
    if (graph().has_axis(value->node, axis)) {
      report(Message::local_axis_escapes, call.span, call.text, graph().axis(axis).name).hint = "reduce over it";
      return {};
    }
  return value;
}

// `axis j = |i|` in a block: a new axis at every call.
void Elaborator::local_axis(const syntax::AxisDeclaration& declaration, Scope& scope) {
  Local& place = scope.names[declaration.name.text];
  if (declaration.size == nullptr) {
    report(Message::local_axis_open, declaration.name.span, declaration.name.text).hint =
        fmt::format("`axis {} = |...|`", declaration.name.text);
  } else if (const std::optional<AxisId> axis = new_axis(declaration.name, *declaration.size)) {
    place = *axis;
  }
}

}  // namespace tenet
