// Plans of evaluation, and what is asked of a program beside them, checked by the interpreter alone.
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
#include "tests/unit/split_programs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

const std::string normalised = R"(
z = sum[context](C[vocab = X])
mu = sum[batch](z) / |batch|
variance = sum[batch]((z - mu)^2) / (|batch| - 1)
h = tanh((z - mu) / sqrt(variance + 1e-5))
logits = sum[hidden](h * W)
loss = sum[batch](log(sum[vocab](exp(logits))) - logits[vocab = Y]) / |batch|
)";

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
