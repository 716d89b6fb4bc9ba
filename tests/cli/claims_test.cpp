// The claims of graphs/ninja.tenet: proved under other names and in another order, refuted where one is changed.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "compiler/syntax/parse.h"
#include "compiler/syntax/print.h"
#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using namespace tenet;
using namespace tenet::syntax;
using tenet::tests::Scratch;

namespace {

Program ninja() {
  Diagnostics diagnostics;
  const std::string text = tests::read_text(tests::source_folder() / "graphs/ninja.tenet");
  Program program = parse(diagnostics, diagnostics.add_source("ninja.tenet", text));
  REQUIRE(!diagnostics.has_errors());
  program.trains.clear();
  program.samples.clear();
  return program;
}

nlohmann::json checked(const std::string& text) {
  const Scratch scratch;
  std::ofstream(scratch.folder() / "p.tenet") << text;
  const auto ending = scratch.run("tenet check p.tenet --format json");
  INFO(ending.err);
  REQUIRE(ending.status <= 1);
  return nlohmann::json::parse(ending.out)["claims"];
}

using Visit = std::function<void(ExpressionPtr&)>;

// Every expression in this one, itself first.
void visit(ExpressionPtr& expression, const Visit& f) {
  if (!expression) return;
  f(expression);
  for (ExpressionPtr& operand : expression->operands) visit(operand, f);
  for (Argument& argument : expression->arguments) visit(argument.value, f);
  for (Bracket& bracket : expression->brackets) {
    visit(bracket.value, f);
    visit(bracket.otherwise, f);
  }
}

void visit(Program& program, const Visit& f) {
  for (AxisDeclaration& axis : program.axes) visit(axis.size, f);
  for (Parameter& parameter : program.parameters) visit(parameter.initial, f);
  for (Definition& definition : program.definitions) visit(definition.value, f);
  for (syntax::Claim& claim : program.claims) {
    visit(claim.left, f);
    visit(claim.right, f);
  }
}

// A changed right side; as true as the claim where `subject` is 0.
struct Mutant {
  std::string claim, side, subject;
};

std::vector<Mutant> mutants_of(syntax::Claim& claim) {
  std::vector<Mutant> mutants;
  const std::string whole = print_side(*claim.right);
  const auto add = [&](std::string side, std::string subject) {
    mutants.push_back({claim.name->text, std::move(side), std::move(subject)});
  };
  add(fmt::format("2 * ({})", whole), whole);
  add(fmt::format("-({})", whole), whole);
  add(fmt::format("({}) + 1", whole), "1");
  visit(claim.right, [&](ExpressionPtr& place) {
    if (place->kind != Expression::Kind::operation || (place->op != Op::add && place->op != Op::subtract)) return;
    const std::string subject = print_side(*place->operands[1]);
    const Op before = std::exchange(place->op, place->op == Op::add ? Op::subtract : Op::add);
    add(print_side(*claim.right), subject);  // a sign
    place->op = before;
    ExpressionPtr sum = std::move(place);
    place = std::move(sum->operands[0]);
    add(print_side(*claim.right), subject);  // a term less
    sum->operands[0] = std::move(place);
    place = std::move(sum);
  });
  return mutants;
}

}  // namespace

TEST_CASE("a claim with a sign, a factor or a term changed is refuted", "[cli]") {
  Program program = ninja();
  std::vector<Mutant> mutants;
  for (syntax::Claim& claim : program.claims)
    for (Mutant& mutant : mutants_of(claim)) mutants.push_back(std::move(mutant));
  REQUIRE(mutants.size() > 100);
  std::map<std::string, std::string> lefts;
  for (const syntax::Claim& claim : program.claims) lefts[claim.name->text] = print_side(*claim.left);
  program.claims.clear();
  std::string text = print(program);
  for (std::size_t k = 0; k < mutants.size(); ++k)
    text += fmt::format("claim mutant{0}: {1} == {2}\nclaim zero{0}: {3} == 0\n", k, lefts[mutants[k].claim], mutants[k].side,
                        mutants[k].subject);
  const nlohmann::json claims = checked(text);
  int refuted = 0;
  for (std::size_t k = 0; k < mutants.size(); ++k) {
    INFO(mutants[k].claim << ": " << mutants[k].side);
    const bool changed = claims[2 * k + 1]["verdict"] == "refuted";
    CHECK(claims[2 * k]["verdict"] == (changed ? "refuted" : "proved"));
    refuted += changed;
  }
  CHECK(refuted > 80);
}

TEST_CASE("the same network under other names and in another order has the same verdicts", "[cli]") {
  Program program = ninja();
  std::map<std::string, std::string> names;
  const auto rename = [&](std::string& name) {
    if (const auto found = names.find(name); found != names.end()) name = found->second;
  };
  std::vector<std::string*> declared;
  for (AxisDeclaration& axis : program.axes) declared.push_back(&axis.name.text);
  for (Data& data : program.data) declared.push_back(&data.name.text);
  for (Parameter& parameter : program.parameters) declared.push_back(&parameter.name.text);
  for (Definition& definition : program.definitions) declared.push_back(&definition.name.text);
  for (std::string* name : declared) {
    names[*name] = fmt::format("v{}", 1000 - names.size());
    rename(*name);
  }
  const auto rename_axes = [&](std::vector<Name>& axes) {
    for (Name& axis : axes) rename(axis.text);
    std::ranges::reverse(axes);
  };
  for (Data& data : program.data) {
    rename_axes(data.axes);
    if (data.typed_by) rename(data.typed_by->text);
  }
  for (Parameter& parameter : program.parameters) rename_axes(parameter.axes);
  visit(program, [&](ExpressionPtr& expression) {
    rename(expression->text);
    for (Bracket& bracket : expression->brackets) rename_axes(bracket.names);
    const bool commutes = expression->op == Op::add || expression->op == Op::multiply || expression->op == Op::equal;
    if (expression->kind == Expression::Kind::operation && commutes) std::swap(expression->operands[0], expression->operands[1]);
  });
  std::ranges::reverse(program.axes);
  std::ranges::reverse(program.parameters);
  std::ranges::reverse(program.definitions);
  std::ranges::reverse(program.claims);
  const nlohmann::json claims = checked(print(program));
  CHECK(claims.size() == 29);
  for (const nlohmann::json& claim : claims) {
    INFO(claim.dump(2));
    CHECK(claim["verdict"] == "proved");
    CHECK(claim["exact_points"] == 2);
  }
}

TEST_CASE("what a claim differentiates by need not be written out, and is where that matters", "[cli]") {
  const nlohmann::json claims = checked(R"(
axis n, e
data g[n, e]
param x[n, e] = normal()
param gain[e] = 1
y    = x + relu(layer_norm[e](x, gain))
z    = layer_norm[e](y, gain)
p    = softmax[e](z)
h    = tanh(y)
loss = -sum[n, e](g * log_softmax[e](z)) + sum[n, e](g * h)
claim deep:     grad(loss, z) == p * sum[e](g) - g
claim inverted: grad(loss, z) == g - p * sum[e](g)
claim value:    grad(loss, h) + 0 * y == g + h - tanh(y)
)");
  std::vector<std::string> verdicts;
  for (const nlohmann::json& claim : claims) verdicts.push_back(claim["verdict"]);
  CHECK(verdicts == std::vector<std::string>{"proved", "refuted", "proved"});
}
