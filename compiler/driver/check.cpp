// tenet check FILE
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "compiler/driver/assumptions.h"
#include "compiler/driver/claim_check.h"
#include "compiler/driver/gradient_check.h"
#include "compiler/driver/loss.h"
#include "compiler/driver/native_check.h"
#include "compiler/driver/step_check.h"

namespace tenet {
namespace {

constexpr std::int64_t largest_batch = 64;  // where a batch would be a whole split

bool passes(const GradientCheck& check) {
  return check.differences.error <= finite_difference_tolerance && check.native.wrong.empty();
}

std::string axes_text(const Graph& graph, NodeId node) {
  std::string text;
  for (AxisId axis : graph.node(node).axes) text += (text.empty() ? "[" : ", ") + graph.axis(axis).name;
  return text.empty() ? text : text + "]";
}

std::string sizes_text(const Session& session, NodeId node) {
  std::string text;
  for (AxisId axis : session.program->graph.node(node).axes)
    text += (text.empty() ? "" : " x ") + std::to_string(session.sizes[axis]);
  return text.empty() ? "scalar" : text;
}

std::string kind_text(Kind kind) { return kind == Kind::real ? "" : kind == Kind::whole ? ", whole" : ", truth"; }

void print_values(const Session& session) {
  const Graph& graph = session.program->graph;
  const auto row = [&](const std::string& name, NodeId node) {
    fmt::print("  {:<35} {}{}\n", name + axes_text(graph, node), sizes_text(session, node), kind_text(graph.node(node).kind));
  };
  fmt::print("axes\n");
  for (const auto& [name, axis] : session.program->axes) fmt::print("  {:<35} {}\n", name, session.sizes[axis]);
  fmt::print("values\n");
  for (const DataInput& data : session.program->data) row(data.name, data.node);
  for (const Parameter& parameter : session.program->parameters) row(parameter.name, parameter.node);
  for (const Definition& definition : session.program->definitions)
    if (!definition.inner) row(definition.name, definition.node);
}

void print_claims(const std::vector<ClaimCheck>& claims) {
  if (!claims.empty()) fmt::print("claims\n");
  for (const ClaimCheck& claim : claims) {
    fmt::print("  {:<14}{}", claim.verdict == Verdict::undecided ? "not decided" : name_of(claim.verdict), claim.name);
    if (claim.verdict == Verdict::proved)
      fmt::print("  ({} steps{}; ", claim.steps,
                 claim.exact_points > 0 ? fmt::format(", replayed exactly at {} points", claim.exact_points) : "");
    if (claim.verdict == Verdict::undecided) fmt::print("  ({}; ", claim.reason);
    if (claim.verdict != Verdict::refuted) {
      if (std::isnan(claim.difference))
        fmt::print("{})", claim.unmeasured);
      else
        fmt::print("greatest difference in numbers {:.1e})", claim.difference);
      for (const std::string& condition : claim.conditions) fmt::print("\n                where {}", condition);
    } else {
      fmt::print("\n                {}: left {}, right {}", claim.where, number_text(claim.left, 9), number_text(claim.right, 9));
    }
    if (!claim.remainder.empty()) fmt::print("\n                left - right == {}", claim.remainder);
    fmt::print("\n");
  }
}

std::string error_text(double error) { return std::isfinite(error) ? fmt::format("{:.1e}", error) : "not finite"; }

void print_notes(const Deviation& native) {
  if (native.excused > 0) fmt::print("    {} where rounding alone takes the formula as far\n", error_text(native.excused));
  if (!native.wrong.empty()) fmt::print("    {}\n", native.wrong);
}

void print_row(const std::string& name, const Deviation& native) {
  fmt::print("  {:<56} {:>11}{}\n", name, error_text(native.error), native.wrong.empty() ? "" : "  FAILED");
  print_notes(native);
}

void print_gradients(const GradientChecks& checks, std::string_view loss) {
  if (loss.empty()) fmt::print("no gradients: no scalar depends on a parameter or on data\n");
  if (checks.gradients.empty()) return;
  if (!checks.sizes.empty()) fmt::print("too large to be checked as they are: from here on {}\n", checks.sizes);
  fmt::print("{:<38}{:>20}{:>12}\n", fmt::format("gradients of {}", loss), "finite differences", "native");
  for (const GradientCheck& check : checks.gradients) {
    fmt::print("  {:<36} {:>19}{:>12}{}{}\n", check.name,
               check.differences.settles ? error_text(check.differences.error) : "do not settle", error_text(check.native.error),
               check.at_tie ? "  at a tie" : "", passes(check) ? "" : "  FAILED");
    print_notes(check.native);
  }
  if (!checks.not_finite.empty()) fmt::print("  {}\n", checks.not_finite);
  fmt::print("{:<58}{:>12}\n", "values", "native");
  for (const ValueCheck& check : checks.values) print_row(check.name, check.native);
}

void print_steps(const std::vector<StepCheck>& checks, bool trained) {
  if (checks.empty()) return;
  fmt::print("{:<58}{:>12}\n", trained ? "the step that is trained" : "the loss and its gradients by the parameters", "native");
  for (const StepCheck& check : checks) print_row(check.at, check.deviation);
}

// JSON has no infinity and no NaN.
nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

nlohmann::ordered_json json_of(const std::vector<ClaimCheck>& claims, const GradientChecks& checks,
                               const std::vector<StepCheck>& steps) {
  nlohmann::ordered_json json;
  json["claims"] = nlohmann::ordered_json::array();
  for (const ClaimCheck& claim : claims) {
    nlohmann::ordered_json row{{"name", claim.name}, {"line", claim.line}, {"verdict", name_of(claim.verdict)}};
    row["steps"] = claim.verdict == Verdict::proved ? nlohmann::ordered_json(claim.steps) : nlohmann::ordered_json(nullptr);
    row["conditions"] = claim.conditions;
    row["exact_points"] = claim.exact_points;
    row["difference"] = number(claim.difference);
    row["counterexample"] = nullptr;
    if (claim.verdict == Verdict::refuted)
      row["counterexample"] = {{"where", claim.where}, {"left", number(claim.left)}, {"right", number(claim.right)}};
    row["reason"] = text_or_null(claim.reason);
    row["remainder"] = text_or_null(claim.remainder);
    row["unmeasured"] = text_or_null(claim.unmeasured);
    json["claims"].push_back(std::move(row));
  }
  json["gradients"] = nlohmann::ordered_json::array();
  for (const GradientCheck& check : checks.gradients)
    json["gradients"].push_back({{"name", check.name},
                                 {"finite_difference_error", number(check.differences.error)},
                                 {"differences_settle", check.differences.settles},
                                 {"native_error", number(check.native.error)},
                                 {"excused", number(check.native.excused)},
                                 {"at_tie", check.at_tie},
                                 {"passes", passes(check)},
                                 {"wrong", text_or_null(check.native.wrong)}});
  json["values"] = nlohmann::ordered_json::array();
  for (const ValueCheck& check : checks.values)
    json["values"].push_back({{"name", check.name},
                              {"native_error", number(check.native.error)},
                              {"excused", number(check.native.excused)},
                              {"wrong", text_or_null(check.native.wrong)}});
  json["step"] = nlohmann::ordered_json::array();
  for (const StepCheck& check : steps)
    json["step"].push_back({{"at", check.at},
                            {"native_error", number(check.deviation.error)},
                            {"excused", number(check.deviation.excused)},
                            {"passes", check.deviation.wrong.empty()},
                            {"wrong", text_or_null(check.deviation.wrong)}});
  json["not_finite"] = text_or_null(checks.not_finite);
  json["sizes"] = text_or_null(checks.sizes);
  return json;
}

Outcome<Status> check_program(const Options& options) {
  auto opened = open_program(options);
  if (!opened) return std::unexpected(opened.error());
  Session& session = **opened;
  if (auto loaded = load_data(session, {}, small_size); !loaded) return std::unexpected(loaded.error());
  if (session.whole_split && session.splits[0].size() > largest_batch) {
    auto sizes = sizes_with_items(session, largest_batch);
    if (!sizes) return std::unexpected(sizes.error());
    session.sizes = std::move(*sizes);
  }
  if (!options.json) print_values(session);
  session.sizes = completed(session.graph(), session.sizes);
  if (auto drawn = want_points(session); !drawn) return std::unexpected(drawn.error());
  auto waiting = std::make_unique<Waiting>();
  const std::vector<ClaimCheck> claims = check_claims(session, *waiting);
  GradientChecks gradients;
  std::vector<StepCheck> steps;
  const std::optional<Loss> loss = loss_of(session, {});
  if (loss) {
    auto stepped = check_step(session, loss->node, *waiting);
    if (!stepped) return std::unexpected(stepped.error());
    steps = std::move(*stepped);
    const bool lost = std::ranges::any_of(steps, [](const StepCheck& step) { return std::isinf(step.deviation.error); });
    const std::string at_start = lost ? first_not_finite(session, loss->node) : "";
    auto checked = check_gradients(session, loss->node, *waiting);
    if (!checked) return std::unexpected(checked.error());
    gradients = std::move(*checked);
    if (gradients.not_finite.empty()) gradients.not_finite = at_start;
  }
  waiting.reset();
  if (options.json) {
    fmt::print("{}\n", json_of(claims, gradients, steps).dump(2));
  } else {
    print_claims(claims);
    print_steps(steps, session.program->train.has_value());
    print_gradients(gradients, loss ? loss->name : "");
  }
  if (options.time) fmt::print(stderr, "{}", session.times.table());
  const bool good = std::ranges::all_of(claims, [](const ClaimCheck& claim) { return claim.verdict == Verdict::proved; }) &&
                    std::ranges::all_of(gradients.gradients, [](const GradientCheck& check) { return passes(check); }) &&
                    std::ranges::all_of(steps, [](const StepCheck& check) { return check.deviation.wrong.empty(); }) &&
                    std::ranges::all_of(gradients.values, [](const ValueCheck& check) { return check.native.wrong.empty(); });
  return good ? Status::done : Status::refuted;
}

}  // namespace

Command check_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("check", "Checks claims, and every gradient in numbers");
  auto options = std::make_shared<Options>();
  add_program_options(*app, *options);
  add_run_options(*app, *options);
  add_json_option(*app, *options);
  app->footer(
      "Prints the axes and sizes of every value; for each claim whether it is proved, refuted (with a counterexample) or not\n"
      "decided (agreement in numbers alone is that). Then the step just as `train` computes it, natively, against the formulas\n"
      "in double precision (passes at 1e-5): where training starts, at random values, at zeros, at values many of which are\n"
      "equal, with 1 for open axes (of programs of up to 1,000 formulas), and outside of training where that differs. What is\n"
      "finite by its formula has to be, and where training starts everything. Then, for the gradient of the loss with respect\n"
      "to every parameter and named value, the error against central finite differences (1e-6; they say nothing where they do\n"
      "not settle, however short the step) and of native code (1e-5). Errors are shares of the largest value or of the terms\n"
      "that cancel in it. Claims are tried at other sizes of open axes too; axes that are too long are checked shorter, and\n"
      "printed. Data are a drawn batch, or random without a source. Status 1 if anything is not as it should be.\n\n"
      "Examples:\n"
      "  tenet check graphs/ninja.tenet\n"
      "  tenet check graphs/ninja.tenet --seed 3 --format json");
  return {app, [options] { return check_program(*options); }};
}

}  // namespace tenet
