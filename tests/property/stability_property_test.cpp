// Random graphs full of exponentials: stabilising keeps every value and never adds a hazard, and where none is left nothing comes
// out as NaN.
#include "compiler/simplify/hazards.h"
#include "compiler/simplify/stabilise.h"
#include "tests/property/random_graphs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// Grows values from exponentials by what carries scales; `positive` ones may be divided by and have logarithms.
class Exponentials {
 public:
  Exponentials(Algebra& algebra, unsigned seed) : algebra_(algebra), graph_(algebra.graph), random_(seed) {
    for (const auto name : {"x", "y", "s", "m"}) any_.push_back(algebra[name]);
    for (NodeId value : std::vector(any_)) positive_.push_back(graph_.apply(Op::exp, value));
  }

  NodeId grow() {
    for (unsigned count = 4 + choose(16); count > 0; --count) {
      if (choose(3) == 0)
        any_.push_back(real());
      else
        positive_.push_back(choose(6) == 0 ? graph_.named(fmt::format("v{}", count), positive()) : grown());
    }
    NodeId total = graph_.constant(0);
    for (NodeId value : {any_.back(), positive_.back(), positive_[positive_.size() - 2]})
      total = graph_.apply(Op::add, total, sum_over(graph_, value, graph_.node(value).axes));
    return total;
  }

 private:
  unsigned choose(unsigned count) { return static_cast<unsigned>(random_() % count); }
  // Later ones more often.
  NodeId of(const std::vector<NodeId>& values) {
    const auto last = static_cast<unsigned>(values.size()) - 1;
    return values[last - std::min(choose(last + 1), choose(last + 1))];
  }
  NodeId any() { return of(any_); }
  NodeId positive() { return of(positive_); }
  NodeId tame(NodeId value) { return graph_.apply(Op::tanh, value); }

  NodeId real() {
    switch (choose(9)) {
      case 0:
        return graph_.apply(Op::log, positive());
      case 1:
        return graph_.apply(Op::subtract, positive(), positive());
      case 2:
        return graph_.apply(Op::multiply, positive(), tame(any()));
      case 3:
        return graph_.apply(Op::negate, any());
      case 4:
        return graph_.apply(Op::log1p, positive());
      case 5:
        return graph_.apply(Op::divide, tame(any()), positive());
      case 6:
        return graph_.apply(Op::where, truth(), positive(), graph_.constant(0));
      case 7:
        return reduced(Op::sum, any());
      default:
        return reduced(Op::max_over, any());
    }
  }

  NodeId grown() {
    switch (choose(12)) {
      case 0:
        return graph_.apply(Op::exp, tame(any()));
      case 1:
        return graph_.apply(Op::exp, graph_.apply(Op::multiply, graph_.constant(2), algebra_[choose(2) == 0 ? "x" : "y"]));
      case 2:
        return graph_.apply(Op::add, choose(2) == 0 ? graph_.constant(1) : positive(), positive());
      case 3:
        return graph_.apply(Op::multiply, positive(), positive());
      case 4:
      case 5:
        return graph_.apply(Op::divide, choose(3) == 0 ? graph_.constant(1) : positive(), positive());
      case 6:
        return graph_.apply(Op::power, positive(), graph_.constant(static_cast<long>(choose(5)) - 2, 2));
      case 7:
        return graph_.apply(choose(2) == 0 ? Op::sigmoid : Op::sqrt, positive());
      case 8:
        return looked_up(positive());
      case 9:
        return graph_.apply(Op::where, truth(), positive(), positive());
      default:
        return reduced(Op::sum, positive());
    }
  }

  NodeId truth() {
    return graph_.apply(Op::equal, graph_.coordinate(algebra_.axes.at("i")), choose(2) == 0 ? algebra_["n"] : graph_.constant(1));
  }

  NodeId reduced(Op op, NodeId body) {
    AxisSet bound;
    for (AxisId axis : graph_.node(body).axes)
      if (choose(2) == 0) bound.push_back(axis);
    return graph_.reduce(op, bound, body);
  }

  NodeId looked_up(NodeId body) {
    const AxisId i = algebra_.axes.at("i"), j = algebra_.axes.at("j");
    if (graph_.has_axis(body, i)) return graph_.substitute(body, {{i, choose(2) == 0 ? algebra_["n"] : graph_.constant(2)}});
    return graph_.has_axis(body, j) ? graph_.substitute(body, {{j, algebra_["l"]}}) : body;
  }

  Algebra& algebra_;
  Graph& graph_;
  std::mt19937 random_;
  std::vector<NodeId> any_, positive_;
};

bool has_nan(const Tensor& tensor) {
  return std::ranges::any_of(tensor.values, [](double value) { return std::isnan(value); });
}

struct Tally {
  std::size_t improved = 0, compared = 0, clean = 0;
};

void check_stabilised(Algebra& algebra, NodeId value, unsigned seed, Tally& tally) {
  std::vector<NodeId> nodes;
  for (const auto& target : targets) nodes.push_back(algebra[target]);
  std::vector<NodeId> raw = gradients(algebra.graph, value, nodes);
  raw.push_back(value);
  std::vector<LawApplication> journal;
  const std::vector<NodeId> after = stabilised(algebra.graph, raw, journal);
  CHECK(hazard_count(algebra.graph, after) <= hazard_count(algebra.graph, raw));
  tally.improved += after != raw;
  Interpreter interpreter = algebra.interpreter(seed);
  for (std::size_t k = 0; k < raw.size(); ++k) {
    INFO("root " << k);
    CHECK(std::ranges::equal(algebra.graph.node(raw[k]).axes, algebra.graph.node(after[k]).axes));
    CHECK(algebra.graph.node(raw[k]).kind == algebra.graph.node(after[k]).kind);
    const Tensor& expected = interpreter.value(raw[k]);
    if (!moderate(expected)) continue;
    ++tally.compared;
    CHECK(distance(expected, interpreter.value(after[k])) < 1e-7);
  }
  if (hazard_count(algebra.graph, after) > 0) return;
  ++tally.clean;
  Interpreter far = far_interpreter(algebra, seed, 1000);
  for (NodeId root : after) CHECK_FALSE(has_nan(far.value(root)));
}

}  // namespace

TEST_CASE("stabilising random exponentials keeps values, kinds and axes and adds no hazard", "[property]") {
  Tally tally;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    INFO("seed " << seed);
    Algebra algebra(inputs);
    const NodeId value = Exponentials(algebra, seed).grow();
    check_stabilised(algebra, value, seed, tally);
  }
  CHECK(tally.improved > 500);
  CHECK(tally.compared > 5000);
  CHECK(tally.clean > 200);
}

TEST_CASE("stabilising random graphs keeps values, kinds and axes and adds no hazard", "[property]") {
  Tally tally;
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<std::uint32_t> choices(random() % 80);
    for (std::uint32_t& choice : choices) choice = static_cast<std::uint32_t>(random());
    Algebra algebra(inputs);
    const NodeId value = Grower(algebra, choices, false).grow();
    check_stabilised(algebra, value, seed, tally);
  }
}
