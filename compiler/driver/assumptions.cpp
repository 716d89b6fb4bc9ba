#include "compiler/driver/assumptions.h"

#include <algorithm>
#include <cmath>

#include "compiler/driver/tensors.h"
#include "compiler/grad/axes.h"
#include "compiler/grad/gradient.h"

namespace tenet {
namespace {

constexpr int most_steps = 200;
constexpr double drawn_tolerance = 1e-11;  // of a point that is drawn: far below what refutes a claim
constexpr long margin = 64;                // a value that must be above another one is moved above it by 1 / margin

bool holds(Op relation, double left, double right, double slack) {
  switch (relation) {
    case Op::equal:
      return std::abs(left - right) <= slack;
    case Op::less:
      return left < right;
    case Op::less_equal:
      return left <= right + slack;
    case Op::greater:
      return left > right;
    default:
      return left >= right - slack;
  }
}

// By how much the relation is missed, squared and added up: 0 where it holds.
NodeId missed(Graph& graph, const Assumption& assumption) {
  const bool less = assumption.relation == Op::less || assumption.relation == Op::less_equal;
  const bool strict = assumption.relation == Op::less || assumption.relation == Op::greater;
  NodeId by = graph.apply(Op::subtract, less ? assumption.left : assumption.right, less ? assumption.right : assumption.left);
  if (strict) by = graph.apply(Op::add, by, graph.constant(1, margin));
  if (assumption.relation != Op::equal) by = graph.apply(Op::maximum, by, graph.constant(0));
  const AxisSet axes = set_of(graph.node(by).axes);
  return graph.reduce(Op::sum, axes, graph.apply(Op::multiply, by, by));
}

// One step of Newton's method for a sum of squares S that should be 0: by 2 S g / |g|^2 against the gradient g; with signs kept
// the same in the logarithms of the values. False where no value has a part in it.
bool step(double missed, std::span<const Tensor> gradients, std::span<Tensor* const> values, bool keep_signs) {
  constexpr double longest = 1;  // in logarithms
  double square = 0;
  const auto slope = [&](std::size_t k, std::size_t i) {
    return gradients[k].values[i] * (keep_signs ? values[k]->values[i] : 1);
  };
  for (std::size_t k = 0; k < values.size(); ++k)
    for (std::size_t i = 0; i < values[k]->values.size(); ++i) square += slope(k, i) * slope(k, i);
  if (!(square > 0) || !std::isfinite(square)) return false;
  for (std::size_t k = 0; k < values.size(); ++k)
    for (std::size_t i = 0; i < values[k]->values.size(); ++i) {
      const double change = -2 * missed * slope(k, i) / square;
      double& value = values[k]->values[i];
      value = keep_signs ? value * std::exp(std::clamp(change, -longest, longest)) : value + change;
    }
  return true;
}

// What an assumption is about.
struct Reads {
  bool items = false;  // of a source
  bool parameters = false, other = false;
};

Reads reads_of(const Session& session, const Assumption& assumption) {
  const Graph& graph = session.program->graph;
  const NodeId sides[] = {assumption.left, assumption.right};
  Reads reads;
  for (NodeId id : graph.reachable(sides)) {
    if (graph.node(id).op != Op::input) continue;
    const InputId input = graph.input_of(id);
    const bool parameter = graph.input(input).role == InputRole::parameter;
    reads.items |= session.has_source() && session.recipe().source->fills(input);
    reads.parameters |= parameter;
    reads.other |= !parameter && !session.is_filled(input);
  }
  return reads;
}

Outcome<void> report(Session& session, const Contradiction& found) {
  const std::string where = found.where.empty() ? "" : " at " + found.where;
  session.diagnostics.report(Message::assumption_contradicted, found.assumption->span, where, number_text(found.left),
                             number_text(found.right));
  return diagnosed(session);
}

}  // namespace

std::optional<Contradiction> contradiction(const Session& session, const Assumption& assumption, Interpreter& interpreter,
                                           double tolerance) {
  const Graph& graph = session.program->graph;
  const AxisSet axes = united(graph.node(assumption.left).axes, graph.node(assumption.right).axes);
  const Tensor left = laid_out(interpreter.value(assumption.left), axes, session.sizes);
  const Tensor right = laid_out(interpreter.value(assumption.right), axes, session.sizes);
  // Where a side is 0, what rounding is a share of is what was added up to it.
  double magnitude = 0;
  const NodeId sides[] = {assumption.left, assumption.right};
  for (NodeId id : graph.reachable(sides))
    if (const Op op = graph.node(id).op; op == Op::sum || op == Op::add || op == Op::subtract)
      for (double value : interpreter.value(graph.node(id).operands[0]).values) magnitude = std::max(magnitude, std::abs(value));
  for (std::size_t i = 0; i < left.values.size(); ++i) {
    const double a = left.values[i], b = right.values[i];
    const double slack = tolerance * std::max(std::abs(a), std::abs(b)) + 1e-2 * tolerance * magnitude;
    if (holds(assumption.relation, a, b, slack)) continue;
    return Contradiction{&assumption, place_of(graph, left, i), a, b};
  }
  return {};
}

bool obey(Session& session, Point& point, bool keep_signs) {
  Graph& graph = session.graph();
  const std::vector<Assumption>& assumptions = session.program->assumptions;
  std::vector<NodeId> targets;
  std::vector<Tensor*> values;
  for (auto& [input, value] : point) {
    const Input& row = graph.input(input);
    if (row.kind != Kind::real || row.role == InputRole::noise || session.is_filled(input)) continue;
    targets.push_back(graph.input_node(input));
    values.push_back(&value);
  }
  std::vector<NodeId> squares;
  std::vector<std::vector<NodeId>> slopes;
  for (const Assumption& assumption : assumptions) {
    squares.push_back(missed(graph, assumption));
    slopes.push_back(gradients(graph, squares.back(), targets));
  }
  session.sizes = completed(graph, session.sizes);
  Interpreter interpreter(graph, session.sizes, session.seed);
  bind_point(point, interpreter);
  for (int count = 0; count < most_steps; ++count) {
    bool obeyed = true, moved = false;
    for (std::size_t k = 0; k < assumptions.size(); ++k) {
      if (!contradiction(session, assumptions[k], interpreter, drawn_tolerance)) continue;
      obeyed = false;
      std::vector<Tensor> gradient;
      for (std::size_t t = 0; t < targets.size(); ++t)
        gradient.push_back(laid_out(interpreter.value(slopes[k][t]), values[t]->axes, session.sizes));
      moved |= step(interpreter.value(squares[k]).values[0], gradient, values, keep_signs);
      bind_point(point, interpreter);
    }
    if (obeyed || !moved) return obeyed;
  }
  return false;
}

Outcome<void> want_points(Session& session) {
  if (session.program->assumptions.empty()) return {};
  for (Draw draw : {Draw::initial, Draw::normal, Draw::positive, Draw::unit})
    if (draw_point(session, draw, 0)) return {};
  session.diagnostics.report(Message::assumptions_unmet, session.program->assumptions.front().span);
  return diagnosed(session);
}

Outcome<void> check_assumptions(Session& session, const Model* initial) {
  for (const Assumption& assumption : session.program->assumptions) {
    const Reads reads = reads_of(session, assumption);
    if (reads.other || reads.parameters != (initial != nullptr)) continue;
    const std::size_t splits = reads.items ? session.splits.size() : 1;
    for (std::size_t split = 0; split < splits; ++split)
      for (std::int64_t first = 0, next = 0; next >= 0; first = next) {
        Interpreter interpreter(session.graph(), session.sizes, session.seed);
        if (initial) bind_model(session, *initial, nullptr, interpreter);
        for (const FixedData& data : session.fixed) interpreter.bind(data.input, data.value);
        next = reads.items ? bind_items(session, split, first, interpreter) : -1;
        if (const auto found = contradiction(session, assumption, interpreter, assumption_tolerance))
          return report(session, *found);
      }
  }
  return {};
}

}  // namespace tenet
