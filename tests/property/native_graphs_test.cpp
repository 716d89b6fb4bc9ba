// Random small graphs and their gradients, compiled: native code agrees with the interpreter.
#include <random>

#include "tests/property/native_values.h"
#include "tests/property/random_graphs.h"

using namespace tenet;
using namespace tenet::tests;

TEST_CASE("a random smooth graph compiled gives what the interpreter gives", "[property]") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<std::uint32_t> choices(10 + random() % 40);
    for (std::uint32_t& choice : choices) choice = static_cast<std::uint32_t>(random());
    Algebra algebra(inputs);
    const Derived roots = derived(algebra, Grower(algebra, choices, true).grow());
    Interpreter interpreter = algebra.interpreter(seed);
    Computation computation;
    for (std::size_t i = 0; i < roots.simplified.size(); ++i)
      if (moderate(interpreter.value(roots.simplified[i])))
        computation.outputs.push_back({fmt::format("v{}", i), roots.simplified[i]});
    const NativeValues native(algebra.graph, algebra.sizes, computation, interpreter);
    for (const auto& output : computation.outputs)
      CHECK(difference(native[output.name], interpreter.value(output.value).values, 1) < 2e-4);
  }
}
