// Syntax trees as text in canonical layout. What is printed parses to the same tree.
#pragma once

#include <string>
#include <string_view>

#include "compiler/syntax/tree.h"

namespace tenet::syntax {

// With as few brackets as the operators' binding strengths allow.
std::string print(const Expression& expression);

// A side of a claim or assumption: like print(), comparisons outside brackets bracketed too.
std::string print_side(const Expression& expression);

// A string with its quotes.
std::string quoted(std::string_view text);

// Every statement, in the order of the text; one declaration a line. Comments are not part of the tree.
std::string print(const Program& program);

}  // namespace tenet::syntax
