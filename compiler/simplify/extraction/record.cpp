#include "compiler/simplify/extraction/record.h"

#include <algorithm>

namespace tenet {
namespace {

using Values = std::set<NodeId>;

void add_values(const NormalForms& forms, const Polynomial& form, Values& values) {
  for (const auto& [monomial, coefficient] : form)
    for (const Factor& factor : monomial) {
      const Atom& atom = forms.atoms()[factor.atom];
      if (const auto node = forms.node_of(factor.atom)) values.insert(*node);
      if (!atom.is_index())
        for (PolynomialId part : atom.parts) add_values(forms, forms.atoms()[part], values);
    }
}

// The values that one form reads and the other does not.
std::vector<NodeId> gained(const NormalForms& forms, const Polynomial& before, const Polynomial& after) {
  Values old, now;
  add_values(forms, before, old);
  add_values(forms, after, now);
  std::vector<NodeId> result;
  std::ranges::set_difference(now, old, std::back_inserter(result));
  return result;
}

// Whether it varies with axes alone, with nothing that a sum binds.
bool is_closed(const NormalForms& forms, AtomId atom) {
  return std::ranges::all_of(forms.atoms()[atom].variables,
                             [&](AtomId index) { return forms.atoms()[index].kind == AtomKind::axis; });
}

bool has(const Tree& tree, Tree::Kind kind) {
  return tree.kind == kind || std::ranges::any_of(tree.parts, [&](const Tree::Part& part) { return has(*part, kind); });
}

// From the whole form to the one chosen.
std::vector<std::pair<const Polynomial*, const Shortening*>> way(const Beginning& beginning, const Polynomial& chosen) {
  std::vector<std::pair<const Polynomial*, const Shortening*>> result;
  const Polynomial* at = &chosen;
  while (compare(*at, beginning.whole) != 0) {
    const auto found = beginning.shortenings.find(*at);
    if (found == beginning.shortenings.end()) break;
    result.emplace_back(&found->first, &found->second);
    at = &found->second.from;
  }
  std::ranges::reverse(result);
  return result;
}

}  // namespace

void record(Cuts& cuts, Emission& emission, const Cut& cut, std::span<const Cut> all, NodeId computed, Journal& journal) {
  JournalEntry& entry = journal.entries.emplace_back(cut.node, computed);
  if (cut.verbatim) return;
  const NormalForms& forms = cuts.values().forms();
  const Beginning beginning = cuts.beginning(cut, all);
  const auto add = [&](Move move, std::vector<NodeId> about, NodeId after) {
    if (after != (entry.steps.empty() ? entry.raw : entry.steps.back().after)) entry.steps.push_back({move, about, after});
  };
  add(Move::collect, {}, emission.node(beginning.whole));
  if (!entry.steps.empty()) {
    JournalStep& collected = entry.steps.back();
    for (const FormLawRow& row : form_laws())
      if (beginning.laws[static_cast<std::size_t>(row.law)] > 0) collected.laws.push_back(row.law);
    for (const auto& [value, axes] : beginning.facts)
      collected.facts.push_back({value, axes, emission.node(*forms.known_sum(value, axes))});
    for (AtomId atom : beginning.nonzero)
      if (is_closed(forms, atom)) collected.nonzero.push_back(emission.node(forms.atom_form(atom)));
  }
  for (const auto& [form, shortening] : way(beginning, cut.form)) {
    std::vector<NodeId> about;
    if (shortening->about) about.push_back(*shortening->about);
    add(shortening->move, std::move(about), emission.node(*form));
  }
  add(Move::fold, gained(forms, cut.form, cut.folded), emission.node(cut.folded));
  const Move last = has(*cut.tree, Tree::Kind::reduction) ? Move::join_sums
                    : has(*cut.tree, Tree::Kind::product) ? Move::take_out
                                                          : Move::arrange;
  add(last, {}, computed);
  for (const JournalStep& step : entry.steps) ++journal.moves[static_cast<std::size_t>(step.move)];
  for (const auto& [form, shortening] : beginning.shortenings) ++journal.moves[static_cast<std::size_t>(shortening.move)];
}

}  // namespace tenet
