// npy(x = "x.npy", y = "y.npy")
#include "compiler/elaborate/sources.h"

namespace tenet {

std::optional<DataSource> npy_source(Elaborator& elaborator, const syntax::Expression& call) {
  const auto arguments = source_arguments(elaborator, call, 0, 0, {});
  if (!arguments) return {};
  DataSource source{SourceKind::npy, {}, {}, {}, {}, {}, call.span};
  if (!fill_by_name(elaborator, *arguments, source)) return {};
  for (const syntax::Argument* argument : arguments->named) {
    if (argument->value->kind != syntax::Expression::Kind::string) {
      elaborator.report(Message::source_file_wanted, argument->value->span, call.text);
      return {};
    }
    source.files.push_back(argument->value->text);
  }
  return source;
}

}  // namespace tenet
