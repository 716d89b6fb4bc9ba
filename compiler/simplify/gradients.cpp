#include "compiler/simplify/gradients.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include "compiler/grad/axes.h"
#include "compiler/grad/closing.h"
#include "compiler/simplify/cost.h"
#include "compiler/simplify/extraction/closed_forms.h"
#include "compiler/simplify/hazards.h"
#include "compiler/simplify/original_axes.h"
#include "compiler/simplify/other_elements.h"
#include "compiler/simplify/recurrences.h"
#include "compiler/simplify/simplify.h"
#include "compiler/simplify/stabilise.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

constexpr std::size_t most_counted = 64;  // gradients that are looked at one by one
constexpr double most_added = 0.01;       // operations, as a share, that closed forms may cost beyond the directed laws' result

// Of what is given together, then of each gradient by itself: a value that several read counts for all of them, however it is
// shared.
std::vector<std::size_t> hazards_of(const Graph& graph, std::span<const NodeId> given, std::span<const NodeId> gradients) {
  NumericRanges ranges(graph);
  std::vector<std::size_t> result{hazard_count(graph, ranges, given)};
  if (gradients.size() > most_counted) {
    result.push_back(hazard_count(graph, ranges, gradients));
    return result;
  }
  for (NodeId id : gradients) result.push_back(hazard_count(graph, ranges, std::span(&id, 1)));
  return result;
}

bool as_safe(const std::vector<std::size_t>& hazards, const std::vector<std::size_t>& limits) {
  return std::ranges::equal(hazards, limits, std::less_equal());
}

struct Attempt {
  SimplifiedGradients result;
  std::vector<std::size_t> hazards;  // of what is given, then of each gradient: places where single precision may spoil it
};

// The directed laws over everything together.
Attempt rewritten(Graph& graph, std::span<const NodeId> given, std::vector<NodeId> gradients,
                  std::vector<std::pair<NodeId, NodeId>> values) {
  std::vector<NodeId> roots(given.begin(), given.end());
  roots.insert(roots.end(), gradients.begin(), gradients.end());
  for (const auto& [raw, value] : values) roots.push_back(value);
  const Simplified simple = simplify(graph, roots, values.size(), given.size());
  const std::size_t g = given.size(), n = gradients.size();
  const auto at = [&](std::size_t k) { return simple.roots.begin() + static_cast<std::ptrdiff_t>(k); };
  for (std::size_t k = 0; k < values.size(); ++k) values[k].second = simple.roots[g + n + k];
  Attempt attempt{{{at(0), at(g)}, {at(g), at(g + n)}, std::move(values), simple.stop}, {}};
  attempt.hazards = hazards_of(graph, attempt.result.given, attempt.result.gradients);
  return attempt;
}

// Everything as it can be computed: the product of other elements by division, and exponentials kept in range, which gradients
// need no part in: the shifts cancel.
struct Source {
  std::vector<NodeId> given;
  Backward backward;
};

Source in_range(Graph& graph, std::span<const NodeId> given, const Backward& backward) {
  std::vector<NodeId> roots(given.begin(), given.end());
  roots.insert(roots.end(), backward.gradients.begin(), backward.gradients.end());
  for (const Adjoint& adjoint : backward.adjoints) roots.push_back(adjoint.value);
  std::vector<LawApplication> journal;
  const std::vector<NodeId> now = stabilised(graph, with_divided_products(graph, roots), journal);
  auto next = now.begin();
  Source result{{}, backward};
  for (std::size_t k = 0; k < given.size(); ++k) result.given.push_back(*next++);
  for (NodeId& gradient : result.backward.gradients) gradient = *next++;
  for (Adjoint& adjoint : result.backward.adjoints) adjoint.value = *next++;
  return result;
}

// By gradient: whether its closed form is less safe. None if they were counted together.
std::vector<bool> less_safe(const std::vector<std::size_t>& hazards, const std::vector<std::size_t>& limits,
                            std::size_t gradients) {
  std::vector<bool> result(gradients);
  if (hazards.size() == gradients + 1)
    for (std::size_t k = 0; k < gradients; ++k) result[k] = hazards[k + 1] > limits[k + 1];
  return result;
}

// Some gradients stay as reverse mode leaves them.
void leave_out(const std::vector<bool>& left_out, const Backward& backward, ClosedForms& closed, Journal* journal) {
  for (std::size_t k = 0; k < left_out.size(); ++k) {
    if (!left_out[k]) continue;
    const NodeId raw = closed.roots[k] = backward.gradients[k];
    std::erase_if(closed.cuts, [&](const auto& cut) { return cut.first == raw; });
    closed.cuts.emplace_back(raw, raw);
    if (journal) std::erase_if(journal->entries, [&](const JournalEntry& entry) { return entry.raw == raw; });
  }
}

// Of what is given and of the gradients that are not left out.
double operations_of(const Graph& graph, const SimplifiedGradients& result, const std::vector<bool>& left_out,
                     const Sizes& sizes) {
  std::vector<NodeId> roots = result.given;
  for (std::size_t k = 0; k < left_out.size(); ++k)
    if (!left_out[k]) roots.push_back(result.gradients[k]);
  return cost_of(graph, roots, sizes).operations;
}

// The values and the journal's entries by the adjoints as they were asked for; `now`: what they are in the result.
void by_adjoints_asked_for(std::span<const Adjoint> now, std::span<const Adjoint> asked_for, SimplifiedGradients& result,
                           Journal* journal) {
  std::unordered_map<NodeId, NodeId> asked;
  for (std::size_t k = 0; k < now.size(); ++k) asked.try_emplace(now[k].value, asked_for[k].value);
  const auto rename = [&](NodeId& adjoint) {
    if (const auto found = asked.find(adjoint); found != asked.end()) adjoint = found->second;
  };
  for (auto& [adjoint, value] : result.values) rename(adjoint);
  if (journal)
    for (JournalEntry& entry : journal->entries) rename(entry.raw);
}

// Each gradient, value and journal's value in turn.
template <class Visit>
void each_derived(SimplifiedGradients& result, Journal* journal, const Visit& visit) {
  for (NodeId& gradient : result.gradients) visit(gradient);
  for (auto& [adjoint, value] : result.values) visit(value);
  if (journal)
    for (JournalEntry& entry : journal->entries) visit(entry.computed);
}

void go_back_to_original_axes(Graph& graph, SimplifiedGradients& result, Journal* journal) {
  std::vector<NodeId> values;
  each_derived(result, journal, [&](NodeId value) { values.push_back(value); });
  values = over_original_axes(graph, values);
  auto next = values.begin();
  each_derived(result, journal, [&](NodeId& value) { value = *next++; });
}

SimplifiedGradients without_recurrences(Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes,
                                        Journal* journal) {
  const Source source = in_range(graph, given, backward);
  std::vector<std::pair<NodeId, NodeId>> adjoints;
  for (const Adjoint& adjoint : source.backward.adjoints) adjoints.emplace_back(adjoint.value, adjoint.value);
  Attempt plain = rewritten(graph, source.given, source.backward.gradients, std::move(adjoints));
  ClosedForms closed = closed_forms(graph, source.given, source.backward, sizes, journal);
  const std::vector<std::size_t> limits = hazards_of(graph, source.given, source.backward.gradients);
  Attempt best = rewritten(graph, source.given, closed.roots, closed.cuts);
  // One that is less safe spoils no other.
  const std::vector<bool> left_out = less_safe(best.hazards, limits, closed.roots.size());
  if (std::ranges::find(left_out, true) != left_out.end()) {
    leave_out(left_out, source.backward, closed, journal);
    best = rewritten(graph, source.given, closed.roots, closed.cuts);
  }
  const bool safe = as_safe(best.hazards, limits);
  if (closed.stop != "complete") best.result.stop = plain.result.stop = closed.stop;
  const auto operations = [&](const Attempt& attempt) { return operations_of(graph, attempt.result, left_out, sizes); };
  const bool taken = !closed.failed && safe && operations(best) <= operations(plain) * (1 + most_added);
  SimplifiedGradients result = std::move(taken ? best : plain).result;
  if (journal && !taken) journal->entries.clear();
  go_back_to_original_axes(graph, result, journal);
  by_adjoints_asked_for(source.backward.adjoints, backward.adjoints, result, journal);
  return result;
}

// Recurrences stand for themselves; their bodies are simplified beside what reads them. In the gradients the forward values are
// written out, as far as nothing reads them elsewhere, and in the end taken from the recurrence, which computes them anyway.
SimplifiedGradients with_recurrences(Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes,
                                     Journal* journal) {
  const std::size_t n = given.size(), m = backward.gradients.size();
  std::vector<NodeId> roots(given.begin(), given.end());
  roots.insert(roots.end(), backward.gradients.begin(), backward.gradients.end());
  for (const Adjoint& adjoint : backward.adjoints) roots.push_back(adjoint.value);
  const Unfolded written_out = unfolded(graph, roots, n);
  const std::span<const NodeId> now = written_out.roots;

  std::vector<NodeId> needed(now.begin(), now.begin() + static_cast<std::ptrdiff_t>(n + m));
  const std::vector<NodeId> below = graph.all_below(needed);
  std::vector<std::pair<NodeId, NodeId>> closed;
  for (const auto& [body, component] : written_out.closed)
    if (std::ranges::binary_search(below, body)) {
      closed.emplace_back(body, component);
      needed.push_back(component);
    }
  RecurrenceBodies recurrences(graph, needed);
  const std::vector<NodeId> forward = recurrences.of(now.first(n)), reverse = recurrences.of_others(now.first(n));
  Replaced leaves, components;                          // of the reverse ones
  std::vector<std::pair<NodeId, std::size_t>> leaf_of;  // of a component, with its body's place among the reverse ones
  for (const auto& [component, leaf] : recurrences.leaves_for_others(now.first(n))) {
    if (const auto body = std::ranges::find(reverse, graph.body_of(component)); body != reverse.end())
      leaf_of.emplace_back(leaf, static_cast<std::size_t>(body - reverse.begin()));
    leaves.by.emplace(component, leaf);
    components.by.emplace(leaf, component);
  }

  std::vector<NodeId> all_given(now.begin(), now.begin() + static_cast<std::ptrdiff_t>(n));
  all_given.insert(all_given.end(), forward.begin(), forward.end());
  for (const auto& [body, component] : closed) all_given.push_back(body);
  Backward all{{now.begin() + static_cast<std::ptrdiff_t>(n), now.begin() + static_cast<std::ptrdiff_t>(n + m)}, {}};
  all.gradients.insert(all.gradients.end(), reverse.begin(), reverse.end());
  all.gradients = replaced(graph, all.gradients, leaves);
  const std::vector<NodeId> adjoints = replaced(graph, now.subspan(n + m), leaves);
  for (std::size_t k = 0; k < backward.adjoints.size(); ++k) all.adjoints.push_back({backward.adjoints[k].of, adjoints[k]});
  for (NodeId id : graph.all_below(std::span(all.gradients).subspan(m)))
    if (graph.node(id).open && graph.node(id).op == Op::named) all.adjoints.push_back({id, id});

  SimplifiedGradients result = without_recurrences(graph, all_given, all, sizes, journal);
  Replaced nothing;  // components that came to 0: what reads them gets simpler
  const std::vector<NodeId> read = graph.all_below(all.gradients);
  for (const auto& [leaf, place] : leaf_of)
    if (std::ranges::binary_search(read, leaf) && is_zero(graph, result.gradients[m + place])) {
      const std::vector<AxisId> axes(graph.node(leaf).axes.begin(), graph.node(leaf).axes.end());
      nothing.by.emplace(leaf, broadcast(graph, graph.constant(0), axes));
    }
  if (!nothing.by.empty()) {
    std::vector<NodeId> derived = all.gradients;
    for (const Adjoint& adjoint : all.adjoints) derived.push_back(adjoint.value);
    derived = replaced(graph, derived, nothing);
    auto now_derived = derived.begin();
    for (NodeId& gradient : all.gradients) gradient = *now_derived++;
    for (Adjoint& adjoint : all.adjoints) adjoint.value = *now_derived++;
    if (journal) journal->entries.clear();
    result = without_recurrences(graph, all_given, all, sizes, journal);
  }
  std::map<NodeId, NodeId> images;
  for (std::size_t k = 0; k < forward.size(); ++k) images.emplace(forward[k], result.given[n + k]);
  for (std::size_t k = 0; k < reverse.size(); ++k) images.emplace(reverse[k], result.gradients[m + k]);
  Replaced taken;
  for (std::size_t k = 0; k < closed.size(); ++k)
    if (const NodeId body = result.given[n + forward.size() + k]; operation(graph.node(body).op).form != Form::leaf)
      taken.by.emplace(body, closed[k].second);
  result.given.resize(n);
  result.gradients.resize(m);

  std::vector<NodeId> values = result.given;
  each_derived(result, journal, [&](NodeId value) { values.push_back(value); });
  values = replaced(graph, values, components);
  for (NodeId group : recurrences_below(graph, values))  // their bodies have images of their own
    taken.fixed.insert(taken.fixed.end(), graph.components(group).begin(), graph.components(group).end());
  std::vector<NodeId> bodies;
  for (const auto& [body, image] : images) bodies.push_back(image);
  bodies = replaced(graph, replaced(graph, bodies, components), taken);
  auto next_body = bodies.begin();
  for (auto& [body, image] : images) image = *next_body++;
  values = recurrences.put_back(replaced(graph, values, taken), images);
  auto next = values.begin();
  for (NodeId& value : result.given) value = *next++;
  each_derived(result, journal, [&](NodeId& value) { value = *next++; });

  by_adjoints_asked_for(std::span(all.adjoints).first(backward.adjoints.size()), backward.adjoints, result, journal);
  return result;
}

}  // namespace

SimplifiedGradients simplify_gradients(Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes,
                                       Journal* journal) {
  std::vector<NodeId> roots(given.begin(), given.end());
  roots.insert(roots.end(), backward.gradients.begin(), backward.gradients.end());
  const bool recurs = !recurrences_below(graph, roots).empty();
  return recurs ? with_recurrences(graph, given, backward, sizes, journal)
                : without_recurrences(graph, given, backward, sizes, journal);
}

}  // namespace tenet
