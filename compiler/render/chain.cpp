#include "compiler/render/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/simplify/simplify.h"

namespace tenet {
namespace {

constexpr std::size_t most_steps = 2;       // of the chain rule in one line
constexpr std::size_t most_operations = 9;  // in a line that takes in another

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

std::string listed(std::span<const std::string_view> words) { return fmt::format("{}", fmt::join(words, ", ")); }

}  // namespace

Chain::Chain(Graph& graph, const Program& program, const Backward& backward, const Spelling& spelling,
             std::span<const Line> lines)
    : graph_(graph), spelling_(spelling) {
  for (const Adjoint& adjoint : backward.adjoints)
    for (NodeId operand : graph.node(adjoint.of).operands) users_[operand].push_back(adjoint.of);
  name_adjoints(program, backward, lines);
  std::vector<NodeId> roots;
  for (const Link& link : links_) roots.push_back(link.root);
  const Simplified simple = simplify(graph, roots);
  spelling_.learn_nodes();
  for (std::size_t k = 0; k < links_.size(); ++k) {
    links_[k].root = simple.roots[k];
    if (graph.node(links_[k].root).op == Op::named) by_root_.emplace(links_[k].root, k);  // else a constant
  }
}

// Whether an adjoint is the gradient but for axes that it is broadcast over: it has no axis of its own.
bool Chain::lacks_axes(NodeId adjoint, NodeId gradient) const {
  return std::ranges::includes(graph_.node(gradient).axes, graph_.node(adjoint).axes);
}

// The expression with each named adjoint below it as a name.
NodeId Chain::image(NodeId raw) {
  for (NodeId id : graph_.reachable(std::span(&raw, 1))) {
    if (images_.contains(id)) continue;
    if (graph_.node(id).op == Op::recurrence) {
      images_.emplace(id, id);
      continue;
    }
    std::vector<NodeId> operands;
    for (NodeId operand : graph_.node(id).operands) operands.push_back(images_.at(operand));
    images_.emplace(id, graph_.rebuild(id, operands));
  }
  return images_.at(raw);
}

void Chain::name_adjoints(const Program& program, const Backward& backward, std::span<const Line> lines) {
  std::unordered_map<NodeId, std::string> names;
  for (const Parameter& parameter : program.parameters) names.try_emplace(parameter.node, parameter.name);
  for (const bool inner : {false, true})
    for (const Definition& definition : program.definitions)
      if (definition.inner == inner) names.try_emplace(definition.node, definition.name);
  std::unordered_map<NodeId, std::size_t> by_raw;
  const auto add = [&](const std::string& of, const std::string& name, NodeId value, NodeId raw) {
    const NodeId root = graph_.named(name, image(raw));
    images_.insert_or_assign(raw, root);
    by_raw.emplace(raw, links_.size());
    links_.push_back({of, name, value, raw, root});
  };
  for (auto adjoint = backward.adjoints.rbegin(); adjoint != backward.adjoints.rend(); ++adjoint) {
    const auto found = names.find(adjoint->of);
    if (found == names.end() || graph_.node(adjoint->value).op == Op::constant || by_raw.contains(adjoint->value)) continue;
    const std::string& of = found->second;
    const auto line =
        std::ranges::find_if(lines, [&](const Line& own) { return own.of == of && lacks_axes(adjoint->value, own.raw); });
    add(of, line != lines.end() ? line->name : spelling_.derivative_by(of), adjoint->of, adjoint->value);
  }
  for (const Line& line : lines) {
    const auto same =
        std::ranges::find_if(links_, [&](const Link& link) { return link.name == line.name && lacks_axes(link.raw, line.raw); });
    if (same != links_.end()) {
      own_.push_back(static_cast<std::size_t>(same - links_.begin()));
      continue;
    }
    if (!by_raw.contains(line.raw)) {
      const auto value = line.of.empty() ? std::nullopt : program.target(line.of);
      add(line.of, line.name, value.value_or(line.raw), line.raw);
    }
    own_.push_back(by_raw.at(line.raw));
  }
}

std::optional<std::size_t> Chain::link_at(NodeId root) const {
  const auto found = by_root_.find(root);
  return found == by_root_.end() ? std::nullopt : std::optional(found->second);
}

NodeId Chain::body(std::size_t link) const {
  const NodeId root = links_[link].root;
  return graph_.node(root).op == Op::named ? graph_.node(root).operands[0] : root;
}

// What the line writes out, as often as it is written.
Chain::Reading Chain::reading_of(std::size_t link) const {
  constexpr std::size_t many = 1000;
  const NodeId top = body(link);
  std::map<NodeId, std::size_t, std::greater<>> open{{top, 1}};  // users before operands
  Reading result;
  while (!open.empty()) {
    const auto [id, times] = *open.begin();
    open.erase(open.begin());
    if (const auto read = link_at(id); read && *read != link) {
      result.links[*read] += times;
      continue;
    }
    const Node& node = graph_.node(id);
    if (id != top && spelling_.name_of(id)) continue;
    const Form form = operation(node.op).form;
    if (form != Form::leaf && form != Form::identity) result.operations = std::min(many, result.operations + times);
    for (NodeId operand : node.operands) open[operand] = std::min(many, open[operand] + times);
  }
  return result;
}

// Of the links that the lines need; nothing of the others.
std::vector<Chain::Reading> Chain::readings() const {
  std::vector<Reading> result(links_.size());
  std::vector<bool> seen(links_.size());
  std::vector<std::size_t> open = own_;
  while (!open.empty()) {
    const std::size_t k = open.back();
    open.pop_back();
    if (seen[k]) continue;
    seen[k] = true;
    result[k] = reading_of(k);
    for (const auto& [read, times] : result[k].links) open.push_back(read);
  }
  return result;
}

void Chain::write_into_readers(const std::unordered_set<std::size_t>& kept) {
  std::vector<Reading> reading = readings();
  std::vector<std::size_t> times(links_.size()), reader(links_.size()), steps(links_.size(), 1);
  for (std::size_t k = 0; k < links_.size(); ++k)
    for (const auto& [read, written] : reading[k].links) {
      times[read] += written;
      reader[read] = k;
    }
  for (std::size_t k = 0; k < links_.size(); ++k) {
    if (times[k] != 1 || kept.contains(k) || std::ranges::find(own_, k) != own_.end()) continue;
    const std::size_t into = reader[k];
    if (steps[k] + 1 > most_steps || reading[k].operations + reading[into].operations > most_operations) continue;
    links_[k].written = true;
    links_[k].reader = into;
    steps[into] = std::max(steps[into], steps[k] + 1);
    reading[into].operations += reading[k].operations;
  }
  leave_out_written();
  for (const auto& [root, k] : by_root_) spelling_.give_name(root, links_[k].name);
}

// What is written into a line is part of its expression for the directed laws too.
void Chain::leave_out_written() {
  images_.clear();
  std::vector<std::size_t> others;
  std::vector<NodeId> roots;
  for (std::size_t k = 0; k < links_.size(); ++k) {
    const NodeId root = links_[k].root, now = image(root);
    if (links_[k].written) {
      images_.insert_or_assign(root, graph_.node(now).operands[0]);
    } else {
      others.push_back(k);
      roots.push_back(now);
    }
  }
  const Simplified simple = simplify(graph_, roots);
  spelling_.learn_nodes();
  by_root_.clear();
  for (std::size_t n = 0; n < others.size(); ++n) {
    links_[others[n]].root = simple.roots[n];
    if (graph_.node(simple.roots[n]).op == Op::named) by_root_.emplace(simple.roots[n], others[n]);
  }
}

std::vector<std::size_t> Chain::read_by(std::size_t link) const {
  std::vector<std::size_t> result;
  for (const auto& [read, times] : reading_of(link).links) result.push_back(read);
  return result;
}

// Those between a value and the values that read it and have a line of their own.
std::string Chain::operations(std::size_t link) const {
  std::vector<std::string_view> words;
  std::set<NodeId> seen, between;
  for (std::size_t k = 0; k < links_.size(); ++k)
    if (links_[k].written) between.insert(links_[k].value);
  std::vector<NodeId> open{links_[link].value};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    const auto users = users_.find(id);
    if (users == users_.end()) continue;
    for (NodeId user : users->second) {
      if ((graph_.node(user).op == Op::named && !between.contains(user)) || !seen.insert(user).second) continue;
      open.push_back(user);
      if (operation(graph_.node(user).op).form == Form::identity) continue;
      const std::string_view word = word_of(operation(graph_.node(user).op));
      if (std::ranges::find(words, word) == words.end()) words.push_back(word);
    }
  }
  return listed(words);
}

std::string Chain::passed(std::size_t link) const {
  std::vector<std::string_view> names;
  for (const Link& other : links_)
    if (other.written && other.reader == link) names.push_back(other.of);
  return listed(names);
}

}  // namespace tenet
