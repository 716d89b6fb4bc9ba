// What native programs compute, checked by the interpreter alone.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "compiler/compile.h"
#include "compiler/graph/interpreter.h"
#include "compiler/plan/evaluation.h"
#include "compiler/plan/inspection.h"
#include "compiler/plan/meaning.h"
#include "compiler/plan/rewriting.h"
#include "compiler/plan/simplified.h"
#include "compiler/plan/training.h"
#include "compiler/simplify/gradients.h"
#include "tests/catch.h"
#include "tests/programs.h"

using namespace tenet;
using tests::program_from;

namespace {

const std::string data_and_recipe = R"(
axis batch, context = 2, vocab = 5, hidden = 3
data X[batch, context] : vocab
data Y[batch] : vocab
param C[vocab, hidden] = normal()
param W[hidden, vocab] = normal()
param unused[hidden] = normal()
train loss {
  from = letters("names.txt", window = X, next = Y)
  split = 80, 10, 10
  batch = 4
  steps = 10
  rate = where(step < 5, 0.1, 0.01)
  optimizer = sgd(momentum = MOMENTUM)
}
)";

std::string with_recipe(const std::string& graph, const std::string& momentum = "0") {
  std::string recipe = data_and_recipe;
  recipe.replace(recipe.find("MOMENTUM"), 8, momentum);
  return recipe + graph;
}

const std::string plain = R"(
h = tanh(sum[context](C[vocab = X]))
logits = sum[hidden](h * W)
loss = sum[batch](log(sum[vocab](exp(logits))) - logits[vocab = Y]) / |batch|
)";

const std::string normalised = R"(
z = sum[context](C[vocab = X])
mu = sum[batch](z) / |batch|
variance = sum[batch]((z - mu)^2) / (|batch| - 1)
h = tanh((z - mu) / sqrt(variance + 1e-5))
logits = sum[hidden](h * W)
loss = sum[batch](log(sum[vocab](exp(logits))) - logits[vocab = Y]) / |batch|
)";

// Values of all inputs of a split of `items` items.
class Split {
 public:
  Split(const Program& program, std::int64_t items, unsigned seed) : items(items) {
    std::mt19937 random(seed);
    for (const DataInput& data : program.data) {
      const std::size_t width = program.graph.input(data.input).axes.size() == 2 ? 2 : 1;
      std::vector<double>& values = codes_[data.name];
      for (std::size_t i = 0; i < width * static_cast<std::size_t>(items); ++i)
        values.push_back(static_cast<double>(random() % 5));
    }
  }
  // The items from `begin` on, `rows` of them; past the end the last one again.
  void bind(const Program& program, Interpreter& interpreter, std::int64_t begin, std::int64_t rows) const {
    for (const DataInput& data : program.data) {
      const std::vector<double>& all = codes_.at(data.name);
      const std::size_t width = all.size() / static_cast<std::size_t>(items);
      Tensor tensor{program.graph.input(data.input).axes, {rows}, {}};  // batch was declared first
      if (width == 2) tensor.extents.push_back(2);
      for (std::int64_t row = 0; row < rows; ++row)
        for (std::size_t i = 0; i < width; ++i)
          tensor.values.push_back(all[static_cast<std::size_t>(std::min(begin + row, items - 1)) * width + i]);
      interpreter.bind(data.input, std::move(tensor));
    }
  }
  std::int64_t items;

 private:
  std::map<std::string, std::vector<double>> codes_;
};

Sizes sizes_with(Program& program, std::int64_t items) {
  Diagnostics diagnostics;
  std::optional<Sizes> sizes = close_sizes(program, diagnostics, {{"batch", items}});
  INFO(diagnostics.render(false));
  REQUIRE(sizes);
  return completed(program.graph, *sizes);
}

void bind_parameters(const Program& program, const Sizes& sizes, Interpreter& interpreter) {
  Interpreter initial(program.graph, sizes, 7);
  for (const Parameter& parameter : program.parameters) interpreter.bind(parameter.input, initial.value(parameter.initial));
}

// The value of a node over a whole split, without any plan.
double value_over(Program& program, NodeId node, const Split& split) {
  const Sizes sizes = sizes_with(program, split.items);
  Interpreter interpreter(program.graph, sizes);
  bind_parameters(program, sizes, interpreter);
  split.bind(program, interpreter, 0, split.items);
  return interpreter.value(node).values.at(0);
}

using Statistics = std::map<std::string, Tensor>;

double combined(Op reduction, double a, double b) {
  return reduction == Op::sum        ? a + b
         : reduction == Op::product  ? a * b
         : reduction == Op::max_over ? std::max(a, b)
                                     : std::min(a, b);
}

// A pass as the runtime does it, each piece by the interpreter.
std::vector<Tensor> run_pass(Program& program, const EvaluationPlan& plan, const Pass& pass, const Split& split,
                             const Statistics& statistics, std::int64_t piece) {
  const Computation computation = simplified(program.graph, pass.computation);
  std::vector<Tensor> totals;
  for (std::int64_t begin = 0; begin < split.items; begin += piece) {
    const Sizes sizes = sizes_with(program, piece);
    Interpreter interpreter(program.graph, sizes);
    bind_parameters(program, sizes, interpreter);
    for (const Statistic& statistic : plan.statistics)
      if (auto known = statistics.find(statistic.name); known != statistics.end())
        interpreter.bind(statistic.input, known->second);
    interpreter.bind(*plan.total, {{}, {}, {static_cast<double>(split.items)}});
    interpreter.bind(*plan.valid, {{}, {}, {static_cast<double>(std::min(piece, split.items - begin))}});
    split.bind(program, interpreter, begin, piece);
    for (std::size_t i = 0; i < computation.outputs.size(); ++i) {
      const Tensor& value = interpreter.value(computation.outputs[i].value);
      if (totals.size() <= i) {
        totals.push_back(value);
        continue;
      }
      for (std::size_t j = 0; j < value.values.size(); ++j)
        totals[i].values[j] = combined(pass.accumulators[i].reduction, totals[i].values[j], value.values[j]);
    }
  }
  const Sizes sizes = sizes_with(program, split.items);
  Interpreter interpreter(program.graph, sizes);
  bind_parameters(program, sizes, interpreter);
  for (const Statistic& statistic : plan.statistics)
    if (auto known = statistics.find(statistic.name); known != statistics.end()) interpreter.bind(statistic.input, known->second);
  interpreter.bind(*plan.total, {{}, {}, {static_cast<double>(split.items)}});
  for (std::size_t i = 0; i < totals.size(); ++i) interpreter.bind(pass.accumulators[i].input, totals[i]);
  std::vector<Tensor> results;
  for (NodeId result : pass.results) results.push_back(interpreter.value(result));
  return results;
}

double evaluated(Program& program, const EvaluationPlan& plan, const Split& training, const Split& split, std::int64_t piece) {
  Statistics statistics;
  for (const Pass& pass : plan.calibration) {
    const std::vector<Tensor> values = run_pass(program, plan, pass, training, statistics, piece);
    for (std::size_t i = 0; i < values.size(); ++i) statistics[plan.statistics[pass.statistics[i]].name] = values[i];
  }
  return run_pass(program, plan, plan.figures, split, statistics, piece)[0].values.at(0);
}

EvaluationPlan plan_of(Program& program) {
  auto plan = evaluation_plan(program);
  REQUIRE(plan);
  return std::move(*plan);
}

std::vector<std::string> statistic_names(const EvaluationPlan& plan) {
  std::vector<std::string> names;
  for (const Statistic& statistic : plan.statistics) names.push_back(statistic.name);
  return names;
}

}  // namespace

TEST_CASE("a program without statistics has a split's plain value, in pieces of any size", "[unit]") {
  Program program = program_from(with_recipe(plain));
  const EvaluationPlan plan = plan_of(program);
  CHECK(plan.in_pieces);
  CHECK(plan.statistics.empty());
  const Split training(program, 23, 1), split(program, 10, 2);
  const double expected = value_over(program, program.train->loss, split);
  for (std::int64_t piece : {1, 3, 5, 10, 16})
    CHECK(evaluated(program, plan, training, split, piece) == Approx(expected).epsilon(1e-12));
}

TEST_CASE("batch statistics are those of the training split", "[unit]") {
  Program program = program_from(with_recipe(normalised));
  const EvaluationPlan plan = plan_of(program);
  CHECK(plan.in_pieces);
  CHECK(plan.calibration.size() == 2);  // the variance reads the mean
  CHECK(statistic_names(plan).front() == "mu");
  const Split training(program, 23, 1), split(program, 10, 2);
  // Over the training split itself the plan gives the plain value.
  CHECK(evaluated(program, plan, training, training, 4) ==
        Approx(value_over(program, program.train->loss, training)).epsilon(1e-12));
  // Elsewhere it does not depend on which other items are evaluated: two halves give the whole.
  const double whole = evaluated(program, plan, training, split, 4);
  CHECK(whole != Approx(value_over(program, program.train->loss, split)).epsilon(1e-6));
  CHECK(evaluated(program, plan, training, split, 7) == Approx(whole).epsilon(1e-12));
}

TEST_CASE("a reduction that belongs to training is the training split's wherever it is read", "[unit]") {
  Program program = program_from(with_recipe(R"(
z = sum[context, hidden](C[vocab = X])
mu = sum[batch](z) / |batch|
centred = z - mu
loss = sum[batch](centred^2) / |batch| + mu^2 + 0 * sum[vocab, hidden](W)
)"));
  const EvaluationPlan plan = plan_of(program);
  CHECK(statistic_names(plan) == std::vector<std::string>{"mu"});
  const Split training(program, 9, 1), split(program, 6, 2);
  const NodeId mean = program.target("mu").value(), z = program.target("z").value();
  const double training_mean = value_over(program, mean, training);
  const Sizes sizes = sizes_with(program, split.items);
  Interpreter interpreter(program.graph, sizes);
  bind_parameters(program, sizes, interpreter);
  split.bind(program, interpreter, 0, split.items);
  double expected = training_mean * training_mean;
  for (double value : interpreter.value(z).values) expected += (value - training_mean) * (value - training_mean) / 6;
  CHECK(evaluated(program, plan, training, split, 4) == Approx(expected).epsilon(1e-12));
}

TEST_CASE("a reduction that only a reported value reads is the evaluated split's, level by level", "[unit]") {
  std::string text = with_recipe(R"(
z = sum[context, hidden](C[vocab = X])
mu = mean[batch](z)
variance = mean[batch]((z - mu)^2)
skew = mean[batch]((z - mu)^3) / variance^1.5
spread = mean[batch]((z - loss)^2)
loss = mean[batch](z^2) + 0 * sum[vocab, hidden](W)
)");
  text.replace(text.find("  steps = 10"), 12, "  report = skew, spread\n  steps = 10");
  Program program = program_from(text);
  const EvaluationPlan plan = plan_of(program);
  CHECK(plan.in_pieces);
  CHECK(plan.calibration.empty());
  CHECK(plan.shared.empty());
  const Split training(program, 23, 1), split(program, 10, 2);
  Statistics statistics;
  for (const Pass& pass : plan.preparation) {
    const std::vector<Tensor> values = run_pass(program, plan, pass, split, statistics, 4);
    for (std::size_t i = 0; i < values.size(); ++i) statistics[plan.statistics[pass.statistics[i]].name] = values[i];
  }
  const std::vector<Tensor> figures = run_pass(program, plan, plan.figures, split, statistics, 4);
  std::vector<NodeId> expected{program.train->loss, *program.target("skew"), *program.target("spread")};
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(figures[i].values.at(0) == Approx(value_over(program, expected[i], split)).epsilon(1e-9));
}

TEST_CASE("greatest, least and product over a split are masked by their identities", "[unit]") {
  for (const std::string reduction : {"max", "min", "prod"}) {
    Program program = program_from(with_recipe("z = sum[context, hidden](C[vocab = X])\nloss = " + reduction + "[batch](z - 3)"));
    const EvaluationPlan plan = plan_of(program);
    CHECK(plan.in_pieces);
    const Split training(program, 5, 1), split(program, 7, 2);
    CHECK(evaluated(program, plan, training, split, 4) == Approx(value_over(program, program.train->loss, split)).epsilon(1e-12));
  }
}

TEST_CASE("a value that pairs items with one another takes a split whole", "[unit]") {
  for (const std::string loss :
       {"sum[batch, other](z * z[batch = other])", "sum[batch](z * batch)", "sum[vocab](C[hidden = 0]) * argmax[batch](z)"}) {
    Program program = program_from(with_recipe("axis other = |batch|\nz = sum[context, hidden](C[vocab = X])\nloss = " + loss));
    CHECK_FALSE(plan_of(program).in_pieces);
  }
}

TEST_CASE("a parameter along the items cannot be evaluated on a split", "[unit]") {
  Program program = program_from(with_recipe("param p[batch] = 0\n" + plain + "\nother = p"));
  const auto plan = evaluation_plan(program);
  REQUIRE_FALSE(plan);
  CHECK_THAT(plan.error(), ContainsSubstring("`p`"));
}

// The training step of a program, derived and simplified.
struct Step {
  explicit Step(const std::string& text) : program(program_from(text)), raw(training_values(program)) {
    const SimplifiedGradients values = simplify_gradients(program.graph, raw.given, raw.backward, Sizes());
    computation = training_step(program, values.given, values.gradients);
  }
  std::vector<std::string> assigned() const {
    std::vector<std::string> result;
    for (const Computation::Assignment& row : computation.assignments) result.push_back(program.graph.input(row.target).name);
    return result;
  }

  Program program;
  TrainingValues raw;
  Computation computation;
};

std::string with_optimizer(const std::string& lines, const std::string& graph = plain) {
  std::string text = with_recipe(graph);
  const std::string usual = "optimizer = sgd(momentum = 0)";
  return text.replace(text.find(usual), usual.size(), lines);
}

using Names = std::vector<std::string>;

TEST_CASE("the training step updates every parameter with a gradient, and no other", "[unit]") {
  CHECK(Step(with_recipe(plain)).assigned() == Names{"C", "W"});
  CHECK(Step(with_recipe(plain, "0.9")).assigned() == Names{"C", "W", "C.m", "W.m"});
  CHECK(Step(with_recipe(plain)).computation.draws);
}

TEST_CASE("a recipe names optimizers for some parameters, and freezes others", "[unit]") {
  CHECK(Step(with_optimizer("optimizer(W) = adam()")).assigned() == Names{"C", "W", "W.m", "W.v"});
  CHECK(Step(with_optimizer("optimizer = adam()\n  optimizer(C, unused) = sgd()")).assigned() == Names{"C", "W", "W.m", "W.v"});
  CHECK(Step(with_optimizer("freeze = W, unused")).assigned() == Names{"C"});
}

TEST_CASE("a state that nothing reads is left out, one that is read through another stays", "[unit]") {
  const std::string optimizer = R"(
optimizer chained(p, g, rate) {
  state a = p
  state b = 0
  state unread = 0 * p
  update a = a + b * g
  update b = b + 1
  update unread = g
  p - rate * a
}
)";
  CHECK(Step(with_optimizer("optimizer(W) = chained()", plain + optimizer)).assigned() == Names{"C", "W", "W.a", "W.b"});
}

// What a step makes of one element, and of the states beside it: (parameter, gradient, states, rate, step).
struct Reference {
  std::string recipe;
  Names states;
  std::vector<double> (*next)(double p, double g, std::vector<double> s, double rate, double step);
};

std::vector<double> adam_reference(double p, double g, std::vector<double> s, double rate, double step) {
  const double m = 0.9 * s[0] + 0.1 * g, v = 0.999 * s[1] + 0.001 * g * g;
  const double mean = m / (1 - std::pow(0.9, step + 1)), square = v / (1 - std::pow(0.999, step + 1));
  return {p - rate * mean / (std::sqrt(square) + 1e-8), m, v};
}

const Reference references[] = {
    {"optimizer = sgd()",
     {},
     [](double p, double g, std::vector<double>, double rate, double) { return std::vector{p - rate * g}; }},
    {"optimizer = sgd(momentum = 0.9)",
     {"m"},
     [](double p, double g, std::vector<double> s, double rate, double) {
       const double velocity = 0.9 * s[0] + g;
       return std::vector{p - rate * velocity, velocity};
     }},
    {"optimizer = adam", {"m", "v"}, adam_reference},
    {"optimizer = adamw(decay = 0.1)",
     {"m", "v"},
     [](double p, double g, std::vector<double> s, double rate, double step) {
       return adam_reference(p * (1 - rate * 0.1), g, s, rate, step);
     }},
};

TEST_CASE("the library's optimizers are those of their papers", "[unit]") {
  for (const Reference& reference : references) {
    INFO(reference.recipe);
    Step step(with_optimizer(reference.recipe));
    Program& program = step.program;
    const Sizes sizes = sizes_with(program, 4);
    const Split batch(program, 4, 3);
    Interpreter interpreter(program.graph, sizes);
    bind_parameters(program, sizes, interpreter);
    batch.bind(program, interpreter, 0, 4);
    for (const State& state : program.states)
      interpreter.bind(state.input,
                       tensor_of(program.graph.input(state.input).axes, sizes, state.name.ends_with("v") ? 0.01 : 0.25));
    for (const double number : {0.0, 5.0}) {
      interpreter.bind(program.step, {{}, {}, {number}});
      for (std::size_t which : {0u, 1u}) {
        const std::string& name = program.parameters[which].name;
        const auto assigned = [&](const std::string& target) {
          const Names names = step.assigned();
          const auto place = std::ranges::find(names, target);
          REQUIRE(place != names.end());
          return interpreter.value(step.computation.assignments[static_cast<std::size_t>(place - names.begin())].value);
        };
        std::vector<Tensor> found{assigned(name)};
        for (const std::string& state : reference.states) found.push_back(assigned(name + "." + state));
        const Tensor gradient = interpreter.value(step.raw.backward.gradients[which]);
        const Tensor before = interpreter.value(program.parameters[which].node);
        for (std::size_t i = 0; i < gradient.values.size(); ++i) {
          const auto expected =
              reference.next(before.values[i], gradient.values[i], {0.25, 0.01}, number < 5 ? 0.1 : 0.01, number);
          for (std::size_t j = 0; j < expected.size(); ++j) CHECK(found[j].values[i] == Approx(expected[j]));
        }
      }
    }
  }
}

TEST_CASE("clipping scales all gradients by their joint norm, where that is too long", "[unit]") {
  for (const double clip : {1e-2, 1e6}) {
    Step step(with_optimizer("clip = " + std::to_string(clip)));
    Program& program = step.program;
    const Sizes sizes = sizes_with(program, 4);
    const Split batch(program, 4, 3);
    Interpreter interpreter(program.graph, sizes);
    bind_parameters(program, sizes, interpreter);
    batch.bind(program, interpreter, 0, 4);
    interpreter.bind(program.step, {{}, {}, {0}});
    double square = 0;
    for (std::size_t which : {0u, 1u})
      for (const double g : interpreter.value(step.raw.backward.gradients[which]).values) square += g * g;
    const double factor = std::min(1.0, clip / std::sqrt(square));
    CHECK((factor < 1) == (clip < 1));
    for (std::size_t which : {0u, 1u}) {
      const Tensor gradient = interpreter.value(step.raw.backward.gradients[which]);
      const Tensor before = interpreter.value(program.parameters[which].node);
      const Tensor after = interpreter.value(step.computation.assignments[which].value);
      for (std::size_t i = 0; i < gradient.values.size(); ++i)
        CHECK(after.values[i] == Approx(before.values[i] - 0.1 * factor * gradient.values[i]));
    }
  }
}

TEST_CASE("a gradient whose square overflows or vanishes in single precision is clipped as any other", "[unit]") {
  for (const char* size : {"1e30", "1", "1e-30"}) {
    Program program = program_from("axis i = 4\nparam w[i] = 0\nparam v = 0\nloss = " + std::string(size) + R"( * (sum[i](w) + v)
train loss {
  steps = 1
  rate = 1
  clip = 1e-35
}
)");
    StageTimes times;
    const Computation step = step_of(program, Sizes(), times);
    Diagnostics diagnostics;
    auto executable = executable_of(program.graph, *close_sizes(program, diagnostics, {}), step, times);
    REQUIRE(executable);
    std::vector<unsigned char> arena(static_cast<std::size_t>(executable->program.arena_bytes) + 64);
    unsigned char* const aligned = arena.data() + (64 - reinterpret_cast<std::uintptr_t>(arena.data()) % 64);
    float loss = 0;
    TenetFrame frame{aligned, 0, 1, &loss, nullptr};
    executable->program.run(&frame);
    for (const Slot& slot : executable->program.slots)
      if (slot.role == Slot::Role::parameter)
        CHECK(*reinterpret_cast<float*>(aligned + slot.offset) == Approx(-1e-35 / std::sqrt(5.0)));
  }
}

TEST_CASE("`training` is true in a step and false in an evaluation; a state's update reads the values before the step",
          "[unit]") {
  const std::string graph = R"(
z = sum[context](C[vocab = X])
mu = sum[batch](z) / |batch|
state running[hidden] = 1
update running = 0.9 * running + 0.1 * mu
h = tanh(z - where(training, mu, running))
logits = sum[hidden](h * W)
loss = sum[batch](log(sum[vocab](exp(logits))) - logits[vocab = Y]) / |batch|
)";
  Step step(with_recipe(graph));
  Program& program = step.program;
  CHECK(step.assigned() == Names{"running", "C", "W"});
  const Sizes sizes = sizes_with(program, 4);
  const Split batch(program, 4, 3);
  Interpreter interpreter(program.graph, sizes);
  bind_parameters(program, sizes, interpreter);
  batch.bind(program, interpreter, 0, 4);
  interpreter.bind(program.step, {{}, {}, {0}});
  interpreter.bind(program.states[0].input, tensor_of(program.graph.input(program.states[0].input).axes, sizes, 0.5));
  const Tensor mean = interpreter.value(*program.target("mu"));
  const Tensor next = interpreter.value(step.computation.assignments[0].value);
  for (std::size_t i = 0; i < mean.values.size(); ++i) CHECK(next.values[i] == Approx(0.45 + 0.1 * mean.values[i]));
  // The step does not read the state, and the evaluation no mean over the batch.
  const NodeId loss = *step.computation.loss;
  CHECK_FALSE(std::ranges::binary_search(program.graph.reachable(std::span(&loss, 1)), program.states[0].node));
  const EvaluationPlan plan = plan_of(program);
  CHECK(plan.statistics.empty());
  CHECK(plan.in_pieces);
}

TEST_CASE("what a recurrence works out is read from it, not worked out again for all places", "[unit]") {
  Program program = program_from(R"(
axis batch, n = 3, wide = 4, depth = 2
data x[batch, n]
layer block(y) {
  param A[n, wide] = normal()
  param B[wide, n] = normal()
  y + sum[wide](tanh(sum[n](y * A)) * B)
}
z = repeat[depth](block, x)
loss = sum[batch, n](z^2)
train loss {
  batch = 2
  steps = 10
  rate = 0.1
}
)");
  StageTimes times;
  const Computation step = step_of(program, Sizes(), times);
  std::size_t applied = 0, contracted = 0;
  for (NodeId id : program.graph.all_below(step.roots())) {
    const Node& node = program.graph.node(id);
    applied += node.op == Op::tanh;
    contracted += node.op == Op::sum && node.bound.size() == 1;
  }
  CHECK(applied == 1);
  CHECK(contracted == 6);  // y A, tanh B, what goes back through each, the gradients of A and B
}

TEST_CASE("inspection lists named values before what reads them, then the gradients", "[unit]") {
  Program program = program_from(with_recipe(plain));
  std::vector<std::string> names;
  for (const Computation::Output& output : inspection(program).outputs) names.push_back(output.name);
  CHECK(names == std::vector<std::string>{"h", "logits", "loss", "grad(loss, C)", "grad(loss, W)", "grad(loss, unused)"});
}

TEST_CASE("a fingerprint sees what the network computes, and neither layout nor names of values", "[unit]") {
  const auto network = [](const std::string& text) { return network_fingerprint(program_from(text)); };
  const std::string original = network(with_recipe(plain));
  std::string renamed = plain, reordered = plain, changed = plain;
  for (std::size_t at; (at = renamed.find("logits")) != std::string::npos;) renamed.replace(at, 6, "scores");
  reordered =
      "loss = sum[batch](log(sum[vocab](exp(logits))) - logits[vocab = Y]) / |batch|\n# a comment\nlogits = sum[hidden](h * "
      "W)\nh = tanh(sum[context](C[vocab = X]))";
  changed.replace(changed.find("tanh"), 4, "relu");
  CHECK(network(with_recipe(renamed)) == original);
  CHECK(network(with_recipe(reordered)) == original);
  CHECK(network(with_recipe(changed)) != original);
  CHECK(network(with_recipe(plain, "0.9")) == original);
  CHECK(run_fingerprint(program_from(with_recipe(plain, "0.9"))) != run_fingerprint(program_from(with_recipe(plain))));
}

TEST_CASE("replacing a node leaves what stands below it alone", "[unit]") {
  Graph graph;
  const NodeId one = graph.constant(1), two = graph.constant(2);
  const NodeId inner = graph.apply(Op::add, one, two);
  const NodeId outer = graph.apply(Op::multiply, graph.apply(Op::exp, inner), inner);
  const NodeId roots[] = {outer};
  const NodeId result = rewritten(graph, roots, {{inner, two}})[0];
  CHECK(result == graph.apply(Op::multiply, graph.apply(Op::exp, two), two));
}
