// Explanations as text and as JSON.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/render/derive.h"

namespace tenet {
namespace {

std::string rule_text(const ChainLine& link) { return link.rule.empty() ? "" : fmt::format("  # chain rule: {}", link.rule); }

std::string law_text(const ExplainedStep& step) {
  return step.detail.empty() ? step.law : fmt::format("{}: {}", step.law, step.detail);
}

double worst_of(const Explanation& explanation) {
  double worst = 0;
  for (const ChainLine& link : explanation.chain) worst = std::max(worst, link.difference);
  for (const ExplainedStep& step : explanation.steps) worst = std::max(worst, step.difference);
  return worst;
}

// The chain at the margin; the steps below the right side of its last line.
std::string explained_line(const DerivedLine& line) {
  const Explanation& explanation = *line.explanation;
  std::string result;
  for (const ChainLine& link : explanation.chain)
    result += fmt::format("{} = {}{}\n", link.name, link.expression, rule_text(link));
  bool named = !explanation.chain.empty();
  for (const ExplainedStep& step : explanation.steps) {
    result += fmt::format("{:>{}} = {}  # {}\n", named ? "" : line.name, line.name.size(), step.expression, law_text(step));
    named = true;
  }
  if (named && explanation.checked) result.insert(result.size() - 1, fmt::format("; checked: {:.0e}", worst_of(explanation)));
  return result;
}

}  // namespace

std::string explanation_text(std::span<const DerivedLine> lines) {
  std::string result;
  std::vector<std::string> notes;
  const auto note = [&](const std::string& text) {
    if (std::ranges::find(notes, text) == notes.end()) notes.push_back(text);
  };
  for (const DerivedLine& line : lines) {
    for (const std::string& declaration : line.axis_declarations) result += declaration + "\n";
    result +=
        line.explanation ? explained_line(line) : fmt::format("{} = {}  # used several times\n", line.name, line.expression);
    if (line.explanation) {
      for (const std::string& condition : line.explanation->conditions) note("where " + condition);
      for (const std::string& fact : line.explanation->facts) note(fact);
    }
    for (const std::string& condition : line.conditions) note(condition);
  }
  for (const std::string& note : notes) result += "# " + note + "\n";
  return result;
}

nlohmann::ordered_json steps_json(const Explanation& explanation) {
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const ChainLine& link : explanation.chain)
    steps.push_back({{"law", "chain rule"},
                     {"detail", link.rule},
                     {"name", link.name},
                     {"expression", link.expression},
                     {"difference", link.difference}});
  for (const ExplainedStep& step : explanation.steps)
    steps.push_back(
        {{"law", step.law}, {"detail", step.detail}, {"expression", step.expression}, {"difference", step.difference}});
  return steps;
}

}  // namespace tenet
