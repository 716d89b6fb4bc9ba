#include "compiler/grad/differences.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <random>
#include <unordered_map>

#include "compiler/grad/axes.h"
#include "compiler/grad/formula.h"

namespace tenet {
namespace {

constexpr int directions = 3;  // the first probes; the others are along one coordinate
constexpr double steps[] = {1e-3, 1e-2, 1e-4, 1e-1, 1e-5, 1e-6, 1e-8, 1e-10};  // as shares of an element's size
constexpr double shortest_rounded = 1e-4;  // below, rounding explains too much to be allowed for
constexpr double roundings = 64;           // that may add up in one difference
constexpr double settled = 1e-3;           // that two steps have to agree to, of what they measure

bool passes_nothing(const Node& node) {
  const Operation& row = operation(node.op);
  if (row.form == Form::leaf || row.form == Form::recurrence) return false;
  if (node.kind != Kind::real) return true;
  return row.form != Form::substitution && std::ranges::all_of(row.adjoint, &std::string_view::empty);
}

// The distance below which two values count as tied.
NodeId nearness(Graph& graph, NodeId value) {
  const NodeId size = graph.apply(Op::add, graph.constant(1), graph.apply(Op::abs, value));
  return graph.apply(Op::multiply, graph.constant(1, 10'000'000), size);
}

// What has a convention is linear but for its kinks: the second difference says whether one is near.
NodeId pointwise_tie(Graph& graph, NodeId id) {
  const std::vector<NodeId> operands(graph.node(id).operands.begin(), graph.node(id).operands.end());
  const Op op = graph.node(id).op;
  std::optional<NodeId> result;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const NodeId step = nearness(graph, operands[k]);
    const auto moved = [&](Op direction) {
      std::vector<NodeId> at = operands;
      at[k] = graph.apply(direction, at[k], step);
      return graph.apply(op, at);
    };
    const NodeId both = graph.apply(Op::add, moved(Op::add), moved(Op::subtract));
    const NodeId bend = graph.apply(Op::abs, graph.apply(Op::subtract, both, graph.apply(Op::add, id, id)));
    const NodeId tie = graph.apply(Op::greater, bend, graph.apply(Op::divide, step, graph.constant(4)));
    result = result ? graph.apply(Op::logical_or, *result, tie) : tie;
  }
  return *result;
}

// More than one element is the greatest.
NodeId reduced_tie(Graph& graph, NodeId id) {
  const NodeId element = graph.node(id).operands[0];
  const AxisSet over = set_of(graph.node(id).bound);
  const NodeId distance = graph.apply(Op::abs, graph.apply(Op::subtract, element, id));
  const NodeId tied = graph.apply(Op::less_equal, distance, nearness(graph, id));
  return graph.apply(Op::greater, sum_over(graph, tied, over), graph.constant(1));
}

// y + sum_k dy/d(operand k) * (operand k moved - operand k), where `id` is y.
NodeId tangent(Graph& graph, NodeId id, std::span<const NodeId> moved) {
  static constexpr std::array<std::string_view, 3> letters{"a", "b", "c"};
  const Op op = graph.node(id).op;
  const AxisSet over = set_of(graph.node(id).bound);
  const std::vector<NodeId> operands(graph.node(id).operands.begin(), graph.node(id).operands.end());
  FormulaNames names;
  names.values = {{"g", graph.constant(1)}, {"y", id}};
  names.axes = {{"axes", over}};
  for (std::size_t k = 0; k < operands.size(); ++k) names.values.emplace_back(letters[k], operands[k]);
  NodeId result = id;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (moved[k] == operands[k]) continue;
    const NodeId slope = instantiate(graph, *parse_formula(operation(op).adjoint[k]), names);
    // What is not moved may be infinite.
    const NodeId moves = graph.apply(Op::not_equal, moved[k], operands[k]);
    const NodeId by = graph.apply(Op::multiply, moves, graph.apply(Op::subtract, moved[k], operands[k]));
    const NodeId change = graph.apply(Op::multiply, slope, by);
    result = graph.apply(Op::add, result, sum_over(graph, change, over));
  }
  return result;
}

// Builds what is moved, operands before users. What nothing moves keeps its node, but in a recurrence of which something is
// moved: there it is built over that recurrence's readings.
class Mover {
 public:
  Mover(Graph& graph, std::span<const NodeId> targets, std::int64_t count, const std::function<bool(NodeId)>& holds)
      : graph_(graph), holds_(holds), result_{{}, graph.axis("moves", graph.constant(static_cast<long>(count))), count, {}, {}} {
    for (NodeId target : targets) {
      const NodeId defined = graph.defined(target);
      const InputId difference =
          graph.add_input({"difference", InputRole::given, Kind::real, with_moves(graph.node(defined).axes), {}});
      result_.differences.push_back(difference);
      targets_.emplace(defined, graph.input_node(difference));
    }
  }

  Moved result(NodeId value) && {
    const std::vector<NodeId> order = graph_.all_below(std::span(&value, 1));
    find_varying(order);
    for (NodeId id : order) add(id);
    result_.value = image(value);
    return std::move(result_);
  }

 private:
  AxisSet with_moves(std::span<const AxisId> axes) const {
    AxisSet result = set_of(axes);
    if (result.empty() || result.back() != result_.moves) result.push_back(result_.moves);
    return result;
  }

  void find_varying(std::span<const NodeId> order) {
    varies_.resize(graph_.node_count());
    for (bool grew = true; grew;) {  // a reading varies as its component does, which comes later
      grew = false;
      for (NodeId id : order) {
        const Node& node = graph_.node(id);
        varies_[index_of(id)] =
            varies_[index_of(id)] || targets_.contains(id) ||
            (!passes_nothing(node) && std::ranges::any_of(node.operands, [&](NodeId operand) { return varies(operand); }));
        if (node.op != Op::recurrence) continue;
        const Recurrence& form = graph_.recurrence_of(id);
        const std::size_t count = graph_.components(id).size();
        for (std::size_t k = 0; k < form.reads.size(); ++k) {
          const auto& [component, offset, reading] = form.reads[k];
          if (varies(reading) || (!varies(node.operands[component]) && !varies(node.operands[count + k]))) continue;
          varies_[index_of(reading)] = grew = true;
        }
      }
    }
  }

  bool varies(NodeId id) const { return varies_[index_of(id)]; }

  NodeId image(NodeId id) const {
    const auto found = images_.find(id);
    return found == images_.end() ? id : found->second;
  }

  NodeId unmoved(NodeId id) {
    return graph_.has_axis(id, result_.moves) ? graph_.substitute(id, {{result_.moves, graph_.constant(0)}}) : id;
  }

  void add(NodeId id) {
    const Op op = graph_.node(id).op;
    if (images_.contains(id) || (!varies(id) && !graph_.node(id).open)) return;
    if (op == Op::recurrence) return add_recurrence(id);
    NodeId now = id;
    if (varies(id) && op == Op::input && graph_.input(graph_.input_of(id)).role == InputRole::previous)
      now = graph_.reading(with_moves(graph_.node(id).axes));
    std::vector<NodeId> moved, still;  // the operands
    for (NodeId operand : graph_.node(id).operands) {
      moved.push_back(image(operand));
      still.push_back(graph_.node(id).open ? unmoved(moved.back()) : operand);
    }
    if (!moved.empty()) {
      const NodeId base = graph_.rebuild(id, still);
      now = varies(id) ? graph_.rebuild(id, moved) : base;
      if (varies(id) && !operation(op).convention.empty() && graph_.node(id).kind == Kind::real)
        now = by_convention(id, base, now);
    }
    if (const auto difference = targets_.find(id); difference != targets_.end())
      now = graph_.apply(Op::add, now, difference->second);
    if (now != id) images_.emplace(id, now);
  }

  // `moved`, but the line that the convention gives where `base` is at a tie.
  NodeId by_convention(NodeId id, NodeId base, NodeId moved) {
    const bool reduces = operation(graph_.node(base).op).form == Form::reduction;
    const NodeId where = reduces ? reduced_tie(graph_, base) : pointwise_tie(graph_, base);
    if (!graph_.node(where).open && !holds_(where)) return moved;
    result_.ties.push_back({id, where});
    const std::vector<NodeId> operands(graph_.node(moved).operands.begin(), graph_.node(moved).operands.end());
    return graph_.apply(Op::where, where, tangent(graph_, base, operands), moved);
  }

  // All components at once, and one more for each tie in its region: so there is a value of it for each place.
  void add_recurrence(NodeId id) {
    const std::vector<NodeId> components(graph_.components(id).begin(), graph_.components(id).end());
    const std::vector<NodeId> operands(graph_.node(id).operands.begin(), graph_.node(id).operands.end());
    if (std::ranges::none_of(operands, [&](NodeId operand) { return images_.contains(operand); })) return;
    Recurrence form = graph_.recurrence_of(id);
    std::vector<NodeId> bodies, starts, readings;
    for (std::size_t k = 0; k < operands.size(); ++k) (k < components.size() ? bodies : starts).push_back(image(operands[k]));
    for (auto& [component, offset, reading] : form.reads) {
      reading = image(reading);
      readings.push_back(reading);
      if (graph_.has_axis(reading, result_.moves))
        bodies[component] = broadcast(graph_, bodies[component], with_moves(graph_.node(bodies[component]).axes));
    }
    std::vector<Tie*> ties;
    for (Tie& tie : result_.ties) {
      if (!graph_.node(tie.where).open) continue;
      const std::vector<NodeId> below = graph_.all_below(std::span(&tie.where, 1));
      if (std::ranges::any_of(readings, [&](NodeId reading) { return std::ranges::binary_search(below, reading); }))
        ties.push_back(&tie);
    }
    for (const Tie* tie : ties) bodies.push_back(tie->where);
    const std::vector<NodeId> now = graph_.recurrence(std::move(form), std::move(bodies), std::move(starts));
    for (std::size_t k = 0; k < components.size(); ++k) images_.emplace(components[k], now[k]);
    for (std::size_t k = 0; k < ties.size(); ++k) *ties[k] = {components[0], now[components.size() + k]};
  }

  Graph& graph_;
  const std::function<bool(NodeId)>& holds_;
  Moved result_;
  std::unordered_map<NodeId, NodeId> targets_;  // and what is added to each
  std::vector<bool> varies_;
  std::unordered_map<NodeId, NodeId> images_;
};

double magnitude(double x) { return std::isfinite(x) ? std::abs(x) : 0; }

// How far each element may be moved: its own size, at least that of the middle one, or 1 where that is large: a mask's -1e9 says
// nothing of what stands beside it. 0 for one that is not moved.
std::vector<double> reaches(const Tensor& at, std::span<const Tensor> gradients) {
  constexpr double least = 1e-6;
  std::vector<double> sizes;
  for (double value : at.values)
    if (magnitude(value) > least) sizes.push_back(std::abs(value));
  double typical = 1;
  if (!sizes.empty()) {
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::ranges::nth_element(sizes, middle);
    typical = std::min(typical, *middle);
  }
  std::vector<double> result;
  for (std::size_t i = 0; i < at.values.size(); ++i) {
    const bool measured = std::isfinite(at.values[i]) &&
                          std::ranges::all_of(gradients, [&](const Tensor& tensor) { return std::isfinite(tensor.values[i]); });
    result.push_back(measured ? std::max(typical, std::abs(at.values[i])) : 0);
  }
  return result;
}

struct Measured {
  double slope, rounding;
};

struct Probe {
  std::vector<double> direction;
  std::vector<double> slopes;           // by each gradient
  std::vector<double> scales;           // of each gradient's terms
  double longest = 0;                   // step of an element that a gradient varies with
  std::vector<Measured> measured = {};  // at each step so far
  double error = std::numeric_limits<double>::infinity();
};

// Along a random direction, or along one coordinate.
Probe probe_of(const std::vector<double>& reaches, bool coordinate, std::span<const Tensor> gradients, std::mt19937_64& random) {
  Probe result{std::vector<double>(reaches.size()), {}, {}};
  if (coordinate) {
    const std::size_t place = std::uniform_int_distribution<std::size_t>(0, reaches.size() - 1)(random);
    result.direction[place] = reaches[place];
  } else {
    std::normal_distribution<double> normal;
    const double share = 1 / std::sqrt(static_cast<double>(reaches.size()));
    for (std::size_t i = 0; i < reaches.size(); ++i) result.direction[i] = share * normal(random) * reaches[i];
  }
  for (const Tensor& gradient : gradients) {
    double slope = 0, scale = 0, largest = 0;
    for (double value : gradient.values) largest = std::max(largest, magnitude(value));
    for (std::size_t i = 0; i < reaches.size(); ++i) {
      const double step = result.direction[i];
      if (step == 0) continue;
      slope += gradient.values[i] * step;
      scale = std::max(scale, std::abs((coordinate ? largest : gradient.values[i]) * step));
      if (gradient.values[i] != 0) result.longest = std::max(result.longest, std::abs(step));
    }
    result.slopes.push_back(slope);
    result.scales.push_back(scale);
  }
  return result;
}

// The derivatives along the probes' directions: central differences at h and h/2 with Richardson's extrapolation, error O(h^4).
std::vector<double> slopes(Interpreter& interpreter, const Moved& moved, std::size_t target, const Tensor& at,
                           std::span<Probe* const> probes, double h) {
  const double lengths[] = {h, -h, h / 2, -h / 2};
  const auto count = static_cast<std::size_t>(moved.count);
  Tensor difference = at;
  difference.axes.push_back(moved.moves);
  difference.extents.push_back(moved.count);
  difference.values.assign(at.values.size() * count, 0);
  for (std::size_t p = 0; p < probes.size(); ++p)
    for (std::size_t i = 0; i < at.values.size(); ++i)
      for (std::size_t k = 0; k < 4; ++k) difference.values[i * count + 1 + 4 * p + k] = probes[p]->direction[i] * lengths[k];
  interpreter.bind(moved.differences[target], std::move(difference));
  const Tensor& values = interpreter.value(moved.value);
  std::vector<double> result(probes.size());
  if (values.values.size() == 1) return result;  // nothing moves it
  for (std::size_t p = 0; p < probes.size(); ++p) {
    const double* v = &values.values[1 + 4 * p];
    const double wide = (v[0] - v[1]) / (2 * h), narrow = (v[2] - v[3]) / h;
    result[p] = (4 * narrow - wide) / 3;
  }
  return result;
}

// Two steps measure the same, up to rounding.
bool settles(const Probe& probe) {
  for (const auto& [slope, rounding] : probe.measured)
    for (const auto& [other, others_rounding] : probe.measured)
      if (rounding < others_rounding && std::abs(slope - other) <= settled * std::abs(slope) + others_rounding) return true;
  return false;
}

}  // namespace

Moved moved(Graph& graph, NodeId value, std::span<const NodeId> targets, int probes, const std::function<bool(NodeId)>& holds) {
  return Mover(graph, targets, moves_of(probes), holds).result(value);
}

void unmove(Interpreter& interpreter, const Moved& moved) {
  for (InputId difference : moved.differences) interpreter.bind(difference, Tensor{{}, {}, {0}});
}

DifferenceError difference_error(Interpreter& interpreter, const Moved& moved, std::size_t target, const Tensor& at,
                                 std::span<const Tensor> gradients, const TermSizes& sizes, double tolerance) {
  constexpr double unit = std::numeric_limits<double>::epsilon() / 2;
  std::mt19937_64 random(target);
  const std::vector<double> reach = reaches(at, gradients);
  if (std::ranges::all_of(reach, [](double x) { return x == 0; })) return {};
  std::vector<Probe> probes;
  for (int k = 0; k == 0 || (reach.size() > 1 && moves_of(k) < moved.count); ++k)
    probes.push_back(probe_of(reach, k >= directions, gradients, random));
  for (double step : steps) {
    std::vector<Probe*> left;
    for (Probe& probe : probes)
      if (probe.error >= tolerance / 10) left.push_back(&probe);
    if (left.empty()) break;
    const std::vector<double> measured = slopes(interpreter, moved, target, at, left, step);
    for (std::size_t p = 0; p < left.size(); ++p) {
      const Probe& probe = *left[p];
      double error = 0;
      for (std::size_t k = 0; k < gradients.size(); ++k) {
        const double difference = std::abs(measured[p] - probe.slopes[k]);
        const double rounding = unit * roundings * (sizes.value / step + sizes.gradients[k] * probe.longest);
        const double terms = step < shortest_rounded ? 0 : rounding / tolerance;
        const double share = difference == 0 ? 0 : difference / std::max({probe.scales[k], std::abs(measured[p]), terms});
        error = std::isfinite(share) ? std::max(error, share) : std::numeric_limits<double>::infinity();
      }
      left[p]->error = std::min(probe.error, error);
      left[p]->measured.push_back({measured[p], unit * roundings * sizes.value / step});
    }
  }
  interpreter.bind(moved.differences[target], Tensor{{}, {}, {0}});
  const auto bends = [&](const Probe& probe) {  // or leaves what the value is defined on, however short the step
    const bool leaves = std::ranges::none_of(probe.measured, [](const Measured& row) { return std::isfinite(row.slope); });
    return probe.error > tolerance && (std::isfinite(probe.error) ? !settles(probe) : leaves);
  };
  DifferenceError result{0, std::ranges::none_of(probes, bends)};
  for (const Probe& probe : probes)
    if (!bends(probe)) result.error = std::max(result.error, probe.error);
  return result;
}

}  // namespace tenet
