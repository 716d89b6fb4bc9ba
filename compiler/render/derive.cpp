#include "compiler/render/derive.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <unordered_set>

#include "compiler/grad/axes.h"
#include "compiler/grad/closing.h"
#include "compiler/grad/gradient.h"
#include "compiler/render/operations.h"
#include "compiler/render/stated_axes.h"
#include "compiler/render/text.h"
#include "compiler/simplify/gradients.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

constexpr int deepest = 40;      // levels of one line; the parser takes 256
constexpr int light = 3;         // nodes of a tree that is repeated rather than named
constexpr int light_index = 12;  // the same, for truths and wholes

struct Target {
  std::string name;
  NodeId node;
};

// Every parameter and definition of the file that `value` depends on and by which a derivative can be taken.
std::vector<Target> all_targets(Program& program, NodeId value) {
  Graph& graph = program.graph;
  std::vector<bool> below(graph.node_count());
  for (NodeId id : graph.reachable(std::span(&value, 1))) below[index_of(id)] = true;
  for (NodeId id : names_below(graph, value)) {
    below.resize(graph.node_count());
    below[index_of(id)] = true;
  }
  std::vector<Target> result;
  const auto consider = [&](const std::string& name, NodeId node) {
    const bool shares = !intersection(graph.node(node).axes, graph.node(value).axes).empty();
    if (below[index_of(node)] && node != value && graph.node(node).kind == Kind::real && !shares) result.push_back({name, node});
  };
  for (const Parameter& parameter : program.parameters) consider(parameter.name, parameter.node);
  for (const Definition& definition : program.definitions)
    if (!definition.inner) consider(definition.name, definition.node);
  return result;
}

// The definitions that read no gradient: they are at hand by their names. A gradient that has a name is derived like others.
std::vector<NodeId> forward_definitions(const Program& program) {
  const Graph& graph = program.graph;
  std::vector<bool> derived(graph.node_count());
  for (const Definition& definition : program.definitions)
    if (definition.differentiates) derived[index_of(definition.node)] = true;
  for (std::uint32_t i = 0; i < graph.node_count(); ++i)
    for (NodeId operand : graph.node(NodeId{i}).operands) derived[i] = derived[i] || derived[index_of(operand)];
  std::vector<NodeId> result;
  for (const Definition& definition : program.definitions)
    if (!derived[index_of(definition.node)]) result.push_back(definition.node);
  return result;
}

// The conventions of the operations between the target and the value.
std::vector<std::string> conventions(const Graph& graph, std::span<const NodeId> order, NodeId target) {
  std::vector<bool> depends(graph.node_count());
  std::vector<std::string> result;
  for (NodeId id : order) {
    const Node& node = graph.node(id);
    bool here = id == target;
    for (NodeId operand : node.operands) here = here || depends[index_of(operand)];
    depends[index_of(id)] = here && node.kind == Kind::real;
    const std::string_view convention = operation(node.op).convention;
    if (!here || id == target || convention.empty()) continue;
    if (std::ranges::find(result, convention) == result.end()) result.emplace_back(convention);
  }
  return result;
}

class Derivation {
 public:
  Derivation(Program& program, NodeId value, std::vector<Target> wanted, bool raw, bool explained)
      : graph_(program.graph), wanted_(std::move(wanted)) {
    const auto start = std::chrono::steady_clock::now();
    order_ = graph_.reachable(std::span(&value, 1));
    std::vector<NodeId> targets;
    for (const Target& target : wanted_) targets.push_back(target.node);
    const Backward reverse = backward(graph_, value, targets);
    raw_ = reverse.gradients;
    spelling_.emplace(graph_, definitions(program), taken(program));
    NodeId forward = value;  // as it is computed
    if (raw) {
      adjoints_ = raw_;
      stop_ = "not simplified";
      name_values(program, reverse, {});
    } else {
      std::vector<NodeId> given{value};
      for (NodeId id : forward_definitions(program)) given.push_back(id);
      SimplifiedGradients simple = simplify_gradients(graph_, given, reverse, Sizes(), explained ? &journal_ : nullptr);
      adjoints_ = std::move(simple.gradients);
      forward = simple.given[0];
      stop_ = simple.stop;
      name_values(program, reverse, simple.values);
      values_ = simple.values;
      for (const auto& [before, now] : values_) raw_of_.try_emplace(now, before);
    }
    find_recurrences();
    name_recurrences();
    find_helpers();
    count_lines(forward);
    for (std::size_t k = 0; k < wanted_.size(); ++k) emit_gradient(k);
    if (explained && recurrent_.empty()) explain(program, reverse);  // the steps within a recurrence are not shown
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    for (DerivedLine& line : lines_) line.seconds = seconds.count();
  }

  std::vector<DerivedLine> take() { return std::move(lines_); }

 private:
  static std::vector<std::string> definitions(const Program& program) {
    std::vector<std::string> names;
    for (const Definition& definition : program.definitions) names.push_back(definition.name);
    return names;
  }

  static std::vector<std::string> taken(const Program& program) {
    std::vector<std::string> names;
    for (const auto& [name, axis] : program.axes) names.push_back(name);
    for (const Parameter& parameter : program.parameters) names.push_back(parameter.name);
    for (const DataInput& data : program.data) names.push_back(data.name);
    return names;
  }

  // A value that is the gradient by something with a name goes by that name: a wanted gradient's name before that of another one.
  void name_values(const Program& program, const Backward& reverse, std::span<const std::pair<NodeId, NodeId>> values) {
    for (NodeId& adjoint : adjoints_)  // a component goes by its line's name
      if (const NodeId bare = without_names(adjoint); graph_.node(bare).op == Op::recurrence) adjoint = bare;
    for (std::size_t k = 0; k < wanted_.size(); ++k) gradient_of_.try_emplace(index_of(adjoints_[k]), wanted_[k].name);
    std::unordered_map<NodeId, std::string> names;
    for (const Parameter& parameter : program.parameters) names.try_emplace(parameter.node, parameter.name);
    for (const bool inner : {false, true}) {  // those of the file first
      for (const Definition& definition : program.definitions)
        if (definition.inner == inner) names.try_emplace(definition.node, definition.name);
      for (const Adjoint& adjoint : reverse.adjoints) {
        const auto name = names.find(adjoint.of);
        if (name == names.end() || is_wanted(name->second)) continue;
        if (values.empty()) gradient_of_.try_emplace(index_of(adjoint.value), name->second);
        for (const auto& [before, now] : values)
          if (before == adjoint.value) gradient_of_.try_emplace(index_of(now), name->second);
      }
    }
  }

  // Those of the derivation. What one within another gives has one line, as the component of the innermost.
  void find_recurrences() {
    for (NodeId component : recurrences_below(graph_, adjoints_)) {
      if (std::ranges::all_of(graph_.components(component), [&](NodeId id) { return ends(id); })) continue;
      recurrences_.push_back(component);
      for (NodeId id : graph_.components(component)) {
        read_of_.emplace(graph_.body_of(id), id);
        const NodeId body = bare_body(id);
        if (graph_.node(body).op != Op::recurrence) continue;
        within_.emplace(id, body);
        if (const auto gradient = gradient_of_.find(index_of(id)); gradient != gradient_of_.end())
          gradient_of_.try_emplace(index_of(innermost(body)), gradient->second);
      }
      for (const Recurrence::Read& read : graph_.recurrence_of(component).reads)
        read_of_.emplace(read.reading, graph_.components(component)[read.component]);
    }
    for (NodeId& adjoint : adjoints_) adjoint = innermost(adjoint);
    stating_axes_ = components_stating_axes(graph_, recurrences_);
  }

  NodeId innermost(NodeId component) const {
    const auto within = within_.find(component);
    return within == within_.end() ? component : innermost(within->second);
  }

  bool is_wanted(std::string_view name) const { return std::ranges::find(wanted_, name, &Target::name) != wanted_.end(); }

  // Each component that is needed gets a line, by the name that its body was given, which may be a part of a wanted gradient.
  void name_recurrences() {
    for (NodeId component : recurrences_) {
      std::vector<std::string> names;
      for (NodeId id : graph_.components(component)) {
        if (within_.contains(id)) {
          names.push_back(recurrent_.at(innermost(id)));
          continue;
        }
        const auto gradient = gradient_of_.find(index_of(id));
        const NodeId body = graph_.body_of(id);
        if (gradient != gradient_of_.end())
          names.push_back(spelling_->derivative_by(gradient->second));
        else if (graph_.node(body).op == Op::named && !is_wanted(std::string_view(graph_.name_of(body)).substr(1)))
          names.push_back(spelling_->derivative_by(std::string_view(graph_.name_of(body)).substr(1)));  // `dh`
        else
          names.push_back(spelling_->fresh("shared"));
        recurrent_.emplace(id, names.back());
      }
      spelling_->name_components(component, names);
    }
  }

  bool ends(NodeId id) const {
    if (within_.contains(id)) return ends(innermost(id));
    return spelling_->name_of(id).has_value() && (!recurrent_.contains(id) || line_of_.contains(index_of(id)));
  }

  // Operands of what is printed below a node, down to names. Ascending ids, so that a helper stands after those it reads.
  std::vector<NodeId> printed_below(std::span<const NodeId> roots) const {
    std::vector<NodeId> open(roots.begin(), roots.end()), result;
    std::unordered_set<std::uint32_t> seen;
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      if (!seen.insert(index_of(id)).second) continue;
      if (const auto within = within_.find(id); within != within_.end()) {
        open.push_back(within->second);
        continue;
      }
      if (const auto read = read_of_.find(id); read != read_of_.end()) open.push_back(read->second);
      result.push_back(id);
      if (ends(id)) continue;
      if (graph_.node(id).op != Op::recurrence) {
        open.insert(open.end(), graph_.node(id).operands.begin(), graph_.node(id).operands.end());
        continue;
      }
      for (NodeId component : graph_.components(id)) {
        open.push_back(component);
        for (NodeId operand : graph_.node(bare_body(component)).operands) open.push_back(operand);
      }
    }
    std::ranges::sort(result);
    return result;
  }

  NodeId bare_body(NodeId component) const { return without_names(graph_.body_of(component)); }

  NodeId without_names(NodeId id) const {
    while (graph_.node(id).op == Op::named) id = graph_.node(id).operands[0];
    return id;
  }

  // What gets a line of its own: the wanted gradients, what is used several times and is not light, what is too deep.
  void find_helpers() {
    struct Shape {
      int uses = 0, depth = 1, weight = 1;
    };
    std::unordered_map<std::uint32_t, Shape> shapes;
    const std::vector<NodeId> printed = printed_below(adjoints_);
    for (NodeId id : printed) {
      if (ends(id)) continue;
      const NodeId read = graph_.node(id).op == Op::recurrence ? bare_body(id) : id;
      for (NodeId operand : graph_.node(read).operands) ++shapes[index_of(operand)].uses;
    }
    for (NodeId adjoint : adjoints_)
      if (!is_zero(graph_, adjoint)) helpers_.insert(index_of(adjoint));
    for (NodeId id : printed) {
      const Node& node = graph_.node(id);
      Shape& shape = shapes[index_of(id)];
      if (ends(id)) continue;
      if (recurrent_.contains(id)) {
        helpers_.insert(index_of(id));
        continue;
      }
      for (NodeId operand : node.operands) {
        shape.depth = std::max(shape.depth, shapes[index_of(operand)].depth + 1);
        shape.weight = std::min(1'000'000, shape.weight + shapes[index_of(operand)].weight);
      }
      const int limit = node.kind == Kind::real && !node.axes.empty() ? light : light_index;
      const bool shared = shape.uses > 1 && shape.weight > limit;
      if (shared || shape.depth > deepest) helpers_.insert(index_of(id));
      if (helpers_.contains(index_of(id))) shape.depth = shape.weight = 1;
    }
  }

  // The counter knows every line before the first is given its name.
  void count_lines(NodeId value) {
    std::vector<NodeId> lines;
    for (NodeId id : printed_below(adjoints_))
      if (helpers_.contains(index_of(id))) lines.push_back(id);
    const std::unordered_set<NodeId> forward = computed_by(graph_, value);
    counter_.emplace(graph_, lines, [&](NodeId id) { return ends(id) || forward.contains(id); });
  }

  void emit_gradient(std::size_t k) {
    const NodeId adjoint = adjoints_[k];
    if (const auto line = line_of_.find(index_of(adjoint));
        line != line_of_.end() && lines_[line->second].of == wanted_[k].name) {
      finish(lines_[line->second], k);  // another gradient has needed it already
      return;
    }
    const bool again = line_of_.contains(index_of(adjoint));
    if (!again) {
      for (NodeId id : printed_below(std::span(&adjoint, 1)))
        if (id != adjoint && helpers_.contains(index_of(id)) && !ends(id) && graph_.node(id).op != Op::constant) emit(id);
    }
    emit(adjoint, wanted_[k].name);
    finish(lines_.back(), k);
  }

  // What an entry of the journal was emitted as goes by the name of the line that it became.
  void explain(const Program& program, const Backward& reverse) {
    Spelling spelling = *spelling_;
    std::vector<Explainer::Line> explained;
    std::vector<std::size_t> places;
    for (std::size_t k = 0; k < lines_.size(); ++k) {
      const DerivedLine& line = lines_[k];
      std::optional<NodeId> raw;
      for (std::size_t w = 0; w < wanted_.size(); ++w)
        if (wanted_[w].name == line.of) raw = raw_[w];
      if (const auto found = raw_of_.find(line_nodes_[k]); !raw && found != raw_of_.end()) raw = found->second;
      if (!raw) continue;
      for (const JournalEntry& entry : journal_.entries)
        if (entry.raw == *raw && !spelling.name_of(entry.computed)) spelling.give_name(entry.computed, line.name);
      explained.push_back({*raw, line_nodes_[k], line.of, line.name, line.expression});
      places.push_back(k);
    }
    Explainer explainer(graph_, program, reverse, journal_, values_, spelling, std::move(explained));
    std::size_t next = 0;
    for (std::size_t k = 0; k < lines_.size(); ++k) {
      if (next < places.size() && places[next] == k) lines_[k].explanation = explainer.explain(next++);
      if (spelling_->name_of(line_nodes_[k]) == lines_[k].name) explainer.stands_above(line_nodes_[k], lines_[k].name);
    }
  }

  void finish(DerivedLine& line, std::size_t k) {
    line.helper = false;
    line.conditions = conventions(graph_, order_, wanted_[k].node);
    line.raw_operations = raw_operations(raw_[k]);
  }

  void emit(NodeId id, const std::string& of = {}) {
    DerivedLine line;
    const auto gradient = gradient_of_.find(index_of(id));
    line.of = !of.empty() ? of : gradient != gradient_of_.end() ? gradient->second : "";
    line.helper = true;
    for (AxisId axis : graph_.node(id).axes) line.axes.push_back(spelling_->axis(axis));
    line.states_axes = stating_axes_.contains(id);
    const auto recurrent = line_of_.contains(index_of(id)) ? recurrent_.end() : recurrent_.find(id);
    const auto known = recurrent == recurrent_.end() ? spelling_->name_of(id) : std::nullopt;
    line.expression = known                 ? *known
                      : is_zero(graph_, id) ? "0"
                                            : expression(graph_, recurrent == recurrent_.end() ? id : bare_body(id), *spelling_);
    if (recurrent != recurrent_.end()) {
      line.name = recurrent->second;
    } else if (!line.of.empty()) {
      line.name = spelling_->derivative_by(line.of);
    } else if (const auto same = helper_of_.find(line.expression); same != helper_of_.end()) {
      // What stands in a recurrence reads like what reads it for all places.
      line_of_[index_of(id)] = same->second;
      return spelling_->give_name(id, lines_[same->second].name);
    } else {
      line.name = spelling_->fresh("shared");
      helper_of_.emplace(line.expression, lines_.size());
    }
    line.axis_declarations = spelling_->take_axis_declarations();
    OperationCount count;
    if (!known)
      for (NodeId part : printed_below(std::span(&id, 1)))
        if (!ends(part) && counted_.insert(index_of(part)).second) count.add(graph_, part);
    line.operations = count.text();
    line.counts = counter_->add(id);
    line.stop = stop_;
    if (!known && !is_zero(graph_, id)) {
      line_of_[index_of(id)] = lines_.size();
      spelling_->give_name(id, line.name);
    }
    lines_.push_back(std::move(line));
    line_nodes_.push_back(id);
  }

  // What the raw form adds to the raw forms before it.
  std::string raw_operations(NodeId raw) {
    OperationCount count;
    std::vector<NodeId> open{raw};
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      const Node& node = graph_.node(id);
      if (node.op == Op::named || node.op == Op::input || !raw_counted_.insert(index_of(id)).second) continue;
      count.add(graph_, id);
      open.insert(open.end(), node.operands.begin(), node.operands.end());
    }
    return count.text();
  }

  Graph& graph_;
  std::vector<Target> wanted_;
  std::optional<Spelling> spelling_;
  std::vector<NodeId> order_;           // what the value depends on
  std::vector<NodeId> raw_, adjoints_;  // of the wanted targets
  std::string stop_;
  std::optional<Counter> counter_;
  std::unordered_map<std::uint32_t, std::string> gradient_of_;
  std::vector<NodeId> recurrences_;                    // of the derivation, by a component, those further in first
  std::unordered_map<NodeId, NodeId> within_;          // components that are those of a recurrence within, by the outer one
  std::unordered_map<NodeId, NodeId> read_of_;         // by the reading or the body
  std::unordered_map<NodeId, std::string> recurrent_;  // components of the derivation's recurrences, and their lines' names
  std::unordered_set<NodeId> stating_axes_;
  std::unordered_set<std::uint32_t> helpers_, counted_, raw_counted_;
  std::unordered_map<std::uint32_t, std::size_t> line_of_;
  std::unordered_map<std::string, std::size_t> helper_of_;  // the line, by its expression
  std::vector<DerivedLine> lines_;
  std::vector<NodeId> line_nodes_;  // what each line computes
  Journal journal_;
  std::vector<std::pair<NodeId, NodeId>> values_;  // adjoints, each with what is computed in its place
  std::unordered_map<NodeId, NodeId> raw_of_;      // the other way round
};

}  // namespace

std::vector<DerivedLine> derive(Program& program, NodeId value, std::span<const std::string> names, bool raw, bool explained) {
  std::vector<Target> targets;
  for (const std::string& name : names)
    if (const auto node = program.target(name)) targets.push_back({name, *node});
  if (names.empty()) targets = all_targets(program, value);
  return Derivation(program, value, std::move(targets), raw, explained).take();
}

std::string derivation_text(std::span<const DerivedLine> lines) {
  std::string result;
  std::vector<std::string> conditions;
  for (const DerivedLine& line : lines) {
    for (const std::string& declaration : line.axis_declarations) result += declaration + "\n";
    const std::string axes = line.states_axes ? fmt::format("[{}]", fmt::join(line.axes, ", ")) : "";
    result += fmt::format("{}{} = {}\n", line.name, axes, line.expression);
    for (const std::string& condition : line.conditions)
      if (std::ranges::find(conditions, condition) == conditions.end()) conditions.push_back(condition);
  }
  for (const std::string& condition : conditions) result += "# " + condition + "\n";
  return result;
}

nlohmann::ordered_json derivation_json(std::span<const DerivedLine> lines) {
  nlohmann::ordered_json result = nlohmann::ordered_json::array();
  for (const DerivedLine& line : lines) {
    nlohmann::ordered_json entry{
        {"name", line.name},     {"of", line.of.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(line.of)},
        {"axes", line.axes},     {"expression", line.expression},
        {"helper", line.helper}, {"operations", line.operations}};
    if (!line.helper) entry["raw_operations"] = line.raw_operations;
    entry["per_element"] = line.counts.per_element;
    entry["indicator_operations"] = line.counts.indicator_operations;
    entry["reductions"] = line.counts.reductions;
    entry["contractions"] = line.counts.contractions;
    entry["sweeps"] = line.counts.sweeps;
    entry["conditions"] = line.conditions;
    entry["seconds"] = line.seconds;
    entry["stop"] = line.stop;
    if (line.explanation) entry["steps"] = steps_json(*line.explanation);
    if (!line.axis_declarations.empty()) entry["axis_declarations"] = line.axis_declarations;
    result.push_back(std::move(entry));
  }
  return result;
}

}  // namespace tenet
