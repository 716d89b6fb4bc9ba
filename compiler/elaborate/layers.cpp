// Layers are functions that own parameters and states. A call makes an instance and uses it once; an instance that a definition
// names is used wherever the name is called, and all uses share what it owns, those of the layers inside it too: each of
// them is known by its place in the block, the definition that it stands in.
#include <algorithm>
#include <utility>

#include "compiler/elaborate/elaborator.h"

namespace tenet {
namespace {

std::string joined(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

}  // namespace

std::optional<Elaborator::InstancePtr> Elaborator::instance(const syntax::Expression& e) {
  const bool bare = e.kind == syntax::Expression::Kind::name;
  if (!bare && e.kind != syntax::Expression::Kind::instance) return {};
  const bool local = this->local(e.text) != nullptr;
  const Symbol* symbol = local ? nullptr : module().find(e.text);
  if (symbol != nullptr && symbol->kind == SymbolKind::layer) return instance_at(fresh_place(e.text), e, *symbol);
  if (InstancePtr other = instance_called(e.text); bare && other) return other;
  if (bare) return {};
  if (symbol != nullptr || local)
    report(Message::axes_without_call, e.brackets.front().span, e.brackets.front().names.front().text).hint =
        "replace an axis with `x[axis = index]`, call a function with `f[axis](x)`";
  explained(e.span);
  return InstancePtr();
}

// The instance at this place of the block, made where this is its first use; null after an error.
Elaborator::InstancePtr Elaborator::instance_at(const std::string& place, const syntax::Expression& e, const Symbol& symbol) {
  if (instance_ != nullptr)
    if (const auto made = instance_->layers.find(place); made != instance_->layers.end()) return made->second;
  if (instance_ == nullptr && circle_ != nullptr)
    if (const auto made = circle_->layers.find(place); made != circle_->layers.end()) return made->second;
  const syntax::Function& layer = block_of_symbol(symbol.kind, *symbol.module, symbol.index);
  const std::optional<std::vector<Group>> over = axis_arguments(e, layer);
  if (!over) return nullptr;
  const std::string path = instance_ != nullptr ? joined(instance_->path, place) : place;
  const auto made = std::make_shared<Instance>(Instance{symbol, path, {symbol.module, {}}, {}});
  Scope& scope = made->scope;
  name_axes(layer, *over, scope);

  Scope* const scope_before = scope_;
  const std::string path_before = path_;
  calls_.push_back({e.span, layer.name.text});
  scope_ = &scope;
  path_ = path;
  for (const auto& [kind, index, number] : resolution_.blocks.at(&layer).order)
    if (kind == SymbolKind::axis) local_axis(layer.local_axes[index], scope);
  for (const syntax::Parameter& row : layer.parameters) parameter(row, joined(path, row.name.text), scope);
  for (const syntax::State& row : layer.states) {
    const std::optional<Value> kept = state(row, joined(path, row.name.text), true);
    scope.names[row.name.text] = kept ? Local(*kept) : Local();
    if (kept) paths_.insert_or_assign(joined(path, row.name.text), *kept);
  }
  scope_ = scope_before;
  path_ = path_before;
  calls_.pop_back();
  if (instance_ != nullptr)
    instance_->layers.emplace(place, made);
  else if (circle_ != nullptr)
    circle_->layers.emplace(place, made);
  return made;
}

void Elaborator::parameter(const syntax::Parameter& row, const std::string& name, Scope& scope) {
  Local& meaning = scope.names[row.name.text];
  std::optional<std::vector<AxisId>> over = axes(row.axes);
  if (!over) return;
  for (AxisId axis : repeated_)
    if (std::ranges::find(*over, axis) == over->end()) over->push_back(axis);
  std::ranges::sort(*over);
  const std::optional<NodeId> initial = initial_of(name, *row.initial, over);
  if (!initial) return;
  const InputId input = graph().add_input({name, InputRole::parameter, Kind::real, *over, {}});
  const Value value{graph().input_node(input), Kind::real};
  initials_.emplace(index_of(input), *initial);
  program_.parameters.push_back({name, input, value.node, *initial, row.name.span});
  paths_.insert_or_assign(name, value);
  meaning = value;
}

// One use of an instance: its block with these arguments.
std::optional<Value> Elaborator::used(const syntax::Expression& call, Instance& instance) {
  if (!may_inline(call.span)) return {};
  const Symbol& symbol = instance.layer;
  std::optional<Given> given = arguments(call, block_of_symbol(symbol.kind, *symbol.module, symbol.index));
  return given ? used(call.span, instance, std::move(*given)) : std::nullopt;
}

std::optional<Value> Elaborator::used(Span call, Instance& instance, Given given) {
  const Symbol& symbol = instance.layer;
  const syntax::Function& layer = block_of_symbol(symbol.kind, *symbol.module, symbol.index);
  Instance* const instance_before = std::exchange(instance_, &instance);
  const std::string place_before = std::exchange(place_, "");
  const bool last_before = std::exchange(last_line_, true);
  std::unordered_set<std::string> places_before = std::exchange(places_, {});
  std::optional<Value> value = in_block(layer, instance.scope, std::move(given), call, fresh_path(layer.name.text));
  instance_ = instance_before;
  place_ = place_before;
  last_line_ = last_before;
  places_ = std::move(places_before);
  return value;
}

// repeat[depth](layer, x, ...): the layer is used once for each place of the axis, its parameters have that axis, and what one
// use gives is the first argument of the next: a recurrence along it, of which the last place is the value.
std::optional<Value> Elaborator::repetition(const syntax::Expression& e) {
  const Symbol* symbol = nullptr;
  if (!e.arguments.empty() && !e.arguments.front().name) {
    const syntax::Expression& layer = *e.arguments.front().value;
    const bool names = layer.kind == syntax::Expression::Kind::name || layer.kind == syntax::Expression::Kind::instance;
    if (names && local(layer.text) == nullptr) symbol = module().find(layer.text);
  }
  if (e.brackets.size() != 1 || e.arguments.size() < 2 || symbol == nullptr || symbol->kind != SymbolKind::layer) {
    report(Message::repeat_form, e.span).hint = "`repeat[depth](block, x)`: an axis, a layer of the program, its first argument";
    return {};
  }
  const std::optional<AxisId> axis = this->axis(e.brackets.front().names.front());
  const syntax::Function& layer = block_of_symbol(symbol->kind, *symbol->module, symbol->index);
  const std::optional<Given> given = arguments(e, layer, 1);
  if (!axis || !given) return {};
  if (!given->front()) {
    report(Message::argument_missing, e.span, layer.arguments.front().name.text, layer.name.text);
    return {};
  }
  if (graph().has_axis(given->front()->node, *axis)) {
    report(Message::axis_repeated, e.brackets.front().span, graph().axis(*axis).name).hint =
        "what is repeated along an axis does not have it: each place of it is one use of the layer";
    return {};
  }
  if (!may_inline(e.span)) return {};

  repeated_.push_back(*axis);
  const InstancePtr instance = instance_at(fresh_place(layer.name.text), *e.arguments.front().value, *symbol);
  std::optional<Value> each;
  if (instance) {
    const std::string name = fresh_path("repeat");
    const NodeId first = given->front()->node;
    std::vector<Member> members{{name, e.span, &each}};
    circle(e.brackets.front().names.front().text, std::move(members), [&] {
      Given now = *given;
      now.front() = reading(*circle_, circle_->members.front(), *axis, 1, first, e.span);
      each = used(e.span, *instance, std::move(now));
      if (each) each = named(name, *each, e.span);
    });
  }
  repeated_.pop_back();
  if (!each) return {};
  const NodeId last = graph().apply(Op::subtract, graph().size(*axis), graph().constant(1));
  return Value{graph().substitute(each->node, {{*axis, last}}), Kind::real};
}

Elaborator::InstancePtr Elaborator::instance_called(std::string_view name) const {
  if (const Local* local = this->local(name)) {
    const InstancePtr* instance = std::get_if<InstancePtr>(local);
    return instance != nullptr ? *instance : nullptr;
  }
  const Symbol* symbol = module().find(name);
  if (symbol == nullptr || symbol->kind != SymbolKind::definition) return nullptr;
  const auto instance = instances_.find(name);
  return instance != instances_.end() ? instance->second : nullptr;
}

std::vector<std::string> Elaborator::layers() const {
  std::vector<std::string> result;
  for (const auto& [name, instance] : instances_)
    if (instance != nullptr) result.push_back(name);
  return result;
}

// Where a layer stands: `h` in the definition of `h`, `h.linear` for a second one there; `linear` in a block's last line.
std::string Elaborator::fresh_place(const std::string& layer) {
  const std::string own = joined(place_, layer);
  std::string place = last_line_ ? own : place_;
  for (int i = last_line_ ? 2 : 1; !places_.insert(place).second; ++i) place = i == 1 ? own : fmt::format("{}_{}", own, i);
  return place;
}

}  // namespace tenet
