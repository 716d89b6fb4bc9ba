// Random programs: a step of training as it runs natively gives what the program says, worked out in double precision from
// what reverse mode leaves.
#include "tests/property/random_programs.h"

#include "compiler/compile.h"
#include "compiler/plan/training.h"
#include "tests/programs.h"
#include "tests/property/native_values.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

bool moderate(const Tensor& tensor) {
  return std::ranges::all_of(tensor.values, [](double value) { return std::abs(value) < 1e4; });
}

// How far the trained step's updates are from those of the raw gradients, beside the greatest of these.
double error_of(const std::string& text) {
  Program program = program_from(text);
  Sizes sizes;
  StageTimes times;
  const TrainingValues raw = written_training_values(program);
  const Computation step = step_of(program, sizes = completed(program.graph, sizes), times);
  sizes = completed(program.graph, sizes);
  Interpreter interpreter(program.graph, sizes, 1);
  for (const Parameter& parameter : program.parameters) {
    Tensor tensor = interpreter.value(parameter.initial);
    for (double& value : tensor.values) value = static_cast<float>(value);
    interpreter.bind(parameter.input, std::move(tensor));
  }
  const NativeValues native(program.graph, sizes, step, interpreter);
  double scale = 1e-2, error = std::abs(native.loss - interpreter.value(raw.given[0]).values[0]);
  std::vector<NodeId> expected = raw.backward.gradients;
  expected.push_back(raw.given[0]);
  if (!std::ranges::all_of(expected, [&](NodeId id) { return moderate(interpreter.value(id)); }))
    return 0;  // single precision need not follow
  for (NodeId gradient : raw.backward.gradients)
    for (double value : interpreter.value(gradient).values) scale = std::max(scale, std::abs(value));
  for (std::size_t k = 0; k < raw.backward.gradients.size(); ++k) {
    const Parameter& parameter = program.parameters[program.train->rules[k].parameter];
    const std::vector<double> before = interpreter.value(parameter.node).values;
    const std::vector<double> gradient = interpreter.value(raw.backward.gradients[k]).values;
    std::vector<double> after = before;
    if (std::ranges::any_of(step.assignments, [&](const auto& row) { return row.target == parameter.input; }))
      after = native[parameter.name];
    REQUIRE(after.size() == gradient.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
      const double off = std::abs(before[i] - gradient[i] - after[i]);
      error = std::isnan(off) ? INFINITY : std::max(error, off / scale);
    }
  }
  return error;
}

}  // namespace

TEST_CASE("a random program trains by the gradients that it says", "[property]") {
  for (unsigned seed = 1; seed <= 140; ++seed) {
    const std::string text = ProgramWriter(seed, 3 + static_cast<int>(seed % 10)).text();
    INFO("seed " << seed << "\n" << text);
    CHECK(error_of(text) < 5e-4);
  }
}
