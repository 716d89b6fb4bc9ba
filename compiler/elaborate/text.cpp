// text("corpus.txt", inputs = X, targets = Y)
#include "compiler/elaborate/sources.h"

namespace tenet {

std::optional<DataSource> text_source(Elaborator& elaborator, const syntax::Expression& call) {
  const auto arguments = source_arguments(elaborator, call, 1, 1, {"inputs", "targets"});
  if (!arguments) return {};
  DataSource source{};
  source.kind = SourceKind::text;
  source.files = arguments->files;
  source.span = call.span;
  if (!read_sequences(elaborator, *arguments, false, source)) return {};
  return source;
}

}  // namespace tenet
