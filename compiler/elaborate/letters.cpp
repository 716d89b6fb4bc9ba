// letters("names.txt", window = X, next = Y) and letters("names.txt", inputs = X, targets = Y, weight = mask)
#include <algorithm>

#include "compiler/elaborate/sources.h"

namespace tenet {
namespace {

using syntax::Expression;

// Which input is the window, which the next letter, and over which axes: both have the items' axis, the window one more.
bool read_windows(Elaborator& elaborator, const SourceArguments& arguments, DataSource& source) {
  const auto window = column_argument(elaborator, arguments, "window", Wanted::typed, true);
  const auto next = column_argument(elaborator, arguments, "next", Wanted::typed, true);
  if (!window || !next) return false;
  source.columns = {*window, *next};
  source.alphabet = common_alphabet(elaborator, arguments, source.columns);
  if (!source.alphabet) return false;
  const Graph& graph = elaborator.graph();
  const Input &x = graph.input(window->input), &y = graph.input(next->input);
  if (y.axes.size() != 1 || x.axes.size() != 2 || !std::ranges::includes(x.axes, y.axes)) {
    elaborator.report(Message::letters_axes, arguments.call->span, x.name, elaborator.axes_text(x.axes), y.name,
                      elaborator.axes_text(y.axes));
    return false;
  }
  source.items = y.axes[0];
  source.positions = x.axes[0] == source.items ? x.axes[1] : x.axes[0];
  return true;
}

}  // namespace

std::optional<DataSource> letters_source(Elaborator& elaborator, const Expression& call) {
  static const std::vector<std::string> windows = {"window", "next"}, sequences = {"inputs", "targets", "weight"};
  static const std::vector<std::string> all = {"window", "next", "inputs", "targets", "weight"};
  const auto arguments = source_arguments(elaborator, call, 1, 1, all);
  if (!arguments) return {};
  const auto has = [&](const std::string& name) { return arguments->find(name) != nullptr; };
  const auto window = std::ranges::find_if(windows, has), sequence = std::ranges::find_if(sequences, has);
  if (window != windows.end() && sequence != sequences.end()) {
    elaborator.report(Message::letters_forms_mixed, call.span, *window, *sequence).hint =
        "`window` and `next`: the letters before, the letter that follows; `inputs`, `targets` and `weight`: whole items";
    return {};
  }
  DataSource source{};
  source.kind = sequence == sequences.end() ? SourceKind::letter_windows : SourceKind::letter_sequences;
  source.files = arguments->files;
  source.span = call.span;
  const bool read = source.kind == SourceKind::letter_windows ? read_windows(elaborator, *arguments, source)
                                                              : read_sequences(elaborator, *arguments, true, source);
  if (!read) return {};
  return source;
}

}  // namespace tenet
