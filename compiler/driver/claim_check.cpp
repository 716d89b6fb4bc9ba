#include "compiler/driver/claim_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "compiler/driver/points.h"
#include "compiler/driver/tensors.h"
#include "compiler/plan/rewriting.h"
#include "compiler/prove/decide.h"
#include "compiler/render/text.h"
#include "compiler/simplify/simplify.h"

namespace tenet {
namespace {

constexpr int points = 4;
constexpr std::string_view drawn_names[] = {"near the initial values", "with normal values", "with positive values",
                                            "with values in (0, 1)"};

// Both sides at one point, with the axes of either.
struct Sides {
  Tensor left, right;
  double magnitude;  // of the largest value on the way: what rounding is a share of

  bool finite() const {
    const auto all = [](const Tensor& tensor) {
      return std::ranges::all_of(tensor.values, [](double x) { return std::isfinite(x); });
    };
    return all(left) && all(right);
  }
};

Sides sides_at(Session& session, const Claim& claim, const Point& point) {
  const Graph& graph = session.graph();
  Interpreter interpreter(graph, session.sizes);
  bind_point(point, interpreter);
  std::vector<AxisId> axes;
  std::ranges::set_union(graph.node(claim.left).axes, graph.node(claim.right).axes, std::back_inserter(axes));
  Sides sides{laid_out(interpreter.value(claim.left), axes, session.sizes),
              laid_out(interpreter.value(claim.right), axes, session.sizes), 1};
  const NodeId roots[] = {claim.left, claim.right};
  for (NodeId id : graph.reachable(roots))
    if (graph.node(id).op == Op::add || graph.node(id).op == Op::subtract || graph.node(id).op == Op::sum)
      for (double value : interpreter.value(graph.node(id).operands[0]).values)
        if (std::isfinite(value)) sides.magnitude = std::max(sides.magnitude, std::abs(value));
  return sides;
}

// Looks at one point; a difference clearly beyond rounding refutes.
void compare(const Session& session, const Sides& sides, std::string_view drawn, ClaimCheck& check) {
  double scale = 0, greatest = -1;
  std::size_t place = 0;
  for (std::size_t i = 0; i < sides.left.values.size(); ++i) {
    scale = std::max({scale, std::abs(sides.left.values[i]), std::abs(sides.right.values[i])});
    const double difference = std::abs(sides.left.values[i] - sides.right.values[i]);
    if (difference > greatest) {
      greatest = difference;
      place = i;
    }
  }
  if (std::isnan(check.difference) || greatest > check.difference) check.difference = greatest;
  if (check.verdict == Verdict::refuted || greatest <= std::max({1e-7 * scale, 1e-11 * sides.magnitude, 1e-9})) return;
  check.verdict = Verdict::refuted;
  check.where = place_of(session.program->graph, sides.left, place);
  check.where += (check.where.empty() ? "" : ", ") + std::string(drawn);
  check.left = sides.left.values[place];
  check.right = sides.right.values[place];
}

// A value as an expression over the file's names; empty if it does not fit a line or two.
std::string short_expression(const Session& session, NodeId node) {
  constexpr std::size_t longest = 60;  // operations
  const Graph& graph = session.program->graph;
  std::vector<std::string> definitions, taken;
  for (const Definition& definition : session.program->definitions)
    if (!definition.inner) definitions.push_back(definition.name);
  for (const auto& [name, axis] : session.program->axes) taken.push_back(name);
  Spelling spelling(graph, definitions, taken);
  std::unordered_map<NodeId, std::size_t> weights;
  for (NodeId id : graph.reachable(std::span(&node, 1))) {
    std::size_t weight = 1;
    if (!spelling.name_of(id))
      for (NodeId operand : graph.node(id).operands) weight = std::min(weight + weights[operand], longest + 1);
    weights[id] = weight;
  }
  if (weights[node] > longest) return {};
  return expression(graph, node, spelling);
}

int line_of(const Session& session, Span span) {
  const std::string& text = session.diagnostics.source(span.file).text;
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + span.begin, '\n'));
}

ClaimCheck check_claim(Session& session, Prover& prover, const Claim& claim) {
  Graph& graph = session.graph();
  ClaimCheck check{
      claim.name, line_of(session, claim.span), Verdict::undecided, 0, std::numeric_limits<double>::quiet_NaN(), {}, {}, 0, 0,
      {}};
  const NodeId roots[] = {claim.left, claim.right, graph.apply(Op::subtract, claim.left, claim.right)};
  const Simplified simple = session.times("simplify", [&] { return simplify(graph, roots); });
  if (simple.roots[0] == simple.roots[1] || is_zero(graph, simple.roots[2])) {
    check.verdict = Verdict::proved;
    check.steps = simple.journal.size();
  } else {
    const Decision decision = session.times("prove", [&] { return prover.decide(claim.left, claim.right); });
    if (decision.decided == Decided::proved) {
      check.verdict = Verdict::proved;
      check.steps = decision.steps;
      check.conditions = decision.conditions;
    }
  }
  session.sizes = completed(graph, session.sizes);
  for (int number = 0; number < points; ++number) {
    // The first point is near the initial values, the others anywhere; where a side is undefined, positive, then in (0, 1).
    for (Draw draw : {number == 0 ? Draw::initial : Draw::normal, Draw::positive, Draw::unit}) {
      const Sides sides = sides_at(session, claim, draw_point(session, draw, static_cast<std::uint32_t>(number)));
      if (!sides.finite()) continue;
      compare(session, sides, drawn_names[static_cast<std::size_t>(draw)], check);
      break;
    }
  }
  if (check.verdict == Verdict::refuted) check.remainder = short_expression(session, simple.roots[2]);
  return check;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view names[] = {"proved", "refuted", "undecided"};
  return names[static_cast<std::size_t>(verdict)];
}

Outcome<std::vector<ClaimCheck>> check_claims(Session& session) {
  std::vector<ClaimCheck> result;
  Prover prover(session.graph());
  for (const Claim& claim : session.program->claims) {
    const NodeId roots[] = {claim.left, claim.right};
    if (auto large = too_large(session.graph(), session.sizes, roots)) return failed("claim " + claim.name + ": " + *large);
    result.push_back(session.times("claims", [&] { return check_claim(session, prover, claim); }));
  }
  return result;
}

}  // namespace tenet
