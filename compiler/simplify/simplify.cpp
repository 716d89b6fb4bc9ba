// The engine: bottom-up, each node once, each result simplified in turn until no law applies.
#include "compiler/simplify/simplify.h"

#include <cassert>

#include "compiler/grad/axes.h"
#include "compiler/simplify/families.h"
#include "compiler/simplify/rewriting.h"

namespace tenet {
namespace {

class Engine {
 public:
  Engine(Graph& graph, std::span<const NodeId> roots, std::size_t used, std::size_t given)
      : graph_(graph), rewriting_(graph, roots.first(used), given) {
    const std::vector<NodeId> order = graph.reachable(roots);
    budget_ = 1000 + 64 * order.size();
    for (NodeId id : order) simplify(id);
    for (NodeId root : roots) result_.roots.push_back(rewriting_.resolve(root));
    result_.stop = budget_ > 0 ? "complete" : "the budget of rewriting steps ran out";
  }

  Simplified take() { return std::move(result_); }

 private:
  enum class State : std::uint8_t { untouched, open, done };

  State& state(NodeId id) {
    if (states_.size() <= index_of(id)) states_.resize(graph_.node_count(), State::untouched);
    return states_[index_of(id)];
  }

  // One node, and whatever its rewriting brings up: an explicit stack, since a graph may be deep.
  void simplify(NodeId id) {
    std::vector<NodeId> stack{id};
    while (!stack.empty()) {
      const NodeId top = stack.back();
      if (state(top) == State::done) {
        stack.pop_back();
        continue;
      }
      state(top) = State::open;
      if (const NodeId now = rewriting_.resolve(top); now != top) {  // replaced earlier, and the replacement is done
        state(top) = State::done;
        stack.pop_back();
        continue;
      }
      if (graph_.node(top).op == Op::recurrence) {  // its bodies are simplified by themselves
        state(top) = State::done;
        stack.pop_back();
        continue;
      }
      const std::size_t height = stack.size();
      for (NodeId operand : graph_.node(top).operands)
        if (state(operand) == State::untouched) stack.push_back(operand);
      if (stack.size() > height) continue;

      NodeId next = rebuilt(top);
      if (next == top) next = applied(top);
      const NodeId last = rewriting_.resolve(next);
      // Nothing to do, or laws that undo or feed each other: it ends here.
      if (last == top || state(next) == State::open || budget_ == 0) {
        state(top) = State::done;
        stack.pop_back();
        continue;
      }
      rewriting_.replace(top, last);
      --budget_;
      stack.push_back(next);
    }
  }

  // The node over its operands' simplified forms. An index stays whole: where a law has made it a truth, it is kept as it was.
  NodeId rebuilt(NodeId id) {
    const Node& node = graph_.node(id);
    std::vector<NodeId> operands;
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      const NodeId now = rewriting_.resolve(node.operands[k]);
      const bool index = node.op == Op::substitute && k > 0 && k <= node.bound.size();
      operands.push_back(index && graph_.node(now).kind != Kind::whole ? node.operands[k] : now);
    }
    return graph_.rebuild(id, operands);
  }

  NodeId applied(NodeId id) {
    for (const Law& law : laws()) {
      if (budget_ == 0) break;
      const NodeId after = broadcast(graph_, law.apply(rewriting_, id), graph_.node(id).axes);
      if (after == id) continue;
      assert(graph_.node(after).axes.size() == graph_.node(id).axes.size());
      result_.journal.push_back({&law, id, after});
      return after;
    }
    return id;
  }

  Graph& graph_;
  Rewriting rewriting_;
  Simplified result_;
  std::vector<State> states_;
  std::size_t budget_ = 0;
};

}  // namespace

std::span<const Law> laws() {
  static const std::vector<Law> all = [] {
    std::vector<Law> rows;
    for (const auto family : {broadcast_laws(), constant_laws(), sum_laws(), product_laws(), condition_laws(), indicator_laws(),
                              reduction_laws(), substitution_laws(), stability_laws()})
      rows.insert(rows.end(), family.begin(), family.end());
    return rows;
  }();
  return all;
}

Simplified simplify(Graph& graph, std::span<const NodeId> roots, std::size_t followed, std::size_t given) {
  return Engine(graph, roots, roots.size() - followed, given).take();
}

}  // namespace tenet
