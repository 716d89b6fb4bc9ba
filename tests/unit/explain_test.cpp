// What `tenet derive --explain` says.
#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#include "compiler/grad/closing.h"
#include "compiler/grad/gradient.h"
#include "compiler/graph/interpreter.h"
#include "compiler/render/derive.h"
#include "tests/programs.h"
#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

std::vector<DerivedLine> explained(ReadProgram& read, const std::vector<std::string>& names) {
  return derive(*read.program, read["loss"], names, false, true);
}

std::size_t lines_of(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> result(1);
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.')
      result.back() += c;
    else
      result.emplace_back();
  return result;
}

}  // namespace

TEST_CASE("the explanation of the lecture's gradients reads as recorded", "[unit]") {
  ReadProgram ninja("ninja");
  const auto lines = explained(ninja, {"logits", "hprebn"});
  check_golden("derive", "ninja_two_explained", explanation_text(lines));
}

TEST_CASE("the explanations of the lecture's gradients are short enough to teach from", "[unit]") {
  constexpr std::pair<std::string_view, std::size_t> most[] = {{"logits", 10}, {"hprebn", 20}};
  for (const auto& [name, lines] : most) {
    ReadProgram ninja("ninja");
    const std::string text = explanation_text(explained(ninja, {std::string(name)}));
    INFO(text);
    CHECK(lines_of(text) <= lines);
  }
}

TEST_CASE("what an explanation reads stands above it", "[unit]") {
  for (const std::string& name : program_names()) {
    ReadProgram read(name);
    if (!read.program->target("loss")) continue;
    std::set<std::string> derived, above;
    const auto lines = explained(read, {});
    for (const DerivedLine& line : lines) derived.insert(line.name);
    const auto check = [&](const std::string& line, const std::string& expression) {
      INFO(name << ": " << line << " = " << expression);
      for (const std::string& word : words_of(expression)) CHECK((!derived.contains(word) || above.contains(word)));
    };
    for (const DerivedLine& line : lines) {
      if (line.explanation)
        for (const ChainLine& link : line.explanation->chain) {
          check(link.name, link.expression);
          for (const ExplainedStep& step : link.steps) check(link.name, step.expression);
          above.insert(link.name);
        }
      if (line.explanation)
        for (const ExplainedStep& step : line.explanation->steps) check(line.name, step.expression);
      above.insert(line.name);
    }
  }
}

TEST_CASE("an explanation declares every axis that it copies", "[unit]") {
  ReadProgram read("test", "axis i, j = |i|\nparam x[i] = 0\nparam A[i, j] = 0\nloss = sum[i, j](x * A * x[i = j])");
  const std::string text = explanation_text(explained(read, {"x"}));
  INFO(text);
  CHECK(text.starts_with("axis i_2 = |i|\n"));
}

TEST_CASE("explaining changes no derived line", "[unit]") {
  for (const std::string& name : program_names()) {
    ReadProgram plain(name), with(name);
    if (!plain.program->target("loss")) continue;
    INFO(name);
    CHECK(derivation_text(explained(with, {})) == derivation_text(derive(*plain.program, plain["loss"], {}, false)));
  }
}

TEST_CASE("an explanation begins with the chain rule and ends with its line; no line repeats the one before it", "[unit]") {
  for (const std::string& name : program_names()) {
    ReadProgram read(name);
    if (!read.program->target("loss")) continue;
    std::set<std::string> chained;
    for (const DerivedLine& line : explained(read, {})) {
      INFO(name << ", " << line.name);
      const bool recurs = !recurrences_below(read.program->graph, std::vector{read["loss"]}).empty();  // is shown as it is
      if (!line.of.empty() && !line.helper && !recurs) CHECK(line.explanation);
      if (!line.explanation) continue;
      const Explanation& explanation = *line.explanation;
      for (const ChainLine& link : explanation.chain) CHECK((chained.insert(link.name).second || link.rule == "the same"));
      std::string before = explanation.chain.empty() ? "" : explanation.chain.back().expression;
      for (const ExplainedStep& step : explanation.steps) {
        CHECK(step.expression != before);
        before = step.expression;
      }
      if (!before.empty())
        CHECK(before == line.expression);
      else
        CHECK(chained.contains(line.name));
    }
  }
}

TEST_CASE("each line of an explanation of the lecture's network has the gradient's values", "[property]") {
  ReadProgram ninja("ninja");
  auto lines = explained(ninja, {});
  Graph& graph = ninja.program->graph;
  Sizes sizes;
  for (const auto& [name, axis] : ninja.program->axes) sizes.set(axis, 2 + static_cast<std::int64_t>(index_of(axis)) % 3);
  AxisId failed;
  REQUIRE(sizes.complete(graph, &failed));
  Interpreter interpreter(graph, sizes);
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  for (std::uint32_t i = 0; i < graph.input_count(); ++i) {
    const Input& input = graph.input(InputId{i});
    Tensor tensor = tensor_of(input.axes, sizes);
    for (double& value : tensor.values)
      value =
          input.typed_by ? static_cast<double>(random() % static_cast<std::uint64_t>(sizes[*input.typed_by])) : normal(random);
    interpreter.bind(InputId{i}, std::move(tensor));
  }
  // What does not vary along an axis may lack it.
  const auto equal = [&](NodeId raw, NodeId other) {
    const NodeId whole = broadcast(graph, other, graph.node(raw).axes);
    return distance(interpreter.value(raw), interpreter.value(whole)) < 1e-9;
  };
  std::size_t compared = 0;
  for (const DerivedLine& line : lines) {
    if (!line.explanation) continue;
    for (const ExplainedStep& step : line.explanation->steps) {
      INFO(line.name << " = " << step.expression);
      CHECK(equal(line.explanation->raw, step.node));
      ++compared;
    }
    for (const ChainLine& link : line.explanation->chain) {
      INFO(link.name << " = " << link.expression);
      CHECK(equal(link.raw, link.node));
      for (const ExplainedStep& step : link.steps) CHECK(equal(link.raw, step.node));
      ++compared;
    }
  }
  CHECK(compared > 30);
}
