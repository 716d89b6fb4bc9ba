// Each law by itself: the left side of its row, instantiated on random values, before and after the row's own function.
#include <set>

#include "compiler/simplify/rewriting.h"
#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// The letters of the law table, as simplify.h explains them.
std::string letters(std::mt19937& random) {
  const auto number = [&] { return std::to_string(1 + random() % 9); };
  return "axis i = " + std::to_string(2 + random() % 3) + ", j = " + std::to_string(2 + random() % 3) + R"(, h = |i|
data x[i, j]
data y[i, j]
data z[i, j]
data a[j]
data b[j]
data v[i, j]
data k[j] : i
data l[i] : j
data o : i
p = v > 0
q = v > 0.5
t = a > 0
r = floor(3 * b)
n = )" + number() +
         "/" + number() + "\nm = " + number() + "/" + number() + "\nu = " + number() + "\nw = " + number() + "\n";
}

const Law& law_called(std::string_view name) {
  for (const Law& law : laws())
    if (law.name == name) return law;
  FAIL("no law is called " << name);
  return laws()[0];
}

// A law is applied where operands are simplified: constants are folded, names of constants are the constants.
NodeId folded(Algebra& algebra, NodeId root, bool and_root) {
  Graph& graph = algebra.graph;
  Rewriting rewriting(graph, std::span(&root, 1));
  std::map<NodeId, NodeId> done;
  for (NodeId id : graph.reachable(std::span(&root, 1))) {
    std::vector<NodeId> operands;
    for (NodeId operand : graph.node(id).operands) operands.push_back(done.at(operand));
    NodeId now = graph.rebuild(id, operands);
    if (graph.node(now).op == Op::named && graph.node(operands[0]).op == Op::constant) now = operands[0];
    if (id != root || and_root)
      for (const auto name : {"constants combined", "constant transformed"}) now = law_called(name).apply(rewriting, now);
    done[id] = now;
  }
  return done.at(root);
}

}  // namespace

TEST_CASE("each law fires on its left side and keeps the values and axes", "[property]") {
  for (const Law& law : laws())
    for (unsigned seed = 0; seed < 8; ++seed) {
      INFO(law.name << ": " << law.left << " = " << law.right << ", seed " << seed);
      std::mt19937 random(seed);
      Algebra algebra(letters(random));
      const NodeId left = folded(algebra, algebra.build(std::string(law.left)), false);
      const NodeId right = algebra.build(std::string(law.right));
      Rewriting rewriting(algebra.graph, std::span(&left, 1));
      const AxisSet axes = set_of(algebra.graph.node(left).axes);
      const NodeId after = broadcast(algebra.graph, law.apply(rewriting, left), axes);
      REQUIRE(after != left);
      CHECK(std::ranges::equal(algebra.graph.node(after).axes, axes));
      Interpreter interpreter = algebra.interpreter(seed + 100);
      CHECK(distance(interpreter.value(left), interpreter.value(after)) < 1e-12);
      CHECK(distance(interpreter.value(left), interpreter.value(broadcast(algebra.graph, right, axes))) < 1e-12);
    }
}

TEST_CASE("a law that has fired does not fire again on its right side", "[property]") {
  for (const Law& law : laws()) {
    INFO(law.name << ": " << law.left << " = " << law.right);
    std::mt19937 random(1);
    Algebra algebra(letters(random));
    const NodeId right = folded(algebra, algebra.build(std::string(law.right)), true);
    Rewriting rewriting(algebra.graph, std::span(&right, 1));
    const NodeId after = broadcast(algebra.graph, law.apply(rewriting, right), algebra.graph.node(right).axes);
    CHECK(after == right);
  }
}

TEST_CASE("laws have different names", "[property]") {
  std::set<std::string_view> names;
  for (const Law& law : laws()) CHECK(names.insert(law.name).second);
}
