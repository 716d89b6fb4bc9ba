// The value of a random graph, node by node, is the value of its normal form: in exact arithmetic, at random points.
#include "compiler/prove/replay.h"
#include "tests/property/random_graphs.h"

using namespace tenet;
using namespace tenet::tests;

TEST_CASE("a random graph and its normal form have the same values", "[property]") {
  int compared = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<std::uint32_t> choices(random() % 40);
    for (std::uint32_t& choice : choices) choice = static_cast<std::uint32_t>(random());
    Algebra algebra(inputs);
    const NodeId value = Grower(algebra, choices, seed % 2 == 0).grow();
    NormalForms forms(algebra.graph);
    forms.of(value);
    if (!forms.stop().empty()) continue;
    const Replay replay = Replayer(algebra.graph, forms).of_form(value);
    CHECK(!replay.differs);
    compared += replay.points > 0;
  }
  CHECK(compared > 500);
}
