// One sink for everything that is wrong with a program or its surroundings, and one renderer. Every message is a row of
// messages.def; each row has a test.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenet {

// A stretch of source text, in bytes. `file` numbers the sink's sources.
struct Span {
  std::uint32_t file = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// The span of what has no place in a text: a file that cannot be read, a wrong option.
inline constexpr Span nowhere{UINT32_MAX, 0, 0};

enum class Severity : std::uint8_t { error, warning, note };

// TENET_MESSAGE(id, severity, text): text is a format string of libfmt.
enum class Message : std::uint16_t {
#define TENET_MESSAGE(id, severity, text) id,
#include "compiler/diagnostics/messages.def"
#undef TENET_MESSAGE
  count_
};

struct Diagnostic {
  Message message;
  Severity severity;
  std::string text;
  Span span;
  std::string hint;                                   // what to do, one line; empty: none ("did you mean `hprebn`?")
  std::vector<std::pair<Span, std::string>> related;  // other places: the first definition, the call
};

struct Source {
  std::string name;  // as the user gave it: a path, or "-"
  std::string text;
};

class Diagnostics {
 public:
  std::uint32_t add_source(std::string name, std::string text);
  const Source& source(std::uint32_t file) const { return sources_[file]; }

  // Reports; the returned row may be given a hint or related places at once (the next report may move it). Past
  // `errors_kept` errors further ones are only counted.
  static constexpr int errors_kept = 50;
  template <class... Arguments>
  Diagnostic& report(Message message, Span span, const Arguments&... arguments) {
    return add(message, span, fmt::format(fmt::runtime(text_of(message)), arguments...));
  }

  bool has_errors() const { return errors_ > 0; }

  // Drops what was reported since a mark: of something that was only tried.
  struct Mark {
    std::size_t reports;
    int errors;
  };
  Mark mark() const { return {diagnostics_.size(), errors_}; }
  void rewind(Mark mark) {
    diagnostics_.erase(diagnostics_.begin() + static_cast<std::ptrdiff_t>(mark.reports), diagnostics_.end());
    errors_ = mark.errors;
  }

  const std::vector<Diagnostic>& all() const { return diagnostics_; }

  // file:line:column: error: text / the line / carets below the span / hint / related places. `colour` adds ANSI colours.
  // In the order of the text within each source; a long line is clipped around the carets.
  std::string render(bool colour) const;

 private:
  static std::string_view text_of(Message message);
  Diagnostic& add(Message message, Span span, std::string text);

  std::vector<Source> sources_;
  std::vector<Diagnostic> diagnostics_;
  Diagnostic dropped_;  // what report() returns once errors are only counted
  int errors_ = 0;
};

// The nearest of `candidates` to a misspelt `name`, or empty if none is near (Damerau-Levenshtein, at most a third of the
// length).
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace tenet
