// The programs of graphs/forms: every closed form that they claim is proved, and forms near it are refuted.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "compiler/syntax/parse.h"
#include "compiler/syntax/print.h"
#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using tenet::Op;
using tenet::tests::Ending;
using tenet::tests::read_text;
using tenet::tests::Scratch;
using tenet::tests::source_folder;
namespace syntax = tenet::syntax;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> forms() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(source_folder() / "graphs" / "forms")) files.push_back(entry.path());
  std::ranges::sort(files);
  REQUIRE(!files.empty());
  return files;
}

nlohmann::json claims_of(const fs::path& program) {
  const Scratch scratch;
  const Ending ending = scratch.run("tenet check '" + program.string() + "' --format json");
  INFO(program << "\n" << ending.err);
  REQUIRE(ending.status < 2);
  return nlohmann::json::parse(ending.out).at("claims");
}

syntax::ExpressionPtr number(long value) {
  auto result = std::make_unique<syntax::Expression>();
  result->kind = syntax::Expression::Kind::number;
  result->number = value;
  result->whole = true;
  return result;
}

syntax::ExpressionPtr operation(Op op, std::vector<syntax::ExpressionPtr> operands) {
  auto result = std::make_unique<syntax::Expression>();
  result->kind = syntax::Expression::Kind::operation;
  result->op = op;
  result->operands = std::move(operands);
  return result;
}

syntax::ExpressionPtr operation(Op op, syntax::ExpressionPtr a, syntax::ExpressionPtr b) {
  std::vector<syntax::ExpressionPtr> operands;
  operands.push_back(std::move(a));
  if (b) operands.push_back(std::move(b));
  return operation(op, std::move(operands));
}

// Calls `visit` on each place of the tree that holds a sum of two terms, outside `grad`, whose argument means a name.
template <class Visit>
void each_sum(syntax::ExpressionPtr& place, const Visit& visit) {
  using Kind = syntax::Expression::Kind;
  if (place->kind == Kind::call && place->text == "grad") return;
  for (auto& operand : place->operands) each_sum(operand, visit);
  for (auto& argument : place->arguments) each_sum(argument.value, visit);
  if (place->kind == Kind::operation && (place->op == Op::add || place->op == Op::subtract)) visit(place);
}

// The claim's right side with one term of one of its sums dropped: every way to do so, by printing the tree with the term
// gone and putting it back.
void drop_terms(syntax::ExpressionPtr& right, std::vector<std::string>& mutants) {
  each_sum(right, [&](syntax::ExpressionPtr& place) {
    for (const std::size_t kept : {0u, 1u}) {
      syntax::ExpressionPtr sum = std::move(place);
      place = std::move(sum->operands[kept]);
      const bool negated = kept == 1 && sum->op == Op::subtract;
      if (negated) place = operation(Op::negate, std::move(place), nullptr);
      mutants.push_back(syntax::print_side(*right));
      sum->operands[kept] = negated ? std::move(place->operands[0]) : std::move(place);
      place = std::move(sum);
    }
  });
}

bool is_zero(const syntax::Expression& side) { return side.kind == syntax::Expression::Kind::number && side.number == 0; }

// Right sides near the claimed one: its sign flipped, a factor 2 put in, a term dropped, or one put in where there is none.
std::vector<std::string> mutants_of(syntax::ExpressionPtr right) {
  std::vector<std::string> mutants;
  drop_terms(right, mutants);
  const bool zero = is_zero(*right);
  if (mutants.empty()) {
    right = operation(Op::add, std::move(right), number(1));
    mutants.push_back(syntax::print_side(*right));
    right = std::move(right->operands[0]);
  }
  if (zero) return mutants;
  right = operation(Op::multiply, number(2), std::move(right));
  mutants.push_back(syntax::print_side(*right));
  right = operation(Op::negate, std::move(right->operands[1]), nullptr);
  mutants.push_back(syntax::print_side(*right));
  return mutants;
}

// The program with its claims' mutants for claims.
std::string mutated(const fs::path& file) {
  tenet::Diagnostics sink;
  syntax::Program program = syntax::parse(sink, sink.add_source(file.filename().string(), read_text(file)));
  REQUIRE(!sink.has_errors());
  std::vector<syntax::Claim> claims = std::move(program.claims);
  program.claims.clear();
  std::string text = syntax::print(program) + "\n";
  REQUIRE(!claims.empty());
  for (syntax::Claim& claim : claims) {
    REQUIRE(claim.name);
    const std::string left = syntax::print_side(*claim.left);
    int number = 0;
    for (const std::string& right : mutants_of(std::move(claim.right)))
      text += "claim " + claim.name->text + "_" + std::to_string(++number) + ": " + left + " == " + right + "\n";
  }
  return text;
}

}  // namespace

// Claims that hold in numbers and are not proved yet: values that a condition or a range chooses, and a sum inside a sum.
const std::set<std::pair<std::string, std::string>> not_proved{
    {"convolution", "dx"},
    {"convolution_strided", "dx"},
    {"huber", "dx"},
    {"max_pool", "dx"},
};

TEST_CASE("every closed form is proved", "[cli]") {
  for (const fs::path& file : forms())
    for (const auto& claim : claims_of(file)) {
      INFO(file.filename() << ": " << claim.dump(2));
      if (not_proved.contains({file.stem(), claim.at("name")}))
        CHECK(claim.at("verdict") != "refuted");
      else
        CHECK(claim.at("verdict") == "proved");
    }
}

TEST_CASE("what is near a closed form is refuted", "[cli]") {
  for (const fs::path& file : forms()) {
    const Scratch scratch;
    const fs::path program = scratch.folder() / file.filename();
    std::ofstream(program) << mutated(file);
    for (const auto& claim : claims_of(program)) {
      INFO(read_text(program) << "\n" << claim.dump(2));
      CHECK(claim.at("verdict") == "refuted");
    }
  }
}
