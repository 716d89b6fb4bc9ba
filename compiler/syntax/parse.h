// Text to syntax tree. Errors go to the sink; the parser recovers at the next statement and reports several in one run.
#pragma once

#include <cstdint>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/tree.h"

namespace tenet::syntax {

// Parses the sink's source `file`. What could be parsed is in the result even where there were errors. Any text terminates:
// nesting is bounded, recovery always moves on.
Program parse(Diagnostics& diagnostics, std::uint32_t file);

// Parses one expression (an adjoint formula, a law's side).
ExpressionPtr parse_expression(Diagnostics& diagnostics, std::uint32_t file);

}  // namespace tenet::syntax
