// Each law of the normal form by itself: on the letters of its row it fires, and both sides come to the same form.
#include <set>

#include "compiler/normal_form/normal_form.h"
#include "compiler/simplify/gradients.h"
#include "tests/programs.h"
#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// The letters of the table, as laws.h explains them.
constexpr auto letters = R"(axis i = 3, j = 4
param x[i, j] = 0
param y[i, j] = 0
param u[i] = 0
param v[j] = 0
param a[j] = 0
param f[i] = 0
param s = 0
param t = 0
data k[j] : i
n = 3
)";

struct Sides {
  Algebra algebra{letters};
  NormalForms forms{algebra.graph};

  Sides() {
    const NodeId f = algebra["f"];
    forms.give_form(f, forms.atom_form(forms.value(f)));
    forms.declare_sum(f, {algebra.axes["i"]}, {});
  }
  Polynomial of(std::string_view side) { return forms.of(algebra.build(std::string(side))); }
};

}  // namespace

TEST_CASE("each law of the normal form fires on its left side and both sides have one form", "[property]") {
  for (const FormLawRow& row : form_laws()) {
    Sides sides;
    INFO(row.name << ": " << row.left << " = " << row.right);
    const Polynomial left = sides.of(row.left);
    CHECK(sides.forms.fired()[static_cast<std::size_t>(row.law)] > 0);
    const Polynomial right = sides.of(row.right);
    INFO(sides.forms.text(left) << " and " << sides.forms.text(right) << ", " << sides.forms.stop());
    CHECK(sides.forms.stop().empty());
    CHECK(compare(left, right) == 0);
  }
}

TEST_CASE("each law of the normal form keeps values", "[property]") {
  for (const FormLawRow& row : form_laws()) {
    if (row.law == FormLaw::sum_by_fact) continue;  // true of its f alone
    Sides sides;
    INFO(row.name << ": " << row.left << " = " << row.right);
    const NodeId left = sides.algebra.build(std::string(row.left)), right = sides.algebra.build(std::string(row.right));
    Graph& graph = sides.algebra.graph;
    const AxisSet axes = united(graph.node(left).axes, graph.node(right).axes);
    bool compared = false;
    for (unsigned seed = 0; seed < 8 && !compared; ++seed) {
      Interpreter interpreter = sides.algebra.interpreter(seed);
      const Tensor value = interpreter.value(broadcast(graph, left, axes));
      if (!std::ranges::all_of(value.values, [](double number) { return std::isfinite(number); })) continue;
      CHECK(distance(value, interpreter.value(broadcast(graph, right, axes))) < 1e-10);
      compared = true;
    }
    CHECK(compared);
  }
}

TEST_CASE("each move keeps values, with what is at hand written out", "[property]") {
  for (const MoveRow& row : moves()) {
    INFO(row.name << ": " << row.left << " = " << row.right);
    const std::string at_hand = row.move == Move::fold ? "(x * y)" : "(y + z)";
    const auto written = [&](std::string_view side) {
      std::string text(side);
      for (std::size_t at = text.find('v'); at != std::string::npos; at = text.find('v', at)) text.replace(at, 1, at_hand);
      return text;
    };
    Algebra algebra("axis i = 3\nparam x[i] = 0\nparam y[i] = 0\nparam z[i] = 0\n");
    Interpreter interpreter = algebra.interpreter(5);
    CHECK(distance(interpreter.value(algebra.build(written(row.left))), interpreter.value(algebra.build(written(row.right)))) <
          1e-10);
  }
}

TEST_CASE("the laws of the normal form have different names", "[property]") {
  std::set<std::string_view> names;
  for (const FormLawRow& row : form_laws()) CHECK(names.insert(row.name).second);
}

namespace {

// Beside graphs/: quotients whose denominators read their numerators, a power written by exp and log, a sum of an outer product,
// and a claim about powers of numbers and roots of squares.
constexpr auto quotients = R"(axis i, k
param x[i] = normal()
param y[i] = normal()
param z[i] = normal()
data c
data w[k]
loss = sum[i, k](x * w) + sum[i](x / (x + c) + z / sqrt(z^2 + c) + exp(2 * log(y)))
claim sqrt(c^2) * 6^c == abs(c) * 2^c * 3^c
)";

}  // namespace

TEST_CASE("every law of the normal form and every move fires in some program", "[property]") {
  FormLawCounts laws{};
  std::array<std::size_t, move_count> made{};
  std::vector<std::string> names = program_names();
  names.emplace_back("quotients");
  for (const std::string& name : names) {
    ReadProgram read = name == "quotients" ? ReadProgram(name, quotients) : ReadProgram(name);
    Graph& graph = read.program->graph;
    NormalForms proofs(graph);
    for (const Claim& claim : read.program->claims) proofs.of(claim.left), proofs.of(claim.right), proofs.restart();
    Journal journal;
    if (const auto loss = read.program->target("loss")) {
      std::vector<NodeId> targets, given{*loss};
      for (const Parameter& parameter : read.program->parameters) targets.push_back(parameter.node);
      for (const Definition& definition : read.program->definitions) given.push_back(definition.node);
      simplify_gradients(graph, given, backward(graph, *loss, targets), Sizes(), &journal);
    }
    for (std::size_t k = 0; k < form_law_count; ++k) laws[k] += journal.laws[k] + proofs.fired()[k];
    for (std::size_t k = 0; k < move_count; ++k) made[k] += journal.moves[k];
  }
  for (const FormLawRow& row : form_laws()) {
    INFO(row.name);
    CHECK(laws[static_cast<std::size_t>(row.law)] > 0);
  }
  for (const MoveRow& row : moves()) {
    INFO(row.name);
    CHECK(made[static_cast<std::size_t>(row.move)] > 0);
  }
}
