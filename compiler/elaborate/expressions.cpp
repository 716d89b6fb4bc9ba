// Names, numbers, operators and pointwise functions.
#include <algorithm>
#include <array>
#include <ranges>

#include "compiler/elaborate/elaborator.h"
#include "compiler/graph/rational.h"
#include "compiler/syntax/words.h"

namespace tenet {
namespace {

using Written = syntax::Expression::Kind;

// Expressions are nested 256 deep at most, functions in one another too; this bounds both together.
constexpr int deepest = 1000;
constexpr std::size_t largest_graph = 1'000'000;

std::string_view kind_text(Kind kind) {
  switch (kind) {
    case Kind::whole:
      return "a whole number";
    case Kind::truth:
      return "a truth";
    case Kind::real:
      break;
  }
  return "a real number";
}

bool is_comparison(Op op) {
  return op == Op::equal || op == Op::not_equal || op == Op::less || op == Op::less_equal || op == Op::greater ||
         op == Op::greater_equal;
}

bool is_logical(Op op) { return op == Op::logical_and || op == Op::logical_or || op == Op::logical_not; }

std::string_view description(const Symbol* symbol) {
  return symbol != nullptr ? tenet::description(symbol->kind) : "a word of the language";
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count == 0 ? "no" : std::to_string(count), what, count == 1 ? "" : "s");
}

}  // namespace

std::optional<Value> Elaborator::expression(const syntax::Expression& e) { return expression(e, false); }

std::optional<Value> Elaborator::recipe_expression(const syntax::Expression& e) {
  path_ = "recipe";
  step_ = true;
  const std::optional<Value> value = expression(e, false);
  step_ = false;
  return value;
}

std::optional<mpq_class> Elaborator::number(const syntax::Expression& e) {
  path_ = "recipe";
  const std::optional<Value> value = expression(e, false);
  if (!value) return {};
  Sizes known;
  for (AxisId axis : axes_)
    if (const std::optional<mpq_class> size = known_size(axis); size && size->get_den() == 1 && size->get_num().fits_slong_p())
      known.set(axis, size->get_num().get_si());
  return size_value(graph(), value->node, known);
}

std::optional<Value> Elaborator::expression(const syntax::Expression& e, bool infinite) {
  if (depth_ >= deepest) {
    report(Message::calls_too_deep, e.span, deepest);
    return {};
  }
  if (!fits(e.span)) return {};
  ++depth_;
  std::optional<Value> value = form(e, infinite);
  --depth_;
  if (!value) explained(e.span);
  return value;
}

void Elaborator::explained(Span part) {
  if (diagnostics_.has_errors()) return;
  for (const Circle* circle = circle_; circle != nullptr; circle = circle->outer)
    if (circle->grows) return;
  report(Message::statement_dropped, part);
}

// What was reported while a circle's axes were sought is dropped with the rest of the search, and said again.
bool Elaborator::fits(Span span) {
  if (graph().node_count() <= largest_graph) return true;
  if (!too_large_ || !diagnostics_.has_errors()) report(Message::program_too_large, span, largest_graph);
  too_large_ = true;
  return false;
}

std::optional<Value> Elaborator::form(const syntax::Expression& e, bool infinite) {
  switch (e.kind) {
    case Written::number:
      return Value{graph().constant(e.number), e.whole ? Kind::whole : Kind::real};
    case Written::pi:
      return Value{graph().pi(), Kind::real};
    case Written::infinity:
      if (infinite) return Value{graph().infinity(), Kind::real};
      report(Message::infinity_misplaced, e.span).hint =
          "it can be a branch of `where`, an `else` value, or an operand of `max`, `min` or a comparison";
      return {};
    case Written::size:
      if (const std::optional<Group> axes = group({e.text, e.name_span})) return Value{count(*axes), Kind::whole};
      return {};
    case Written::name:
      return name(e);
    case Written::operation:
      return operation(e, infinite);
    case Written::call:
      return call(e);
    case Written::substitute:
      return substitution(e);
    case Written::instance:
      return {};  // only a definition names one
    case Written::string:
    case Written::list:
      report(Message::number_wanted, e.span, e.kind == Written::list ? "a list" : "a string");
      return {};
  }
  return {};
}

std::optional<Value> Elaborator::name(const syntax::Expression& e) {
  if (e.text == "step") {
    if (step_) return Value{graph().input_node(program_.step), Kind::whole};
    report(Message::step_misplaced, e.span);
    return {};
  }
  if (e.text == "training") return Value{graph().input_node(program_.training), Kind::truth};
  if (e.text.find('.') != std::string::npos) return path(e);
  if (const Local* local = this->local(e.text)) {
    if (const AxisId* axis = std::get_if<AxisId>(local)) return Value{graph().coordinate(*axis), Kind::whole};
    if (const Value* value = std::get_if<Value>(local)) return *value;
    if (const Group* axes = std::get_if<Group>(local)) report(Message::group_misplaced, e.span, e.text, axes_text(*axes));
    if (instance_called(e.text)) report(Message::name_is_layer, e.span, e.text).hint = fmt::format("call it: `{}(...)`", e.text);
    return {};
  }
  const Symbol* symbol = module().find(e.text);
  if (symbol == nullptr && !syntax::is_reserved(e.text)) return {};  // reported when names were resolved
  if (symbol != nullptr && symbol->kind == SymbolKind::optimizer) {
    report(Message::optimizer_misplaced, e.span, e.text).hint = fmt::format("`optimizer = {}()` in `train`", e.text);
    return {};
  }
  if ((symbol != nullptr && symbol->kind == SymbolKind::layer) || instance_called(e.text)) {
    report(Message::name_is_layer, e.span, e.text).hint = fmt::format("call it: `{}(...)`", e.text);
    return {};
  }
  if (symbol != nullptr && symbol->kind != SymbolKind::function) return value_of(*symbol);
  report(Message::name_is_function, e.span, e.text).hint = fmt::format("call it: `{}(...)`", e.text);
  return {};
}

// `probs.softmax.z`: a name inside a function that a definition calls.
std::optional<Value> Elaborator::path(const syntax::Expression& e) {
  if (auto place = paths_.find(e.text); place != paths_.end()) return place->second;
  if (auto place = axis_paths_.find(e.text); place != axis_paths_.end())
    return Value{graph().coordinate(place->second), Kind::whole};
  return unknown_path(e.text, e.span);
}

const Elaborator::Local* Elaborator::local(std::string_view name) const {
  if (scope_ == nullptr) return nullptr;
  const auto place = scope_->names.find(name);
  return place == scope_->names.end() ? nullptr : &place->second;
}

std::nullopt_t Elaborator::unknown_path(std::string_view path, Span span) {
  const std::string_view first = path.substr(0, path.find('.'));
  const bool is_local = local(first) != nullptr;
  const Symbol* symbol = module().find(first);
  const bool failed =
      symbol != nullptr && symbol->kind == SymbolKind::definition && !value_of(*symbol) && !instance_called(first);
  const bool is_known = symbol != nullptr || syntax::is_reserved(first);
  if (!is_local && (!is_known || (failed && diagnostics_.has_errors()))) return std::nullopt;  // reported
  std::vector<std::string> candidates;
  for (const auto& [known, value] : paths_) candidates.push_back(known);
  report(Message::name_unknown, span, path).hint = suggestion(path, candidates);
  return std::nullopt;
}

// A chain of operations: what it begins with, then one operation after the other.
std::optional<Value> Elaborator::operation(const syntax::Expression& e, bool infinite) {
  const std::vector<const syntax::Expression*> chain = syntax::chain_of(e);
  std::vector<bool> infinite_operands;
  for (const syntax::Expression* part : chain | std::views::take(chain.size() - 1)) {
    infinite = is_comparison(part->op) || (part->op == Op::negate && infinite);
    infinite_operands.push_back(infinite);
  }
  std::optional<Value> value = expression(*chain.back(), infinite);
  for (std::size_t i = chain.size() - 1; i-- > 0;) value = operation(*chain[i], value, infinite_operands[i]);
  return value;
}

std::optional<Value> Elaborator::operation(const syntax::Expression& e, std::optional<Value> first, bool infinite_operands) {
  std::array<Value, 3> operands;
  bool complete = fits(e.span);
  for (std::size_t i = 0; i < e.operands.size(); ++i) {
    const std::optional<Value> operand = i == 0 ? first : expression(*e.operands[i], infinite_operands);
    if (operand) operands[i] = *operand;
    complete =
        complete && operand && (!is_logical(e.op) || is_truth(tenet::operation(e.op).spelling, *operand, e.operands[i]->span));
  }
  if (!complete) return {};
  return apply(e.op, std::span(operands).first(e.operands.size()));
}

std::optional<Value> Elaborator::apply(Op op, std::span<const Value> operands) {
  std::array<NodeId, 3> nodes;
  std::ranges::transform(operands, nodes.begin(), &Value::node);
  const NodeId node = graph().apply(op, std::span(nodes).first(operands.size()));
  Kind kind = graph().node(node).kind;
  const KindRule rule = tenet::operation(op).kind;
  const bool arithmetic = rule == KindRule::arithmetic || rule == KindRule::product;
  if (arithmetic && kind == Kind::whole &&
      std::ranges::any_of(op == Op::where ? operands.subspan(1) : operands,
                          [](const Value& value) { return value.kind == Kind::real; }))
    kind = Kind::real;
  return Value{node, kind};
}

bool Elaborator::is_truth(std::string_view form, Value value, Span span) {
  if (value.kind == Kind::truth) return true;
  report(Message::condition_not_truth, span, form, kind_text(value.kind)).hint = "compare it: `... != 0`";
  return false;
}

std::optional<Value> Elaborator::call(const syntax::Expression& e) {
  const bool makes_axes =
      std::ranges::any_of(e.brackets, [](const syntax::Bracket& bracket) { return bracket.value != nullptr; });
  return makes_axes ? with_new_axes(e) : callee(e);
}

std::optional<Value> Elaborator::callee(const syntax::Expression& e) {
  if (e.text == "where") return where(e);
  if (e.text == "repeat" && local(e.text) == nullptr && module().find(e.text) == nullptr) return repetition(e);
  if (e.text == "grad") return gradient(e);
  if (e.text == "stop") return stop(e);
  if (e.text == "normal") return draw(e, Op::normal);
  if (e.text == "uniform") return draw(e, Op::uniform);
  const Operation* function = function_called(e.text);
  const bool reduces = e.text == "mean" || reduction_called(e.text) != nullptr;
  if (reduces && (function == nullptr || !e.brackets.empty())) return reduction(e);
  if (function != nullptr) return pointwise(e, *function);
  if (const InstancePtr instance = instance_called(e.text)) {
    return takes_no_axes(e) ? used(e, *instance) : std::nullopt;
  }
  if (const Local* local = this->local(e.text)) {
    if (std::holds_alternative<InstancePtr>(*local)) return {};  // reported where it was made
    const bool is_value = std::holds_alternative<Value>(*local) || std::holds_alternative<std::monostate>(*local);
    report(Message::name_is_no_function, e.name_span, e.text, is_value ? "a value" : "an axis");
    return {};
  }
  const Symbol* symbol = module().find(e.text);
  if (symbol == nullptr && !syntax::is_reserved(e.text)) return {};  // reported when names were resolved
  if (symbol != nullptr && symbol->kind == SymbolKind::function) return inlined(e, *symbol);
  if (symbol != nullptr && symbol->kind == SymbolKind::layer) {
    const InstancePtr instance = instance_at(fresh_place(e.text), e, *symbol);
    return instance ? used(e, *instance) : std::nullopt;
  }
  if (symbol != nullptr && symbol->kind == SymbolKind::definition && instances_.contains(e.text)) return {};  // reported
  if (symbol != nullptr && symbol->kind == SymbolKind::optimizer) {
    report(Message::optimizer_misplaced, e.name_span, e.text).hint = fmt::format("`optimizer = {}()` in `train`", e.text);
    return {};
  }
  report(Message::name_is_no_function, e.name_span, e.text, description(symbol));
  return {};
}

bool Elaborator::takes_no_axes(const syntax::Expression& call) {
  if (call.brackets.empty()) return true;
  report(Message::axis_arguments_count, call.span, call.text, "no axes",
         fmt::format("{} {} given", call.brackets.size(), call.brackets.size() == 1 ? "is" : "are"));
  return false;
}

bool Elaborator::takes(const syntax::Expression& call, std::size_t count) {
  if (call.brackets.empty()) return by_place(call, count);
  report(Message::axes_of_pointwise, call.brackets.front().span, call.text);
  return false;
}

bool Elaborator::by_place(const syntax::Expression& call, std::size_t count) {
  for (const syntax::Argument& argument : call.arguments)
    if (argument.name) {
      report(Message::argument_by_place, argument.name->span, call.text);
      return false;
    }
  if (call.arguments.size() == count) return true;
  report(Message::arguments_count, call.span, call.text, counted(count, "argument"),
         call.arguments.empty() ? "none is given"
                                : fmt::format("{} {} given", call.arguments.size(), call.arguments.size() == 1 ? "is" : "are"));
  return false;
}

std::optional<Value> Elaborator::pointwise(const syntax::Expression& e, const Operation& row) {
  if (!takes(e, static_cast<std::size_t>(row.arity))) return {};
  const bool infinite = row.op == Op::maximum || row.op == Op::minimum;
  std::array<Value, 3> operands;
  bool complete = true;
  for (std::size_t i = 0; i < e.arguments.size(); ++i) {
    const std::optional<Value> operand = expression(*e.arguments[i].value, infinite);
    if (operand) operands[i] = *operand;
    complete = complete && operand;
  }
  if (!complete) return {};
  return apply(row.op, std::span(operands).first(e.arguments.size()));
}

std::optional<Value> Elaborator::where(const syntax::Expression& e) {
  if (!takes(e, 3)) return {};
  const std::optional<Value> condition = expression(*e.arguments[0].value, false);
  const std::optional<Value> then = expression(*e.arguments[1].value, true);
  const std::optional<Value> otherwise = expression(*e.arguments[2].value, true);
  if (!condition || !is_truth("where", *condition, e.arguments[0].value->span) || !then || !otherwise) return {};
  return apply(Op::where, std::array{*condition, *then, *otherwise});
}

std::optional<Value> Elaborator::stop(const syntax::Expression& e) {
  if (!takes(e, 1)) return {};
  const std::optional<Value> value = expression(*e.arguments[0].value, false);
  if (!value) return {};
  return Value{graph().stop(value->node), value->kind};
}

// Random numbers: in an initial value over the axes of what it belongs to, in a definition an input that is drawn in every step.
// The input's name is a path like those of a layer's parameters, which says all that there is to know of it.
std::optional<Value> Elaborator::draw(const syntax::Expression& e, Op distribution) {
  if (drawing_) return initial_draw(e, distribution);
  if (!defines_) {
    report(Message::random_misplaced, e.span, e.text).hint = "give it a name: `noise = " + source_text(e.span) + "`";
    return {};
  }
  if (e.brackets.empty()) {
    report(Message::random_without_axes, e.span, e.text).hint = fmt::format("write its axes: `{}[axis]()`", e.text);
    return {};
  }
  std::vector<syntax::Name> names;
  for (const syntax::Bracket& bracket : e.brackets) names.insert(names.end(), bracket.names.begin(), bracket.names.end());
  std::optional<std::vector<AxisId>> over = axes(names);
  if (!over || !by_place(e, 0)) return {};
  std::ranges::sort(*over);
  const std::string path = fresh_path(e.text);
  if (const auto drawn = paths_.find(path); drawn != paths_.end()) return drawn->second;
  const InputId input = graph().add_input({path, InputRole::noise, Kind::real, *over, {}, distribution});
  const Value value{graph().input_node(input), Kind::real};
  program_.noise.push_back({path, input, value.node, e.span});
  paths_.emplace(path, value);
  return value;
}

// From a stream named by the parameter and the place of the call.
std::optional<Value> Elaborator::initial_draw(const syntax::Expression& e, Op distribution) {
  if (!e.brackets.empty()) {
    report(Message::random_with_axes, e.brackets.front().span, e.text).hint = fmt::format("write `{}()`", e.text);
    return {};
  }
  if (!by_place(e, 0)) return {};
  const std::string stream = fmt::format("{}#{}", drawing_->parameter, drawing_->calls++);
  return Value{graph().random(distribution, stream, drawing_->axes), Kind::real};
}

}  // namespace tenet
