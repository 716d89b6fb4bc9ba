#include "compiler/driver/native_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/arena.h"
#include "runtime/threads.h"

namespace tenet {
namespace {

constexpr float most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::min();
constexpr double negligible = 1e-30;        // nearer to zero, products that single precision loses are all that there is
constexpr std::uint64_t seeds[] = {8, 64};  // of what rounding may do: at a jump each goes one way or the other, and few may
constexpr double explained = 4;             // times what rounding did
constexpr double roundings = 1e3;           // in one value: what moves further by rounding jumps

double largest(const Tensor& tensor) {
  double result = 0;
  for (double value : tensor.values) result = std::max(result, std::isfinite(value) ? std::abs(value) : 0);
  return result;
}

Interpreter bound(const Graph& graph, const Sizes& sizes, const Point& point) {
  Interpreter result(graph, sizes);
  for (const auto& [input, value] : point) result.bind(input, value);
  return result;
}

// How far each element of the nodes, laid out like `like`, moves when all that is computed, but no input, is rounded to single
// precision: to the nearest, and, by further seeds, up or down at random.
class Rounding {
 public:
  Rounding(const Graph& graph, const Sizes& sizes, const Point& point, Interpreter& exact, std::span<const NodeId> nodes,
           std::span<const Tensor> like)
      : graph_(graph), sizes_(sizes), point_(point), exact_(exact), nodes_(nodes), like_(like) {}

  // The most that any of so many seeds does.
  double moves(std::size_t node, std::size_t place, std::uint64_t seeds) {
    for (; done_ < seeds; ++done_) add(done_ + 1);
    return most_[node][place];
  }

 private:
  void add(std::uint64_t seed) {
    Interpreter rounded = bound(graph_, sizes_, point_);
    if (seed == 1)
      rounded.round_to_single();
    else
      rounded.disturb(std::numeric_limits<float>::epsilon(), seed);
    for (const auto& [input, value] : point_) rounded.bind(input, value);
    most_.resize(nodes_.size());
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      const Tensor moved = laid_out(rounded.value(nodes_[k]), like_[k].axes, sizes_);
      const Tensor value = laid_out(exact_.value(nodes_[k]), like_[k].axes, sizes_);
      most_[k].resize(moved.values.size());
      for (std::size_t i = 0; i < moved.values.size(); ++i) {
        const double change = std::abs(moved.values[i] - value.values[i]);
        most_[k][i] = std::max(most_[k][i], std::isnan(change) ? std::numeric_limits<double>::infinity() : change);
      }
    }
  }

  const Graph& graph_;
  const Sizes& sizes_;
  const Point& point_;
  Interpreter& exact_;
  std::span<const NodeId> nodes_;
  std::span<const Tensor> like_;
  std::uint64_t done_ = 0;
  std::vector<std::vector<double>> most_;  // of the seeds so far, by node
};

// Whether the nodes pass through numbers that single precision does not have.
bool beyond_single(const Graph& graph, Interpreter& exact, std::span<const NodeId> nodes) {
  return std::ranges::any_of(graph.reachable(nodes), [&](NodeId id) {
    if (graph.node(id).kind != Kind::real || graph.node(id).open) return false;
    return std::ranges::any_of(exact.value(id).values, [](double x) {
      const double size = std::abs(x);
      return std::isfinite(x) && x != 0 && (size > most || size < least);
    });
  });
}

Slot::Role role_of(const Input& input) {
  switch (input.role) {
    case InputRole::parameter:
      return Slot::Role::parameter;
    case InputRole::state:
      return Slot::Role::state;
    case InputRole::noise:
      return input.distribution == Op::normal ? Slot::Role::normal : Slot::Role::uniform;
    case InputRole::given:
      return Slot::Role::given;
    default:
      return Slot::Role::data;
  }
}

}  // namespace

std::expected<NativeCheck, std::string> NativeCheck::make(const Graph& graph, const Sizes& sizes, const Computation& computation,
                                                          std::vector<Watched> watched, StageTimes& times, Runs runs) {
  auto executable = executable_of(graph, sizes, computation, times, runs);
  if (!executable) return std::unexpected(executable.error());
  return NativeCheck(graph, sizes, std::move(*executable), std::move(watched));
}

std::expected<std::vector<Tensor>, std::string> NativeCheck::values(const Point& point) {
  auto arena = Arena::allocate(executable_.program.arena_bytes);
  if (!arena) return std::unexpected(arena.error());
  const auto slot_of = [&](InputId input) {
    return slot_index(executable_, role_of(graph_->input(input)), graph_->input(input).name);
  };
  for (const auto& [input, value] : point)
    if (const int slot = slot_of(input); slot >= 0) write_slot(executable_, slot, value, *sizes_, arena->data());
  float loss = 0;
  TenetFrame frame{arena->data(), 0, 1, &loss, nullptr};
  run_program(executable_.program, frame);
  std::vector<Tensor> result;
  for (std::size_t k = 0; k < watched_.size(); ++k) {
    const std::optional<InputId> target = watched_[k].target;
    const int slot = target ? slot_of(*target) : slot_index(executable_, Slot::Role::output, output_name(k));
    result.push_back(read_slot(executable_, slot, *sizes_, arena->data()));
  }
  return result;
}

std::vector<Deviation> NativeCheck::deviations(Point point, std::vector<Tensor> found, bool strict) const {
  std::vector<NodeId> nodes;
  for (std::size_t k = 0; k < watched_.size(); ++k) {
    nodes.push_back(watched_[k].written);
    if (const std::optional<InputId> read = watched_[k].read_as)
      point.emplace_back(*read, laid_out(found[k], graph_->input(*read).axes, *sizes_));
    std::vector<AxisId> axes;  // either may be the same along an axis, and lack it
    std::ranges::set_union(found[k].axes, graph_->node(nodes[k]).axes, std::back_inserter(axes));
    found[k] = laid_out(found[k], axes, *sizes_);
  }
  Interpreter exact = bound(*graph_, *sizes_, point);
  // What rounding may do is worked out only where the largest value does not excuse the difference already.
  std::optional<std::vector<double>> terms;
  Rounding rounding(*graph_, *sizes_, point, exact, nodes, found);
  std::optional<bool> beyond;
  struct Measured {
    double error, excused = 0;
  };
  const auto error_at = [&](std::size_t k, std::size_t place, double difference, double scale) -> Measured {
    if (difference < negligible) return {0};
    if (difference <= native_tolerance * scale) return {difference / scale};
    if (!terms) terms = term_sizes(*graph_, *sizes_, point, exact, nodes);
    scale = std::max(scale, (*terms)[k]);
    if (difference <= native_tolerance * scale) return {difference / scale};
    for (const std::uint64_t often : seeds) {
      const double moves = rounding.moves(k, place, often);
      const bool jumps = moves > roundings * std::numeric_limits<float>::epsilon() * scale;
      if (difference <= explained * moves || jumps) return {0, difference / scale};
    }
    return {difference / scale};
  };
  std::vector<Deviation> result(nodes.size());
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const Tensor expected = laid_out(exact.value(nodes[k]), found[k].axes, *sizes_);
    const double scale = largest(expected);
    const std::optional<InputId> target = watched_[k].target;
    const bool is_state = target && graph_->input(*target).role == InputRole::state;
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
      const double a = found[k].values[i], b = expected.values[i];
      double error = 0;
      if (!std::isfinite(a)) {
        if (!strict && !std::isfinite(b)) continue;
        if (is_state && std::isinf(a) && a == b) continue;  // a best value so far
        if (!strict && !beyond) beyond = beyond_single(*graph_, exact, nodes);
        if (!strict && *beyond) continue;
        error = std::numeric_limits<double>::infinity();
      } else if (std::isfinite(b)) {
        const Measured measured = error_at(k, i, std::abs(a - b), scale);
        error = measured.error;
        result[k].excused = std::max(result[k].excused, measured.excused);
      }
      if (error <= result[k].error) continue;
      result[k].error = error;
      if (error <= native_tolerance) continue;
      const std::string place = place_of(*graph_, expected, i);
      result[k].wrong = fmt::format("{} is {}{}{}, by its formula {}", watched_[k].name, number_text(a),
                                    place.empty() ? "" : " at ", place, number_text(b));
    }
  }
  return result;
}

std::expected<Deviation, std::string> NativeCheck::at(const Point& point, bool strict) {
  auto found = values(point);
  if (!found) return std::unexpected(found.error());
  Deviation result;
  for (Deviation& one : deviations(point, std::move(*found), strict)) {
    const double excused = std::max(result.excused, one.excused);
    if (one.error > result.error) result = std::move(one);
    result.excused = excused;
  }
  return result;
}

std::vector<double> term_sizes(const Graph& graph, const Sizes& sizes, const Point& point, Interpreter& exact,
                               std::span<const NodeId> nodes) {
  constexpr double relative = 1e-9;
  std::vector<double> result(nodes.size());
  for (const std::uint64_t seed : {1, 2}) {
    Interpreter disturbed = bound(graph, sizes, point);
    for (NodeId id : graph.reachable(nodes))
      if (graph.node(id).kind != Kind::real && operation(graph.node(id).op).form != Form::leaf && !graph.node(id).open)
        disturbed.hold(id);
    disturbed.disturb(relative, seed);
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      const Tensor moved = disturbed.value(nodes[k]);
      const Tensor& value = exact.value(nodes[k]);
      for (std::size_t i = 0; i < moved.values.size(); ++i)
        if (const double change = std::abs(moved.values[i] - value.values[i]) / relative; std::isfinite(change))
          result[k] = std::max(result[k], change);
    }
  }
  return result;
}

}  // namespace tenet
