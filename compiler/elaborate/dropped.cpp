#include "compiler/elaborate/dropped.h"

#include <unordered_set>

namespace tenet {
namespace {

using Names = std::unordered_set<std::string_view>;

template <class Rows>
Names names_of(const Rows& rows) {
  Names names;
  for (const auto& row : rows) names.insert(row.name);
  return names;
}

}  // namespace

void report_dropped(Diagnostics& diagnostics, const syntax::Program& tree, const Program& program,
                    const std::vector<std::string>& layers) {
  const auto report = [&](Span statement) {
    diagnostics.report(Message::statement_dropped, statement).hint = "this is a fault of the compiler: please report it";
  };
  const auto check = [&](const auto& statements, const Names& made) {
    for (const auto& statement : statements)
      if (!made.contains(statement.name.text)) report(statement.name.span);
  };
  const auto check_each = [&](const auto& statements, const auto& made) {  // these have no names, and stand in the file's order
    for (std::size_t i = made.size(); i < statements.size(); ++i) report(statements[i].span);
  };
  Names sized, definitions = names_of(program.definitions);
  for (const auto& [name, axis] : program.axes)
    if (program.graph.axis(axis).size) sized.insert(name);
  for (const syntax::AxisDeclaration& axis : tree.axes)
    if (axis.size != nullptr && !sized.contains(axis.name.text)) report(axis.name.span);
  definitions.insert(layers.begin(), layers.end());
  check(tree.data, names_of(program.data));
  check(tree.parameters, names_of(program.parameters));
  check(tree.states, names_of(program.states));
  check(tree.definitions, definitions);
  check_each(tree.assumptions, program.assumptions);
  check_each(tree.claims, program.claims);
  if (!program.train) check_each(tree.trains, std::vector<Train>());
  if (!program.sample) check_each(tree.samples, std::vector<Sample>());
}

}  // namespace tenet
