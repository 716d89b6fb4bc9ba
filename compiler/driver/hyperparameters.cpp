#include "compiler/driver/hyperparameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/driver/not_finite.h"
#include "compiler/driver/origin.h"
#include "compiler/plan/simplified.h"

namespace tenet {
namespace {

double value_at(const Session& session, NodeId value, std::int64_t step) {
  const Graph& graph = session.program->graph;
  const Sizes sizes = completed(graph, session.sizes);
  Interpreter interpreter(graph, sizes);
  interpreter.bind(session.program->step, {{}, {}, {static_cast<double>(step)}});
  return interpreter.value(value).values[0];
}

// What it has to be where it is not; a norm without a limit is none.
const char* wanted(const Hyperparameter& row, double value) {
  const bool limit = !row.negative;
  if (limit && !(value >= 0)) return "a number from 0 on";
  const bool finite = std::abs(value) <= std::numeric_limits<float>::max();  // as a step computes
  return finite || limit ? nullptr : "a finite number";
}

}  // namespace

Outcome<void> check_hyperparameters(Session& session) {
  const Graph& graph = session.graph();
  for (const Hyperparameter& row : session.recipe().hyperparameters) {
    const std::vector<NodeId> read = graph.reachable(std::span(&row.value, 1));
    if (std::ranges::any_of(read, [&](NodeId node) { return graph.node(node).op == Op::input; })) continue;
    const double value = value_at(session, row.value, 0);
    if (const char* instead = wanted(row, value))
      session.diagnostics.report(Message::recipe_number_wanted, row.span, row.name,
                                 fmt::format("{}, and this is {}", instead, number_text(value)));
  }
  return diagnosed(session);
}

std::string hyperparameter_fault(Session& session, std::int64_t step) {
  const auto& rows = session.recipe().hyperparameters;
  Computation values;
  for (std::size_t i = 0; i < rows.size(); ++i) values.outputs.push_back({output_name(i), rows[i].value});
  const auto executable = executable_of(session.graph(), session.sizes, simplified(session.graph(), values), session.times);
  if (!executable) return {};
  auto arena = Arena::allocate(executable->program.arena_bytes);
  if (!arena) return {};
  const std::vector<Tensor> found = outputs_of_pass(*executable, rows.size(), step, session.sizes, arena->data());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double value = found[i].values[0];
    if (const char* instead = wanted(rows[i], value))
      return fmt::format("`{}` is {} at step {}, and must be {}{}", rows[i].name, number_text(value), step, instead,
                         place_text(session, rows[i].span));
  }
  return {};
}

double rate_at(const Session& session, std::int64_t step) { return value_at(session, session.recipe().rate, step); }

}  // namespace tenet
