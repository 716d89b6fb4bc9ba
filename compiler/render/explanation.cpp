// Explanations as text and as JSON.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/render/derive.h"

namespace tenet {
namespace {

std::string rule_text(const ChainLine& link) {
  if (link.rule.empty()) return "";
  return fmt::format("  # chain rule{}: {}", link.passed.empty() ? "" : " through " + link.passed, link.rule);
}

std::string law_text(const ExplainedStep& step) {
  const std::string laws = step.after.empty() ? step.law : fmt::format("{}, {}", step.after, step.law);
  return step.detail.empty() ? laws : fmt::format("{}: {}", laws, step.detail);
}

double worst_of(const Explanation& explanation) {
  double worst = 0;
  const auto take = [&](const auto& lines) {
    for (const auto& line : lines) worst = std::max(worst, line.difference);
  };
  take(explanation.chain);
  for (const ChainLine& link : explanation.chain) take(link.steps);
  take(explanation.steps);
  return worst;
}

std::string number_text(double worst) { return worst == 0 ? "0" : fmt::format("{:.0e}", worst); }

// The chain at the margin; the steps below the right side of its last line.
std::string explained_line(const DerivedLine& line) {
  const Explanation& explanation = *line.explanation;
  std::string result;
  bool named = false;
  const auto add_steps = [&](const std::string& name, std::span<const ExplainedStep> steps) {
    for (const ExplainedStep& step : steps) {
      result += fmt::format("{:>{}} = {}  # {}\n", named ? "" : name, name.size(), step.expression, law_text(step));
      named = true;
    }
  };
  for (const ChainLine& link : explanation.chain) {
    result += fmt::format("{} = {}{}\n", link.name, link.expression, rule_text(link));
    named = true;
    add_steps(link.name, link.steps);
  }
  add_steps(line.name, explanation.steps);
  if (named && explanation.checked) {
    const bool commented = result.find("  # ", result.rfind('\n', result.size() - 2) + 1) != std::string::npos;
    result.insert(result.size() - 1, (commented ? "; checked: " : "  # checked: ") + number_text(worst_of(explanation)));
  }
  return result;
}

}  // namespace

std::string explanation_text(std::span<const DerivedLine> lines) {
  std::string result;
  std::vector<std::string> notes;
  const auto note = [&](const std::string& text) {
    if (std::ranges::find(notes, text) == notes.end()) notes.push_back(text);
  };
  std::vector<std::string> declared;
  const auto declare = [&](const std::vector<std::string>& declarations) {
    for (const std::string& declaration : declarations) {
      if (std::ranges::find(declared, declaration) != declared.end()) continue;
      declared.push_back(declaration);
      result += declaration + "\n";
    }
  };
  const bool explained = std::ranges::any_of(lines, [](const DerivedLine& line) { return line.explanation.has_value(); });
  for (const DerivedLine& line : lines) {
    declare(line.axis_declarations);
    if (line.explanation) declare(line.explanation->axis_declarations);
    const bool shared = explained && line.of.empty();
    result += line.explanation ? explained_line(line)
                               : fmt::format("{} = {}{}\n", line.name, line.expression, shared ? "  # used several times" : "");
    if (line.explanation) {
      for (const std::string& condition : line.explanation->conditions) note("where " + condition);
      for (const std::string& fact : line.explanation->facts) note(fact);
    }
    for (const std::string& condition : line.conditions) note(condition);
  }
  for (const std::string& note : notes) result += "# " + note + "\n";
  if (!explained && !lines.empty()) result += "# the steps to the gradients of recurrences and repeated layers are not shown\n";
  return result;
}

nlohmann::ordered_json steps_json(const Explanation& explanation) {
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  const auto add_all = [&](std::span<const ExplainedStep> all) {
    for (const ExplainedStep& step : all) {
      steps.push_back(
          {{"law", step.law}, {"detail", step.detail}, {"expression", step.expression}, {"difference", step.difference}});
      if (!step.after.empty()) steps.back()["after"] = step.after;
    }
  };
  for (const ChainLine& link : explanation.chain) {
    steps.push_back({{"law", "chain rule"},
                     {"detail", link.rule},
                     {"name", link.name},
                     {"expression", link.expression},
                     {"difference", link.difference}});
    if (!link.passed.empty()) steps.back()["through"] = link.passed;
    add_all(link.steps);
  }
  add_all(explanation.steps);
  return steps;
}

}  // namespace tenet
