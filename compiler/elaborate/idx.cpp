// idx("images.gz", "labels.gz", x = X, y = Y)
#include "compiler/elaborate/sources.h"

namespace tenet {

std::optional<DataSource> idx_source(Elaborator& elaborator, const syntax::Expression& call) {
  const auto arguments = source_arguments(elaborator, call, 1, 2, {"x", "y"});
  if (!arguments) return {};
  const bool labelled = arguments->files.size() == 2;
  const auto images = column_argument(elaborator, *arguments, "x", Wanted::any, true);
  const auto labels = column_argument(elaborator, *arguments, "y", Wanted::any, labelled);
  if (!images || (labelled && !labels)) return {};
  if (!labelled && arguments->find("y") != nullptr) {
    elaborator.report(Message::source_file_missing, call.span, "y", call.text).hint =
        "`idx(\"images\", \"labels\", x = X, y = Y)`";
    return {};
  }
  DataSource source{SourceKind::idx, arguments->files, {*images}, {}, {}, {}, call.span};
  if (labels) source.columns.push_back(*labels);
  const std::optional<AxisId> items = items_axis(elaborator, *arguments, source.columns);
  if (!items) return {};
  source.items = *items;
  items_first(source);
  return source;
}

}  // namespace tenet
