// tenet laws · tenet explain LAW
#include "compiler/normal_form/laws.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/driver/options.h"
#include "compiler/ops/operations.h"
#include "compiler/simplify/extraction/moves.h"
#include "compiler/simplify/simplify.h"
#include "compiler/simplify/stabilise.h"

namespace tenet {
namespace {

// A row of any of the tables.
struct Shown {
  std::string_view family, name;
  std::string left;
  std::string_view right, condition, soundness;
};

constexpr std::string_view exact = "exact: both sides are equal wherever both are defined and the condition holds";

std::string_view text_of(Soundness soundness) {
  return soundness == Soundness::exact ? exact : "almost everywhere: the sides may differ at ties and jumps";
}

constexpr std::string_view families[] = {"reverse mode", "normal form", "closed forms", "directed", "range and accuracy"};
constexpr std::string_view family_texts[] = {
    "how a gradient is passed on, from g = dy to the operands of y", "what forms are brought to: sums of products",
    "what is done to a form, so that it costs less", "what is applied wherever it fits, until nothing does",
    "exponentials that single precision would lose, kept in its range"};

// Over its operands a, b, c.
std::string application(const Operation& row) {
  if (row.notation == Notation::prefix) return fmt::format("{}a", row.spelling);
  if (row.notation == Notation::infix) return fmt::format("a {} b", row.spelling);
  constexpr std::string_view operands[] = {"a", "a, b", "a, b, c"};
  return fmt::format("{}{}({})", row.spelling, row.notation == Notation::reduce ? "[axes]" : "", operands[row.arity - 1]);
}

// The operation table's column of adjoints.
void add_adjoints(std::string_view family, std::vector<Shown>& shown) {
  shown.push_back({family, "chain rule", "da", "the sum, over every y that reads a, of what dy adds to da",
                   "`tenet laws` lists that for each operation", exact});
  for (const Operation& row : operations()) {
    if (row.form != Form::pointwise && row.form != Form::reduction) continue;
    for (std::size_t i = 0; i < row.adjoint.size(); ++i)
      if (!row.adjoint[i].empty())
        shown.push_back({family, row.spelling, fmt::format("y = {}: d{}", application(row), "abc"[i]), row.adjoint[i],
                         row.convention, exact});
  }
}

template <typename Rows>
void add_laws(std::string_view family, const Rows& rows, std::vector<Shown>& shown) {
  for (const auto& row : rows) {
    std::string_view soundness = exact;
    if constexpr (requires { row.soundness; }) soundness = text_of(row.soundness);
    shown.push_back({family, row.name, std::string(row.left), row.right, row.condition, soundness});
  }
}

std::vector<Shown> all_laws() {
  std::vector<Shown> shown;
  add_adjoints(families[0], shown);
  add_laws(families[1], form_laws(), shown);
  add_laws(families[2], moves(), shown);
  add_laws(families[3], laws(), shown);
  add_laws(families[4], scale_laws(), shown);
  return shown;
}

Outcome<Status> list_laws() {
  const std::vector<Shown> shown = all_laws();
  for (std::size_t f = 0; f < std::size(families); ++f) {
    fmt::print("{}{}: {}\n", f ? "\n" : "", families[f], family_texts[f]);
    for (const Shown& law : shown) {
      if (law.family != families[f]) continue;
      const std::string condition = law.condition.empty() ? "" : fmt::format("   ({})", law.condition);
      fmt::print("  {:<33} {} = {}{}\n", law.name, law.left, law.right, condition);
    }
  }
  return Status::done;
}

Outcome<Status> explain_law(const std::vector<std::string>& words) {
  std::string name;
  for (const std::string& word : words) name += (name.empty() ? "" : " ") + word;
  bool found = false;
  std::vector<std::string> known;
  for (const Shown& law : all_laws()) {
    known.emplace_back(law.name);
    if (law.name != name) continue;
    fmt::print("{}{} ({})\n  {} = {}\n", found ? "\n" : "", law.name, law.family, law.left, law.right);
    if (!law.condition.empty()) fmt::print("  condition: {}\n", law.condition);
    fmt::print("  {}\n", law.soundness);
    found = true;
  }
  if (found) return Status::done;
  std::string message = "no law is called `" + name + "`";
  if (const std::string near = nearest(name, known); !near.empty()) message += ": did you mean `" + near + "`?";
  return wrong(message + " (`tenet laws` lists them)");
}

}  // namespace

Command laws_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("laws", "The laws that derivation uses");
  app->footer(
      "Letters stand for values: x y z any, a b without the axis i, p q conditions, n m numbers, k a coordinate of i; in "
      "reverse\n"
      "mode a b c what y is made from.\n\n"
      "Examples:\n"
      "  tenet laws\n"
      "  tenet explain sum over an indicator\n"
      "  tenet explain tanh");
  return {app, list_laws};
}

Command explain_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("explain", "One law: both sides, its condition, how far it holds");
  auto words = std::make_shared<std::vector<std::string>>();
  app->add_option("LAW", *words, "Its name, as `tenet laws` and `tenet derive --explain` write it")->required();
  app->footer(
      "Examples:\n"
      "  tenet explain fold\n"
      "  tenet explain sum over an indicator");
  return {app, [words] { return explain_law(*words); }};
}

}  // namespace tenet
