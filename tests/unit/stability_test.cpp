#include <algorithm>
#include <filesystem>

#include "compiler/plan/training.h"
#include "compiler/simplify/hazards.h"
#include "compiler/simplify/rewriting.h"
#include "compiler/simplify/stabilise.h"
#include "tests/golden.h"
#include "tests/programs.h"
#include "tests/property/random_graphs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

const char* const names = R"(
axis batch = 3, c = 4
data Y[batch] : c
param z[batch, c] = 0
param w[batch, c] = 0
param x[batch] = 0
param y[batch] = 0
highest = max[c](z)
shifted = z - highest
softmax = exp(shifted) / sum[c](exp(shifted))
p = 1 / (1 + exp(-x))
)";

std::string kinds(const std::vector<Hazard>& found) {
  std::string result;
  for (const Hazard& hazard : found) result += (result.empty() ? "" : "; ") + std::string(text_of(hazard.kind));
  return result;
}

// The loss over an expression's elements and its gradients by z and x.
std::vector<NodeId> with_gradients(Algebra& algebra, const std::string& text) {
  const NodeId value = algebra.build(text);
  const NodeId loss = sum_over(algebra.graph, value, algebra.graph.node(value).axes);
  const NodeId targets[] = {algebra["z"], algebra["x"]};
  std::vector<NodeId> roots{value};
  for (NodeId gradient : gradients(algebra.graph, loss, targets)) roots.push_back(gradient);
  return roots;
}

std::vector<NodeId> stable(Algebra& algebra, std::span<const NodeId> roots) {
  std::vector<LawApplication> journal;
  return stabilised(algebra.graph, roots, journal);
}

bool all_finite(const Tensor& tensor) {
  return std::ranges::all_of(tensor.values, [](double value) { return std::isfinite(value); });
}

// A naive spelling, and a value and gradients that keep their digits at any size of the inputs.
struct Case {
  const char *naive, *value, *by_z, *by_x;
};
constexpr Case cases[] = {
    {"exp(z) / sum[c](exp(z))", "softmax", "softmax * (1 - sum[c](softmax))", "0 * x"},
    {"sum[c](w * exp(z) / sum[c](exp(z)))", "sum[c](w * softmax)", "softmax * (w - sum[c](w * softmax))", "0 * x"},
    {"sum[c](w * exp(z)) * sum[c](exp(z))^-1", "sum[c](w * softmax)", "softmax * (w - sum[c](w * softmax))", "0 * x"},
    {"log(exp(z) / sum[c](exp(z)))[c = Y]", "(shifted - log(sum[c](exp(shifted))))[c = Y]", "(c == Y) - softmax", "0 * x"},
    {"log((exp(z) / sum[c](exp(z)))[c = Y])", "(shifted - log(sum[c](exp(shifted))))[c = Y]", "(c == Y) - softmax", "0 * x"},
    {"log(sum[c]((c == Y) * exp(z) / sum[c](exp(z))))", "(shifted - log(sum[c](exp(shifted))))[c = Y]", "(c == Y) - softmax",
     "0 * x"},
    {"log(sum[c](exp(z)))", "highest + log(sum[c](exp(shifted)))", "softmax", "0 * x"},
    {"log(sum[c](exp(-z / 2)))", "log(sum[c](exp(-(z - min[c](z)) / 2))) - min[c](z) / 2",
     "-1/2 * exp(-(z - min[c](z)) / 2) / sum[c](exp(-(z - min[c](z)) / 2))", "0 * x"},
    {"log(1 + exp(x))", "softplus(x)", "0 * z", "sigmoid(x)"},
    {"log1p(exp(x))", "softplus(x)", "0 * z", "sigmoid(x)"},
    {"log(exp(x) + exp(y))", "max(x, y) + log1p(exp(-abs(x - y)))", "0 * z", "sigmoid(x - y)"},
    {"1 / (1 + exp(-x))", "sigmoid(x)", "0 * z", "sigmoid(x) * sigmoid(-x)"},
    {"exp(x) / (1 + exp(x))", "sigmoid(x)", "0 * z", "sigmoid(x) * sigmoid(-x)"},
    {"log(p)", "-softplus(-x)", "0 * z", "sigmoid(-x)"},
    {"log(sigmoid(x))", "-softplus(-x)", "0 * z", "sigmoid(-x)"},
    {"log(1 - sigmoid(x))", "-softplus(x)", "0 * z", "-sigmoid(x)"},
    {"-(y * log(p) + (1 - y) * log(1 - p))", "softplus(x) - x * y", "0 * z", "sigmoid(x) - y"},
    {"(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "tanh(x)", "0 * z", "4 * sigmoid(2 * x) * sigmoid(-2 * x)"},
};

}  // namespace

TEST_CASE("what single precision may do to a value is named", "[unit]") {
  const std::string logarithm(text_of(HazardKind::logarithm)), divisor(text_of(HazardKind::divisor));
  const std::pair<const char*, std::string> table[] = {
      {"exp(z) / sum[c](exp(z))", divisor},
      {"softmax", ""},
      {"log(softmax)", logarithm},
      {"shifted - log(sum[c](exp(shifted)))", ""},
      {"highest + log(sum[c](exp(shifted)))", ""},
      {"z - log(sum[c](exp(z)))", logarithm},
      {"(softmax - (c == Y)) / |batch|", ""},
      {"(z[c = Y] - highest) - log(sum[c](exp(shifted)))", ""},
      {"exp(z[c = Y] - highest)", ""},
      {"log(sum[batch, c](exp(z - max[batch, c](z))))", ""},
      {"log(sum[c](exp(z - max[batch, c](z))))", logarithm},
      {"log(sum[c](exp(z[batch = 0] - highest[batch = 0])))", ""},
      {"log(sum[c](exp(2 * shifted)))", ""},
      {"log(1 + exp(x))", logarithm},
      {"softplus(x)", ""},
      {"log(softplus(x))", logarithm},
      {"p", ""},
      {"log(p)", logarithm},
      {"log(1 - p)", logarithm},
      {"1 / (1 - p)", divisor},
      {"log(sigmoid(x) + 1)", ""},
      {"softmax^-1 * softmax", divisor + "; 0 * inf"},
      {"exp(x) * exp(y)", "0 * inf"},
      {"exp(x) - exp(y)", "inf - inf"},
      {"exp(x) / exp(-x)", divisor},
      {"exp(x) / (1 + exp(x))", "inf / inf"},
      {"sum[c](w * exp(z))", "inf - inf"},
      {"1 - tanh(x)^2", ""},
      {"1 / (1 - tanh(x)^2)", divisor},
      {"(sum[c](z^2) - sum[c](z)^2 + 1/1000)^(-1/2)", divisor},
      {"(sum[c]((z - sum[c](z) / 4)^2) + 1/1000)^(-1/2)", ""},
      {"sum[c](z * w) / |batch| + x * y - x / y", ""},
      {"log(x * x + 1/1000)", ""},
      {"log1p(-sigmoid(x))", logarithm},
      {"log1p(x * x)", ""},
  };
  for (const auto& [text, expected] : table) {
    INFO(text);
    Algebra algebra(names);
    const NodeId root = algebra.build(text);
    CHECK(kinds(hazards(algebra.graph, std::span(&root, 1))) == expected);
  }
}

TEST_CASE("hazards of two roots count once", "[unit]") {
  Algebra algebra(names);
  const NodeId log = algebra.build("log(p)"), roots[] = {log, algebra.build("2 * log(p)"), log};
  CHECK(hazard_count(algebra.graph, roots) == 1);
}

TEST_CASE("naive spellings are stabilised, forward and backward", "[unit]") {
  for (const Case& row : cases) {
    INFO(row.naive);
    Algebra algebra(names);
    const std::vector<NodeId> before = with_gradients(algebra, row.naive), after = stable(algebra, before);
    CHECK(hazard_count(algebra.graph, before) > 0);
    CHECK(hazard_count(algebra.graph, after) == 0);
    const NodeId expected[] = {algebra.build(row.value), algebra.build(row.by_z), algebra.build(row.by_x)};
    for (unsigned seed = 0; seed < 4; ++seed) {
      Interpreter near = algebra.interpreter(seed), far = far_interpreter(algebra, seed, 1000);
      for (std::size_t k = 0; k < before.size(); ++k) {
        INFO("root " << k << ", seed " << seed);
        const NodeId wanted = broadcast(algebra.graph, expected[k], algebra.graph.node(before[k]).axes);
        CHECK(distance(near.value(before[k]), near.value(after[k])) < 1e-12);
        CHECK(distance(near.value(wanted), near.value(after[k])) < 1e-12);
        CHECK(all_finite(far.value(after[k])));
        CHECK(distance(far.value(wanted), far.value(after[k])) < 1e-12);
      }
    }
  }
}

TEST_CASE("the directed laws keep what is stabilised in range", "[unit]") {
  for (const Case& row : cases) {
    INFO(row.naive);
    Algebra algebra(names);
    const std::vector<NodeId> before = with_gradients(algebra, row.naive);
    const std::vector<NodeId> after = simplify(algebra.graph, stable(algebra, before)).roots;
    CHECK(hazard_count(algebra.graph, after) == 0);
    const NodeId expected[] = {algebra.build(row.value), algebra.build(row.by_z), algebra.build(row.by_x)};
    Interpreter far = far_interpreter(algebra, 5, 1000);
    for (std::size_t k = 0; k < before.size(); ++k) {
      const NodeId wanted = broadcast(algebra.graph, expected[k], algebra.graph.node(before[k]).axes);
      CHECK(distance(far.value(wanted), far.value(after[k])) < 1e-12);
    }
  }
}

TEST_CASE("a logarithm keeps its digits where the probability rounds to 1", "[unit]") {
  Algebra algebra(names);
  const NodeId before = algebra.build("log(p)"), after = stable(algebra, std::span(&before, 1))[0];
  Interpreter interpreter = algebra.interpreter(0);
  Tensor x = tensor_of(algebra.graph.node(algebra["x"]).axes, algebra.sizes, 40);
  interpreter.bind(algebra.graph.input_of(algebra["x"]), x);
  CHECK(interpreter.value(before).values[0] == 0);
  CHECK(std::abs(interpreter.value(after).values[0] / -std::exp(-40) - 1) < 1e-12);
}

TEST_CASE("the lecture's atoms need no shift of their own, but a backward pass through them does", "[unit]") {
  Algebra algebra(std::string(names) + R"(
counts         = exp(shifted)
counts_sum     = sum[c](counts)
counts_sum_inv = counts_sum^-1
probs          = counts * counts_sum_inv
logprobs       = log(probs)
loss           = -1/|batch| * sum[batch](logprobs[c = Y])
)");
  const NodeId probs = algebra["probs"];
  CHECK(stable(algebra, std::span(&probs, 1))[0] == probs);
  const NodeId targets[] = {algebra["z"], algebra["probs"]};
  std::vector<NodeId> roots = gradients(algebra.graph, algebra["loss"], targets);
  CHECK(hazard_count(algebra.graph, roots) > 0);
  const std::vector<NodeId> results = stable(algebra, roots);
  const NodeId after = results[0];
  CHECK(hazard_count(algebra.graph, std::span(&after, 1)) == 0);
  CHECK(results[1] == roots[1]);  // 1 / probs overflows in any form: it stays as it was
  const std::vector<NodeId> read = algebra.graph.reachable(std::span(&after, 1));
  CHECK(std::ranges::find(read, algebra["counts"]) != read.end());
  Interpreter far = far_interpreter(algebra, 1, 1000);
  CHECK(distance(far.value(after), far.value(algebra.build("(softmax - (c == Y)) / |batch|"))) < 1e-12);
  CHECK_FALSE(all_finite(far.value(roots[0])));
}

TEST_CASE("a mask outside or inside of the exponential is shifted too", "[unit]") {
  for (const auto text : {"exp(where(c != Y, z, -inf)) / sum[c](exp(where(c != Y, z, -inf)))",
                          "where(c != Y, exp(z), 0) / sum[c](where(c != Y, exp(z), 0))"}) {
    INFO(text);
    Algebra algebra(names);
    const std::vector<NodeId> before = with_gradients(algebra, text), after = stable(algebra, before);
    CHECK(hazard_count(algebra.graph, before) > 0);
    CHECK(hazard_count(algebra.graph, after) == 0);
    Interpreter near = algebra.interpreter(3), far = far_interpreter(algebra, 3, 1000);
    for (std::size_t k = 0; k < before.size(); ++k) {
      CHECK(distance(near.value(before[k]), near.value(after[k])) < 1e-12);
      CHECK(all_finite(far.value(after[k])));
    }
  }
}

TEST_CASE("two softmaxes of the same scores have each its own shift", "[unit]") {
  Algebra algebra(std::string(names) + "counts = exp(z)");
  const std::vector<NodeId> before =
      with_gradients(algebra, "log((counts / sum[c](counts))[c = Y]) + log(sum[c](counts / sum[batch](counts)))");
  const std::vector<NodeId> after = stable(algebra, before);
  CHECK(hazard_count(algebra.graph, after) == 0);
  Interpreter near = algebra.interpreter(3), far = far_interpreter(algebra, 3, 1000);
  for (std::size_t k = 0; k < before.size(); ++k) {
    CHECK(distance(near.value(before[k]), near.value(after[k])) < 1e-12);
    CHECK(all_finite(far.value(after[k])));
  }
}

TEST_CASE("a named value means the same when it is asked for", "[unit]") {
  Algebra algebra(std::string(names) + "counts = exp(z)\nprobs = counts / sum[c](counts)");
  const NodeId roots[] = {algebra["counts"], algebra["probs"]};
  const std::vector<NodeId> after = stable(algebra, roots);
  CHECK(after[0] == roots[0]);
  CHECK(algebra.graph.name_of(after[1]) == "probs");
  CHECK(after[1] != roots[1]);
}

TEST_CASE("what is stable stays as it is", "[unit]") {
  for (const auto text : {"softmax", "shifted - log(sum[c](exp(shifted)))", "exp(z)", "exp(x) * w + y", "1 - sigmoid(x)",
                          "tanh(sum[c](z * w) + x) / |batch|", "softplus(x) - y * x"}) {
    INFO(text);
    Algebra algebra(names);
    const std::vector<NodeId> roots = with_gradients(algebra, text);
    CHECK(stable(algebra, roots) == roots);
  }
}

TEST_CASE("stabilising what is stabilised changes nothing", "[unit]") {
  for (const Case& row : cases) {
    INFO(row.naive);
    Algebra algebra(names);
    const std::vector<NodeId> once = stable(algebra, with_gradients(algebra, row.naive));
    CHECK(stable(algebra, once) == once);
  }
}

TEST_CASE("graphs of any depth are stabilised in bounded time", "[unit]") {
  Algebra algebra(names);
  Graph& graph = algebra.graph;
  const NodeId e = graph.apply(Op::exp, algebra["x"]), one = graph.constant(1);
  NodeId product = e, tower = algebra["x"], fraction = e, sum = e;
  for (int k = 0; k < 20000; ++k) {
    product = graph.apply(Op::multiply, product, k % 2 ? e : algebra["y"]);
    tower = graph.apply(Op::log, graph.apply(Op::add, one, graph.apply(Op::exp, tower)));
    fraction = graph.apply(Op::divide, one, graph.apply(Op::add, one, fraction));
    sum = graph.apply(Op::add, graph.apply(Op::multiply, sum, e), algebra["y"]);
  }
  for (NodeId root : {graph.apply(Op::log, product), tower, graph.apply(Op::log, fraction), graph.apply(Op::log, sum)}) {
    const NodeId after = stable(algebra, std::span(&root, 1))[0];
    CHECK(hazard_count(graph, std::span(&after, 1)) <= hazard_count(graph, std::span(&root, 1)));
  }
}

// The raw values and gradients of what the library offers: nothing in it asks for a warning.
TEST_CASE("the library's functions are written in range", "[unit]") {
  for (const auto text : {"softmax[c](z)",
                          "log_softmax[c](z)",
                          "logsumexp[c](z)",
                          "cross_entropy[c](z, Y)",
                          "soft_cross_entropy[c](z, softmax[c](w))",
                          "binary_cross_entropy(z, w)",
                          "kl_divergence[c](z, w)",
                          "batch_norm[batch](z, x, x)",
                          "layer_norm[c](z)",
                          "rms_norm[c](z)",
                          "gelu(z)",
                          "gelu_tanh(z)",
                          "silu(z)",
                          "leaky_relu(z)",
                          "elu(z)",
                          "clip(z, -1, 1)",
                          "squared_error(z, w)",
                          "huber(z, w)",
                          "attention[source, c](q, z, w)",
                          "masked_attention[source, c](q, z, w, source <= batch)"}) {
    INFO(text);
    const std::string header =
        "axis batch = 3, c = 4, source = |batch|\ndata Y[batch] : c\nparam a[batch, c] = 0\nparam b[batch, c] = 0\n"
        "param x = 1\nparam q[batch, c] = 0\n";
    const std::string here = std::string(text).find("source") == std::string::npos
                                 ? "z = a\nw = b\n"
                                 : "z = a[batch = source]\nw = b[batch = source]\n";
    const std::string source = header + here + "value = " + text + "\n";
    Program program = program_from(source);
    Graph& graph = program.graph;
    std::vector<NodeId> roots{program.definitions.back().node};
    std::vector<NodeId> targets;
    for (const Parameter& parameter : program.parameters) targets.push_back(parameter.node);
    const NodeId loss = sum_over(graph, roots[0], graph.node(roots[0]).axes);
    for (NodeId gradient : gradients(graph, loss, targets)) roots.push_back(gradient);
    CHECK(kinds(hazards(graph, roots)) == "");
  }
}

TEST_CASE("a step that is written in range is not touched", "[unit]") {
  for (const auto file : {"makemore.tenet", "mlp.tenet"}) {
    INFO(file);
    Program program = program_from(read_text(source_folder() / "graphs" / file));
    const TrainingValues values = training_values(program);
    std::vector<NodeId> roots = values.given;
    roots.insert(roots.end(), values.backward.gradients.begin(), values.backward.gradients.end());
    std::vector<LawApplication> journal;
    CHECK(stabilised(program.graph, roots, journal) == roots);
    CHECK(journal.empty());
  }
}

TEST_CASE("each row of the scales fires on its left side and keeps the values", "[unit]") {
  for (const Law& law : scale_laws())
    for (unsigned seed = 0; seed < 4; ++seed) {
      INFO(law.name << ": " << law.left << " = " << law.right);
      Algebra algebra("axis i = 3, j = 2\ndata x[i, j]");
      const NodeId left = algebra.build(std::string(law.left)), right = algebra.build(std::string(law.right));
      Rewriting rewriting(algebra.graph, std::span(&left, 1));
      const NodeId after = law.apply(rewriting, left);
      CHECK(after != left);
      CHECK(law.apply(rewriting, right) == right);
      Interpreter interpreter = algebra.interpreter(seed);
      CHECK(distance(interpreter.value(left), interpreter.value(after)) < 1e-12);
      CHECK(distance(interpreter.value(right), interpreter.value(after)) < 1e-12);
      std::vector<LawApplication> journal;
      stabilised(algebra.graph, std::span(&left, 1), journal);
      CHECK(std::ranges::any_of(journal, [&](const LawApplication& step) { return step.law == &law; }));
    }
}
