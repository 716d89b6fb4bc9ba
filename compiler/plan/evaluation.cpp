#include "compiler/plan/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "compiler/plan/closed_gradients.h"
#include "compiler/plan/rewriting.h"
#include "compiler/plan/simplified.h"
#include "compiler/simplify/simplify.h"
#include "compiler/simplify/stabilise.h"

namespace tenet {
namespace {

// Whether each axis's size depends on the size of `items` (items included).
std::vector<bool> as_long_as(const Graph& graph, AxisId items) {
  std::vector<bool> result(graph.axis_count());
  result[index_of(items)] = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t i = 0; i < graph.axis_count(); ++i) {
      const std::optional<NodeId>& size = graph.axis(AxisId{i}).size;
      if (result[i] || !size) continue;
      for (NodeId id : graph.reachable(std::span(&*size, 1)))
        if (graph.node(id).op == Op::size && result[index_of(graph.node(id).bound[0])]) result[i] = changed = true;
    }
  }
  return result;
}

class Planner {
 public:
  explicit Planner(Program& program)
      : program_(program), graph_(program.graph), items_(program.train->source->items), long_(as_long_as(graph_, items_)) {}

  std::expected<EvaluationPlan, std::string> plan(const Sizes& sizes);

 private:
  bool has_items(NodeId id) const { return graph_.has_axis(id, items_); }
  // A reduction over items, or a value picked from among them.
  bool collapses(NodeId id) const {
    const Operation& row = operation(graph_.node(id).op);
    return (row.form == Form::reduction || row.form == Form::substitution) &&
           std::ranges::binary_search(graph_.node(id).bound, items_);
  }
  bool divisible(NodeId id) const;
  void find_statistics(std::span<const NodeId> roots, std::size_t figures);  // so many, then what is sampled, if anything is
  std::string name_of(NodeId node) const;                                    // empty: it has none
  void add_statistic(NodeId node, bool of_training);
  std::vector<int> levels() const;
  std::vector<Pass> passes(bool of_training);
  NodeMap statistics_except(std::span<const std::size_t> asked);
  Pass pass(std::span<const NodeId> values, const NodeMap& statistics);
  InputId given(std::string name, Kind kind, std::span<const AxisId> axes) {
    return graph_.add_input({std::move(name), InputRole::given, kind, {axes.begin(), axes.end()}, {}});
  }
  NodeId masked(NodeId value, Op reduction);

  Program& program_;
  Graph& graph_;
  AxisId items_;
  std::vector<bool> long_;
  EvaluationPlan plan_{};
  int accumulators_ = 0;
};

// Whether a piece of the items gives its share of this node's value: only the axis of items itself grows with their number,
// and no value depends on an item's place among them.
bool Planner::divisible(NodeId id) const {
  const Node& node = graph_.node(id);
  if (node.op == Op::coordinate || node.op == Op::argmax || node.op == Op::substitute)
    if (std::ranges::binary_search(node.bound, items_)) return false;
  const auto other = [&](AxisId axis) { return axis != items_ && index_of(axis) < long_.size() && long_[index_of(axis)]; };
  return std::ranges::none_of(node.axes, other) && std::ranges::none_of(node.bound, other);
}

std::string Planner::name_of(NodeId node) const { return graph_.node(node).op == Op::named ? graph_.name_of(node) : ""; }

// A kept statistic's name does not depend on what is reported.
void Planner::add_statistic(NodeId node, bool of_training) {
  const auto number = std::ranges::count(plan_.statistics, of_training, &Statistic::of_training);
  std::string name = fmt::format("{}.{}", of_training ? "statistic" : ".split", number);
  if (of_training && !name_of(node).empty()) name = name_of(node);
  plan_.statistics.push_back({name, node, given(name, Kind::real, graph_.node(node).axes), of_training});
}

// A value free of items that depends on a reduction over them belongs to the training split if it reaches a value with items in
// what the loss or the sampled distribution reads. In pieces, one that does so elsewhere is worked out over the split before
// what reads it. The statistics are those of them that something else uses.
void Planner::find_statistics(std::span<const NodeId> roots, std::size_t figures) {
  const std::vector<NodeId> nodes = graph_.reachable(roots);
  const std::size_t count = graph_.node_count();
  std::vector<bool> reduced(count), modelled(count), trained(count), prepared(count), kept(count);
  for (NodeId id : nodes) {
    bool result = collapses(id);
    for (NodeId operand : graph_.node(id).operands) result = result || reduced[index_of(operand)];
    reduced[index_of(id)] = result;
  }
  std::vector<NodeId> model{roots[0]};
  model.insert(model.end(), roots.begin() + static_cast<std::ptrdiff_t>(figures), roots.end());
  for (NodeId id : graph_.reachable(model)) modelled[index_of(id)] = true;

  const auto free = [&](NodeId id) { return !has_items(id) && reduced[index_of(id)]; };
  for (NodeId distribution : roots.subspan(figures))
    if (free(distribution)) trained[index_of(distribution)] = true;
  for (auto user = nodes.rbegin(); user != nodes.rend(); ++user)
    for (NodeId operand : graph_.node(*user).operands)
      if (modelled[index_of(*user)] && free(operand) && (has_items(*user) || trained[index_of(*user)]))
        trained[index_of(operand)] = true;
  for (auto user = nodes.rbegin(); user != nodes.rend() && plan_.in_pieces; ++user)
    for (NodeId operand : graph_.node(*user).operands)
      if (free(operand) && !trained[index_of(operand)] && (has_items(*user) || prepared[index_of(*user)]))
        prepared[index_of(operand)] = true;

  const auto use = [&](NodeId operand, bool by_trained, bool by_prepared) {
    if ((trained[index_of(operand)] && !by_trained) || (prepared[index_of(operand)] && !by_prepared))
      kept[index_of(operand)] = true;
  };
  for (NodeId user : nodes)
    for (NodeId operand : graph_.node(user).operands) use(operand, trained[index_of(user)], prepared[index_of(user)]);
  for (NodeId root : roots) use(root, false, false);
  for (NodeId id : nodes)
    if (kept[index_of(id)]) add_statistic(id, trained[index_of(id)]);

  for (std::size_t i = 1; i < figures; ++i) {
    const auto note = [&](NodeId statistic) {  // one for each reported value
      const std::string& reported = program_.train->report[i - 1].name;
      if (plan_.shared.empty() || plan_.shared.back().reported != reported)
        plan_.shared.push_back({reported, name_of(statistic)});
    };
    if (trained[index_of(roots[i])]) note(roots[i]);
    for (NodeId user : graph_.reachable(roots.subspan(i, 1)))
      for (NodeId operand : graph_.node(user).operands)
        if (!modelled[index_of(user)] && trained[index_of(operand)]) note(operand);
  }
}

// A statistic's level: one above the highest statistic that it reads.
std::vector<int> Planner::levels() const {
  std::vector<int> result;
  for (std::size_t i = 0; i < plan_.statistics.size(); ++i) {
    const std::vector<NodeId> below = graph_.reachable(std::span(&plan_.statistics[i].node, 1));
    int level = 0;
    for (std::size_t j = 0; j < i; ++j)
      if (std::ranges::binary_search(below, plan_.statistics[j].node)) level = std::max(level, result[j] + 1);
    result.push_back(level);
  }
  return result;
}

// Every statistic but those asked for, as an input.
NodeMap Planner::statistics_except(std::span<const std::size_t> asked) {
  NodeMap result;
  for (std::size_t i = 0; i < plan_.statistics.size(); ++i)
    if (std::ranges::find(asked, i) == asked.end())
      result.emplace(plan_.statistics[i].node, graph_.input_node(plan_.statistics[i].input));
  return result;
}

// where(item < valid, value, identity of the reduction)
NodeId Planner::masked(NodeId value, Op reduction) {
  NodeId identity = graph_.constant(0);
  if (reduction == Op::product) identity = graph_.constant(1);
  if (reduction == Op::min_over) identity = graph_.infinity();
  if (reduction == Op::max_over) identity = graph_.apply(Op::negate, graph_.infinity());
  const NodeId counts = graph_.apply(Op::less, graph_.coordinate(items_), graph_.input_node(*plan_.valid));
  return graph_.apply(Op::where, counts, value, identity);
}

// `values` are free of items; statistics are given. In pieces, reductions over items leave the pass; whole, the values do.
Pass Planner::pass(std::span<const NodeId> values, const NodeMap& statistics) {
  Pass result;
  if (!plan_.in_pieces) {
    for (NodeId value : rewritten(graph_, values, statistics)) {
      const InputId input = given("whole." + std::to_string(accumulators_++), Kind::real, graph_.node(value).axes);
      result.accumulators.push_back({"output." + std::to_string(result.accumulators.size()), Op::sum, input});
      result.computation.outputs.push_back({result.accumulators.back().output, value});
      result.results.push_back(graph_.input_node(input));
    }
    return result;
  }
  NodeMap replacements = statistics;
  replacements.emplace(graph_.size(items_), graph_.input_node(*plan_.total));
  const std::vector<NodeId> inner = rewritten(graph_, values, replacements);
  NodeMap tails;
  for (NodeId id : graph_.reachable(inner)) {
    if (!collapses(id)) continue;
    const Node& node = graph_.node(id);
    const InputId input = given("accumulated." + std::to_string(accumulators_++), Kind::real, node.axes);
    result.accumulators.push_back({"output." + std::to_string(result.accumulators.size()), node.op, input});
    const NodeId operand = masked(node.operands[0], node.op);
    result.computation.outputs.push_back({result.accumulators.back().output, graph_.rebuild(id, std::span(&operand, 1))});
    tails.emplace(id, graph_.input_node(input));
  }
  result.results = rewritten(graph_, inner, tails);
  return result;
}

// Those of one kind, a pass a level.
std::vector<Pass> Planner::passes(bool of_training) {
  const std::vector<int> level = levels();
  const int last = level.empty() ? -1 : std::ranges::max(level);
  std::vector<Pass> result;
  for (int current = 0; current <= last; ++current) {
    std::vector<std::size_t> asked;
    std::vector<NodeId> values;
    for (std::size_t i = 0; i < level.size(); ++i)
      if (level[i] == current && plan_.statistics[i].of_training == of_training) {
        asked.push_back(i);
        values.push_back(plan_.statistics[i].node);
      }
    if (asked.empty()) continue;
    result.push_back(pass(values, statistics_except(asked)));
    result.back().statistics = std::move(asked);
  }
  return result;
}

std::expected<EvaluationPlan, std::string> Planner::plan(const Sizes& sizes) {
  for (const Parameter& parameter : program_.parameters)
    for (AxisId axis : graph_.input(parameter.input).axes)
      if (long_[index_of(axis)])
        return std::unexpected("`" + parameter.name + "` cannot be evaluated on a split: its axis `" + graph_.axis(axis).name +
                               "` is as long as a batch");
  std::vector<NodeId> roots{program_.train->loss};
  for (const Reported& reported : program_.train->report) roots.push_back(reported.value);
  const std::size_t figures = roots.size();
  if (program_.sample) roots.push_back(program_.sample->distribution);
  roots = with_closed_gradients(program_, roots, sizes);
  // What only a step of training reads is no part of this.
  if (std::vector<NodeId> evaluated = with_training(program_, roots, false); evaluated != roots)
    roots = simplify(graph_, evaluated).roots;
  std::vector<LawApplication> journal;
  roots = stabilised(graph_, roots, journal);
  plan_.items = items_;
  plan_.in_pieces = std::ranges::all_of(graph_.reachable(roots), [&](NodeId id) { return divisible(id); });
  if (plan_.in_pieces) {
    plan_.valid = given(".valid", Kind::whole, {});
    plan_.total = given(".total", Kind::whole, {});
  }
  find_statistics(roots, figures);
  plan_.calibration = passes(true);
  plan_.preparation = passes(false);
  const NodeMap statistics = statistics_except({});
  plan_.figures = pass(std::span(roots).first(figures), statistics);
  if (program_.sample) {
    Computation distribution;
    distribution.outputs.push_back({"distribution", rewritten(graph_, std::span(&roots[figures], 1), statistics)[0]});
    plan_.distribution = std::move(distribution);
  }
  return std::move(plan_);
}

}  // namespace

std::expected<EvaluationPlan, std::string> evaluation_plan(Program& program, const Sizes& sizes) {
  assert(program.train && program.train->source);
  return Planner(program).plan(sizes);
}

Computation evaluated(Program& program, std::span<const NodeId> values, const Sizes& sizes) {
  Computation result;
  for (NodeId value : with_training(program, with_closed_gradients(program, values, sizes), false))
    result.outputs.push_back({std::to_string(result.outputs.size()), value});
  return simplified(program.graph, result);
}

}  // namespace tenet
