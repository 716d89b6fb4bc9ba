// Text to tokens. Lines are not interpreted here: a token says whether it is the first on its line, the cursor decides whether
// the line before goes on.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/ops/operations.h"

namespace tenet::syntax {

enum class TokenKind : std::uint8_t {
  end,        // of the file
  line_end,   // of a statement; made by the cursor
  invalid,    // reported already; whoever meets it stays silent
  name,       // may be a path: `probs.softmax.z`
  keyword,    // words.h
  number,     // delimited, not yet read
  string,     // with its quotes
  operation,  // an operator: op; `-` is `subtract`, also where it stands before an operand
  equals,
  comma,
  colon,
  bar,
  open_round,
  close_round,
  open_square,
  close_square,
  open_brace,
  close_brace
};

struct Token {
  TokenKind kind = TokenKind::end;
  Op op = Op::add;
  bool first_on_line = false;
  std::uint32_t begin = 0, end = 0;  // bytes
  std::uint32_t indent = 0;          // of its line: columns of blank space, tabs to multiples of 8
};

// The tokens of the sink's source `file`, closed by one of kind `end`. A file that is no text gives one error and no tokens.
std::vector<Token> lex(Diagnostics& diagnostics, std::uint32_t file);

}  // namespace tenet::syntax
