// Derived lines as a document.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/grad/formula.h"
#include "compiler/render/derive.h"
#include "compiler/render/latex.h"

namespace tenet {
namespace {

std::string partial(std::string_view value, std::string_view by) {
  return fmt::format("\\frac{{\\partial\\, {}}}{{\\partial\\, {}}}", latex_name(value), latex_name(by));
}

// `axis time_2 = |time|`: what a numbered axis is.
std::string axis_sentence(const std::string& declaration) {
  const std::size_t name = std::string_view("axis ").size(), equals = declaration.find(" = |");
  const std::string origin = declaration.substr(equals + 4, declaration.size() - equals - 5);
  return fmt::format("${}$ runs over ${}$.", latex_name(declaration.substr(name, equals - name)), latex_name(origin));
}

std::string sentence(const std::string& condition) {
  std::string text = latex_text(condition);
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

}  // namespace

std::string derivation_latex(std::span<const DerivedLine> lines, std::string_view value) {
  std::map<std::string, std::string> partials;  // by the name of the line
  std::vector<std::string> notes;
  const auto note = [&](std::string text) {
    if (std::ranges::find(notes, text) == notes.end()) notes.push_back(std::move(text));
  };
  std::string rows;
  const LatexNames names = [&](const std::string& name) {
    const auto found = partials.find(name);
    return found == partials.end() ? std::string() : found->second;
  };
  for (const DerivedLine& line : lines)  // those of a recurrence read one another
    if (!line.of.empty()) partials.emplace(line.name, partial(value, line.of));
  for (const DerivedLine& line : lines) {
    for (const std::string& declaration : line.axis_declarations) note(axis_sentence(declaration));
    for (const std::string& condition : line.conditions) note(sentence(condition));
    const std::string right = latex(*parse_formula(line.expression), names, " \\\\\n  &\\quad {}");
    const std::string left = line.of.empty() ? latex_name(line.name) : partials.at(line.name);
    rows += fmt::format("{}{} &= {}", rows.empty() ? "" : " \\\\\n", left, right);
  }
  std::string body = rows.empty() ? "" : fmt::format("\\begin{{align*}}\n{}\n\\end{{align*}}\n", rows);
  for (const std::string& text : notes) body += fmt::format("\\noindent {}\n\n", text);
  return fmt::format("\\documentclass{{article}}\n{}\\begin{{document}}\n{}\\end{{document}}\n", latex_preamble, body);
}

}  // namespace tenet
