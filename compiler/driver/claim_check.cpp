#include "compiler/driver/claim_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "compiler/driver/points.h"
#include "compiler/driver/sizes_to_check.h"
#include "compiler/driver/tensors.h"
#include "compiler/grad/axes.h"
#include "compiler/grad/closing.h"
#include "compiler/plan/rewriting.h"
#include "compiler/prove/decide.h"
#include "compiler/render/text.h"
#include "compiler/simplify/simplify.h"

namespace tenet {
namespace {

constexpr int points = 4, points_at_others = 2;
// Elements in all nodes of a claim: of which axes are shortened, and of which it is not looked at in numbers.
constexpr double most_wanted = 1 << 23, most_elements = 1 << 25;
constexpr std::size_t longest_difference = 200;  // of a normal form, in characters
constexpr std::string_view drawn_names[] = {"near the initial values", "with normal values", "with positive values",
                                            "with values in (0, 1)"};

// Both sides at one point, with the axes of either.
struct Sides {
  Tensor left, right;
  double magnitude;  // of the largest value on the way: what rounding is a share of

  bool finite() const {
    return all([](double x) { return std::isfinite(x); });
  }
  bool defined() const {  // though it may be too large a number
    return all([](double x) { return !std::isnan(x); });
  }

 private:
  template <class Condition>
  bool all(Condition condition) const {
    return std::ranges::all_of(left.values, condition) && std::ranges::all_of(right.values, condition);
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

// The sizes of a claim's axes that nothing pins.
std::string sizes_of(const Session& session, const Claim& claim) {
  const Graph& graph = session.program->graph;
  const NodeId roots[] = {claim.left, claim.right};
  std::vector<bool> read(graph.axis_count());
  for (NodeId id : graph.reachable(roots))
    for (const auto axes : {graph.node(id).axes, graph.node(id).bound})
      for (AxisId axis : axes) read[index_of(axis)] = true;
  std::string result;
  for (AxisId axis : open_axes(session))
    if (read[index_of(axis)]) result += fmt::format(", |{}| = {}", graph.axis(axis).name, session.sizes[axis]);
  return result;
}

// Looks at one point, where both sides are finite; a difference clearly beyond rounding refutes.
void compare(const Session& session, const Claim& claim, const Sides& sides, std::string_view drawn, ClaimCheck& check) {
  double scale = 0, greatest = -1;
  std::size_t place = 0;
  for (std::size_t i = 0; i < sides.left.values.size(); ++i) {
    if (!std::isfinite(sides.left.values[i]) || !std::isfinite(sides.right.values[i])) continue;
    scale = std::max({scale, std::abs(sides.left.values[i]), std::abs(sides.right.values[i])});
    const double difference = std::abs(sides.left.values[i] - sides.right.values[i]);
    if (difference > greatest) {
      greatest = difference;
      place = i;
    }
  }
  if (greatest < 0) return;
  if (std::isnan(check.difference) || greatest > check.difference) check.difference = greatest;
  if (check.verdict == Verdict::refuted || greatest <= std::max({1e-7 * scale, 1e-11 * sides.magnitude, 1e-9})) return;
  check.verdict = Verdict::refuted;
  check.conditions.clear();
  check.reason.clear();
  check.where = place_of(session.program->graph, sides.left, place);
  check.where += (check.where.empty() ? "" : ", ") + std::string(drawn) + sizes_of(session, claim);
  check.left = sides.left.values[place];
  check.right = sides.right.values[place];
  const Graph& graph = session.program->graph;
  for (AxisId axis : difference(set_of(graph.node(claim.right).axes), set_of(graph.node(claim.left).axes)))
    check.where += fmt::format(" (the left side has no axis `{}`)", graph.axis(axis).name);
}

// What numbers say of a claim.
struct Look {
  bool fits = false;     // it was looked at somewhere
  bool defined = false;  // at some point, though it may be too large a number there
};

// Claims at one point after another. With `initial` the first is near the initial values; all others are anywhere. A claim of
// which a side is undefined somewhere there is looked at with positive values too, then with values in (0, 1).
void compare_at_points(Session& session, const std::vector<std::size_t>& which, int count, bool initial, Waiting& waiting,
                       std::vector<ClaimCheck>& checks, std::vector<Look>& looks) {
  const std::vector<Claim>& claims = session.program->claims;
  for (int number = 0; number < count; ++number) {
    std::vector<std::size_t> left = which;
    for (Draw draw : {number == 0 && initial ? Draw::initial : Draw::normal, Draw::positive, Draw::unit}) {
      if (left.empty()) break;
      const std::optional<Point> point = draw_point(session, draw, static_cast<std::uint32_t>(number));
      if (!point) continue;
      Interpreter interpreter(session.graph(), session.sizes);
      bind_point(*point, interpreter);
      std::erase_if(left, [&](std::size_t k) {
        waiting("claims in numbers", k + 1, claims.size(), drawn_names[static_cast<std::size_t>(draw)]);
        const Sides sides = sides_at(session, claims[k], interpreter);
        looks[k].defined = looks[k].defined || sides.defined();
        compare(session, claims[k], sides, drawn_names[static_cast<std::size_t>(draw)], checks[k]);
        return sides.finite();
      });
    }
  }
}

// With every input of the program, as a point has values for all.
bool fits(const Session& session, const Claim& claim, const Sizes& sizes) {
  std::vector<NodeId> roots{claim.left, claim.right};
  for (const Parameter& parameter : session.program->parameters) roots.push_back(parameter.node);
  for (const DataInput& data : session.program->data) roots.push_back(data.node);
  return elements_of(session.program->graph, sizes, roots) <= most_elements;
}

// All claims at these sizes, but those that are too large there or refuted already.
void compare_at_sizes(Session& session, const Sizes& sizes, int count, bool initial, Waiting& waiting,
                      std::vector<ClaimCheck>& checks, std::vector<Look>& looks) {
  const Sizes own = std::exchange(session.sizes, completed(session.graph(), sizes));
  std::vector<std::size_t> which;
  for (std::size_t k = 0; k < checks.size(); ++k)
    if (checks[k].verdict != Verdict::refuted && fits(session, session.program->claims[k], session.sizes)) which.push_back(k);
  for (std::size_t k : which) looks[k].fits = true;
  if (!which.empty()) compare_at_points(session, which, count, initial, waiting, checks, looks);
  session.sizes = own;
}

// The longest of the axes that a claim reads.
std::string longest_axis(const Session& session, const Claim& claim) {
  const Graph& graph = session.program->graph;
  const NodeId roots[] = {claim.left, claim.right};
  std::optional<AxisId> longest;
  for (NodeId id : graph.reachable(roots))
    for (AxisId axis : graph.node(id).axes)
      if (!longest || session.sizes[axis] > session.sizes[*longest]) longest = axis;
  return longest ? fmt::format("|{}| = {}", graph.axis(*longest).name, session.sizes[*longest]) : std::string();
}

// A proof of what is nowhere finite may be about nothing, unless it was replayed and the sides are numbers too large for doubles.
void judge(const Session& session, const Claim& claim, const Look& look, ClaimCheck& check) {
  if (!std::isnan(check.difference)) return;
  check.unmeasured = look.fits ? "no drawn point has both sides finite"
                               : "not looked at in numbers, " + longest_axis(session, claim) + " is too large";
  const bool vacuous = look.fits ? !look.defined || check.exact_points == 0 : check.exact_points == 0;
  if (check.verdict != Verdict::proved || !vacuous) return;
  check.verdict = Verdict::undecided;
  check.reason = "there is a proof, but it may be about nothing";
  check.conditions.clear();
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
    std::size_t weight = graph.node(id).op == Op::recurrence ? longest + 1 : 1;
    if (!spelling.name_of(id))
      for (NodeId operand : graph.node(id).operands) weight = std::min(weight + weights[operand], longest + 1);
    weights[id] = weight;
  }
  if (weights[node] > longest) return {};
  return expression(graph, node, spelling);
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

// What the algebra says of two sides, without numbers. Simplification is tried first: it sees at once what they share.
ClaimCheck decided(Session& session, Prover& prover, NodeId left, NodeId right) {
  Graph& graph = session.graph();
  ClaimCheck check;
  const NodeId roots[] = {left, right, graph.apply(Op::subtract, left, right)};
  const Simplified simple = session.times("simplify", [&] { return simplify(graph, roots); });
  const bool simplified = simple.roots[0] == simple.roots[1] || is_zero(graph, simple.roots[2]);
  const Decision decision =
      session.times("prove", [&] { return simplified ? prover.replayed(left, right) : prover.decide(left, right); });
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

// What the claim differentiates by stands for any values of its axes: how it comes about seldom matters, and makes forms long.
ClaimCheck by_targets(Session& session, Prover& prover, const Claim& claim) {
  Graph& graph = session.graph();
  Replaced any;
  for (NodeId target : claim.targets)
    if (const auto axes = graph.node(target).axes; graph.node(target).op == Op::named)
      any.by.emplace(target, graph.reading({axes.begin(), axes.end()}, std::string(graph.name_of(target))));
  if (any.by.empty()) return {};
  const NodeId written[] = {claim.left, claim.right};
  const std::vector<NodeId> sides = replaced(graph, written, any);
  return decided(session, prover, sides[0], sides[1]);
}

// With any values for what it differentiates by; then as it is written. Where something recurs, as it is written first, for
// claims share such forms; then by the names of what recurs, and so with the recurrences of gradients written out once; then with
// the program's written out, then with all of them; with any values last.
ClaimCheck derived(Session& session, Prover& prover, const Claim& claim) {
  const NodeId written[] = {claim.left, claim.right};
  const bool recurs = !recurrences_below(session.graph(), written).empty();
  ClaimCheck check;
  if (!recurs) check = by_targets(session, prover, claim);
  if (check.verdict != Verdict::proved) check = decided(session, prover, claim.left, claim.right);
  if (check.verdict != Verdict::proved && recurs) {
    std::vector<NodeId> roots;
    for (const Definition& definition : session.program->definitions) roots.push_back(definition.node);
    const std::size_t own = roots.size();
    roots.insert(roots.end(), {claim.left, claim.right});
    const Unfolded forward = unfolded(session.graph(), roots, own);
    Replaced by_names;
    std::vector<NodeId> components;
    for (const auto& [body, component] : forward.closed) {
      if (session.graph().node(component).open) continue;  // of one within another
      by_names.by.emplace(body, component);
      components.push_back(component);
    }
    const std::vector<NodeId> named = replaced(session.graph(), std::span(forward.roots).subspan(own), by_names);
    check = decided(session, prover, named[0], named[1]);
    if (check.verdict != Verdict::proved) {
      const std::vector<NodeId> kept = recurrences_below(session.graph(), components);
      const std::vector<NodeId> reverse = unfolded(session.graph(), named, 2, kept).roots;
      check = decided(session, prover, reverse[0], reverse[1]);
    }
    if (check.verdict != Verdict::proved) check = decided(session, prover, forward.roots[own], forward.roots[own + 1]);
    if (check.verdict != Verdict::proved) {
      const std::vector<NodeId> all = unfolded(session.graph(), written, 2).roots;
      check = decided(session, prover, all[0], all[1]);
    }
    if (check.verdict != Verdict::proved)
      if (ClaimCheck any = by_targets(session, prover, claim); any.verdict == Verdict::proved) check = std::move(any);
    check.remainder.clear();
  }
  check.name = claim.name;
  check.line = line_of(session, claim.span);
  return check;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view names[] = {"proved", "refuted", "undecided"};
  return names[static_cast<std::size_t>(verdict)];
}

std::vector<ClaimCheck> check_claims(Session& session, Waiting& waiting) {
  std::vector<ClaimCheck> result;
  Prover prover(session.graph());
  const std::vector<Claim>& claims = session.program->claims;
  for (const Claim& claim : claims) {
    waiting("claims", result.size() + 1, claims.size(), claim.name);
    result.push_back(derived(session, prover, claim));
  }
  session.sizes = completed(session.graph(), session.sizes);
  std::vector<NodeId> roots;
  for (const Parameter& parameter : session.program->parameters) roots.push_back(parameter.node);
  for (const DataInput& data : session.program->data) roots.push_back(data.node);
  for (const Claim& claim : claims) roots.insert(roots.end(), {claim.left, claim.right});
  std::vector<Look> looks(claims.size());
  const Sizes near = reduced_sizes(session, roots, most_wanted, Shortened::open);
  session.times("points", [&] {
    compare_at_sizes(session, near, points, true, waiting, result, looks);
    for (const Sizes& sizes : other_sizes(session))
      compare_at_sizes(session, sizes, points_at_others, false, waiting, result, looks);
  });
  for (std::size_t k = 0; k < claims.size(); ++k) judge(session, claims[k], looks[k], result[k]);
  return result;
}

}  // namespace tenet
