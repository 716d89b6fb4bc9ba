#include "compiler/render/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tenet {

Explainer::Explainer(Graph& graph, const Program& program, const Backward& backward, const Journal& journal,
                     std::span<const std::pair<NodeId, NodeId>> values, const Spelling& spelling, std::vector<Line> lines)
    : graph_(graph),
      journal_(journal),
      spelling_(spelling),
      above_(spelling),
      lines_(std::move(lines)),
      chain_(graph, program, backward, spelling, lines_),
      likeness_(graph, [this](NodeId node) { return name_of(node); }) {
  for (std::size_t line = 0; line < lines_.size(); ++line) own_.insert(chain_.own(line));
  spelling_.learn_nodes();
  above_.learn_nodes();
  above_.forget_lines();
  find_lines_between(values);
  chain_.write_into_readers(between_);
}

// A link is like what is computed in its place once both have its name. Operands come first, so theirs are known.
void Explainer::find_lines_between(std::span<const std::pair<NodeId, NodeId>> values) {
  for (std::size_t k = 0; k < chain_.links().size(); ++k) {
    const Chain::Link& link = chain_.links()[k];
    const JournalEntry* entry = entry_of(link.raw);
    Explanation unused{{}, link.raw, {}, {}, {}, {}};
    if (own_.contains(k) || !entry || spelling_.name_of(entry->computed)) continue;
    if (events(k, entry, nullptr, unused).empty()) continue;
    between_.insert(k);
    const auto give_name = [&](NodeId computed) {
      if (spelling_.name_of(computed)) return;
      spelling_.give_name(computed, link.name);
      above_.give_name(computed, link.name);
    };
    give_name(entry->computed);
    for (const auto& [raw, computed] : values)
      if (raw == link.raw) give_name(computed);
  }
}

// A link that is no line and comes to nothing else is only a bracket, and one that is a name goes by that.
std::optional<std::string> Explainer::name_of(NodeId node) const {
  const auto link = chain_.link_at(node);
  if (!link) return spelling_.name_of(node);
  if (!own_.contains(*link) && !between_.contains(*link)) return {};
  if (chain_.body(*link) != node)
    if (auto alias = name_of(chain_.body(*link))) return alias;
  return chain_.links()[*link].name;
}

const JournalEntry* Explainer::entry_of(NodeId raw) const {
  const auto entry = std::ranges::find(journal_.entries, raw, &JournalEntry::raw);
  return entry == journal_.entries.end() || entry->steps.empty() ? nullptr : &*entry;
}

std::string Explainer::names_of(std::span<const NodeId> values) const {
  std::set<std::string> names;
  for (NodeId value : values)
    if (const auto name = above_.name_of(value)) names.insert(*name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// The name of a value or an adjoint, and what it is computed as. Empty: it has no name.
std::pair<std::string, std::string> Explainer::known_value(NodeId value) {
  if (const auto name = above_.name_of(value)) {
    const NodeId body = graph_.node(value).op == Op::named ? graph_.node(value).operands[0] : value;
    return {*name, expression(graph_, body, above_)};
  }
  const auto link = std::ranges::find(chain_.links(), value, &Chain::Link::raw);
  if (link == chain_.links().end()) return {};
  const auto line = std::ranges::find(lines_, link->name, &Line::name);
  const auto k = static_cast<std::size_t>(link - chain_.links().begin());
  return {link->name, line != lines_.end() ? line->expression : chain_.expression_of(k)};
}

// What a person would say of a step; facts with what they follow from.
std::string Explainer::detail_of(const JournalStep& step, Explanation& result) {
  constexpr FormLaw notable[] = {FormLaw::sum_over_indicator, FormLaw::fix_index, FormLaw::cancel};
  std::string text = names_of(step.about);
  const auto add = [&](std::string_view part) { text += (text.empty() ? "" : ", ") + std::string(part); };
  for (FormLaw law : step.laws)
    if (std::ranges::find(notable, law) != std::end(notable)) add(row_of(law).name);
  for (NodeId value : step.nonzero) result.conditions.push_back(expression(graph_, value, above_) + " != 0");
  for (const JournalFact& fact : step.facts) {
    const auto [name, definition] = known_value(fact.value);
    if (name.empty()) continue;
    std::string axes;
    for (AxisId axis : fact.axes) axes += (axes.empty() ? "" : ", ") + above_.axis(axis);
    const std::string value = expression(graph_, fact.sum, above_);
    add(fmt::format("sum[{}]({}) = {}", axes, name, value));
    result.facts.push_back(definition == name
                               ? fmt::format("sum[{}]({}) = {}, as is assumed", axes, name, value)
                               : fmt::format("sum[{0}]({1}) = sum[{0}]({2}) = {3}", axes, name, definition, value));
  }
  return text;
}

// All that the journal has; the last is the line, if there is one.
std::vector<ExplainedStep> Explainer::steps_of(const JournalEntry* entry, const Line* line, Explanation& notes) {
  std::vector<ExplainedStep> result;
  if (entry)
    for (const JournalStep& step : entry->steps)
      result.push_back({std::string(row_of(step.move).name), detail_of(step, notes), expression(graph_, step.after, above_),
                        step.after, step.laws});
  if (!line) return result;
  if (result.empty()) result.push_back({std::string(row_of(Move::arrange).name), {}, {}, line->computed});
  result.back().expression = line->expression;
  result.back().node = line->computed;
  return result;
}

// One step more. What is only said in another order takes the place of what stands before it, and so does what folds a
// collected form by nothing worth a word: it is seen best in the names that it is folded into.
void Explainer::add_step(ExplainedStep step, std::size_t first, std::vector<ExplainedStep>& steps) {
  const std::size_t like = likeness_.of(step.node);
  if (like == first) return steps.clear();
  if (steps.empty()) return steps.push_back(std::move(step));
  ExplainedStep& before = steps.back();
  if (like == likeness_.of(before.node) || step.expression == before.expression) {
    before.expression = std::move(step.expression);
    before.node = step.node;
  } else if (step.law == row_of(Move::fold).name && before.law == row_of(Move::collect).name && before.detail.empty()) {
    step.after = before.law;
    step.laws = before.laws;
    before = std::move(step);
  } else {
    steps.push_back(std::move(step));
  }
}

// The steps that change more than the order of operands, from the link's line on.
std::vector<ExplainedStep> Explainer::events(std::size_t link, const JournalEntry* entry, const Line* line, Explanation& notes) {
  const std::size_t first = likeness_.of(chain_.body(link));
  Explanation own_notes{{}, notes.raw, {}, {}, {}, {}};
  std::vector<ExplainedStep> result;
  for (ExplainedStep& step : steps_of(entry, line, own_notes)) add_step(std::move(step), first, result);
  if (result.empty()) return result;
  notes.conditions.insert(notes.conditions.end(), own_notes.conditions.begin(), own_notes.conditions.end());
  notes.facts.insert(notes.facts.end(), own_notes.facts.begin(), own_notes.facts.end());
  return result;
}

// A derived line that is like its chain rule stands in the place of it, if it is no longer, and reads no later line.
void Explainer::show(std::size_t link, std::size_t explained, Explanation& result) {
  shown_.insert(link);
  const Chain::Link& at = chain_.links()[link];
  ChainLine shown{at.name, chain_.expression_of(link), chain_.operations(link), chain_.passed(link), at.root, at.raw};
  const auto line = std::ranges::find(lines_, at.name, &Line::name);
  if (line <= lines_.begin() + static_cast<std::ptrdiff_t>(explained) && line->expression.size() <= shown.expression.size() &&
      line->raw == at.raw && likeness_.of(line->computed) == likeness_.of(chain_.body(link))) {
    shown.expression = line->expression;
    shown.node = line->computed;
  }
  if (between_.contains(link)) shown.steps = events(link, entry_of(at.raw), nullptr, result);
  result.chain.push_back(std::move(shown));
}

// The adjoints that the line's own is built from and that have not been shown, then its own.
void Explainer::add_chain(std::size_t line, Explanation& result) {
  const std::size_t own = chain_.own(line);
  std::set<std::size_t> needed;
  std::vector<std::size_t> open{own};
  while (!open.empty()) {
    const std::size_t k = open.back();
    open.pop_back();
    if (shown_.contains(k) || !needed.insert(k).second) continue;
    for (std::size_t read : chain_.read_by(k)) open.push_back(read);
  }
  for (std::size_t k : needed) show(k, line, result);
  const Chain::Link& link = chain_.links()[own];
  const Line& at = lines_[line];
  if (link.name == at.name) return;
  const std::string& shorter = at.expression.size() <= link.name.size() ? at.expression : link.name;
  result.chain.push_back({at.name, shorter, "the same", {}, link.root, link.raw});
}

// A step that is left out may have been the only one with an axis.
void Explainer::declare_axes(Explanation& result) {
  for (const auto& declarations : {chain_.take_axis_declarations(), above_.take_axis_declarations()})
    undeclared_.insert(undeclared_.end(), declarations.begin(), declarations.end());
  std::string shown;
  for (const ChainLine& link : result.chain) {
    shown += link.expression + "\n";
    for (const ExplainedStep& step : link.steps) shown += step.expression + "\n";
  }
  for (const ExplainedStep& step : result.steps) shown += step.expression + "\n";
  std::erase_if(undeclared_, [&](const std::string& declaration) {
    const std::string name = declaration.substr(5, declaration.find(' ', 5) - 5);  // axis NAME = ..
    if (shown.find(name) == std::string::npos) return false;
    result.axis_declarations.push_back(declaration);
    return true;
  });
}

Explanation Explainer::explain(std::size_t line) {
  const Line& at = lines_[line];
  const std::size_t own = chain_.own(line);
  Explanation result{{}, at.raw, {}, {}, {}, {}};
  add_chain(line, result);
  result.steps = events(own, entry_of(at.raw), &at, result);
  const bool differs = !result.chain.empty() && result.chain.back().expression != at.expression;
  if (result.steps.empty() && differs)
    result.steps.push_back({std::string(row_of(Move::arrange).name), {}, at.expression, at.computed});
  if (const auto entry = entry_of(at.raw); entry && !above_.name_of(entry->computed)) stands_above(entry->computed, at.name);
  declare_axes(result);
  return result;
}

}  // namespace tenet
