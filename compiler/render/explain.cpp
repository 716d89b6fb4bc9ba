#include "compiler/render/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "compiler/simplify/simplify.h"

namespace tenet {
namespace {

// What the operation table writes by a sign, in words.
std::string_view word_of(const Operation& row) {
  switch (row.op) {
    case Op::add:
    case Op::subtract:
    case Op::negate:
      return "sum of terms";
    case Op::multiply:
      return "product";
    case Op::divide:
      return "quotient";
    case Op::power:
      return "power";
    case Op::substitute:
      return "substitution";
    case Op::sum:
      return "sum over an axis";
    case Op::max_over:
      return "max over an axis";
    case Op::min_over:
      return "min over an axis";
    default:
      return row.spelling;
  }
}

}  // namespace

Explainer::Explainer(Graph& graph, const Program& program, const Backward& backward, const Journal& journal, Spelling spelling,
                     std::vector<Line> lines)
    : graph_(graph), journal_(journal), spelling_(spelling), chain_spelling_(std::move(spelling)), lines_(std::move(lines)) {
  for (const Adjoint& adjoint : backward.adjoints)
    for (NodeId operand : graph.node(adjoint.of).operands) users_[operand].push_back(adjoint.of);
  name_adjoints(program, backward);
  std::vector<NodeId> roots;
  for (const Named& adjoint : named_) roots.push_back(adjoint.root);
  const Simplified simple = simplify(graph, roots);
  chain_spelling_.learn_nodes();
  for (std::size_t k = 0; k < named_.size(); ++k) {
    named_[k].root = simple.roots[k];
    if (graph.node(named_[k].root).op != Op::named) continue;  // a constant
    by_root_.emplace(named_[k].root, k);
    chain_spelling_.give_name(named_[k].root, named_[k].name);
  }
}

// Whether an adjoint is the gradient but for axes that it is broadcast over: it has no axis of its own.
bool Explainer::lacks_axes(NodeId adjoint, NodeId gradient) const {
  return std::ranges::includes(graph_.node(gradient).axes, graph_.node(adjoint).axes);
}

// The expression with each named adjoint below it as a name.
NodeId Explainer::image(NodeId raw) {
  for (NodeId id : graph_.reachable(std::span(&raw, 1))) {
    if (images_.contains(id)) continue;
    std::vector<NodeId> operands;
    for (NodeId operand : graph_.node(id).operands) operands.push_back(images_.at(operand));
    images_.emplace(id, graph_.rebuild(id, operands));
  }
  return images_.at(raw);
}

void Explainer::name_adjoints(const Program& program, const Backward& backward) {
  std::unordered_map<NodeId, std::string> names;
  for (const Parameter& parameter : program.parameters) names.try_emplace(parameter.node, parameter.name);
  for (const bool inner : {false, true})
    for (const Definition& definition : program.definitions)
      if (definition.inner == inner) names.try_emplace(definition.node, definition.name);
  std::unordered_map<NodeId, std::size_t> by_raw;
  const auto add = [&](const std::string& of, const std::string& name, NodeId value, NodeId raw) {
    const NodeId root = graph_.named(name, image(raw));
    images_.insert_or_assign(raw, root);
    by_raw.emplace(raw, named_.size());
    named_.push_back({of, name, value, raw, root});
  };
  for (auto adjoint = backward.adjoints.rbegin(); adjoint != backward.adjoints.rend(); ++adjoint) {
    const auto found = names.find(adjoint->of);
    if (found == names.end() || graph_.node(adjoint->value).op == Op::constant || by_raw.contains(adjoint->value)) continue;
    const std::string& of = found->second;
    const auto line =
        std::ranges::find_if(lines_, [&](const Line& own) { return own.of == of && lacks_axes(adjoint->value, own.raw); });
    add(of, line != lines_.end() ? line->name : chain_spelling_.fresh(fmt::format("d{}", of.substr(of.rfind('.') + 1))),
        adjoint->of, adjoint->value);
  }
  for (const Line& line : lines_) {
    const auto same = std::ranges::find_if(
        named_, [&](const Named& adjoint) { return adjoint.name == line.name && lacks_axes(adjoint.raw, line.raw); });
    if (same != named_.end()) {
      own_.push_back(static_cast<std::size_t>(same - named_.begin()));
      continue;
    }
    if (!by_raw.contains(line.raw)) {
      const auto value = line.of.empty() ? std::nullopt : program.target(line.of);
      add(line.of, line.name, value.value_or(line.raw), line.raw);
    }
    own_.push_back(by_raw.at(line.raw));
  }
}

// The operations between a value and the values with a name that read it.
std::string Explainer::rule(NodeId value) const {
  std::vector<std::string_view> words;
  std::vector<NodeId> open{value};
  std::set<NodeId> seen;
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    const auto users = users_.find(id);
    if (users == users_.end()) continue;
    for (NodeId user : users->second) {
      if (graph_.node(user).op == Op::named || !seen.insert(user).second) continue;
      const std::string_view word = word_of(operation(graph_.node(user).op));
      if (std::ranges::find(words, word) == words.end()) words.push_back(word);
      open.push_back(user);
    }
  }
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::string Explainer::names_of(std::span<const NodeId> values) const {
  std::set<std::string> names;
  for (NodeId value : values)
    if (const auto name = chain_spelling_.name_of(value)) names.insert(*name);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void Explainer::show(std::size_t named, Explanation& result) {
  Named& adjoint = named_[named];
  adjoint.shown = true;
  result.chain.push_back(
      {adjoint.name, expression(graph_, body(adjoint.root), chain_spelling_), rule(adjoint.value), adjoint.root, adjoint.raw});
}

// The adjoints that the line's own is built from and that have not been shown, then its own.
void Explainer::add_chain(const Line& line, std::size_t own, Explanation& result) {
  std::set<std::size_t> needed;
  std::unordered_set<NodeId> seen;
  std::vector<NodeId> open{named_[own].root};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    const auto found = by_root_.find(id);
    if (found != by_root_.end() && named_[found->second].shown) continue;
    if (found != by_root_.end()) needed.insert(found->second);
    if (found == by_root_.end() && chain_spelling_.name_of(id)) continue;
    open.insert(open.end(), graph_.node(id).operands.begin(), graph_.node(id).operands.end());
  }
  if (!named_[own].shown) needed.insert(own);
  for (std::size_t k : needed) show(k, result);
  if (named_[own].name != line.name)
    result.chain.push_back({line.name, named_[own].name, "the same", named_[own].root, named_[own].raw});
}

// The name of a value or an adjoint, and what it is computed as. Empty: it has no name.
std::pair<std::string, std::string> Explainer::known_value(NodeId value) {
  if (const auto name = spelling_.name_of(value)) return {*name, expression(graph_, body(value), spelling_)};
  const auto adjoint = std::ranges::find(named_, value, &Named::raw);
  if (adjoint == named_.end()) return {};
  const auto line = std::ranges::find(lines_, adjoint->name, &Line::name);
  return {adjoint->name, line != lines_.end() ? line->expression : expression(graph_, body(adjoint->root), chain_spelling_)};
}

// What a person would say of a step; facts with what they follow from.
std::string Explainer::detail_of(const JournalStep& step, Explanation& result) {
  constexpr FormLaw notable[] = {FormLaw::sum_over_indicator, FormLaw::fix_index, FormLaw::cancel};
  std::string text = names_of(step.about);
  const auto add = [&](std::string_view part) { text += (text.empty() ? "" : ", ") + std::string(part); };
  for (FormLaw law : step.laws)
    if (std::ranges::find(notable, law) != std::end(notable)) add(row_of(law).name);
  for (NodeId value : step.nonzero) result.conditions.push_back(expression(graph_, value, spelling_) + " != 0");
  for (const JournalFact& fact : step.facts) {
    const auto [name, definition] = known_value(fact.value);
    if (name.empty()) continue;
    std::string axes;
    for (AxisId axis : fact.axes) axes += (axes.empty() ? "" : ", ") + spelling_.axis(axis);
    const std::string value = expression(graph_, fact.sum, spelling_);
    add(fmt::format("sum[{}]({}) = {}", axes, name, value));
    result.facts.push_back(fmt::format("sum[{0}]({1}) = sum[{0}]({2}) = {3}", axes, name, definition, value));
  }
  return text;
}

// A line that repeats the one before it is no event. `shown_before`: the line's own in an earlier chain.
void Explainer::add_steps(const Line& line, std::string shown_before, Explanation& result) {
  std::string before = result.chain.empty() ? std::move(shown_before) : result.chain.back().expression;
  const auto add = [&](Move move, std::string detail, const std::vector<FormLaw>& laws, NodeId node, std::string text) {
    if (text == before) return;
    before = text;
    result.steps.push_back({std::string(row_of(move).name), std::move(detail), std::move(text), node, laws});
  };
  const auto entry = std::ranges::find(journal_.entries, result.raw, &JournalEntry::raw);
  if (entry == journal_.entries.end() || entry->steps.empty()) return add(Move::arrange, {}, {}, line.computed, line.expression);
  for (const JournalStep& step : entry->steps) {
    const bool last = &step == &entry->steps.back();
    add(step.move, detail_of(step, result), step.laws, last ? line.computed : step.after,
        last ? line.expression : expression(graph_, step.after, spelling_));
  }
}

Explanation Explainer::explain(std::size_t line) {
  Explanation result{{}, lines_[line].raw, {}, {}, {}};
  add_chain(lines_[line], own_[line], result);
  add_steps(lines_[line], expression(graph_, body(named_[own_[line]].root), chain_spelling_), result);
  return result;
}

}  // namespace tenet
