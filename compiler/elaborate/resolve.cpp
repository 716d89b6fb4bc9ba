#include "compiler/elaborate/resolve.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <ranges>

#include "compiler/elaborate/ordering.h"
#include "compiler/ops/operations.h"
#include "compiler/syntax/print.h"
#include "compiler/syntax/words.h"

namespace tenet {
namespace {

constexpr const char* recurrence_hint =
    "a recurrence reads a name at another place, and says what stands beyond the axis: `h[time = time - 1 else 0]`";

using syntax::Expression;

enum class Role : std::uint8_t { value, axis, callee };

struct Mention {
  std::string_view name;
  Span span;
  Role role;
  std::string_view elsewhere = {};   // the axis, if it is read at another place of it
  const Expression* call = nullptr;  // callee
};

using Visit = std::function<void(const Mention&)>;

std::string first_part(std::string_view path) { return std::string(path.substr(0, path.find('.'))); }

void mentions(const Expression* expression, const Visit& visit);

// Those beside the chain that the expression begins with.
void own_mentions(const Expression& e, const Visit& visit) {
  const bool is_call = e.kind == Expression::Kind::call || e.kind == Expression::Kind::instance;
  if (e.kind == Expression::Kind::name) visit({e.text, e.span, Role::value});
  if (e.kind == Expression::Kind::size) visit({e.text, e.name_span, Role::axis});
  if (is_call) visit({e.text, e.name_span, Role::callee, {}, &e});
  const std::size_t chained = e.kind == Expression::Kind::operation ? 1 : 0;
  if (const syntax::Bracket* shift = shift_of(e))
    visit({e.operands[0]->text, e.operands[0]->span, Role::value, shift->names.front().text});
  else
    for (std::size_t i = chained; i < e.operands.size(); ++i) mentions(e.operands[i].get(), visit);
  std::unordered_set<std::string> made;  // sum[j = |i|]: known in the arguments, not in the sizes
  for (const syntax::Bracket& bracket : e.brackets) {
    if (is_call && bracket.value != nullptr) {
      made.insert(bracket.names.front().text);
    } else {
      for (const syntax::Name& name : bracket.names) visit({name.text, name.span, Role::axis});
    }
    mentions(bracket.value.get(), visit);
    mentions(bracket.otherwise.get(), visit);
  }
  const Visit outside = [&](const Mention& mention) {
    if (!made.contains(first_part(mention.name))) visit(mention);
  };
  for (const syntax::Argument& argument : e.arguments) mentions(argument.value.get(), made.empty() ? visit : outside);
}

// Every name that an expression mentions, but for axes that a call in it makes. A tree's depth is bounded by the parser.
void mentions(const Expression* expression, const Visit& visit) {
  if (expression == nullptr) return;
  for (const Expression* part : syntax::chain_of(*expression) | std::views::reverse) own_mentions(*part, visit);
}

// The names by which `grad` differentiates in an expression.
void gradient_targets(const Expression& expression, std::unordered_set<std::string>& into) {
  for (const Expression* e : syntax::chain_of(expression)) {
    if (e->kind == Expression::Kind::call && e->text == "grad" && e->arguments.size() == 2)
      if (const Expression& target = *e->arguments[1].value; target.kind == Expression::Kind::name) into.insert(target.text);
    for (const Expression* part : syntax::beside_chain(*e)) gradient_targets(*part, into);
  }
}

// How the language writes `x.mean(batch)`, which other languages would: `mean[batch](x)`.
std::string as_function(const Module& module, const Expression& call, std::string_view value, std::string_view function) {
  const auto is_axis = [&](const syntax::Argument& argument) {
    const Symbol* symbol = module.find(argument.value->text);
    return !argument.name && argument.value->kind == Expression::Kind::name && symbol != nullptr &&
           symbol->kind == SymbolKind::axis;
  };
  const bool axes_given = !call.arguments.empty() && std::ranges::all_of(call.arguments, is_axis);
  const bool reduces = function == "mean" || reduction_called(function) != nullptr;
  const bool pointwise = function_called(function) != nullptr && !call.arguments.empty() && !axes_given;
  std::string axes, arguments;
  for (const syntax::Bracket& bracket : call.brackets)
    for (const syntax::Name& name : bracket.names) axes += (axes.empty() ? "" : ", ") + name.text;
  for (const syntax::Argument& argument : call.arguments) {
    const std::string text = argument.value == nullptr ? "" : syntax::print(*argument.value);
    if (reduces && axes_given)
      axes += (axes.empty() ? "" : ", ") + text;
    else if (!reduces || pointwise)
      arguments += argument.name ? fmt::format(", {} = {}", argument.name->text, text) : ", " + text;
  }
  if (reduces && !pointwise && axes.empty()) axes = "axis";
  return fmt::format("write `{}{}({}{})`", function, axes.empty() ? "" : "[" + axes + "]", value, arguments);
}

// A path names a value, never a function.
void report_function_of_value(Diagnostics& diagnostics, const Module& module, const Mention& mention) {
  const std::size_t dot = mention.name.rfind('.');
  const std::string_view value = mention.name.substr(0, dot), function = mention.name.substr(dot + 1);
  const Symbol* symbol = module.find(function);
  const bool known = function == "mean" || function == "stop" || function_called(function) || reduction_called(function) ||
                     (symbol && (symbol->kind == SymbolKind::function || symbol->kind == SymbolKind::layer));
  diagnostics.report(Message::value_has_no_function, mention.span, value, function).hint =
      known ? as_function(module, *mention.call, value, function) : "a function stands before its arguments: `f(x)`";
}

bool is_path(std::string_view name) { return name.contains('.'); }

void report_unknown(Diagnostics& diagnostics, const Mention& mention, std::vector<std::string> candidates) {
  if (mention.role == Role::callee) {
    candidates.insert(candidates.end(), {"mean", "where", "grad", "stop", "normal", "uniform"});
    for (const Operation& row : operations())
      if (row.notation == Notation::call || row.notation == Notation::reduce) candidates.emplace_back(row.spelling);
  }
  if (mention.role == Role::value) candidates.insert(candidates.end(), {"step", "training", "inf", "pi"});
  const std::string near = suggestion(mention.name, candidates);
  Diagnostic& row = diagnostics.report(Message::name_unknown, mention.span, mention.name);
  row.hint = near.empty() && mention.role == Role::axis ? fmt::format("every axis is declared: `axis {}`", mention.name) : near;
}

// "a -> b -> a", the middle left out of a long one.
template <class NameOf>
std::string cycle_text(const std::vector<std::size_t>& cycle, NameOf name_of) {
  constexpr std::size_t shown = 8;
  std::string result;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    if (cycle.size() > shown && i == shown / 2) {
      result += "... -> ";
      i = cycle.size() - shown / 2;
    }
    result += std::string(name_of(cycle[i])) + " -> ";
  }
  return result + std::string(name_of(cycle.front()));
}

class Resolver {
 public:
  Resolver(Diagnostics& diagnostics, const Module& file, const Module& library)
      : diagnostics_(diagnostics), modules_{&file, &library} {}

  Resolution run() {
    for (const Module* module : modules_) number(*module);
    elsewhere_.resize(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i) {
      reads_.emplace_back();
      if (is_block(i)) {
        read_function(i);
      } else {
        read_declaration(i);
      }
    }
    read_rest();
    const Ordered all = ordered(reads_, elsewhere_);
    report_cycles(all.cycles);
    report_cycles(circles_through_blocks(all));
    for (std::size_t item : all.order)
      if (!is_block(item)) result_.order.push_back({items_[item].kind, items_[item].index, all.circles[item]});
    result_.circle_axes.assign(all.axes.begin(), all.axes.end());
    return std::move(result_);
  }

 private:
  struct Item {
    SymbolKind kind;
    std::size_t index;
    const Module* module;
  };
  bool is_block(std::size_t item) const {
    const SymbolKind kind = items_[item].kind;
    return kind == SymbolKind::function || kind == SymbolKind::layer || kind == SymbolKind::optimizer;
  }
  const syntax::Function& block_of(std::size_t item) const {
    const auto& [kind, index, module] = items_[item];
    return block_of_symbol(kind, *module, index);
  }
  using Locals = std::unordered_set<std::string_view>;

  void number(const Module& module) {
    const auto add = [&](SymbolKind kind, const auto& declarations) {
      for (std::size_t i = 0; i < declarations.size(); ++i) {
        const Symbol* symbol = module.find(declarations[i].name.text);
        if (symbol != nullptr && symbol->module == &module && symbol->kind == kind && symbol->index == i)
          numbers_.emplace(symbol, items_.size());
        items_.push_back({kind, i, &module});
      }
    };
    if (&module == modules_[0]) {
      add(SymbolKind::axis, module.tree().axes);
      add(SymbolKind::parameter, module.tree().parameters);
      add(SymbolKind::state, module.tree().states);
      add(SymbolKind::definition, module.tree().definitions);
    }
    add(SymbolKind::function, module.tree().functions);
    add(SymbolKind::layer, module.tree().layers);
    add(SymbolKind::optimizer, module.tree().optimizers);
  }

  const syntax::Name& name_of(std::size_t item) const {
    const auto& [kind, index, module] = items_[item];
    const syntax::Program& tree = module->tree();
    switch (kind) {
      case SymbolKind::axis:
        return tree.axes[index].name;
      case SymbolKind::parameter:
        return tree.parameters[index].name;
      case SymbolKind::state:
        return tree.states[index].name;
      case SymbolKind::definition:
        return tree.definitions[index].name;
      default:
        return block_of(item).name;
    }
  }

  // Adds what the expression reads to `reads`; `locals` hide the file's names.
  void read(const Module& module, const Expression* expression, const Locals& locals, std::vector<std::size_t>* reads) {
    mentions(expression, [&](const Mention& mention) { read(module, mention, locals, reads); });
  }

  void read(const Module& module, const Mention& mention, const Locals& locals, std::vector<std::size_t>* reads) {
    const std::string name = first_part(mention.name);
    const bool own = locals.contains(name) || syntax::is_reserved(name);
    const Symbol* symbol = own ? nullptr : module.find(name);
    if (mention.call != nullptr && is_path(mention.name) && (own || symbol != nullptr))
      report_function_of_value(diagnostics_, module, mention);
    if (own) return;
    if (symbol == nullptr && mention.role == Role::callee && name == "repeat")
      return;  // a word of the language where it is no name
    if (symbol == nullptr) {
      std::vector<std::string> candidates = module.names();
      candidates.insert(candidates.end(), locals.begin(), locals.end());
      report_unknown(diagnostics_, mention, std::move(candidates));
      return;
    }
    if (reads == nullptr) return;
    const auto number = numbers_.find(symbol);
    if (number == numbers_.end()) return;
    const auto reader = static_cast<std::size_t>(reads - reads_.data());
    const bool recurs =
        !mention.elsewhere.empty() && items_[reader].kind == SymbolKind::definition && symbol->kind == SymbolKind::definition;
    if (recurs)
      elsewhere_[reader].push_back({number->second, mention.elsewhere});
    else
      reads->push_back(number->second);
  }

  void read_names(const Module& module, const std::vector<syntax::Name>& axes, const Locals& locals,
                  std::vector<std::size_t>* reads) {
    for (const syntax::Name& axis : axes) read(module, {axis.text, axis.span, Role::axis}, locals, reads);
  }

  void read_declaration(std::size_t item) {
    const auto& [kind, index, module] = items_[item];
    const syntax::Program& tree = module->tree();
    std::vector<std::size_t>* reads = &reads_[item];
    if (kind == SymbolKind::axis) {
      read(*module, tree.axes[index].size.get(), {}, reads);
    } else if (kind == SymbolKind::parameter) {
      read_names(*module, tree.parameters[index].axes, {}, reads);
      read(*module, tree.parameters[index].initial.get(), {}, reads);
    } else if (kind == SymbolKind::state) {
      if (tree.states[index].axes) read_names(*module, *tree.states[index].axes, {}, reads);
      read(*module, tree.states[index].initial.get(), {}, reads);
    } else {
      const syntax::Definition& definition = tree.definitions[index];
      if (definition.axes) read_names(*module, *definition.axes, {}, reads);
      read(*module, definition.value.get(), {}, reads);
    }
  }

  void read_rest() {
    const Module& file = *modules_[0];
    for (const syntax::Data& data : file.tree().data) {
      read_names(file, data.axes, {}, nullptr);
      if (data.typed_by) read_names(file, {*data.typed_by}, {}, nullptr);
    }
    for (const syntax::Assumption& assumption : file.tree().assumptions) {
      read(file, assumption.left.get(), {}, nullptr);
      read(file, assumption.right.get(), {}, nullptr);
    }
    for (const syntax::Update& update : file.tree().updates) {
      read(file, {update.state.text, update.state.span, Role::value}, {}, nullptr);
      read(file, update.value.get(), {}, nullptr);
    }
    for (const syntax::Claim& claim : file.tree().claims) {
      read(file, claim.left.get(), {}, nullptr);
      read(file, claim.right.get(), {}, nullptr);
    }
  }

  void read_function(std::size_t item) {
    const Module& module = *items_[item].module;
    const syntax::Function& function = block_of(item);
    Locals locals;
    std::unordered_map<std::string_view, Span> own;
    const auto introduce = [&](const syntax::Name& name) {
      auto [entry, fresh] = own.try_emplace(name.text, name.span);
      if (!fresh)
        diagnostics_.report(Message::name_defined_twice, name.span, name.text)
            .related.push_back({entry->second, "first defined here"});
      locals.insert(name.text);
    };
    for (const syntax::Name& axis : function.axes) introduce(axis);
    for (std::size_t i = 0; i < function.arguments.size(); ++i) {
      read_default(module, function, i, locals, &reads_[item]);
      introduce(function.arguments[i].name);
    }
    for (const syntax::AxisDeclaration& axis : function.local_axes) introduce(axis.name);
    for (const syntax::Parameter& parameter : function.parameters) introduce(parameter.name);
    for (const syntax::State& state : function.states) introduce(state.name);
    for (const syntax::Definition& local : function.locals) introduce(local.name);

    Block& block = result_.blocks[&function];
    gradient_targets(*function.value, block.gradient_targets);
    for (const syntax::Definition& local : function.locals) gradient_targets(*local.value, block.gradient_targets);
    for (const syntax::AxisDeclaration& axis : function.local_axes) read(module, axis.size.get(), locals, &reads_[item]);
    for (const syntax::Parameter& parameter : function.parameters) {
      read_names(module, parameter.axes, locals, &reads_[item]);
      read(module, parameter.initial.get(), locals, &reads_[item]);
    }
    for (const syntax::State& state : function.states) {
      if (state.axes) read_names(module, *state.axes, locals, &reads_[item]);
      read(module, state.initial.get(), locals, &reads_[item]);
    }
    for (const syntax::Update& update : function.updates) {
      read(module, {update.state.text, update.state.span, Role::value}, locals, &reads_[item]);
      read(module, update.value.get(), locals, &reads_[item]);
    }
    for (const syntax::Definition& local : function.locals) {
      if (local.axes) read_names(module, *local.axes, locals, &reads_[item]);
      read(module, local.value.get(), locals, &reads_[item]);
    }
    read(module, function.value.get(), locals, &reads_[item]);
    order_block(function, block);
  }

  // A default sees the axes and the arguments before it.
  void read_default(const Module& module, const syntax::Function& function, std::size_t place, const Locals& earlier,
                    std::vector<std::size_t>* reads) {
    mentions(function.arguments[place].initial.get(), [&](const Mention& mention) {
      const std::string name = first_part(mention.name);
      const auto is_name = [&](const syntax::Formal& formal) { return formal.name.text == name; };
      if (!earlier.contains(name) &&
          std::any_of(function.arguments.begin() + static_cast<std::ptrdiff_t>(place), function.arguments.end(), is_name)) {
        diagnostics_.report(Message::default_uses_later, mention.span, function.arguments[place].name.text, name);
      } else {
        read(module, mention, earlier, reads);
      }
    });
  }

  void order_block(const syntax::Function& function, Block& block) {
    std::unordered_map<std::string_view, std::size_t> places;
    std::vector<Declared> declared;
    for (std::size_t i = 0; i < function.local_axes.size(); ++i) {
      places.emplace(function.local_axes[i].name.text, declared.size());
      declared.push_back({SymbolKind::axis, i});
    }
    for (std::size_t i = 0; i < function.locals.size(); ++i) {
      places.emplace(function.locals[i].name.text, declared.size());
      declared.push_back({SymbolKind::definition, i});
    }
    Readings reads(declared.size());
    ReadingsElsewhere elsewhere(declared.size());
    for (std::size_t i = 0; i < declared.size(); ++i) {
      const auto& [kind, index, circles] = declared[i];
      mentions(kind == SymbolKind::axis ? function.local_axes[index].size.get() : function.locals[index].value.get(),
               [&](const Mention& mention) {
                 const auto place = places.find(first_part(mention.name));
                 if (place == places.end()) return;
                 if (!mention.elsewhere.empty() && kind == SymbolKind::definition)
                   elsewhere[i].push_back({place->second, mention.elsewhere});
                 else
                   reads[i].push_back(place->second);
               });
    }
    const Ordered all = ordered(reads, elsewhere);
    for (std::size_t i : all.order) block.order.push_back({declared[i].kind, declared[i].index, all.circles[i]});
    block.circle_axes.assign(all.axes.begin(), all.axes.end());
    for (const std::vector<std::size_t>& cycle : all.cycles) {
      const auto name_of = [&](std::size_t i) -> const syntax::Name& {
        const auto& [kind, index, circles] = declared[i];
        return kind == SymbolKind::axis ? function.local_axes[index].name : function.locals[index].name;
      };
      const syntax::Name& first = name_of(cycle.front());
      Diagnostic& report = diagnostics_.report(Message::definition_circular, first.span, first.text,
                                               cycle_text(cycle, [&](std::size_t i) { return name_of(i).text; }));
      if (std::ranges::all_of(cycle, [&](std::size_t i) { return declared[i].kind == SymbolKind::definition; }))
        report.hint = recurrence_hint;
      result_.circular = true;
    }
  }

  // A function has no place in a recurrence: what it reads of the file, it reads as a whole.
  Readings circles_through_blocks(const Ordered& all) const {
    std::map<std::size_t, std::vector<std::size_t>> circles;
    for (std::size_t item : all.order)
      if (!all.circles[item].empty()) circles[all.circles[item].front()].push_back(item);
    Readings result;
    for (auto& [number, items] : circles)
      if (std::ranges::any_of(items, [&](std::size_t item) { return items_[item].kind != SymbolKind::definition; }))
        result.push_back(std::move(items));
    return result;
  }

  void report_cycles(const Readings& cycles) {
    for (const std::vector<std::size_t>& cycle : cycles) {
      const auto is_function = [&](std::size_t item) { return is_block(item); };
      const syntax::Name& first = name_of(cycle.front());
      Diagnostic& report = diagnostics_.report(
          std::ranges::all_of(cycle, is_function) ? Message::function_recursive : Message::definition_circular, first.span,
          first.text, cycle_text(cycle, [&](std::size_t item) { return name_of(item).text; }));
      if (std::ranges::all_of(cycle, [&](std::size_t item) { return items_[item].kind == SymbolKind::definition; }))
        report.hint = recurrence_hint;
      result_.circular = true;
    }
  }

  Diagnostics& diagnostics_;
  const Module* modules_[2];
  std::vector<Item> items_;
  std::unordered_map<const Symbol*, std::size_t> numbers_;
  Readings reads_;
  ReadingsElsewhere elsewhere_;
  Resolution result_;
};

}  // namespace

const syntax::Bracket* shift_of(const syntax::Expression& e) {
  if (e.kind != Expression::Kind::substitute || e.operands[0]->kind != Expression::Kind::name) return nullptr;
  for (const syntax::Bracket& bracket : e.brackets) {
    if (bracket.value == nullptr || bracket.otherwise == nullptr || bracket.value->kind != Expression::Kind::operation) continue;
    const Expression& index = *bracket.value;
    if (index.op != Op::add && index.op != Op::subtract) continue;
    const Expression &axis = *index.operands[0], &offset = *index.operands[1];
    if (axis.kind == Expression::Kind::name && axis.text == bracket.names.front().text &&
        offset.kind == Expression::Kind::number && offset.whole && offset.number >= 1 && offset.number <= 1'000'000)
      return &bracket;
  }
  return nullptr;
}

Resolution resolve(Diagnostics& diagnostics, const Module& file, const Module& library) {
  return Resolver(diagnostics, file, library).run();
}

void check_names(Diagnostics& diagnostics, const Module& module, const syntax::Expression& expression) {
  mentions(&expression, [&](const Mention& mention) {
    const std::string name = first_part(mention.name);
    if (!syntax::is_reserved(name) && module.find(name) == nullptr)
      report_unknown(diagnostics, mention, module.names());
    else if (mention.call != nullptr && is_path(mention.name))
      report_function_of_value(diagnostics, module, mention);
  });
}

}  // namespace tenet
