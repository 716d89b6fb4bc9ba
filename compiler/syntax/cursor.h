// Reads tokens statement by statement: where a line ends, what a broken statement may be left at.
//
// A statement ends with its line unless `(` or `[` is open or its last token asks for more: an operator, `=`, `,`, `:`, `else`.
// `{` does not carry a statement on, `}` ends one.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/syntax/lexer.h"

namespace tenet::syntax {

class Cursor {
 public:
  Cursor(Diagnostics& diagnostics, std::uint32_t file);

  // The next token of this statement: of kind `line_end` where the statement ends with its line.
  const Token& peek();
  Token take();
  bool at(TokenKind kind) { return peek().kind == kind; }
  bool at_operator(Op op) { return at(TokenKind::operation) && peek().op == op; }
  bool at_word(std::string_view word) { return (at(TokenKind::name) || at(TokenKind::keyword)) && text(peek()) == word; }
  bool at_statement_end() { return at(TokenKind::line_end) || at(TokenKind::close_brace) || at(TokenKind::end); }

  // The token `ahead` tokens on, without regard to lines.
  const Token& look(std::size_t ahead) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  // The token taken last; the first where none was.
  const Token& last() const { return tokens_[at_ == 0 ? 0 : at_ - 1]; }

  std::string_view text(const Token& token) const { return text_.substr(token.begin, token.end - token.begin); }
  Span span(const Token& token) const { return {file_, token.begin, token.end}; }
  std::string describe(const Token& token) const;  // for "found {}"

  // Brackets `(` and `[` that are open in this statement, the innermost last.
  const std::vector<Token>& open() const { return open_; }
  // Whether the next token cannot be meant to stand in the brackets that are open: it starts another statement or ends a block.
  bool is_past_brackets() const;
  // Goes back by a token where that and the next, `name =`, start another statement, though this one was not finished.
  void step_back_to_statement();
  // The token that makes the statement go on in the next line, where what comes instead starts another one.
  const Token* dangling() const;

  void begin_statement();
  // Leaves a broken statement: goes on to where another one may start, past any { } block of this one.
  void recover();

  // A block: enter_block() takes its `{`, leave_block() its `}`. In a block whose `}` is missing, which enter_block() reports
  // and answers false to, block_ended() is true before the first line that is not indented deeper than the block's statement.
  bool enter_block();
  bool block_ended() const;
  void leave_block();

 private:
  struct Statement {
    std::uint32_t begin = 0, indent = 0;
  };

  bool goes_on_after(const Token& token) const;
  bool starts_another_line(const Token& token) const;
  bool is_closed(std::uint32_t open_brace) const;
  void skip_block();
  void match_braces();

  Diagnostics& diagnostics_;
  std::uint32_t file_;
  std::string_view text_;
  std::vector<Token> tokens_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> braces_;  // positions of `{` and its `}`, ascending; unmatched ones lack
  std::uint32_t at_ = 0;
  Token line_end_;
  Statement statement_;
  std::vector<Token> open_;

  struct Block {
    Statement around;
    bool closed;
  };
  std::vector<Block> blocks_;
  std::uint32_t reported_operator_ = UINT32_MAX;  // position of the operator last reported to start a line
};

}  // namespace tenet::syntax
