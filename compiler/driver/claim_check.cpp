#include "compiler/driver/claim_check.h"

#include <algorithm>
#include <cmath>
#include <numeric>
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
constexpr std::size_t longest_difference = 200;  // of a normal form, in characters
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

Sides sides_at(Session& session, const Claim& claim, Interpreter& interpreter) {
  const Graph& graph = session.graph();
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
  check.conditions.clear();
  check.where = place_of(session.program->graph, sides.left, place);
  check.where += (check.where.empty() ? "" : ", ") + std::string(drawn);
  check.left = sides.left.values[place];
  check.right = sides.right.values[place];
}

// All claims at one point after another: the first is near the initial values, the others anywhere. A claim of which a side is
// undefined there is looked at with positive values, then with values in (0, 1).
void compare_at_points(Session& session, std::vector<ClaimCheck>& checks) {
  const std::vector<Claim>& claims = session.program->claims;
  for (int number = 0; number < points; ++number) {
    std::vector<std::size_t> left(claims.size());
    std::iota(left.begin(), left.end(), 0);
    for (Draw draw : {number == 0 ? Draw::initial : Draw::normal, Draw::positive, Draw::unit}) {
      if (left.empty()) break;
      Interpreter interpreter(session.graph(), session.sizes);
      bind_point(draw_point(session, draw, static_cast<std::uint32_t>(number)), interpreter);
      std::erase_if(left, [&](std::size_t k) {
        const Sides sides = sides_at(session, claims[k], interpreter);
        if (!sides.finite()) return false;
        compare(session, sides, drawn_names[static_cast<std::size_t>(draw)], checks[k]);
        return true;
      });
    }
  }
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

// Why the forms proved nothing.
std::string reason_of(const Decision& decision) {
  switch (decision.decided) {
    case Decided::proved:
      return {};
    case Decided::difference:
      return "the normal forms differ";
    case Decided::stopped:
      return std::string(decision.stop);
    case Decided::disagreed:
      return "there is a proof, but its replay disagreed";
  }
  return {};
}

// What the algebra says of a claim, without numbers. Simplification is tried first: it sees at once what the sides share.
ClaimCheck derived(Session& session, Prover& prover, const Claim& claim) {
  Graph& graph = session.graph();
  ClaimCheck check;
  check.name = claim.name;
  check.line = line_of(session, claim.span);
  const NodeId roots[] = {claim.left, claim.right, graph.apply(Op::subtract, claim.left, claim.right)};
  const Simplified simple = session.times("simplify", [&] { return simplify(graph, roots); });
  const bool simplified = simple.roots[0] == simple.roots[1] || is_zero(graph, simple.roots[2]);
  const Decision decision = session.times(
      "prove", [&] { return simplified ? prover.replayed(claim.left, claim.right) : prover.decide(claim.left, claim.right); });
  if (decision.decided == Decided::proved) {
    check.verdict = Verdict::proved;
    check.steps = simplified ? simple.journal.size() : decision.steps;
    check.conditions = decision.conditions;
    check.exact_points = decision.replay.points;
    return check;
  }
  check.reason = reason_of(decision);
  check.remainder = short_expression(session, simple.roots[2]);
  if (check.remainder.empty() && decision.difference.size() <= longest_difference) check.remainder = decision.difference;
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
    result.push_back(derived(session, prover, claim));
  }
  session.sizes = completed(session.graph(), session.sizes);
  session.times("points", [&] { compare_at_points(session, result); });
  return result;
}

}  // namespace tenet
