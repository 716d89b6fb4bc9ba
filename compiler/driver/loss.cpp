#include "compiler/driver/loss.h"

#include <algorithm>
#include <tuple>

namespace tenet {
namespace {

// Whether it depends on a parameter or on data.
bool varies(const Program& program, NodeId value) {
  return std::ranges::any_of(program.graph.reachable(std::span(&value, 1)),
                             [&](NodeId node) { return program.graph.node(node).op == Op::input; });
}

}  // namespace

std::optional<Loss> loss_of(const Session& session, const std::optional<std::string>& name) {
  const Program& program = *session.program;
  if (name) {
    for (const Definition& definition : program.definitions)
      if (definition.name == *name) return Loss{*name, definition.node};
    return {};
  }
  if (program.train) return Loss{program.train->loss_name, program.train->loss};
  // The program's own file comes before what it imports.
  const auto place = [&](const Definition& definition) {
    return std::tuple(definition.span.file != session.file, definition.span.file, definition.span.begin);
  };
  const Definition* first = nullptr;
  std::size_t scalars = 0;
  for (const Definition& definition : program.definitions) {
    const Node& node = program.graph.node(definition.node);
    if (definition.inner || node.kind != Kind::real || !node.axes.empty() || !varies(program, definition.node)) continue;
    ++scalars;
    if (!first || place(definition) < place(*first)) first = &definition;
  }
  if (!first) return {};
  return Loss{first->name, first->node, scalars > 1};
}

}  // namespace tenet
