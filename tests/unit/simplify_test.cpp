#include "compiler/simplify/simplify.h"

#include <set>

#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

const char* const names = R"(
axis batch = 4, vocab = 5, embed = 3, context = 2, other = |vocab|
data X[batch, context] : vocab
data Y[batch] : vocab
param C[vocab, embed] = 0
param W[embed, vocab] = 0
param g[batch, context, embed] = 0
param x[batch, vocab] = 0
param y[batch, vocab] = 0
param s = 0
)";

// `text` simplifies to exactly what `expected` says, and both have the same value.
void check(const std::string& text, const std::string& expected) {
  INFO(text << " should become " << expected);
  Algebra algebra(names);
  const NodeId before = algebra.build(text);
  const Simplified result = simplify(algebra.graph, std::span(&before, 1));
  const NodeId wanted = algebra.build(expected);
  Interpreter interpreter = algebra.interpreter(5);
  CHECK(distance(interpreter.value(before), interpreter.value(result.roots[0])) < 1e-12);
  const Simplified normal = simplify(algebra.graph, std::span(&wanted, 1));
  for (const LawApplication& step : normal.journal) CHECK(step.law->name == "constant transformed");  // -1 of the text
  CHECK(result.roots[0] == normal.roots[0]);
  CHECK(result.stop == "complete");
}

}  // namespace

TEST_CASE("constants, units and zeros vanish", "[unit]") {
  check("(x * 1 + 0) * 2 * 3", "6 * x");
  check("x^(2 - 1) / (4 - 3)", "x");
  check("s + 0 * s * 3 - (s - s)", "s");
  check("where(2 < 3, x, y)", "x");
  check("-(-(x) * -(y))", "-(x * y)");
  check("where(not not (2 < 3) and x > 0 or 0 < 1, x, y)", "x");
}

TEST_CASE("a zero keeps its axes until they meet others", "[unit]") {
  check("x * 0", "0 * batch * vocab");
  check("x * 0 + y", "y");
  check("sum[vocab](x * 0 + s)", "|vocab| * s + 0 * batch");
  check("max[vocab, batch](x - x + s)", "s");
}

TEST_CASE("a sum over the axis of an indicator is a lookup", "[unit]") {
  check("sum[vocab]((vocab == Y) * x)", "x[vocab = Y]");
  check("sum[vocab](x * (Y == vocab) / 2)", "x[vocab = Y] / 2");
  check("sum[vocab]((vocab == X) * C)", "C[vocab = X]");
  check("sum[vocab]((vocab == other) * C)", "C[vocab = other]");
  check("sum[vocab]((vocab == Y))", "1 + 0 * batch");
  check("sum[vocab]((vocab == batch) * x)", "x[vocab = batch]");
  check("sum[batch]((batch == vocab) * x)", "x[batch = vocab else 0]");
  check("sum[vocab]((other == vocab - 1) * C)", "C[vocab = other + 1 else 0]");
  check("sum[vocab]((vocab == other - 1) * C)", "C[vocab = other - 1 else 0]");
}

TEST_CASE("a sum over other axes keeps its indicator as the first factor", "[unit]") {
  check("sum[batch, context](2 * (g * (vocab == X)))", "2 * sum[batch, context]((vocab == X) * g)");
  check("sum[batch, context](-((vocab == X) * g) / s)", "-1 / s * sum[batch, context]((vocab == X) * g)");
}

TEST_CASE("what is free of the bound axes leaves a sum", "[unit]") {
  check("sum[vocab](s * x / |batch|)", "s / |batch| * sum[vocab](x)");
  check("sum[batch](1/|batch| * x) * |batch|", "sum[batch](x)");
  check("sum[vocab](where(s > 0, x, 0))", "where(s > 0, sum[vocab](x), 0)");
}

TEST_CASE("reductions of reductions are one, unless the inner one is needed anyway", "[unit]") {
  check("sum[batch](sum[vocab](x))", "sum[batch, vocab](x)");
  check("max[batch](max[vocab](x))", "max[batch, vocab](x)");
  check("sum[batch](sum[vocab](x)) * sum[vocab](x)", "sum[batch](sum[vocab](x)) * sum[vocab](x)");
}

TEST_CASE("exponentials become the functions that stay in range", "[unit]") {
  check("log(1 + exp(x)) + log1p(exp(y))", "softplus(x) + softplus(y)");
  check("1 / (1 + exp(-x)) + (exp(y) + 1)^-1", "sigmoid(x) + sigmoid(-y)");
  check("exp(x) / (1 + exp(x))", "sigmoid(x)");
  check("log(1 / (1 + exp(-x)))", "-softplus(-x)");
  check("log(1 - 1 / (1 + exp(-x)))", "-softplus(x)");
  check("1 - sigmoid(-x)", "sigmoid(x)");
  check("sigmoid(x) * (1 - sigmoid(x))", "sigmoid(x) * (1 - sigmoid(x))");
}

TEST_CASE("a term's sign becomes that of the sum", "[unit]") {
  check("x + -2 / s * y", "x - 2 / s * y");
  check("-(s * 3) * y + x", "x - 3 * s * y");
  check("x - y * (-2 / (1 + x^2))", "x + y * (2 / (1 + x^2))");
  check("x + -y * s * x", "x - y * s * x");
}

TEST_CASE("a factor that is never 0 is divided out", "[unit]") {
  check("x * exp(-y^2) / exp(-y^2)", "x");
  check("x / sum[vocab](exp(x - max[vocab](x))) * y * sum[vocab](exp(x - max[vocab](x)))", "x * y");
  check("x * y / y", "x * y / y");
  check("x * exp(y) / exp(y)", "x * exp(y) / exp(y)");  // which may be infinite
}

TEST_CASE("functions of constants are folded where they are exact", "[unit]") {
  check("exp(0) + cos(0) * x + sin(0) + tanh(0) * y + log(1)", "1 + x");
  check("sigmoid(0) * x + sqrt(2.25) * y", "0.5 * x + 1.5 * y");
  check("exp(1) * x + sqrt(2)", "exp(1) * x + sqrt(2)");
}

TEST_CASE("a substitution moves inwards where that makes nothing larger", "[unit]") {
  check("(x * y)[vocab = Y]", "x[vocab = Y] * y[vocab = Y]");
  check("(x * x)[vocab = other]", "x[vocab = other] * x[vocab = other]");
  check("(2 * C)[vocab = X]", "(2 * C)[vocab = X]");
  check("C[vocab = X][batch = 0] * C[vocab = X]", "C[vocab = X[batch = 0]] * C[vocab = X]");
  check("sum[vocab](x)[batch = 0]", "sum[vocab](x[batch = 0])");
  check("sum[vocab](C * W)[embed = 0]", "sum[vocab](C[embed = 0] * W[embed = 0])");
}

TEST_CASE("an axis that is only a renamed one is not brought in", "[unit]") {
  check("x[vocab = other][other = Y + 1 else 0]", "x[vocab = Y + 1 else 0]");
  check("x[vocab = other][other = vocab + 1 else 0]", "x[vocab = vocab + 1 else 0]");
  check("(x[vocab = other] * x)[other = Y + 1 else 0]", "(x[vocab = other] * x)[other = Y + 1 else 0]");
}

TEST_CASE("a substitution into a sum never captures what the sum binds", "[unit]") {
  Algebra algebra(names);
  const NodeId before = algebra.build("sum[other](C[vocab = other] * W[vocab = other])[embed = 0] * other");
  const NodeId renamed = algebra.build("sum[vocab](x[vocab = other] * (other - vocab))[other = vocab]");
  const NodeId roots[] = {before, renamed};
  const auto after = simplify(algebra.graph, roots).roots;
  Interpreter interpreter = algebra.interpreter(2);
  CHECK(distance(interpreter.value(roots[0]), interpreter.value(after[0])) < 1e-12);
  CHECK(distance(interpreter.value(roots[1]), interpreter.value(after[1])) < 1e-12);
}

TEST_CASE("a name stays around its simplified value", "[unit]") {
  Algebra algebra("param x = 0\nh = x * 1 + 0\nloss = h * 1");
  const NodeId loss = algebra["loss"];
  const NodeId after = simplify(algebra.graph, std::span(&loss, 1)).roots[0];
  CHECK(algebra.graph.name_of(after) == "loss");
  const NodeId h = algebra.graph.node(after).operands[0];
  CHECK(algebra.graph.name_of(h) == "h");
  CHECK(algebra.graph.node(h).operands[0] == algebra["x"]);
}

TEST_CASE("an index stays whole", "[unit]") {
  Algebra algebra("axis i = 3\nparam x[i] = 0\nparam z = 0");
  const NodeId before = algebra.build("x[i = 1 * (z > 0)]");
  const NodeId after = simplify(algebra.graph, std::span(&before, 1)).roots[0];
  CHECK(algebra.graph.node(algebra.graph.node(after).operands[1]).kind == Kind::whole);
}

TEST_CASE("simplifying what is simplified changes nothing", "[unit]") {
  Algebra algebra(std::string(names) + R"(
logits = sum[embed](C[vocab = X] * W)
counts = exp(logits - max[vocab](logits))
probs = counts / sum[vocab](counts)
loss = -sum[batch, context](log(probs[vocab = Y])) / |batch|
)");
  std::vector<NodeId> targets;
  for (const auto name : {"C", "W", "logits", "counts", "probs"}) targets.push_back(algebra[name]);
  const auto once = simplify(algebra.graph, gradients(algebra.graph, algebra["loss"], targets));
  CHECK(once.stop == "complete");
  const auto twice = simplify(algebra.graph, once.roots);
  CHECK(twice.roots == once.roots);
  CHECK(twice.journal.empty());
}

TEST_CASE("every law is used in deriving or computing something", "[unit]") {
  std::set<std::string_view> fired;
  const std::vector<std::pair<std::string, std::vector<std::string>>> corpus = {
      {"(x * 1 + 0) * 2 / 3 + 5 + 6", {"x"}},
      {"sum[vocab](x * 0 + s)", {}},
      {"max[vocab](x - x + s) + argmax[vocab](x * 0 + s) + prod[vocab](x * 0 + s)", {}},
      {"(x * 0 + s)[batch = 0]", {}},
      {"-sum[batch](log(x[vocab = Y])) / |batch|", {"x"}},
      {"sum[batch, context, embed](C[vocab = X]^3 / s)", {"C", "s"}},
      {"sum[vocab, batch](where(x > 0, where(not (x > 0), y, log(x)), relu(x) - -y))", {"x", "y"}},
      {"sum[vocab, batch](where(x > 0, x, 0) + where(x > 0, y, 0)) - 0 + (0 - s)", {"x"}},
      {"where(not not (2 < 3) and x > 0 or 0 < 1, x, y) + where(x > 0 and x > 0, 1, 0) + where(not (2 < 3), x, x)", {}},
      {"sum[vocab](where(s > 0, -x, 0)) + -(y - x) + -x * -y / -s", {"s"}},
      {"x[vocab = vocab] + vocab[vocab = Y] + x[vocab = Y else 0] + (x * y)[vocab = Y] + sum[vocab](x)[batch = 0]", {}},
      {"C[vocab = X][batch = 0] + (s^2)^3 + 1^s + s^0 + 0 / s + -1 * (3 * -s) + -(2 * s) + abs(-(2)) + x * (1 / y)", {}},
      {"(Y == vocab) * x / s + x * ((vocab == Y) * y) + -((vocab == Y) * x) + where(x > 0, (vocab == Y) * y, 0)", {}},
      {"(vocab == Y) * x - (vocab == Y) * y + sum[batch]((batch == vocab) * x)", {}},
      {"sum[vocab](C[vocab = vocab - 1 else 0] * C)", {"C"}},
      {"sum[vocab](C[vocab = 2 * vocab + 1 else 0] * C)", {"C"}},
      {"sum[other](vocab == other + 1 and x[vocab = other] > 0) + sum[other](vocab == 2 * other and s > 0)", {}},
      {"|other| * x / 1 + x^1 + x * (vocab == Y) + sum[vocab]((vocab == Y) * y)", {}},
      {"log(1 + exp(tanh(x))) + 1 / (1 + exp(x)) + exp(tanh(y)) / (1 + exp(tanh(y))) + (1 - sigmoid(s)) + (sigmoid(exp(s)) - 1)", {}},
      {"log(sigmoid(tanh(x))) + log(1 - sigmoid(tanh(y))) + sigmoid(tanh(y))", {}},
      {"x[vocab = other][other = Y + 1 else 0]", {}},
      {"prod[vocab](x)", {"x"}},
      {"exp(x * 0) * x + sqrt(4) * y + x * (1 + s^2) / (1 + s^2) + y / (1 + s^2) * (1 + s^2) + y * (-2 / s)", {}},
      {"x * y + s * s + s * s + 2 * s", {"s"}},
      {"sum[batch](sum[vocab](x / |batch|)) * |batch| + |batch| * s / |batch| + 2 * (3 / s) - x * 2", {}},
  };
  for (const auto& [text, targets] : corpus) {
    INFO(text);
    Algebra algebra(names);
    std::vector<NodeId> roots{algebra.build(text)};
    if (!targets.empty()) {
      const NodeId loss = sum_over(algebra.graph, roots[0], algebra.graph.node(roots[0]).axes);
      std::vector<NodeId> nodes;
      for (const auto& target : targets) nodes.push_back(algebra[target]);
      for (NodeId adjoint : gradients(algebra.graph, loss, nodes)) roots.push_back(adjoint);
    }
    const Simplified result = simplify(algebra.graph, roots);
    CHECK(result.stop == "complete");
    for (const LawApplication& step : result.journal) fired.insert(step.law->name);
    Interpreter interpreter = algebra.interpreter(9);
    for (std::size_t k = 0; k < roots.size(); ++k)
      CHECK(distance(interpreter.value(roots[k]), interpreter.value(result.roots[k])) < 1e-9);
  }
  for (const Law& law : laws()) {
    INFO("the law `" << law.name << "` never fires");
    CHECK(fired.contains(law.name));
  }
}
