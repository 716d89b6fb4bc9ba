// `tenet derive`: gradients as lines of the language.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/render/counts.h"
#include "compiler/render/explain.h"

namespace tenet {

// One line `name = expression`. It reads forward names, sizes and other lines: those before it, but in recurrences.
struct DerivedLine {
  std::string name;  // `dlogits`
  std::string of;    // the value that it is the gradient by; empty: a helper that is none
  std::vector<std::string> axes;
  bool states_axes = false;  // `dh[time, hidden] = ...`: in a recurrence, where the expression does not show them
  std::string expression;
  bool helper = false;                         // several lines share it, or it would be nested too deeply
  std::vector<std::string> axis_declarations;  // lines that have to stand above: `axis time_2 = |time|`
  // Counts are what this line adds to those before it; forward values are free.
  std::string operations, raw_operations;  // polynomials in sizes; a helper has no raw form of its own
  Counts counts;
  std::vector<std::string> conditions;  // conventions that the derivative depends on
  double seconds = 0;                   // of the whole derivation
  std::string stop;                     // why simplification stopped
  std::optional<Explanation> explanation;
};

// The gradients of `value` by each of `names` (targets of the program that share no axis with it; none: every parameter and
// named value of the file that it depends on). `raw`: as reverse mode leaves them. `explained`: with the steps between.
std::vector<DerivedLine> derive(Program& program, NodeId value, std::span<const std::string> names, bool raw,
                                bool explained = false);

std::string derivation_text(std::span<const DerivedLine> lines);
std::string explanation_text(std::span<const DerivedLine> lines);  // of explained lines
nlohmann::ordered_json steps_json(const Explanation& explanation);
// A complete document; `value` is the name of what the gradients are of.
std::string derivation_latex(std::span<const DerivedLine> lines, std::string_view value);
nlohmann::ordered_json derivation_json(std::span<const DerivedLine> lines);

}  // namespace tenet
