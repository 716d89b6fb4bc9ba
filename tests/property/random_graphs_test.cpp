// Random small graphs: the raw graph, the simplified graph and finite differences agree.
#include "tests/property/random_graphs.h"

#include "tests/counts.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// Runs a property on graphs grown from the numbers of many seeds; a failure names its seed.
template <class Property>
void for_random_choices(Property property) {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<std::uint32_t> choices(random() % 80);
    for (std::uint32_t& choice : choices) choice = static_cast<std::uint32_t>(random());
    property(choices, seed);
  }
}

}  // namespace

TEST_CASE("a random smooth graph's gradients are finite differences, raw and simplified", "[property]") {
  for_random_choices([](const std::vector<std::uint32_t>& choices, unsigned seed) {
    Algebra algebra(inputs);
    const NodeId value = Grower(algebra, choices, true).grow();
    const Derived roots = derived(algebra, value);
    Interpreter interpreter = algebra.interpreter(seed);
    if (!moderate(interpreter.value(value))) return;
    for (std::size_t t = 0; t < targets.size(); ++t) {
      const Tensor expected = finite_difference(algebra, interpreter, value, algebra[targets[t]]);
      if (!moderate(expected)) continue;
      const Tensor& raw = interpreter.value(roots.raw[t]);  // NaN where a chain rule meets 0^0: simplifying improves that
      if (moderate(raw)) CHECK(distance(raw, expected) < 1e-5);
      CHECK(distance(interpreter.value(roots.simplified[t]), expected) < 1e-5);
      CHECK(distance(interpreter.value(roots.closed[t]), expected) < 1e-5);
    }
  });
}

TEST_CASE("a random graph and its simplified form have the same values", "[property]") {
  for_random_choices([](const std::vector<std::uint32_t>& choices, unsigned seed) {
    Algebra algebra(inputs);
    const Derived roots = derived(algebra, Grower(algebra, choices, false).grow());
    Interpreter interpreter = algebra.interpreter(seed);
    for (std::size_t t = 0; t < roots.raw.size(); ++t) {
      const Tensor& raw = interpreter.value(roots.raw[t]);
      if (moderate(raw)) CHECK(distance(raw, interpreter.value(roots.simplified[t])) < 1e-9);
      if (moderate(raw) && t < roots.closed.size()) CHECK(distance(raw, interpreter.value(roots.closed[t])) < 1e-9);
    }
  });
}

TEST_CASE("simplifying a random graph again changes nothing", "[property]") {
  for_random_choices([](const std::vector<std::uint32_t>& choices, unsigned) {
    Algebra algebra(inputs);
    const Derived roots = derived(algebra, Grower(algebra, choices, false).grow());
    // What was shared in the raw graph may no longer be: one more pass may still find something.
    const Simplified again = simplify(algebra.graph, roots.simplified);
    CHECK(again.stop == "complete");
    const Simplified third = simplify(algebra.graph, again.roots);
    for (const LawApplication& step : again.journal) UNSCOPED_INFO("second: " << step.law->name);
    for (const LawApplication& step : third.journal) UNSCOPED_INFO("third: " << step.law->name);
    CHECK(third.roots == again.roots);
  });
}

TEST_CASE("what gradients cost together does not depend on the order of their lines", "[property]") {
  for_random_choices([](const std::vector<std::uint32_t>& choices, unsigned) {
    Algebra algebra(inputs);
    const NodeId value = Grower(algebra, choices, false).grow();
    std::vector<NodeId> lines = derived(algebra, value).simplified;
    const std::unordered_set<NodeId> forward = computed_by(algebra.graph, value);
    const auto count = [&] {
      Counter counter(algebra.graph, lines, [&](NodeId id) { return forward.contains(id); });
      return total(counter, lines);
    };
    const Counts counts = count();
    std::ranges::reverse(lines);
    CHECK(count() == counts);
  });
}
