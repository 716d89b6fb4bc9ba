// The training step, checked by the interpreter alone.
#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/plan/training.h"
#include "compiler/simplify/gradients.h"
#include "tests/unit/split_programs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// The training step of a program, derived and simplified.
struct Step {
  explicit Step(const std::string& text) : program(program_from(text)), raw(training_values(program)) {
    const SimplifiedGradients values = simplify_gradients(program.graph, raw.given, raw.backward, Sizes());
    computation = training_step(program, raw, values.given, values.gradients);
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

// The first step on a batch of four items, whose sizes these are.
Interpreter at_start(const Program& program, const Sizes& sizes) {
  Interpreter result(program.graph, sizes);
  bind_parameters(program, sizes, result);
  Split(program, 4, 3).bind(program, result, 0, 4);
  result.bind(program.step, {{}, {}, {0}});
  return result;
}

}  // namespace

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
    Interpreter interpreter = at_start(program, sizes);
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
    Interpreter interpreter = at_start(program, sizes);
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
  Interpreter interpreter = at_start(program, sizes);
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
