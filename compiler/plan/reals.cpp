#include "compiler/plan/reals.h"

#include <unordered_map>

#include "compiler/elaborate/ranges.h"
#include "compiler/plan/rewriting.h"

namespace tenet {
namespace {

class Reals {
 public:
  Reals(Graph& graph, const Sizes& sizes) : graph_(graph), ranges_(graph, &sizes) {}

  NodeId of(NodeId id) {
    if (graph_.node(id).kind == Kind::real) return is_whole_over_one(id) ? of(graph_.node(id).operands[0]) : id;
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    const NodeId result = worked_out_in_reals(id) ? rebuilt(id) : graph_.apply(Op::divide, id, graph_.constant(1));
    return known_[id] = result;
  }

 private:
  // A whole that was made a real.
  bool is_whole_over_one(NodeId id) const {
    const Node& node = graph_.node(id);
    if (node.op != Op::divide || graph_.node(node.operands[0]).kind != Kind::whole) return false;
    return graph_.node(node.operands[1]).op == Op::constant && graph_.value_of(node.operands[1]) == 1;
  }

  bool worked_out_in_reals(NodeId id) {
    const Op op = graph_.node(id).op;
    return op == Op::multiply || op == Op::negate || ((op == Op::add || op == Op::subtract) && !fits(id));
  }

  NodeId rebuilt(NodeId id) {
    std::vector<NodeId> operands(graph_.node(id).operands.begin(), graph_.node(id).operands.end());
    for (NodeId& operand : operands) operand = of(operand);
    return graph_.rebuild(id, operands);
  }

  // Whether nothing in the arithmetic is sure to be beyond what double precision has every whole of.
  bool fits(NodeId id) {
    static const mpq_class exact = mpz_class(1) << 53;
    if (const auto known = fits_.find(id); known != fits_.end()) return known->second;
    const std::optional<mpq_class> magnitude = ranges_.magnitude(id);
    bool result = !magnitude || *magnitude < exact;
    const Op op = graph_.node(id).op;
    if (op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::negate)
      for (std::size_t i = 0; i < graph_.node(id).operands.size(); ++i) result = fits(graph_.node(id).operands[i]) && result;
    return fits_[id] = result;
  }

  Graph& graph_;
  Ranges ranges_;
  NodeMap known_;
  std::unordered_map<NodeId, bool> fits_;
};

}  // namespace

std::vector<NodeId> as_reals(Graph& graph, std::span<const NodeId> gradients, const Sizes& sizes) {
  Reals reals(graph, sizes);
  std::vector<NodeId> result;
  for (NodeId gradient : gradients) result.push_back(reals.of(gradient));
  return result;
}

}  // namespace tenet
