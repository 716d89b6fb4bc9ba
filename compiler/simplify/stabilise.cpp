// Bottom-up, every node once. A node is computed plainly from its operands, or from its scaled form if that has fewer hazards.
#include "compiler/simplify/stabilise.h"

#include <algorithm>

#include "compiler/simplify/hazards.h"
#include "compiler/simplify/rewriting.h"
#include "compiler/simplify/scaled_values.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

constexpr std::size_t most_visits = 20'000'000;

// The hazards in everything that a node depends on.
class HazardCounter {
 public:
  HazardCounter(const Graph& graph, NumericRanges& ranges) : graph_(graph), ranges_(ranges) {}

  std::size_t count(std::span<const NodeId> roots) {
    ++round_;
    std::size_t result = 0;
    std::vector<NodeId> open;
    const auto visit = [&](NodeId id) {
      if (ranges_.clean(id)) return;
      if (visited_.size() <= index_of(id)) visited_.resize(graph_.node_count());
      if (visited_[index_of(id)] == round_) return;
      visited_[index_of(id)] = round_;
      ++visits_;
      open.push_back(id);
    };
    for (NodeId root : roots) visit(root);
    while (!open.empty()) {
      const NodeId top = open.back();
      open.pop_back();
      if (ranges_.hazard(top)) ++result;
      for (NodeId operand : graph_.node(top).operands) visit(operand);
    }
    return result;
  }
  std::size_t count(NodeId root) { return count(std::span(&root, 1)); }
  bool exhausted() const { return visits_ > most_visits; }

 private:
  const Graph& graph_;
  NumericRanges& ranges_;
  std::vector<std::uint32_t> visited_;
  std::uint32_t round_ = 0;
  std::size_t visits_ = 0;
};

const Law& row_of(Op op);

class Stabiliser {
 public:
  explicit Stabiliser(Graph& graph) : graph_(graph), ranges_(graph), counter_(graph, ranges_), scaled_(graph, ranges_) {}

  std::vector<NodeId> run(std::span<const NodeId> roots, std::vector<LawApplication>& journal) {
    const std::vector<NodeId> before(roots.begin(), roots.end());
    const std::size_t hazards = counter_.count(roots);
    if (hazards == 0) return before;
    for (NodeId id : graph_.reachable(roots)) visit(id);
    std::vector<NodeId> after;
    for (NodeId root : roots) after.push_back(plain(root));
    if (counter_.count(after) >= hazards) return before;
    journal.insert(journal.end(), journal_.begin(), journal_.end());
    return after;
  }

 private:
  NodeId plain(NodeId id) const { return plain_[index_of(id)]; }

  void visit(NodeId id) {
    if (plain_.size() <= index_of(id)) {
      plain_.resize(graph_.node_count());
      scales_.resize(graph_.node_count());
    }
    const Node& node = graph_.node(id);
    if (node.op == Op::recurrence) {
      plain_[index_of(id)] = id;
      return;
    }
    std::vector<NodeId> operands;
    for (NodeId operand : node.operands) operands.push_back(plain(operand));
    const NodeId direct = graph_.rebuild(id, operands);
    plain_[index_of(id)] = direct;
    if (node.op == Op::named) scaled_.show(direct);
    if (node.kind != Kind::real) return;
    std::optional<ScaledValue> value = scaled(direct, node);
    if (!ranges_.clean(direct)) consider(id, direct, value);
    const NodeId now = plain(id);
    if (value && flagged(now) && !is_plain(*value)) scales_[index_of(id)] = std::move(value);
  }

  // A value that is in range has no use for a scale.
  bool flagged(NodeId id) {
    const Range& range = ranges_.of(id);
    return range.overflows || range.underflows || range.inaccurate || !ranges_.clean(id);
  }

  std::optional<ScaledValue> scaled(NodeId direct, const Node& node) {
    if (node.op == Op::exp) return scaled_.exp(graph_.node(direct).operands[0]);
    if (node.op == Op::sigmoid) return scaled_.sigmoid(graph_.node(direct).operands[0]);
    if (std::ranges::none_of(node.operands, [&](NodeId operand) { return scales_[index_of(operand)].has_value(); })) return {};
    std::vector<ScaledValue> operands;
    for (NodeId operand : node.operands) operands.push_back(scaled_operand(operand));
    return scaled_.apply(direct, operands);
  }

  ScaledValue scaled_operand(NodeId id) { return scales_[index_of(id)] ? *scales_[index_of(id)] : ScaledValue{{{}, plain(id)}}; }

  void consider(NodeId id, NodeId direct, const std::optional<ScaledValue>& value) {
    if (counter_.exhausted()) return;
    std::optional<NodeId> other = logarithm(id);
    if (!other && value && operation(graph_.node(id).op).form != Form::identity) other = scaled_.value(*value);
    if (!other) return;
    if (graph_.node(*other).kind != Kind::real) other = divide(graph_, *other, graph_.constant(1));
    const NodeId after = broadcast(graph_, *other, graph_.node(id).axes);
    if (overflows_alike(direct, after) || counter_.count(after) >= counter_.count(direct)) return;
    journal_.push_back({&row_of(graph_.node(id).op), direct, after});
    plain_[index_of(id)] = after;
  }

  // 1 / p overflows where p underflows, and so does exp(-s) in its place: what reads it may profit, the value itself does not.
  bool overflows_alike(NodeId direct, NodeId after) {
    if (!ranges_.of(after).overflows) return false;
    const auto own = ranges_.hazard(direct);
    if (own != HazardKind::divisor) return !own;
    return std::ranges::none_of(graph_.node(direct).operands, [&](NodeId operand) { return ranges_.of(operand).inaccurate; });
  }

  std::optional<NodeId> logarithm(NodeId id) {
    const Node& node = graph_.node(id);
    if (node.op != Op::log && node.op != Op::log1p) return {};
    const NodeId argument = node.operands[0];
    if (!scales_[index_of(argument)]) return {};
    if (node.op == Op::log) return scaled_.log(scaled_operand(argument));
    const auto whole =
        scaled_.apply(add(graph_, graph_.constant(1), plain(argument)), {{{{}, graph_.constant(1)}}, scaled_operand(argument)});
    return whole ? std::optional(scaled_.log(*whole)) : std::nullopt;
  }

  Graph& graph_;
  NumericRanges ranges_;
  HazardCounter counter_;
  ScaledValues scaled_;
  std::vector<NodeId> plain_;
  std::vector<std::optional<ScaledValue>> scales_;  // of nodes that have one
  std::vector<LawApplication> journal_;
};

NodeId stable_root(Rewriting& r, NodeId id) {
  std::vector<LawApplication> journal;
  return stabilised(r.graph, std::span(&id, 1), journal)[0];
}

constexpr Law rows[] = {
    {"scale out of a logarithm", "log(sum[i](exp(x)))", "max[i](x) + log(sum[i](exp(x - max[i](x))))",
     "any product, quotient, power or sum of exponentials; fewer hazards", Soundness::exact, stable_root},
    {"scales of a quotient cancel", "exp(x) / sum[i](exp(x))", "exp(x - max[i](x)) / sum[i](exp(x - max[i](x)))",
     "any product, power or sum of exponentials; fewer hazards", Soundness::exact, stable_root},
    {"scales of a product cancel", "exp(x) * sum[i](exp(x))^-1", "exp(x - max[i](x)) / sum[i](exp(x - max[i](x)))",
     "any product, quotient, power or sum of exponentials; fewer hazards", Soundness::exact, stable_root},
};

const Law& row_of(Op op) {
  if (op == Op::log || op == Op::log1p) return rows[0];
  return op == Op::divide ? rows[1] : rows[2];
}

}  // namespace

std::span<const Law> scale_laws() { return rows; }

std::vector<NodeId> stabilised(Graph& graph, std::span<const NodeId> roots, std::vector<LawApplication>& journal) {
  return Stabiliser(graph).run(roots, journal);
}

}  // namespace tenet
