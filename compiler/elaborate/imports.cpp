#include "compiler/elaborate/imports.h"

#include <filesystem>
#include <iterator>
#include <unordered_set>

#include "compiler/syntax/parse.h"

namespace tenet {
namespace {

namespace fs = std::filesystem;

// One name for all paths that lead to a file.
std::string identity(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(path, error);
  return (error ? path.lexically_normal() : canonical).string();
}

template <class Row>
void append(std::vector<Row>& rows, std::vector<Row>& more) {
  rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Everything but claims and recipes.
void add(syntax::Program& program, syntax::Program& part) {
  append(program.axes, part.axes);
  append(program.data, part.data);
  append(program.parameters, part.parameters);
  append(program.definitions, part.definitions);
  append(program.functions, part.functions);
  append(program.layers, part.layers);
  append(program.optimizers, part.optimizers);
  append(program.states, part.states);
  append(program.updates, part.updates);
  append(program.assumptions, part.assumptions);
}

}  // namespace

syntax::Program with_imports(Diagnostics& diagnostics, std::uint32_t file, const ReadFile& read) {
  syntax::Program own = syntax::parse(diagnostics, file);
  syntax::Program program;
  std::unordered_set<std::string> met{identity(diagnostics.source(file).name)};
  std::vector<syntax::Import> open = own.imports;
  for (std::size_t next = 0; next < open.size(); ++next) {
    const syntax::Import import = open[next];
    const fs::path path = (fs::path(diagnostics.source(import.span.file).name).parent_path() / import.path).lexically_normal();
    if (!met.insert(identity(path)).second) continue;
    auto text = read(path.string());
    if (!text) {
      diagnostics.report(Message::import_unreadable, import.span, path.string(), text.error());
      continue;
    }
    syntax::Program part = syntax::parse(diagnostics, diagnostics.add_source(path.string(), std::move(*text)));
    add(program, part);
    append(open, part.imports);
  }
  add(program, own);
  program.claims = std::move(own.claims);
  program.trains = std::move(own.trains);
  program.samples = std::move(own.samples);
  return program;
}

}  // namespace tenet
