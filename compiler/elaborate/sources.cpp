#include "compiler/elaborate/sources.h"

#include <algorithm>

namespace tenet {
namespace {

using syntax::Argument;
using syntax::Expression;

struct Row {
  std::string_view name;
  std::optional<DataSource> (*read)(Elaborator&, const Expression&);
};

constexpr Row sources[] = {
    {"letters", letters_source}, {"text", text_source}, {"idx", idx_source}, {"csv", csv_source}, {"npy", npy_source}};

bool fits(const Graph& graph, InputId data, Wanted wanted) {
  return wanted == Wanted::any || graph.input(data).typed_by.has_value() == (wanted == Wanted::typed);
}

// Whether no data are filled twice.
std::optional<DataSource> once_each(Elaborator& elaborator, std::string_view name, std::optional<DataSource> source) {
  if (!source) return {};
  for (auto column = source->columns.begin(); column != source->columns.end(); ++column) {
    if (std::ranges::find(column + 1, source->columns.end(), column->input, &SourceColumn::input) == source->columns.end())
      continue;
    elaborator.report(Message::source_fills_twice, source->span, name, elaborator.graph().input(column->input).name);
    return {};
  }
  return source;
}

}  // namespace

std::optional<DataSource> read_source(Elaborator& elaborator, const Expression& value) {
  const bool call = value.kind == Expression::Kind::call;
  const auto row = std::ranges::find(sources, value.text, &Row::name);
  if (call && row != std::end(sources) && !elaborator.takes_no_axes(value)) return {};
  if (call && row != std::end(sources)) return once_each(elaborator, row->name, row->read(elaborator, value));
  std::vector<std::string> names;
  for (const Row& source : sources) names.emplace_back(source.name);
  elaborator.report(Message::source_wanted, value.span).hint = call ? suggestion(value.text, names) : "";
  return {};
}

const Expression* SourceArguments::find(std::string_view name) const {
  const auto found = std::ranges::find(named, name, [](const Argument* argument) { return argument->name->text; });
  return found == named.end() ? nullptr : (*found)->value.get();
}

std::optional<SourceArguments> source_arguments(Elaborator& elaborator, const Expression& call, std::size_t least,
                                                std::size_t most, const std::vector<std::string>& names) {
  SourceArguments result{&call, {}, {}};
  for (const Argument& argument : call.arguments) {
    const std::string name = argument.name ? argument.name->text : "path";
    if (argument.name && !names.empty() && std::ranges::find(names, name) == names.end()) {
      elaborator.report(Message::argument_unknown, argument.name->span, call.text, name).hint = suggestion(name, names);
      return {};
    }
    if (!argument.name && most == 0) {
      elaborator.report(Message::argument_by_name, argument.value->span, call.text);
      return {};
    }
    if (argument.name ? result.find(name) != nullptr : result.files.size() == most) {
      elaborator.report(Message::argument_twice, argument.value->span, name, call.text);
      return {};
    }
    if (argument.name) {
      result.named.push_back(&argument);
    } else if (argument.value->kind == Expression::Kind::string) {
      result.files.push_back(argument.value->text);
    } else {
      elaborator.report(Message::source_file_wanted, argument.value->span, call.text);
      return {};
    }
  }
  if (result.files.size() >= least) return result;
  elaborator.report(Message::source_file_wanted, call.span, call.text);
  return {};
}

SourceColumn column_of(Elaborator& elaborator, const Symbol& data) {
  SourceColumn column{elaborator.input_of(data), {}, {}};
  for (const syntax::Name& axis : data.module->tree().data[data.index].axes)
    if (const Symbol* symbol = data.module->find(axis.text); symbol != nullptr && symbol->kind == SymbolKind::axis)
      column.axes.push_back(elaborator.axis_of(*symbol));
  return column;
}

std::optional<SourceColumn> column_argument(Elaborator& elaborator, const SourceArguments& arguments, std::string_view name,
                                            Wanted wanted, bool required) {
  const Expression* value = arguments.find(name);
  if (value == nullptr) {
    if (required) elaborator.report(Message::argument_missing, arguments.call->span, name, arguments.call->text);
    return {};
  }
  const bool named = value->kind == Expression::Kind::name;
  const Symbol* symbol = named ? elaborator.file().find(value->text) : nullptr;
  if (symbol != nullptr && symbol->kind == SymbolKind::data && fits(elaborator.graph(), elaborator.input_of(*symbol), wanted))
    return column_of(elaborator, *symbol);
  static constexpr std::string_view descriptions[] = {"data that is typed by an axis", "real data", "data"};
  static constexpr std::string_view examples[] = {"`data X[batch, context] : vocab`", "`data x[batch, pixel]`",
                                                  "`data x[batch, pixel]`"};
  Diagnostic& row = elaborator.report(Message::source_data_wanted, value->span, name, arguments.call->text,
                                      descriptions[static_cast<std::size_t>(wanted)]);
  row.hint = examples[static_cast<std::size_t>(wanted)];
  if (named && symbol == nullptr)
    if (const std::string near = suggestion(value->text, elaborator.file().names()); !near.empty()) row.hint = near;
  return {};
}

std::optional<AxisId> items_axis(Elaborator& elaborator, const SourceArguments& arguments,
                                 const std::vector<SourceColumn>& columns) {
  std::vector<AxisId> common = columns[0].axes;
  for (const SourceColumn& column : columns)
    std::erase_if(common, [&](AxisId axis) { return std::ranges::find(column.axes, axis) == column.axes.end(); });
  if (common.empty()) {
    const Graph& graph = elaborator.graph();
    std::string each;
    for (const SourceColumn& column : columns)
      each += fmt::format("{}`{}` has {}", each.empty() ? "" : ", ", graph.input(column.input).name,
                          elaborator.axes_text(graph.input(column.input).axes));
    elaborator.report(Message::source_items_wanted, arguments.call->span, arguments.call->text, each);
    return {};
  }
  const auto batch = std::ranges::find(common, "batch", [&](AxisId axis) { return elaborator.graph().axis(axis).name; });
  return batch == common.end() ? common.front() : *batch;
}

std::optional<AxisId> common_alphabet(Elaborator& elaborator, const SourceArguments& arguments,
                                      const std::vector<SourceColumn>& columns) {
  const Graph& graph = elaborator.graph();
  const Input* first = nullptr;
  for (const SourceColumn& column : columns) {
    const Input& input = graph.input(column.input);
    if (!input.typed_by) continue;
    if (first == nullptr) first = &input;
    if (input.typed_by == first->typed_by) continue;
    elaborator.report(Message::source_alphabets_differ, arguments.call->span, first->name, graph.axis(*first->typed_by).name,
                      input.name, graph.axis(*input.typed_by).name, arguments.call->text);
    return {};
  }
  return first->typed_by;
}

bool fill_by_name(Elaborator& elaborator, const SourceArguments& arguments, DataSource& source) {
  for (const Argument* argument : arguments.named) {
    const Symbol* symbol = elaborator.file().find(argument->name->text);
    if (symbol == nullptr || symbol->kind != SymbolKind::data) {
      std::vector<std::string> names;
      for (const DataInput& data : elaborator.program().data) names.push_back(data.name);
      elaborator.report(Message::source_name_no_data, argument->name->span, argument->name->text, arguments.call->text).hint =
          suggestion(argument->name->text, names);
      return false;
    }
    source.columns.push_back(column_of(elaborator, *symbol));
  }
  if (source.columns.empty()) {
    elaborator.report(Message::source_fills_nothing, arguments.call->span, arguments.call->text);
    return false;
  }
  const std::optional<AxisId> items = items_axis(elaborator, arguments, source.columns);
  if (items) source.items = *items;
  return items.has_value();
}

void items_first(DataSource& source) {
  for (SourceColumn& column : source.columns)
    std::ranges::stable_partition(column.axes, [&](AxisId axis) { return axis == source.items; });
}

bool read_sequences(Elaborator& elaborator, const SourceArguments& arguments, bool weighted, DataSource& source) {
  const auto inputs = column_argument(elaborator, arguments, "inputs", Wanted::typed, true);
  const auto targets = column_argument(elaborator, arguments, "targets", Wanted::typed, true);
  const auto weight = weighted ? column_argument(elaborator, arguments, "weight", Wanted::real, false) : std::nullopt;
  if (!inputs || !targets || (arguments.find("weight") != nullptr && !weight)) return false;
  source.columns = {*inputs, *targets};
  if (weight) source.columns.push_back(*weight);
  source.alphabet = common_alphabet(elaborator, arguments, source.columns);
  if (!source.alphabet) return false;
  const std::optional<AxisId> items = items_axis(elaborator, arguments, source.columns);
  if (!items) return false;
  const Graph& graph = elaborator.graph();
  const std::span<const AxisId> axes = graph.input(inputs->input).axes;
  for (const SourceColumn& column : source.columns) {
    const Input& input = graph.input(column.input);
    if (axes.size() == 2 && std::ranges::equal(input.axes, axes)) continue;
    elaborator.report(Message::sequence_axes, arguments.call->span, arguments.call->text, input.name,
                      elaborator.axes_text(input.axes));
    return false;
  }
  source.items = *items;
  source.positions = axes[0] == *items ? axes[1] : axes[0];
  return true;
}

}  // namespace tenet
