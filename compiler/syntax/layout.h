// A program's text in canonical layout: the one way its white space is written. Tokens, comments, and where a statement's lines
// break are the author's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostics.h"

namespace tenet::syntax {

// The sink's source `file` in canonical layout; nothing where it has syntax errors, which go to the sink. The tokens are the
// same, and the layout of the result is itself.
//
// A statement begins a line, two spaces deeper for the block it stands in; its further lines are two deeper for each bracket that
// is open, and once where none is. A block that was written in one line stays in one. One space stands round `=` and operators,
// before `{`, and after `,` and a claim's `:`; none inside brackets, round `^` and behind a minus that has no left operand. A `/`
// after a number that begins a product is tight if it was written so: `5/3`, `-1/|n|`.
//
// In neighbouring lines the `=` of definitions stand below each other, as do those of parameters, data and functions, the sides
// of claims, and comments that stand behind code. Of several blank lines one is kept, none at either end of a block or the file.
std::optional<std::string> canonical_layout(Diagnostics& diagnostics, std::uint32_t file);

}  // namespace tenet::syntax
