#include "compiler/driver/explanation_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "compiler/driver/points.h"
#include "compiler/driver/sizes_to_check.h"
#include "compiler/driver/tensors.h"

namespace tenet {
namespace {

constexpr std::int64_t largest_size = 5;  // of an axis that has a size and may be smaller

// Smaller than the program's, where it lets them be: a derivation holds for all.
Outcome<Sizes> small_sizes(Session& session) {
  Program& program = *session.program;
  const Graph& graph = program.graph;
  const auto& given = session.options.sizes;
  Sizes small;
  for (const auto& [name, axis] : program.axes) {
    const std::optional<NodeId> size = graph.axis(axis).size;
    const bool literal = size && graph.node(*size).op == Op::constant;
    if (const auto found = given.find(name); found != given.end())
      small.set(axis, found->second);
    else if (!size)
      small.set(axis, small_size);
    else if (literal && !indexed_by_numbers(graph, axis))
      small.set(axis, std::min<std::int64_t>(size_value(graph, *size, Sizes())->get_num().get_si(), largest_size));
  }
  auto allowed = allowed_sizes(program, std::move(small));
  if (allowed && stay_inside(program, *allowed, indices_of(program))) return std::move(*allowed);
  if (auto sizes = close_sizes(program, session.diagnostics, given, small_size)) return std::move(*sizes);
  if (auto said = diagnosed(session); !said) return std::unexpected(said.error());
  return wrong("the program allows no sizes at which the explanation could be checked");
}

// The largest of the numbers that are added up on the way to a value: what rounding is a share of.
double magnitude_of(const Graph& graph, Interpreter& interpreter, NodeId value) {
  double magnitude = 0;
  for (NodeId id : graph.reachable(std::span(&value, 1)))
    if (const Op op = graph.node(id).op; op == Op::add || op == Op::subtract || op == Op::sum)
      for (NodeId operand : graph.node(id).operands)
        for (double x : interpreter.value(operand).values)
          if (std::isfinite(x)) magnitude = std::max(magnitude, std::abs(x));
  return magnitude;
}

// The largest difference, relative to the largest value; where that is rounding alone, to what it is rounded from. Nothing
// where a value is not finite.
class Replay {
 public:
  Replay(Session& session, const Point& point)
      : graph_(session.graph()), sizes_(session.sizes), interpreter_(graph_, sizes_, session.seed) {
    bind_point(point, interpreter_);
  }

  std::optional<double> difference(NodeId raw, NodeId other) {
    const Tensor left = interpreter_.value(raw);
    const Tensor right = laid_out(interpreter_.value(other), left.axes, sizes_);
    double scale = 0, greatest = 0;
    for (std::size_t i = 0; i < left.values.size(); ++i) {
      if (!std::isfinite(left.values[i]) || !std::isfinite(right.values[i])) return {};
      scale = std::max(scale, std::abs(left.values[i]));
      greatest = std::max(greatest, std::abs(left.values[i] - right.values[i]));
    }
    if (greatest == 0) return 0;
    const double magnitude = magnitude_of(graph_, interpreter_, raw);
    return greatest / (scale > 1e-9 * magnitude ? scale : magnitude);
  }

  // False where the point is of no use.
  bool run(Explanation& explanation) {
    const auto note = [&](NodeId raw, NodeId node, double& into) {
      const auto found = difference(raw, node);
      into = found.value_or(0);
      return found.has_value();
    };
    for (ChainLine& link : explanation.chain) {
      if (!note(link.raw, link.node, link.difference)) return false;
      for (ExplainedStep& step : link.steps)
        if (!note(link.raw, step.node, step.difference)) return false;
    }
    for (ExplainedStep& step : explanation.steps)
      if (!note(explanation.raw, step.node, step.difference)) return false;
    return true;
  }

 private:
  const Graph& graph_;
  const Sizes& sizes_;
  Interpreter interpreter_;
};

Outcome<void> check_line(Session& session, DerivedLine& line) {
  Explanation& explanation = *line.explanation;
  bool replayed = false;
  for (Draw draw : {Draw::normal, Draw::positive, Draw::unit})
    if (const std::optional<Point> point = replayed ? std::nullopt : draw_point(session, draw, 0))
      replayed = Replay(session, *point).run(explanation);
  if (!replayed) return failed(line.name + ": no point was found at which its gradient is finite");
  const auto wrong_line = [&](const std::string& expression, double difference) {
    return failed(fmt::format("{}: `{}` differs from the gradient by {:.1e} in numbers", line.name, expression, difference));
  };
  explanation.checked = true;
  Outcome<void> result;
  const auto check = [&](const auto& lines) {
    for (const auto& line : lines)
      if (result && line.difference > explanation_tolerance) result = wrong_line(line.expression, line.difference);
  };
  check(explanation.chain);
  for (const ChainLine& link : explanation.chain) check(link.steps);
  check(explanation.steps);
  return result;
}

}  // namespace

Outcome<void> check_explanations(Session& session, std::span<DerivedLine> lines) {
  auto sizes = small_sizes(session);
  if (!sizes) return std::unexpected(sizes.error());
  session.sizes = std::move(*sizes);
  for (DerivedLine& line : lines)
    if (line.explanation)
      if (auto checked = check_line(session, line); !checked) return checked;
  return {};
}

}  // namespace tenet
