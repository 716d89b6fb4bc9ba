#include "compiler/render/derive.h"
#include "compiler/render/text.h"
#include "tests/golden.h"
#include "tests/programs.h"
#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// A program's text elaborated with the library, sizes closed, inputs bound to random values.
struct Elaborated {
  explicit Elaborated(const std::string& text) {
    const std::uint32_t library = sink.add_source("std.tenet", read_text(source_folder() / "graphs" / "std.tenet"));
    const std::uint32_t file = sink.add_source("test.tenet", text);
    program = elaborate(sink, file, library, no_files);
    INFO(sink.render(false) << "\nin\n" << text);
    REQUIRE(program);
  }

  Interpreter interpreter(unsigned seed) {
    const auto closed = close_sizes(*program, sink, {}, 2);
    INFO(sink.render(false));
    REQUIRE(closed);
    sizes = *closed;
    AxisId failed;
    REQUIRE(sizes.complete(program->graph, &failed));
    Interpreter result(program->graph, sizes, seed);
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (std::uint32_t i = 0; i < program->graph.input_count(); ++i) {
      const Input& input = program->graph.input(InputId{i});
      Tensor tensor = tensor_of(input.axes, sizes);
      for (double& value : tensor.values)
        value =
            input.typed_by ? static_cast<double>(random() % static_cast<std::uint64_t>(sizes[*input.typed_by])) : normal(random);
      result.bind(InputId{i}, std::move(tensor));
    }
    return result;
  }

  Diagnostics sink;
  std::optional<Program> program;
  Sizes sizes;
};

std::string printed(const std::string& text) {
  Algebra algebra("axis i = 2, j = 3\nparam x[i, j] = 0\nparam y[i, j] = 0\ndata n[j] : i\nh = x * y\n");
  const std::vector<std::string> definitions{"h"};
  Spelling spelling(algebra.graph, definitions, {});
  return expression(algebra.graph, algebra.build(text), spelling);
}

// What derive prints, pasted behind the program, has the values of the gradients; printed from there it is the same again.
void check_pasted(const std::string& text, const std::string& value, const std::vector<std::string>& names, bool raw) {
  Elaborated first(text);
  const auto lines = derive(*first.program, *first.program->target(value), names, raw);
  const std::string pasted = text + "\n" + derivation_text(lines);
  INFO(pasted);
  Elaborated second(pasted);
  Program& program = *second.program;
  std::vector<NodeId> targets;
  for (const DerivedLine& line : lines)
    if (!line.of.empty()) targets.push_back(*program.target(line.of));
  const std::vector<NodeId> expected = gradients(program.graph, *program.target(value), targets);
  Interpreter interpreter = second.interpreter(11);
  std::size_t k = 0;
  for (const DerivedLine& line : lines) {
    if (line.of.empty()) continue;
    INFO(line.name);
    if (line.expression == "0") {  // along all axes
      CHECK(largest(interpreter.value(expected[k++])) < 1e-9);
      continue;
    }
    CHECK(distance(interpreter.value(*program.target(line.name)), interpreter.value(expected[k++])) < 1e-9);
  }
}

}  // namespace

TEST_CASE("an expression prints with the brackets it needs and no more", "[unit]") {
  for (const std::string text : {"x + y",
                                 "x - (y - x)",
                                 "x - y - x",
                                 "(x + y) * x",
                                 "x / (y * x)",
                                 "-x^2",
                                 "(-x)^2",
                                 "x^-2",
                                 "x^y^x",
                                 "(x^y)^x",
                                 "x * -y",
                                 "(i == n) * x",
                                 "where(x > 0, x, -y)",
                                 "sum[i](x / y)",
                                 "max[i, j](x)",
                                 "x[i = n]",
                                 "x[j = j - 1 else 0]",
                                 "not x > 0",
                                 "(x > 0 or y > 0) and x < y",
                                 "|i| * x / 3",
                                 "x * 0.5 + 0.001",
                                 "2 / 3 * x",
                                 "(x + y)[i = n]",
                                 "exp(x)[i = n]",
                                 "max(x, y)",
                                 "argmax[i](x)",
                                 "x - (-y)",
                                 "1e-5 + x",
                                 "100_000 * x"})
    CHECK(printed(text) == (text == "x - (-y)" ? "x - -y" : text));
}

TEST_CASE("what is printed stops at names", "[unit]") {
  CHECK(printed("h + x * y") == "h + h");
  CHECK(printed("sum[i](h)") == "sum[i](h)");
}

TEST_CASE("a fresh copy of an axis prints under a legal name that is declared", "[unit]") {
  Algebra algebra("axis time = 3, time_2 = 4\nparam x[time] = 0");
  const AxisId copy = algebra.graph.copy_of(algebra.axes["time"]);
  const NodeId renamed = algebra.graph.substitute(algebra["x"], {{algebra.axes["time"], algebra.graph.coordinate(copy)}});
  const std::vector<std::string> taken{"time", "time_2", "x"};
  Spelling spelling(algebra.graph, {}, taken);
  CHECK(expression(algebra.graph, renamed, spelling) == "x[time = time_3]");
  CHECK(spelling.take_axis_declarations() == std::vector<std::string>{"axis time_3 = |time|"});
}

TEST_CASE("the other indices of a bracket do not reach into an `else` value that has their axes", "[unit]") {
  Algebra algebra("axis i = 3, j = 3\nparam x[i, j] = 0\nparam y[i, j] = 0");
  const std::vector<std::string> taken{"i", "j"};
  Spelling spelling(algebra.graph, {}, taken);
  const NodeId shifted = algebra.build("x[i = i + 1, j = j + 1 else y]");
  CHECK(expression(algebra.graph, shifted, spelling) == "x[i = i_2, j = j_2][i_2 = i + 1 else y, j_2 = j + 1 else y]");
  CHECK(spelling.take_axis_declarations() == std::vector<std::string>{"axis i_2 = |i|", "axis j_2 = |j|"});
}

TEST_CASE("derived lines can be pasted back: the programs of graphs/", "[unit]") {
  for (const auto name : {"ninja", "makemore", "mlp", "bigram"})
    for (const bool raw : {false, true}) {
      const std::string text = read_text(source_folder() / "graphs" / (std::string(name) + ".tenet"));
      // Without recipe and claims: data and sizes are random here.
      const std::string network = text.substr(0, std::min(text.find("\ntrain "), text.find("\nclaim ")));
      check_pasted(network, "loss", {}, raw);
    }
}

TEST_CASE("derived lines can be pasted back: shifts, windows, masks, Jacobians, functions", "[unit]") {
  const std::string axes = "axis time = 5, key = 3, source = |time|\ndata n[time] : time\n";
  for (const bool raw : {false, true}) {
    check_pasted(axes + "param x[time] = 0\nloss = sum[time](x[time = time - 1 else 0] * x^2)", "loss", {}, raw);
    check_pasted(axes +
                     "param x[time] = 0\nparam w[key] = 0\ny = sum[key](x[time = time + key - 1 else 0] * w)\nloss = "
                     "sum[time](y^2)",
                 "loss", {}, raw);
    check_pasted(axes + "param x[time] = 0\nparam z = 0\nloss = sum[time](x[time = time + 2 else z]^2)", "loss", {}, raw);
    check_pasted(axes + "param x[time] = 0\nloss = sum[time](where(x > 0, log(x), 0) + relu(x) + max(x, 0.5))", "loss", {}, raw);
    check_pasted(axes + "param x[time] = 0\np = softmax[time](x)\nq = p[time = source]", "q", {"x"}, raw);
    check_pasted(
        axes +
            "param x[time, key] = 0\nfn norm[c](z) {\n  mu = mean[c](z)\n  z - mu\n}\ny = norm[key](norm[time](x))\nloss = "
            "sum[time, key](erf(y^3))",
        "loss", {}, raw);
    check_pasted(axes +
                     "param k[time, key] = 0\ns = sum[key](k * k[time = source])\na = softmax[source](where(source <= time, s, "
                     "-inf))\nloss = sum[time](sum[source](a * k[key = 0, time = source])^2)",
                 "loss", {}, raw);
    check_pasted(axes + "param x[time] = 0\nparam u[time] = 0\nloss = sum[time](x[time = n])", "loss", {"u", "x"}, raw);
    check_pasted(axes + "param x[time] = 0\nloss = prod[time](x) + sum[time](sqrt(x^2 + 1) / sigmoid(x))", "loss", {}, raw);
  }
}

TEST_CASE("derived lines can be pasted back: recurrences, and recurrences within one another", "[unit]") {
  for (const bool raw : {false, true}) {
    check_pasted(  // one gradient is two names'
        "axis time = 4\nparam a[time] = 0\nc = a^2\nh = c + 0.5 * tanh(h[time = time - 1 else 0])\nloss = sum[time](h^2)", "loss",
        {"h", "c", "a"}, raw);
    check_pasted(  // what is read beyond an axis is 0
        "axis time = 4, depth = 2, n = 2, m = |n|\nparam x[time, n] = 0\nlayer both(y) {\n  param U[m, n] = 0\n  l = tanh(y + "
        "l[time = time - 1 else 0])\n  r = tanh(y + sum[m](r[time = time + 1 else 0, n = m] * U))\n  (l + r) / 2\n}\nz = "
        "repeat[depth](both, x)\nloss = sum[time, n](z^2)",
        "loss", {"x", "z.U"}, raw);
    check_pasted(
        "axis time = 4\nparam x[time] = 0\nparam w = 0\nh = tanh(x + w * h[time = time - 1 else w])\nloss = sum[time](h^2)",
        "loss", {}, raw);
    check_pasted(
        "axis i = 3, j = 4\nparam a[i, j] = 0\nparam w = 0\ns = tanh(a + w * s[i = i - 1 else 0.1] + w^2 * s[j = j - 1 else "
        "0.2])\nloss = sum[i, j](s^2)",
        "loss", {}, raw);
    check_pasted(
        "axis time = 4, depth = 3, n = 2, m = |n|\nparam x[time, n] = 0\nparam W[depth, m, n] = 0\nbelow = h[depth = depth - 1 "
        "else x, n = m]\nh = tanh(sum[m](below * W) + h[time = time - 1 else 0])\nloss = sum[time, n](h[depth = 2]^2)",
        "loss", {}, raw);
  }
}

// Of `loss`, by everything: the line of one name.
std::string line_of(const std::string& text, const std::string& name) {
  Elaborated read(text);
  for (const DerivedLine& line : derive(*read.program, *read.program->target("loss"), {}, false))
    if (line.name == name) return line.expression;
  return {};
}

TEST_CASE("a gradient whose closed form is less safe spoils no other", "[unit]") {
  const std::string head = "axis n, c\ndata g[n, c]\nparam x[n, c] = normal()\ncounts = exp(x)\n";
  CHECK(line_of(head + "p = counts / sum[c](counts)\nloss = sum[n, c](p * g)", "dx") == "p * (g - sum[c](g * p))");
  CHECK(line_of(head + "p = counts / sum[c](counts)\nloss = -sum[n, c](log(p) * g)", "dx") == "sum[c](g) * p - g");
}

TEST_CASE("what a function is of is read by its name", "[unit]") {
  const std::string head = "axis n, c\ndata t[n, c]\nparam x[n, c] = normal()\ny = layer_norm[c](x)\n";
  CHECK(line_of(head + "loss = sum[n, c](sin(y) * t)", "dy") == "t * cos(y)");
  CHECK(line_of(head + "loss = sum[n, c](sin(y) * t)", "dx") ==
        "(dy - sum[c](dy) / |c|) / sqrt(y.layer_norm.variance + 1e-5) - sum[c](y.layer_norm.centred * dy) / (|c| * "
        "(y.layer_norm.variance + 1e-5)) * y");
}

TEST_CASE("a name that the program has is not taken for a line", "[unit]") {
  check_pasted("axis i = 3\nparam x[i] = 0\ndx = x^2\nshared = dx * x\nloss = sum[i](tanh(shared) * tanh(x) * x)", "loss", {},
               false);
}

TEST_CASE("what is nested too deeply for the parser is parted into lines", "[unit]") {
  std::string text = "param x = 0\n";
  for (int k = 0; k < 20; ++k)
    text += "fn f" + std::to_string(k) +
            "(z) = " + (k == 0 ? "sin(z)" : "sin(f" + std::to_string(k - 1) + "(cos(f" + std::to_string(k - 1) + "(z)) * z))") +
            "\n";
  text += "loss = f5(x)";
  check_pasted(text, "loss", {"x"}, false);
}

TEST_CASE("the derivation of the lecture's network reads as recorded", "[unit]") {
  Elaborated ninja(read_text(source_folder() / "graphs" / "ninja.tenet"));
  const NodeId loss = *ninja.program->target("loss");
  check_golden("derive", "ninja", derivation_text(derive(*ninja.program, loss, {}, false)));
  check_golden("derive", "ninja_raw", derivation_text(derive(*ninja.program, loss, {}, true)));
  const std::vector<std::string> names{"logits", "hprebn"};
  const auto lines = derive(*ninja.program, loss, names, false);
  check_golden("derive", "ninja_two", derivation_text(lines));
  nlohmann::ordered_json json = derivation_json(lines);
  for (auto& entry : json) entry["seconds"] = 0;
  check_golden("derive", "ninja_two_json", json.dump(2) + "\n");
}

TEST_CASE("gradients are written by what is at hand", "[unit]") {
  struct Row {
    std::string program;
    std::vector<std::string> names;
    std::string line;
  };
  for (const Row& row : {
           // Two sums with like factors.
           Row{"axis n, i, o\ndata g[n, o]\nparam pre[n, i] = 1\nparam W[i, o] = 1\nparam E[i, o] = 1\nh = tanh(pre)\n"
               "loss = sum[n, o]((sum[i](h * W) + sum[i](h * E)) * g)\n",
               {"pre"},
               "dpre = (1 - h^2) * (sum[o](g * E) + sum[o](g * W))"},
           // A condition under a sum compares values that have names.
           Row{"axis n, r = 8, q = |r| / 2, b = 2, d = 3\ndata x[n, r]\ndata g[n, q]\nparam K[d] = 1\n"
               "c = sum[d](x[r = r + d - 1 else 0] * K)\nm = max[b](c[r = 2 * q + b])\nloss = sum[n, q](m * g)\n",
               {"c"},
               "(g / sum[b](c[r = 2 * q + b] == m) * (c[r = 2 * q + b] == m))"},
           // In a repeat as outside one.
           Row{"axis n, c, depth = 3\ndata x[n, c]\ndata g[n, c]\nlayer block(x) {\n  param W[c] = 1\n  s = x * W\n"
               "  p = softmax[c](s)\n  x + p\n}\ny = repeat[depth](block, x)\nloss = sum[n, c](y * g)\n",
               {"y.W"},
               "ds = y.block.p * (shared - sum[c](y.block.p * shared))"},
           // Beside a gradient that has a name.
           Row{"axis n, c\ndata Y[n] : c\ndata x[n, c]\nparam b[c] = 1\nz = x + b\np = softmax[c](z)\n"
               "loss = mean[n](cross_entropy[c](z, Y))\ndb = grad(loss, b)\n",
               {"z"},
               "dz = (p - (c == Y)) / |n|"},
           // Names that end alike.
           Row{"axis n, i, o\ndata x[n, i]\nlayer part[a, b](x) {\n  param W[a, b] = 1\n  sum[a](x * W)\n}\n"
               "h = part[i, o](x)\ny = part[o, i](h)\nloss = sum[n, i](y^2)\n",
               {"h.W", "y.W"},
               "dh_W = "},
       }) {
    Elaborated read(row.program);
    const std::string text = derivation_text(derive(*read.program, *read.program->target("loss"), row.names, false));
    INFO(row.program << text);
    CHECK(text.find(row.line) != std::string::npos);
  }
}
