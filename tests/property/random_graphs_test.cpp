// Random small graphs: the raw graph, the simplified graph and finite differences agree.
#include "tests/property/random_graphs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

constexpr int rounds = 10;  // of RapidCheck's hundred

}  // namespace

TEST_CASE("a random smooth graph's gradients are finite differences, raw and simplified", "[property]") {
  for (int round = 0; round < rounds; ++round)
    CHECK(rc::check([](const std::vector<std::uint32_t>& choices, unsigned seed) {
      Algebra algebra(inputs);
      const NodeId value = Grower(algebra, choices, true).grow();
      const Derived roots = derived(algebra, value);
      Interpreter interpreter = algebra.interpreter(seed);
      if (!moderate(interpreter.value(value))) return;
      for (std::size_t t = 0; t < targets.size(); ++t) {
        const Tensor expected = finite_difference(algebra, interpreter, value, algebra[targets[t]]);
        if (!moderate(expected)) continue;
        RC_ASSERT(distance(interpreter.value(roots.raw[t]), expected) < 1e-5);
        RC_ASSERT(distance(interpreter.value(roots.simplified[t]), expected) < 1e-5);
      }
    }));
}

TEST_CASE("a random graph and its simplified form have the same values", "[property]") {
  for (int round = 0; round < rounds; ++round)
    CHECK(rc::check([](const std::vector<std::uint32_t>& choices, unsigned seed) {
      Algebra algebra(inputs);
      const Derived roots = derived(algebra, Grower(algebra, choices, false).grow());
      Interpreter interpreter = algebra.interpreter(seed);
      for (std::size_t t = 0; t < roots.raw.size(); ++t) {
        const Tensor& raw = interpreter.value(roots.raw[t]);
        if (moderate(raw)) RC_ASSERT(distance(raw, interpreter.value(roots.simplified[t])) < 1e-9);
      }
    }));
}

TEST_CASE("simplifying a random graph again changes nothing", "[property]") {
  for (int round = 0; round < rounds; ++round)
    CHECK(rc::check([](const std::vector<std::uint32_t>& choices) {
      Algebra algebra(inputs);
      const Derived roots = derived(algebra, Grower(algebra, choices, false).grow());
      // What was shared in the raw graph may no longer be: one more pass may still find something.
      const Simplified again = simplify(algebra.graph, roots.simplified);
      RC_ASSERT(again.stop == "complete");
      RC_ASSERT(simplify(algebra.graph, again.roots).roots == again.roots);
    }));
}
