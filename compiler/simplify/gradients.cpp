#include "compiler/simplify/gradients.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "compiler/simplify/cost.h"
#include "compiler/simplify/extraction/closed_forms.h"
#include "compiler/simplify/hazards.h"
#include "compiler/simplify/simplify.h"
#include "compiler/simplify/stabilise.h"

namespace tenet {
namespace {

constexpr std::size_t most_counted = 64;  // gradients that are looked at one by one

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
  const Simplified simple = simplify(graph, roots, values.size());
  const std::size_t g = given.size(), n = gradients.size();
  const auto at = [&](std::size_t k) { return simple.roots.begin() + static_cast<std::ptrdiff_t>(k); };
  for (std::size_t k = 0; k < values.size(); ++k) values[k].second = simple.roots[g + n + k];
  Attempt attempt{{{at(0), at(g)}, {at(g), at(g + n)}, std::move(values), simple.stop}, {}};
  attempt.hazards = hazards_of(graph, attempt.result.given, attempt.result.gradients);
  return attempt;
}

// Everything with exponentials kept in range, which gradients need no part in: the shifts cancel.
struct Source {
  std::vector<NodeId> given;
  Backward backward;
};

Source in_range(Graph& graph, std::span<const NodeId> given, const Backward& backward) {
  std::vector<NodeId> roots(given.begin(), given.end());
  roots.insert(roots.end(), backward.gradients.begin(), backward.gradients.end());
  for (const Adjoint& adjoint : backward.adjoints) roots.push_back(adjoint.value);
  std::vector<LawApplication> journal;
  const std::vector<NodeId> now = stabilised(graph, roots, journal);
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

}  // namespace

SimplifiedGradients simplify_gradients(Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes,
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
  const bool taken = !closed.failed && safe && operations(best) <= operations(plain);
  SimplifiedGradients result = std::move(taken ? best : plain).result;
  if (journal && !taken) journal->entries.clear();
  // The values by the adjoints as they were asked for.
  std::unordered_map<NodeId, NodeId> asked;
  for (std::size_t k = 0; k < backward.adjoints.size(); ++k)
    asked.try_emplace(source.backward.adjoints[k].value, backward.adjoints[k].value);
  for (auto& [adjoint, value] : result.values)
    if (const auto found = asked.find(adjoint); found != asked.end()) adjoint = found->second;
  if (journal)
    for (JournalEntry& entry : journal->entries)
      if (const auto found = asked.find(entry.raw); found != asked.end()) entry.raw = found->second;
  return result;
}

}  // namespace tenet
