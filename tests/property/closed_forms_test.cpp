// What closed forms do not depend on: names, the order of operands, how a softmax is spelled. And what simplifying never does:
// make a program dearer or less safe.
#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "compiler/grad/gradient.h"
#include "compiler/render/derive.h"
#include "compiler/simplify/cost.h"
#include "compiler/simplify/gradients.h"
#include "compiler/simplify/hazards.h"
#include "compiler/simplify/recurrences.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/print.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/programs.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// The lecture's network without claims and recipe.
std::string forward_text() {
  const std::string text = read_text(source_folder() / "graphs" / "ninja.tenet");
  return text.substr(0, text.find("# Exercise 1"));
}

std::vector<DerivedLine> derived(const std::string& text, const std::vector<std::string>& names, const std::string& loss) {
  Program program = program_from(text);
  const auto value = std::ranges::find(program.definitions, loss, &Definition::name);
  REQUIRE(value != program.definitions.end());
  return derive(program, value->node, names, false);
}

void swap_operands(syntax::Expression& expression, std::mt19937& random) {
  const bool commutes = expression.kind == syntax::Expression::Kind::operation &&
                        (expression.op == Op::add || expression.op == Op::multiply) && expression.operands.size() == 2;
  if (commutes && random() % 2) std::swap(expression.operands[0], expression.operands[1]);
  for (auto& operand : expression.operands) swap_operands(*operand, random);
  for (auto& argument : expression.arguments) swap_operands(*argument.value, random);
}

std::string with_swapped_operands(const std::string& text, std::mt19937& random) {
  Diagnostics sink;
  syntax::Program program = syntax::parse(sink, sink.add_source("test", text));
  REQUIRE(!sink.has_errors());
  for (auto& definition : program.definitions) swap_operands(*definition.value, random);
  return syntax::print(program);
}

std::string replaced_words(const std::string& text, const std::map<std::string, std::string>& words) {
  static const std::regex word("[A-Za-z_][A-Za-z_0-9]*");
  std::string result;
  auto last = text.begin();
  for (auto at = std::sregex_iterator(text.begin(), text.end(), word); at != std::sregex_iterator(); ++at) {
    result.append(last, (*at)[0].first);
    const auto found = words.find(at->str());
    result += found == words.end() ? at->str() : found->second;
    last = (*at)[0].second;
  }
  return result.append(last, text.end());
}

const std::vector<std::string> targets{"C", "W1", "b1", "W2", "b2", "bngain", "bnbias", "hprebn", "logits", "logit_maxes"};

struct Totals {
  int per_element = 0, indicators = 0, reductions = 0, contractions = 0;
  bool operator==(const Totals&) const = default;
};

Totals totals(const std::vector<DerivedLine>& lines) {
  Totals result;
  for (const DerivedLine& line : lines) {
    result.per_element += line.counts.per_element;
    result.indicators += line.counts.indicator_operations;
    result.reductions += line.counts.reductions;
    result.contractions += line.counts.contractions;
  }
  return result;
}

}  // namespace

TEST_CASE("closed forms do not depend on names and the order of operands", "[property]") {
  const std::string text = forward_text();
  const std::vector<DerivedLine> expected = derived(text, targets, "loss");
  Program program = program_from(text);
  std::vector<std::string> names;
  for (const auto& [name, axis] : program.axes) names.push_back(name);
  for (const Parameter& parameter : program.parameters) names.push_back(parameter.name);
  for (const DataInput& data : program.data) names.push_back(data.name);
  for (const Definition& definition : program.definitions) names.push_back(definition.name);
  for (unsigned seed = 0; seed < 8; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<std::size_t> order(names.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    std::ranges::shuffle(order, random);
    std::map<std::string, std::string> words, back;
    for (std::size_t k = 0; k < names.size(); ++k) {
      const std::string fresh(1, static_cast<char>('a' + order[k] % 26));
      words[names[k]] = fresh + "_" + std::string(1 + order[k] / 26, 'q');
      back[words[names[k]]] = names[k];
      back["d" + words[names[k]]] = "d" + names[k];
    }
    std::vector<std::string> wanted;
    for (const std::string& target : targets) wanted.push_back(words.at(target));
    const std::string renamed = replaced_words(with_swapped_operands(text, random), words);
    const std::vector<DerivedLine> lines = derived(renamed, wanted, words.at("loss"));
    REQUIRE(lines.size() == expected.size());
    CHECK(totals(lines) == totals(expected));
    for (std::size_t k = 0; k < lines.size(); ++k) {
      CHECK(replaced_words(lines[k].name, back) == expected[k].name);
      CHECK(replaced_words(lines[k].expression, back) == expected[k].expression);
    }
  }
}

TEST_CASE("the spelling of cross entropy does not show in the gradients' counts", "[property]") {
  const std::string text = forward_text();
  const std::size_t place = text.find("# Cross entropy");
  REQUIRE(place != std::string::npos);
  const std::string network = text.substr(0, place);
  const std::vector<std::string> wanted{"C", "W1", "b1", "W2", "b2", "bngain", "bnbias", "hprebn", "logits"};
  const Totals expected = totals(derived(text, wanted, "loss"));
  for (const std::string spelling : {
           "probs = exp(logits) / sum[vocab](exp(logits))\nloss = -sum[batch](log(probs)[vocab = Y]) / |batch|\n",
           "loss = mean[batch](log(sum[vocab](exp(logits))) - logits[vocab = Y])\n",
           "loss = mean[batch](logsumexp[vocab](logits) - logits[vocab = Y])\n",
           "loss = mean[batch](cross_entropy[vocab](logits, Y))\n",
           "loss = -mean[batch](log(softmax[vocab](logits))[vocab = Y])\n",
       }) {
    INFO(spelling);
    const auto lines = derived(network + spelling, wanted, "loss");
    const Totals found = totals(lines);
    std::string shown;
    for (const DerivedLine& line : lines) shown += line.name + " = " + line.expression + "\n";
    INFO(shown);
    CHECK(found.per_element <= expected.per_element);
    CHECK(found.indicators <= expected.indicators);
    CHECK(found.reductions <= expected.reductions);
    CHECK(found.contractions <= expected.contractions);
  }
}

TEST_CASE("simplifying makes no program dearer or less safe", "[property]") {
  const std::vector<std::string> names = program_names();
  REQUIRE(names.size() > 4);
  for (const std::string& name : names) {
    INFO(name);
    ReadProgram read(name);
    Program& program = *read.program;
    const auto loss = std::ranges::find(program.definitions, "loss", &Definition::name);
    if (loss == program.definitions.end()) continue;
    std::vector<NodeId> parameters;
    for (const Parameter& parameter : program.parameters) parameters.push_back(parameter.node);
    const std::vector<NodeId> given{program.train ? program.train->loss : loss->node};
    const Backward reverse = backward(program.graph, given[0], parameters);
    const SimplifiedGradients simple = simplify_gradients(program.graph, given, reverse, Sizes());
    const auto together = [&](std::vector<NodeId> a, const std::vector<NodeId>& b) {
      a.insert(a.end(), b.begin(), b.end());
      const std::vector<NodeId> bodies = RecurrenceBodies(program.graph, a).of(a);
      a.insert(a.end(), bodies.begin(), bodies.end());
      return a;
    };
    const std::vector<NodeId> before = together(given, reverse.gradients), after = together(simple.given, simple.gradients);
    const Cost raw = cost_of(program.graph, before, Sizes()), cost = cost_of(program.graph, after, Sizes());
    const std::size_t hazards_before = hazard_count(program.graph, before), hazards = hazard_count(program.graph, after);
    CHECK(hazards <= hazards_before);
    if (hazards == hazards_before) {  // a shift that keeps exp in range may cost
      CHECK(cost.operations <= raw.operations);
      CHECK(cost.reductions <= raw.reductions);
    }
    CHECK(simple.stop == "complete");
  }
}

TEST_CASE("no two lines of a derivation say the same", "[property]") {
  for (const std::string& name : program_names()) {
    ReadProgram read(name);
    Program& program = *read.program;
    const auto loss = std::ranges::find(program.definitions, "loss", &Definition::name);
    if (loss == program.definitions.end()) continue;
    std::set<std::string> said;
    for (const DerivedLine& line : derive(program, loss->node, {}, false)) {
      INFO(name << ": " << line.name << " = " << line.expression);
      if (line.of.empty()) CHECK(said.insert(line.expression).second);
    }
  }
}

TEST_CASE("the lecture's backward pass costs less than the one derived by hand", "[property]") {
  Program program = program_from(forward_text());
  const auto loss = std::ranges::find(program.definitions, "loss", &Definition::name);
  std::vector<NodeId> parameters;
  for (const Parameter& parameter : program.parameters) parameters.push_back(parameter.node);
  Sizes sizes;
  for (const auto& [name, size] :
       std::map<std::string, std::int64_t>{{"batch", 32}, {"vocab", 27}, {"embed", 10}, {"context", 3}, {"hidden", 200}})
    for (const auto& [axis_name, axis] : program.axes)
      if (axis_name == name) sizes.set(axis, size);
  std::vector<NodeId> given{loss->node};
  for (const Definition& definition : program.definitions) given.push_back(definition.node);
  const Backward reverse = backward(program.graph, loss->node, parameters);
  const SimplifiedGradients simple = simplify_gradients(program.graph, given, reverse, sizes);
  std::vector<NodeId> all = simple.given;
  all.insert(all.end(), simple.gradients.begin(), simple.gradients.end());
  const double forward = cost_of(program.graph, simple.given, sizes).operations;
  const double whole = cost_of(program.graph, all, sizes).operations;
  INFO(whole - forward);
  CHECK(whole - forward < 1'565'312);  // by hand, in the same count
  CHECK(whole - forward <= 1'552'912);
}

TEST_CASE("an index that is shorter than the axis it stands for is not that axis", "[property]") {
  const std::string axes = "axis i = 5, j = |i| - 1\nparam x[i] = 0\nparam w[i] = 0\n";
  // The deviations add up to 0 along i, not along j.
  const auto part = derived(axes + "centred = x - mean[i](x)\nloss = sum[j](centred[i = j])^2", {"x"}, "loss");
  CHECK(part.back().expression != "0");
  // Nothing reads the last element.
  const auto head = derived(axes + "loss = sum[j](w[i = j] * x[i = j])", {"x"}, "loss");
  CHECK(head.back().expression != "w");
}

TEST_CASE("what is too large for a closed form is derived all the same", "[property]") {
  std::string text = "axis i = 2\n", sum;
  for (int k = 0; k < 80; ++k) {
    text += "param a" + std::to_string(k) + "[i] = 1\n";
    sum += (k ? " + a" : "a") + std::to_string(k);
  }
  text += "p = " + sum + "\nq = p * p\nr = q * q * q / (1 + q)\nloss = sum[i](r * r * q)";
  const auto lines = derived(text, {"a0"}, "loss");
  CHECK(lines.back().expression != "0");
}

TEST_CASE("two partial sums that are alike are not one", "[property]") {
  const auto lines = derived(
      "axis i, b\ndata x[b, i]\ndata g[b]\nparam W[i] = 0\nparam U = 0\na = sum[i](x * W)\ns = a * g\ny = a * s\n"
      "loss = sum[b](y * U)",
      {"U"}, "loss");
  CHECK(lines.back().expression == "sum[b](y)");
}
