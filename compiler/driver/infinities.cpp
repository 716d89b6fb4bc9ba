#include "compiler/driver/infinities.h"

#include <algorithm>
#include <unordered_map>

#include "compiler/simplify/shifts.h"

namespace tenet {
namespace {

// What a value may be because the program says so.
struct Infinities {
  bool above = false, below = false, zero = false;  // inf, -inf, what `exp` makes of -inf
  bool operator==(const Infinities&) const = default;
  bool infinite() const { return above || below; }
};

Infinities either(Infinities a, Infinities b) { return {a.above || b.above, a.below || b.below, a.zero || b.zero}; }
Infinities opposite(Infinities a) { return {a.below, a.above, a.zero}; }

class Walk {
 public:
  explicit Walk(const Program& program) : program_(program), graph_(program.graph) {}

  // States and readings start as finite; what they become is followed until nothing is new.
  Infinities of(NodeId root) {
    std::vector<NodeId> roots{root};
    for (const State& state : program_.states) roots.insert(roots.end(), {state.initial, state.next});
    const std::vector<NodeId> nodes = graph_.all_below(roots);
    if (std::ranges::none_of(nodes, [&](NodeId id) { return graph_.node(id).op == Op::infinity; })) return {};
    for (bool changed = true; changed;) {
      changed = false;
      const auto set = [&](NodeId id, Infinities now) {
        Infinities& known = known_[id];
        changed |= now != known;
        known = now;
      };
      for (NodeId id : nodes) set(id, either(known_[id], worked_out(id)));
      for (const State& state : program_.states) set(state.node, either(known_[state.initial], known_[state.next]));
      for (NodeId id : nodes)
        if (graph_.node(id).op == Op::recurrence) {
          const Recurrence& form = graph_.recurrence_of(id);
          const std::size_t components = graph_.components(id).size();
          for (std::size_t i = 0; i < form.reads.size(); ++i)
            set(form.reads[i].reading, either(operand(id, form.reads[i].component), operand(id, components + i)));
        }
    }
    return known_[root];
  }

 private:
  Infinities operand(NodeId id, std::size_t k) { return known_[graph_.node(id).operands[k]]; }

  Infinities worked_out(NodeId id) {
    const Node& node = graph_.node(id);
    const auto at = [&](std::size_t k) { return operand(id, k); };
    switch (node.op) {
      case Op::infinity:
        return {.above = true};
      case Op::named:
      case Op::stop:
      case Op::floor:
      case Op::sum:
      case Op::max_over:
      case Op::min_over:
        return at(0);
      case Op::negate:
        return opposite(at(0));
      case Op::add:
        return either(at(0), at(1));
      case Op::subtract:
        if (below_maximum(graph_, node.operands[0], node.operands[1])) return {.below = at(0).below};
        return either(at(0), opposite(at(1)));
      case Op::maximum:
        return {at(0).above || at(1).above, at(0).below && at(1).below, at(0).zero || at(1).zero};
      case Op::minimum:
        return {at(0).above && at(1).above, at(0).below || at(1).below, at(0).zero || at(1).zero};
      case Op::where:
        return either(at(1), at(2));
      case Op::substitute:
        return node.operands.size() > node.bound.size() + 1 ? either(at(0), at(node.operands.size() - 1)) : at(0);
      case Op::recurrence:
        return at(graph_.place_of(id));
      case Op::exp:
      case Op::softplus:
        return {.above = at(0).above, .zero = at(0).below};
      case Op::sigmoid:
        return {.zero = at(0).below};
      case Op::log:
        return {.above = at(0).above, .below = at(0).zero};
      case Op::expm1:
      case Op::log1p:
        return {.above = at(0).above};
      case Op::relu:
      case Op::sqrt:
        return {.above = at(0).above, .zero = at(0).zero};
      case Op::abs:
        return {.above = at(0).infinite(), .zero = at(0).zero};
      case Op::multiply: {
        const bool infinite = at(0).infinite() || at(1).infinite();
        return {infinite, infinite, at(0).zero || at(1).zero};
      }
      case Op::divide: {
        const bool infinite = at(0).infinite() || (at(1).zero && !at(0).zero);  // exp(s) / sum(exp(s)) is no infinity
        return {infinite, infinite, at(0).zero || at(1).infinite()};
      }
      case Op::power:
      case Op::product: {
        const Infinities a = at(0), b = at(node.operands.size() - 1);
        const bool infinite = a.infinite() || a.zero || b.infinite();
        return {infinite, infinite, infinite};
      }
      default:  // bounded, or no infinity by itself
        return known_[id];
    }
  }

  const Program& program_;
  const Graph& graph_;
  std::unordered_map<NodeId, Infinities> known_;
};

}  // namespace

bool may_be_infinite(const Program& program, NodeId value) { return Walk(program).of(value).infinite(); }

}  // namespace tenet
