// Expressions of the language as mathematics in LaTeX. What it writes needs amsmath and the macro that `latex_preamble` defines.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "compiler/syntax/tree.h"

namespace tenet {

// An indicator is a bold 1: the AMS fonts have no digits in blackboard bold. The page is as wide as a line and its left side
// need.
inline constexpr std::string_view latex_preamble =
    "\\usepackage{amsmath}\n"
    "\\newcommand{\\indicator}[1]{\\mathbf{1}\\left[#1\\right]}\n"
    "\\setlength{\\oddsidemargin}{0in}\\setlength{\\textwidth}{6.5in}\n"
    "\\allowdisplaybreaks\n";

// A name upright, with its underscores; one that ends in `_2` as a numbered copy. Text that is no name, for a sentence.
std::string latex_name(std::string_view name);
std::string latex_text(std::string_view text);

// What a name is written as; empty: as itself.
using LatexNames = std::function<std::string(const std::string&)>;

// Of display style. Where it is wider than a line it is broken before + and -: the lines are parted by `separator`.
std::string latex(const syntax::Expression& expression, const LatexNames& names, std::string_view separator);

}  // namespace tenet
