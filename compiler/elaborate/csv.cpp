// csv("file.csv", x = ["a", "b"], y = "c")
#include "compiler/elaborate/sources.h"

namespace tenet {
namespace {

using syntax::Expression;

// "c", or ["a", "b"].
std::optional<std::vector<std::string>> column_names(Elaborator& elaborator, const std::string& data, const Expression& value) {
  std::vector<const Expression*> parts{&value};
  if (value.kind == Expression::Kind::list) {
    parts.clear();
    for (const syntax::ExpressionPtr& part : value.operands) parts.push_back(part.get());
  }
  std::vector<std::string> names;
  for (const Expression* part : parts)
    if (part->kind == Expression::Kind::string) names.push_back(part->text);
  if (names.size() == parts.size() && !names.empty()) return names;
  elaborator.report(Message::csv_columns_wanted, value.span, data).hint = "`csv(\"file.csv\", x = [\"a\", \"b\"], y = \"c\")`";
  return {};
}

}  // namespace

std::optional<DataSource> csv_source(Elaborator& elaborator, const Expression& call) {
  const auto arguments = source_arguments(elaborator, call, 1, 1, {});
  if (!arguments) return {};
  DataSource source{SourceKind::csv, arguments->files, {}, {}, {}, {}, call.span};
  if (!fill_by_name(elaborator, *arguments, source)) return {};
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    SourceColumn& column = source.columns[i];
    const Expression& value = *arguments->named[i]->value;
    const std::string& data = elaborator.graph().input(column.input).name;
    auto names = column_names(elaborator, data, value);
    if (!names) return {};
    column.names = std::move(*names);
    const bool list = value.kind == Expression::Kind::list;
    if (column.axes.size() == (list ? 2 : 1)) continue;
    elaborator.report(
        Message::csv_axes, value.span, data, elaborator.axes_text(elaborator.graph().input(column.input).axes),
        list ? "a list of columns fills one axis besides that of the rows" : "one column fills the axis of the rows");
    return {};
  }
  items_first(source);
  return source;
}

}  // namespace tenet
