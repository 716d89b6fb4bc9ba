// Programs with a source of letters, and splits of random items for them, for the tests of plans.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/graph/interpreter.h"
#include "compiler/plan/evaluation.h"
#include "tests/catch.h"
#include "tests/programs.h"

namespace tenet::tests {

inline const std::string data_and_recipe = R"(
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

inline std::string with_recipe(const std::string& graph, const std::string& momentum = "0") {
  std::string recipe = data_and_recipe;
  recipe.replace(recipe.find("MOMENTUM"), 8, momentum);
  return recipe + graph;
}

inline const std::string plain = R"(
h = tanh(sum[context](C[vocab = X]))
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

inline Sizes sizes_with(Program& program, std::int64_t items) {
  Diagnostics diagnostics;
  std::optional<Sizes> sizes = close_sizes(program, diagnostics, {{"batch", items}});
  INFO(diagnostics.render(false));
  REQUIRE(sizes);
  return completed(program.graph, *sizes);
}

inline void bind_parameters(const Program& program, const Sizes& sizes, Interpreter& interpreter) {
  Interpreter initial(program.graph, sizes, 7);
  for (const Parameter& parameter : program.parameters) interpreter.bind(parameter.input, initial.value(parameter.initial));
}

inline EvaluationPlan plan_of(Program& program) {
  auto plan = evaluation_plan(program);
  REQUIRE(plan);
  return std::move(*plan);
}

}  // namespace tenet::tests
