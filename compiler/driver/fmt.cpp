// tenet fmt FILE...
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compiler/driver/session.h"
#include "compiler/syntax/layout.h"
#include "runtime/atomic_file.h"

namespace tenet {
namespace {

struct FormatOptions {
  std::vector<std::string> files;
  bool check = false;
};

// From 1.
std::ptrdiff_t first_difference(const std::string& before, const std::string& after) {
  return 1 + std::count(before.begin(), std::ranges::mismatch(before, after).in1, '\n');
}

// A link stays one: what it leads to is replaced.
Outcome<void> replace(const std::string& file, const std::string& text) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::canonical(file, error);
  if (error) return failed(file + ": " + error.message());
  if (auto written = write_atomically(target, text); !written) return failed(written.error());
  return {};
}

Outcome<Status> format_file(const std::string& file, bool check) {
  Options options;
  options.file = file;
  auto opened = open_text(options);
  if (!opened) return std::unexpected(opened.error());
  Session& session = **opened;
  const std::optional<std::string> text = syntax::canonical_layout(session.diagnostics, session.file);
  if (auto said = diagnosed(session); !said) return std::unexpected(said.error());
  const bool changes = *text != session.text;
  if (check) {
    if (changes) say(fmt::format("{}: line {} is not in canonical layout", file, first_difference(session.text, *text)));
    return changes ? Status::refuted : Status::done;
  }
  if (file == "-") {
    fmt::print("{}", *text);
  } else if (changes) {
    if (auto written = replace(file, *text); !written) return std::unexpected(written.error());
    say(fmt::format("{}: rewritten from line {} on", file, first_difference(session.text, *text)));
  }
  return Status::done;
}

// Every file, whatever happens to those before it; the worst status.
Outcome<Status> format_files(const FormatOptions& options) {
  Status worst = Status::done;
  for (const std::string& file : options.files) {
    const Outcome<Status> outcome = format_file(file, options.check);
    if (!outcome && !outcome.error().message.empty()) say(outcome.error().message);
    worst = std::max(worst, outcome ? *outcome : outcome.error().status);
  }
  return worst;
}

}  // namespace

Command fmt_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("fmt", "Programs in canonical layout");
  auto options = std::make_shared<FormatOptions>();
  app->add_option("FILE", options->files, "The programs to rewrite; - goes from standard input to standard output")->required();
  app->add_flag("--check", options->check, "Changes nothing; ends with status 1 if a program is not in canonical layout");
  app->footer(
      "Only white space changes: comments, blank lines (of several one is kept), and where a statement's lines break are the\n"
      "author's. Blocks are indented by two spaces; in neighbouring lines `=`, the sides of claims, and comments behind code\n"
      "stand below each other. A file that is in this layout already is not touched, nor one with a syntax error.\n\n"
      "Examples:\n"
      "  tenet fmt model.tenet\n"
      "  tenet fmt --check graphs/*.tenet\n"
      "  tenet fmt - <model.tenet");
  return {app, [options] { return format_files(*options); }};
}

}  // namespace tenet
