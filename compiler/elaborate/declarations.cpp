#include <algorithm>

#include "compiler/elaborate/elaborator.h"

namespace tenet {
namespace {

bool is_size_operation(Op op) {
  switch (op) {
    case Op::constant:
    case Op::size:
    case Op::named:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::negate:
    case Op::power:
    case Op::maximum:
    case Op::minimum:
    case Op::floor:
      return true;
    default:
      return false;
  }
}

// A node that the expression reads and that no size can depend on.
std::optional<NodeId> beyond_sizes(const Graph& graph, NodeId expression) {
  std::vector<NodeId> stack{expression};
  std::unordered_set<std::uint32_t> seen{index_of(expression)};
  while (!stack.empty()) {
    const NodeId id = stack.back();
    stack.pop_back();
    if (!is_size_operation(graph.node(id).op)) return id;
    for (NodeId operand : graph.node(id).operands)
      if (seen.insert(index_of(operand)).second) stack.push_back(operand);
  }
  return {};
}

}  // namespace

Elaborator::Elaborator(Diagnostics& diagnostics, const Module& file, const Resolution& resolution, Program& program)
    : diagnostics_(diagnostics), file_(file), resolution_(resolution), program_(program), ranges_(program.graph) {}

void Elaborator::declarations() {
  const syntax::Program& tree = file_.tree();
  definitions_.resize(tree.definitions.size());
  states_.resize(tree.states.size());
  inputs();
  const auto elaborate = [&](const Declared& row) {
    if (row.kind == SymbolKind::axis && tree.axes[row.index].size != nullptr)
      axis_size(tree.axes[row.index].name, *tree.axes[row.index].size, axes_[row.index]);
    if (row.kind == SymbolKind::parameter) initial_value(row.index);
    if (row.kind == SymbolKind::state) states_[row.index] = state(tree.states[row.index], tree.states[row.index].name.text, true);
    if (row.kind == SymbolKind::definition) definition(row.index);
  };
  const auto member_of = [&](const Declared& row) { return member(tree.definitions[row.index], definitions_[row.index]); };
  in_order(resolution_.order, resolution_.circle_axes, {member_of, elaborate, [](const Declared&) {}});
  if (!diagnostics_.has_errors()) {
    std::vector<Parameter> own;
    for (std::size_t i = 0; i < tree.parameters.size(); ++i)
      own.push_back({tree.parameters[i].name.text, parameters_[i], graph().input_node(parameters_[i]),
                     initials_.at(index_of(parameters_[i])), tree.parameters[i].name.span});
    program_.parameters.insert(program_.parameters.begin(), own.begin(), own.end());
  }
  for (const syntax::Assumption& row : tree.assumptions) assumption(row);
  for (const syntax::Update& row : tree.updates) update(row);
  for (const syntax::Claim& row : tree.claims) claim(row);
}

// Axes and inputs come first and in the file's order: whatever reads them needs only that they are there.
void Elaborator::inputs() {
  const syntax::Program& tree = file_.tree();
  for (const syntax::AxisDeclaration& declaration : tree.axes) {
    axes_.push_back(graph().axis(declaration.name.text));
    program_.axes.push_back({declaration.name.text, axes_.back()});
    program_.axis_spans.push_back(declaration.name.span);
  }
  program_.step = graph().add_input({"step", InputRole::step, Kind::whole, {}, {}});
  program_.training = graph().add_input({"training", InputRole::training, Kind::truth, {}, {}});
  for (const syntax::Data& row : tree.data) {
    const std::vector<AxisId> over = axes(row.axes).value_or(std::vector<AxisId>{});
    std::optional<AxisId> typed_by;
    if (row.typed_by) typed_by = axis(*row.typed_by);
    std::optional<TensorSource> source;
    if (row.source != nullptr) source = tensor_source(row, over);
    data_.push_back(graph().add_input({row.name.text, InputRole::data, typed_by ? Kind::whole : Kind::real, over, typed_by}));
    program_.data.push_back({row.name.text, data_.back(), graph().input_node(data_.back()), row.name.span, std::move(source)});
  }
  for (const syntax::Parameter& row : tree.parameters) {
    const std::vector<AxisId> over = axes(row.axes).value_or(std::vector<AxisId>{});
    parameters_.push_back(graph().add_input({row.name.text, InputRole::parameter, Kind::real, over, {}}));
  }
}

void Elaborator::axis_size(const syntax::Name& name, const syntax::Expression& written, AxisId axis) {
  const std::optional<Value> size = expression(written);
  if (!size) return;
  if (const std::optional<NodeId> other = beyond_sizes(graph(), size->node)) {
    Diagnostic& row = report(Message::size_not_of_sizes, written.span, name.text);
    if (graph().node(*other).op == Op::coordinate)
      row.hint = fmt::format("the size of axis `{0}` is `|{0}|`", graph().axis(graph().node(*other).bound[0]).name);
    return;
  }
  graph().set_size(axis, size->node);
  const std::optional<mpq_class> known = known_size(axis);
  if (known && (known->get_den() != 1 || *known < 1 || *known > 0x7fffffff))
    report(Message::size_not_whole, written.span, name.text, known->get_str());
}

std::optional<mpq_class> Elaborator::known_size(AxisId axis) {
  const SizePolynomial size = ranges_.size(axis);
  if (!size.is_constant()) return {};
  return size.constant();
}

void Elaborator::initial_value(std::size_t index) {
  const syntax::Parameter& row = file_.tree().parameters[index];
  std::optional<std::vector<AxisId>> axes = graph().input(parameters_[index]).axes;
  if (const std::optional<NodeId> initial = initial_of(row.name.text, *row.initial, axes))
    initials_.emplace(index_of(parameters_[index]), *initial);
}

// The initial value of a parameter or state of these axes; of a state that states none, the value's own.
std::optional<NodeId> Elaborator::initial_of(const std::string& name, const syntax::Expression& initial,
                                             std::optional<std::vector<AxisId>>& axes) {
  drawing_ = Drawing{name, axes.value_or(std::vector<AxisId>{})};
  const std::optional<Value> value = expression(initial);
  drawing_.reset();
  if (!value) return {};
  const std::vector<AxisId> own(graph().node(value->node).axes.begin(), graph().node(value->node).axes.end());
  if (!axes) axes = own;
  for (AxisId axis : own)
    if (std::ranges::find(*axes, axis) == axes->end()) {
      report(Message::initial_axes_extra, initial.span, name, graph().axis(axis).name).hint =
          fmt::format("`{}` has {}, its initial value {}", name, axes_text(*axes), axes_text(value->node));
      return {};
    }
  return with_initial_values(name, initial.span, value->node);
}

// The value with every parameter that it reads replaced by that parameter's initial value.
std::optional<NodeId> Elaborator::with_initial_values(const std::string& name, Span span, NodeId value) {
  const auto is_data = [](const Input& input) { return input.role != InputRole::parameter; };
  if (const Input* input = input_read(value, is_data)) {
    report(Message::initial_reads_input, span, name, input->name);
    return {};
  }
  std::unordered_map<std::uint32_t, NodeId> rebuilt;
  for (NodeId id : graph().reachable(std::span(&value, 1))) {
    const Node node = graph().node(id);
    if (node.op == Op::input) {
      const auto initial = initials_.find(index_of(graph().input_of(id)));
      if (initial == initials_.end()) return {};
      rebuilt[index_of(id)] = broadcast(initial->second, node.axes);
      continue;
    }
    std::vector<NodeId> operands;
    for (NodeId operand : node.operands) operands.push_back(rebuilt.at(index_of(operand)));
    rebuilt[index_of(id)] = operands.empty() ? id : graph().rebuild(id, operands);
  }
  return rebuilt.at(index_of(value));
}

// The same value, over axes that it may lack.
NodeId Elaborator::broadcast(NodeId value, std::span<const AxisId> axes) {
  for (AxisId axis : axes)
    if (!graph().has_axis(value, axis))
      value = graph().apply(Op::add, value, graph().apply(Op::multiply, graph().constant(0), graph().coordinate(axis)));
  return value;
}

void Elaborator::definition(std::size_t index) {
  const syntax::Definition& row = file_.tree().definitions[index];
  path_ = place_ = row.name.text;
  last_line_ = false;
  places_.clear();
  if (const std::optional<InstancePtr> made = instance(*row.value)) {
    instances_[row.name.text] = *made;
    return;
  }
  defines_ = true;
  definitions_[index].reset();
  const std::size_t before = gradient_targets_.size();
  if (const std::optional<Value> value = stated(row, expression(*row.value))) {
    definitions_[index] = named(row.name.text, *value, row.name.span);
    program_.definitions.back().differentiates = gradient_targets_.size() > before;
  }
  defines_ = false;
}

// The value, if it has the axes that the definition states.
std::optional<Value> Elaborator::stated(const syntax::Definition& definition, std::optional<Value> value) {
  if (!definition.axes) return value;
  std::optional<std::vector<AxisId>> over = axes(*definition.axes);
  if (!over || !value) return {};
  std::ranges::sort(*over);
  if (std::ranges::equal(*over, graph().node(value->node).axes)) return value;
  for (AxisId axis : *over)
    if (!graph().has_axis(value->node, axis) && adds_axis(value->node, axis)) return {};
  report(Message::axes_stated_differ, definition.name.span, definition.name.text, axes_text(*over), axes_text(value->node));
  return {};
}

// The value under a name that `grad` and derivations can refer to.
Value Elaborator::named(const std::string& path, Value value, Span span) {
  const Value result{graph().named(path, value.node), value.kind};
  if (!defines_) return result;
  program_.definitions.push_back({path, result.node, span, !calls_.empty()});
  paths_.insert_or_assign(path, result);
  return result;
}

void Elaborator::assumption(const syntax::Assumption& row) {
  path_ = place_ = "assume";
  places_.clear();
  const std::optional<Value> left = expression(*row.left), right = expression(*row.right);
  if (!left || !right) return;
  program_.assumptions.push_back({row.relation, left->node, right->node, row.span});
  graph().assume({row.relation, left->node, right->node});
}

void Elaborator::claim(const syntax::Claim& row) {
  path_ = place_ = "claim";
  places_.clear();
  gradient_targets_.clear();
  const std::optional<Value> left = expression(*row.left), right = expression(*row.right);
  if (!left || !right) return;
  program_.claims.push_back(
      {row.name ? row.name->text : source_text(row.left->span), left->node, right->node, row.span, gradient_targets_});
}

std::optional<Value> Elaborator::value_of(const Symbol& symbol) const {
  Graph& graph = program_.graph;
  switch (symbol.kind) {
    case SymbolKind::axis:
      return Value{graph.coordinate(axes_[symbol.index]), Kind::whole};
    case SymbolKind::data: {
      const InputId input = data_[symbol.index];
      return Value{graph.input_node(input), graph.input(input).kind};
    }
    case SymbolKind::parameter:
      return Value{graph.input_node(parameters_[symbol.index]), Kind::real};
    case SymbolKind::state:
      return states_[symbol.index];
    case SymbolKind::definition:
      return definitions_[symbol.index];
    case SymbolKind::function:
    case SymbolKind::layer:
    case SymbolKind::optimizer:
      break;
  }
  return {};
}

std::string Elaborator::axes_text(NodeId node) const { return axes_text(program_.graph.node(node).axes); }

std::string Elaborator::axes_text(std::span<const AxisId> axes) const {
  if (axes.empty()) return "no axes";
  std::string result = "[";
  for (AxisId axis : axes) {
    if (result.size() > 1) result += ", ";
    result += program_.graph.axis(axis).name;
  }
  return result + "]";
}

const Input* Elaborator::input_read(NodeId node, bool (*counts)(const Input&)) const {
  for (NodeId id : program_.graph.reachable(std::span(&node, 1)))
    if (program_.graph.node(id).op == Op::input)
      if (const Input& input = program_.graph.input(program_.graph.input_of(id)); counts(input)) return &input;
  return nullptr;
}

// What was written, on one line and without comments.
std::string Elaborator::source_text(Span span) const {
  std::string result;
  const std::string_view text = std::string_view(diagnostics_.source(span.file).text).substr(span.begin, span.end - span.begin);
  bool comment = false, space = false;
  for (const char c : text) {
    comment = (comment && c != '\n') || c == '#';
    if (comment || c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      space = true;
      continue;
    }
    if (space && !result.empty()) result += ' ';
    result += c;
    space = false;
  }
  return result;
}

Diagnostic& Elaborator::with_calls(Diagnostic& diagnostic) {
  for (std::size_t i = calls_.size(); i-- > 0;) {
    if (i > 2 && i + 3 < calls_.size()) continue;  // of a long chain, both ends
    diagnostic.related.push_back({calls_[i].span, fmt::format("in this call of `{}`", calls_[i].function)});
  }
  return diagnostic;
}

}  // namespace tenet
