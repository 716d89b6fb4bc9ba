// Intervals against all values that an index takes.
#include "compiler/elaborate/ranges.h"

#include <random>

#include "compiler/graph/interpreter.h"
#include "tests/catch.h"

using namespace tenet;

namespace {

struct Indices {
  Graph graph;
  std::vector<AxisId> axes;
  std::mt19937 random;

  explicit Indices(std::uint32_t seed) : random(seed) {
    for (const char* name : {"a", "b", "c"}) axes.push_back(graph.axis(name));
    axes.push_back(graph.axis("d", graph.apply(Op::add, graph.size(axes[0]), graph.size(axes[1]))));
  }

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); }
  AxisId axis() { return axes[below(4)]; }

  // A whole expression of a few operations.
  NodeId index(int depth) {
    if (depth == 0) {
      switch (below(3)) {
        case 0:
          return graph.constant(static_cast<long>(below(7)) - 3);
        case 1:
          return graph.size(axis());
        default:
          return graph.coordinate(axis());
      }
    }
    const NodeId x = index(depth - 1);
    switch (below(10)) {
      case 0:
        return graph.apply(Op::subtract, x, index(depth - 1));
      case 1:
        return graph.apply(Op::multiply, x, index(0));
      case 2:
        return graph.apply(Op::negate, x);
      case 3:
        return graph.apply(Op::floor, graph.apply(Op::divide, x, graph.constant(2)));
      case 4:
        return graph.apply(Op::abs, x);
      case 5:
        return graph.apply(Op::maximum, x, index(depth - 1));
      case 6:
        return graph.apply(Op::minimum, x, index(depth - 1));
      case 7:
        return graph.apply(Op::where, graph.apply(Op::less, index(0), index(0)), x, index(depth - 1));
      case 8: {
        const std::span<const AxisId> free = graph.node(x).axes;
        return free.empty() ? x
                            : graph.reduce(below(2) == 0 ? Op::sum : Op::max_over,
                                           {free[below(static_cast<std::uint32_t>(free.size()))]}, x);
      }
      default:
        return graph.apply(Op::add, x, index(depth - 1));
    }
  }
};

}  // namespace

TEST_CASE("an index said to stay within its axis does so, one said to leave it is never proved to stay", "[property]") {
  int always = 0, never = 0;
  for (std::uint32_t seed = 0; seed < 4000; ++seed) {
    Indices indices(seed);
    const NodeId index = indices.index(3);
    const AxisId axis = indices.axis();
    const Decision open = Ranges(indices.graph).within(index, axis);
    for (std::int64_t round = 0; round < 4; ++round) {
      Sizes sizes;
      for (int i = 0; i < 3; ++i) sizes.set(indices.axes[static_cast<std::size_t>(i)], 1 + indices.below(4));
      AxisId failed;
      REQUIRE(sizes.complete(indices.graph, &failed));
      Ranges closed(indices.graph, &sizes);
      const Decision decided = closed.within(index, axis);
      INFO("seed " << seed << ": " << closed.interval_text(index) << " within 0 to " << closed.last_text(axis));
      CHECK(decided != Decision::depends);
      if (open != Decision::depends) CHECK(decided == open);
      const Tensor values = Interpreter(indices.graph, sizes).value(index);
      bool inside = true;
      for (double value : values.values) inside = inside && 0 <= value && value < static_cast<double>(sizes[axis]);
      if (decided == Decision::always) CHECK(inside);
    }
    always += open == Decision::always;
    never += open == Decision::never;
  }
  CHECK(always > 40);
  CHECK(never > 400);
}
