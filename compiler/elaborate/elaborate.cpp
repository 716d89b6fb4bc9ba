#include "compiler/elaborate/dropped.h"
#include "compiler/elaborate/elaborator.h"
#include "compiler/elaborate/imports.h"
#include "compiler/elaborate/recipe.h"
#include "compiler/syntax/parse.h"

namespace tenet {

std::optional<Program> elaborate(Diagnostics& diagnostics, std::uint32_t file, std::uint32_t library_file, const ReadFile& read) {
  const syntax::Program library_tree = syntax::parse(diagnostics, library_file);
  const syntax::Program tree = with_imports(diagnostics, file, read);
  if (diagnostics.has_errors()) return {};

  const Module library(diagnostics, library_tree, nullptr);
  const Module names(diagnostics, tree, &library);
  const Resolution resolution = resolve(diagnostics, names, library);
  if (resolution.circular) return {};

  Program program;
  Elaborator elaborator(diagnostics, names, resolution, program);
  elaborator.declarations();
  read_recipes(elaborator);
  if (!diagnostics.has_errors()) report_dropped(diagnostics, tree, program, elaborator.layers());
  if (diagnostics.has_errors()) return {};
  return program;
}

std::optional<NodeId> Program::target(std::string_view name) const {
  for (const Definition& definition : definitions)
    if (definition.name == name) return definition.node;
  for (const Parameter& parameter : parameters)
    if (parameter.name == name) return parameter.node;
  for (const DataInput& input : data)
    if (input.name == name && graph.input(input.input).kind == Kind::real) return input.node;
  return {};
}

}  // namespace tenet
