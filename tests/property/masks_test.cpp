// Branches that `where` masks out are infinite or no number, and neither they nor their derivatives leak: the gradients as they
// are trained are finite and those of the same program with something harmless in the masked places.
#include "compiler/graph/print.h"
#include "compiler/simplify/gradients.h"
#include "tests/property/random_graphs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// A value, and the same with harmless masked branches.
struct Pair {
  NodeId leaky, safe;
};

class Masks {
 public:
  Masks(Algebra& algebra, unsigned seed) : algebra_(algebra), graph_(algebra.graph), random_(seed) {
    for (const auto name : {"x", "y", "s", "m"}) values_.push_back({algebra[name], algebra[name]});
  }

  // A scalar.
  Pair grow() {
    for (unsigned count = 3 + choose(6); count > 0; --count) values_.push_back(choose(2) == 0 ? masked() : step());
    Pair total = both([&](auto) { return graph_.constant(0); });
    for (std::size_t k = 1; k <= 3; ++k) {
      const Pair value = values_[values_.size() - k];
      total = {sum(total.leaky, value.leaky), sum(total.safe, value.safe)};
    }
    return total;
  }

 private:
  using Side = NodeId Pair::*;
  template <class Build>
  Pair both(const Build& build) {
    return {build(&Pair::leaky), build(&Pair::safe)};
  }
  NodeId sum(NodeId total, NodeId value) {
    return graph_.apply(Op::add, total, sum_over(graph_, value, graph_.node(value).axes));
  }
  unsigned choose(unsigned count) { return static_cast<unsigned>(random_() % count); }
  Pair any() { return values_[values_.size() - 1 - std::min(choose(4), static_cast<unsigned>(values_.size()) - 1)]; }
  NodeId constant(long n, long d = 1) { return graph_.constant(n, d); }
  NodeId tame(NodeId value) { return graph_.apply(Op::tanh, value); }

  Pair step() {
    const Pair a = any(), b = any();
    const unsigned which = choose(9);
    return both([&](Side side) {
      const NodeId u = a.*side, v = b.*side;
      switch (which) {
        case 0:
          return graph_.apply(Op::add, u, v);
        case 1:
          return graph_.apply(Op::multiply, tame(u), tame(v));
        case 2:
          return tame(u);
        case 3:
          return graph_.node(u).axes.empty() ? u : graph_.reduce(Op::sum, {graph_.node(u).axes[0]}, u);
        case 4:
          return graph_.apply(Op::multiply, v, graph_.apply(Op::subtract, constant(1), tame(u)));
        case 5:
          return looked_up(u, constant(1, 2));
        case 6:
          return graph_.node(u).axes.empty() ? u : recurrent(u, graph_.node(u).axes[0]);
        case 7:
          return graph_.has_axis(u, axis("j")) && !graph_.has_axis(u, axis("i"))
                     ? graph_.substitute(u, {{axis("j"), algebra_["l"]}})
                     : u;
        default:
          return graph_.apply(Op::negate, u);
      }
    });
  }

  AxisId axis(const char* name) { return algebra_.axes.at(name); }

  // The value before along an axis, by a lookup with `else`.
  NodeId looked_up(NodeId u, NodeId otherwise) {
    if (graph_.node(u).axes.empty()) return u;
    const AxisId along = graph_.node(u).axes[0];
    return graph_.substitute(u, {{along, graph_.apply(Op::subtract, graph_.coordinate(along), constant(1))}}, otherwise);
  }

  // h = tanh(s) * h[along = along - 1 else 1] + u.
  NodeId recurrent(NodeId u, AxisId along) {
    const NodeId reading = graph_.reading({graph_.node(u).axes.begin(), graph_.node(u).axes.end()}, "");
    const NodeId body = graph_.apply(Op::add, graph_.apply(Op::multiply, tame(algebra_["s"]), reading), u);
    return graph_.recurrence({along, {{0, 1, reading}}}, {body}, {constant(1)})[0];
  }

  // where(c, f(u), 0), where f(u) is only defined where c holds.
  Pair masked() {
    const Pair of = any(), beside = any();
    const unsigned which = choose(10), factor = choose(3);
    return both([&](Side side) {
      const NodeId u = tame(of.*side), zero = constant(0), one = constant(1);
      const NodeId i = graph_.coordinate(algebra_.axes.at("i")), size = graph_.size(algebra_.axes.at("i"));
      const bool by_value = which < 4 || which == 8;
      NodeId condition = graph_.apply(Op::greater, u, constant(1, 5)), value = u, divisor = zero;
      if (which == 4) condition = graph_.apply(Op::greater, i, zero), divisor = i;
      if (which == 5)
        condition = graph_.apply(Op::greater, size, constant(3)), divisor = graph_.apply(Op::subtract, size, constant(3));
      if (which == 6) condition = graph_.apply(Op::equal, constant(1), constant(2));
      if (which == 7) condition = graph_.apply(Op::equal, i, zero), divisor = graph_.apply(Op::subtract, one, i);
      if (which == 8) condition = graph_.apply(Op::less, u, constant(1, 5));
      if (which == 9) condition = graph_.apply(Op::greater, i, zero);
      if (side == &Pair::safe) {
        if (by_value)
          value = graph_.apply(Op::where, condition, value, constant(which == 8 ? 0 : 1, 2));
        else
          divisor = graph_.apply(Op::where, condition, divisor, one);
      }
      NodeId result = value;
      if (which == 0) result = graph_.apply(Op::log, value);
      if (which == 1) result = graph_.apply(Op::divide, one, graph_.apply(Op::relu, value));
      if (which == 2) result = graph_.apply(Op::power, graph_.apply(Op::relu, value), constant(-1, 2));
      if (which == 3) result = graph_.apply(Op::sqrt, value);
      if (which == 7) result = recurrent(graph_.apply(Op::divide, value, divisor), axis("i"));
      if (which == 8) {  // beyond the condition it overflows
        const NodeId excess = graph_.apply(Op::relu, graph_.apply(Op::subtract, value, constant(1, 5)));
        result = graph_.apply(Op::exp, graph_.apply(Op::add, value, graph_.apply(Op::multiply, constant(4000), excess)));
      }
      if (which == 9) {
        const NodeId along = graph_.apply(Op::multiply, value, graph_.apply(Op::add, i, one));
        result = graph_.apply(Op::log, graph_.apply(Op::abs, looked_up(along, side == &Pair::safe ? one : zero)));
      }
      if (which >= 4 && which < 7) result = graph_.apply(Op::divide, value, divisor);
      if (factor == 0) result = graph_.apply(Op::multiply, tame(beside.*side), result);
      if (factor == 1) result = graph_.apply(Op::divide, result, graph_.apply(Op::exp, tame(beside.*side)));
      return graph_.apply(Op::where, condition, result, zero);
    });
  }

  Algebra& algebra_;
  Graph& graph_;
  std::mt19937 random_;
  std::vector<Pair> values_;
};

// Of the leaky value as it is trained, against the safe one's as reverse mode leaves them.
std::size_t check_gradients(Algebra& algebra, unsigned seed, const Pair& value, std::span<const NodeId> by) {
  const Backward reverse = backward(algebra.graph, value.leaky, by);
  const std::vector<NodeId> expected = gradients(algebra.graph, value.safe, by);
  const SimplifiedGradients trained = simplify_gradients(algebra.graph, std::span(&value.leaky, 1), reverse, algebra.sizes);
  Interpreter interpreter = algebra.interpreter(seed);
  std::size_t compared = 0;
  for (std::size_t k = 0; k < by.size(); ++k) {
    const Tensor& right = interpreter.value(expected[k]);
    if (!moderate(right)) continue;
    ++compared;
    INFO("gradient " << k << ", trained as\n" << to_text(algebra.graph, std::span(&trained.gradients[k], 1)));
    CHECK(distance(right, interpreter.value(reverse.gradients[k])) < 1e-7);
    CHECK(distance(right, interpreter.value(trained.gradients[k])) < 1e-7);
  }
  return compared;
}

}  // namespace

TEST_CASE("what is masked out leaks neither into gradients nor into gradients of gradients", "[property]") {
  std::size_t compared = 0, again = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    Algebra algebra(inputs);
    const bool twice = seed % 4 == 0;
    const Pair value = Masks(algebra, seed).grow();
    INFO(to_text(algebra.graph, std::span(&value.leaky, 1)));
    std::vector<NodeId> by;
    for (const auto& target : targets) by.push_back(algebra[target]);
    compared += check_gradients(algebra, seed, value, by);
    if (!twice) continue;
    Graph& graph = algebra.graph;
    const auto squared = [&](NodeId of) {
      const NodeId gradient = gradients(graph, of, std::span(&by[0], 1))[0];
      return sum_over(graph, graph.apply(Op::power, gradient, graph.constant(2)), graph.node(gradient).axes);
    };
    again += check_gradients(algebra, seed, {squared(value.leaky), squared(value.safe)}, by);
  }
  CHECK(compared > 1000);
  CHECK(again > 200);
}
