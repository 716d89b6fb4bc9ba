#include "compiler/syntax/cursor.h"

#include <algorithm>

#include "compiler/syntax/words.h"

namespace tenet::syntax {
namespace {

bool is_closer(TokenKind kind) { return kind == TokenKind::close_round || kind == TokenKind::close_square; }

// An operator that needs something on its left. `-` may be either.
bool is_infix(const Token& token) { return token.kind == TokenKind::operation && token.op != Op::logical_not; }

}  // namespace

Cursor::Cursor(Diagnostics& diagnostics, std::uint32_t file)
    : diagnostics_(diagnostics), file_(file), text_(diagnostics.source(file).text), tokens_(lex(diagnostics, file)) {
  match_braces();
  begin_statement();
}

void Cursor::match_braces() {
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].kind == TokenKind::open_brace) open.push_back(i);
    if (tokens_[i].kind != TokenKind::close_brace || open.empty()) continue;
    braces_.emplace_back(open.back(), i);
    open.pop_back();
  }
  std::ranges::sort(braces_);
}

bool Cursor::goes_on_after(const Token& token) const {
  switch (token.kind) {
    case TokenKind::operation:
    case TokenKind::equals:
    case TokenKind::comma:
    case TokenKind::colon:
      return true;
    case TokenKind::keyword:
      return text(token) == "else";
    default:
      return false;
  }
}

const Token& Cursor::peek() {
  const Token& next = tokens_[at_];
  if (!next.first_on_line || next.kind == TokenKind::end || !open_.empty() || at_ == statement_.begin) return next;
  const Token& before = tokens_[at_ - 1];
  if (goes_on_after(before)) return next;
  if (is_infix(next) && next.indent > statement_.indent) {
    if (reported_operator_ != at_) {
      reported_operator_ = at_;
      diagnostics_.report(Message::operator_starts_line, span(next), text(next)).hint =
          fmt::format("end the line above with it: `{}`", text(next));
    }
    return next;
  }
  line_end_ = {TokenKind::line_end, Op::add, false, before.end, before.end, 0};
  return line_end_;
}

Token Cursor::take() {
  const Token token = peek();
  if (token.kind == TokenKind::line_end || token.kind == TokenKind::end) return token;
  if (token.kind == TokenKind::open_round || token.kind == TokenKind::open_square) open_.push_back(token);
  if (is_closer(token.kind) && !open_.empty()) open_.pop_back();
  ++at_;
  return token;
}

std::string Cursor::describe(const Token& token) const {
  switch (token.kind) {
    case TokenKind::end:
      return "the end of the file";
    case TokenKind::line_end:
      return "the end of the line";
    case TokenKind::string:
      return "a string";
    default:
      return fmt::format("`{}`", text(token));
  }
}

// First on its line, and as a statement's first token is: not indented deeper than this statement, or a keyword.
bool Cursor::starts_another_line(const Token& token) const {
  if (!token.first_on_line || is_closer(token.kind)) return false;
  return token.indent <= statement_.indent || (token.kind == TokenKind::keyword && text(token) != "else");
}

bool Cursor::is_past_brackets() const {
  const Token& next = tokens_[at_];
  if (open_.empty()) return false;
  const bool ends = next.kind == TokenKind::end || next.kind == TokenKind::open_brace || next.kind == TokenKind::close_brace;
  return ends || starts_another_line(next);
}

void Cursor::step_back_to_statement() {
  if (at_ == statement_.begin || at_ - 1 == statement_.begin || tokens_[at_].kind != TokenKind::equals) return;
  if (last().kind == TokenKind::name && starts_another_line(last())) --at_;
}

const Token* Cursor::dangling() const {
  if (at_ == statement_.begin || !open_.empty() || !goes_on_after(last())) return nullptr;
  const Token& next = tokens_[at_];
  return next.kind == TokenKind::end || next.kind == TokenKind::close_brace || starts_another_line(next) ? &last() : nullptr;
}

void Cursor::begin_statement() {
  statement_ = {at_, tokens_[at_].indent};
  open_.clear();
}

void Cursor::recover() {
  for (; tokens_[at_].kind != TokenKind::end; ++at_) {
    const Token& next = tokens_[at_];
    if (next.kind == TokenKind::close_brace && !blocks_.empty()) break;
    if (next.first_on_line && at_ != statement_.begin && !is_closer(next.kind)) {
      const bool another =
          open_.empty() && !goes_on_after(tokens_[at_ - 1]) && !(is_infix(next) && next.indent > statement_.indent);
      if (another || next.indent <= statement_.indent || is_past_brackets()) break;
    }
    if (next.kind == TokenKind::open_round || next.kind == TokenKind::open_square) open_.push_back(next);
    if (is_closer(next.kind) && !open_.empty()) open_.pop_back();
    if (next.kind == TokenKind::open_brace) skip_block();
  }
  open_.clear();
}

// From a `{` to its `}`; stays where there is none.
void Cursor::skip_block() {
  const auto brace = std::ranges::lower_bound(braces_, std::pair(at_, std::uint32_t{0}));
  if (brace != braces_.end() && brace->first == at_) at_ = brace->second;
}

bool Cursor::is_closed(std::uint32_t open_brace) const {
  const auto brace = std::ranges::lower_bound(braces_, std::pair(open_brace, std::uint32_t{0}));
  return brace != braces_.end() && brace->first == open_brace;
}

bool Cursor::enter_block() {
  const bool closed = is_closed(at_);
  if (!closed) diagnostics_.report(Message::bracket_unclosed, span(tokens_[at_]), "{");
  blocks_.push_back({statement_, closed});
  ++at_;
  begin_statement();
  return closed;
}

bool Cursor::block_ended() const {
  const Token& next = tokens_[at_];
  if (next.kind == TokenKind::close_brace || next.kind == TokenKind::end) return true;
  return !blocks_.back().closed && next.first_on_line && next.indent <= blocks_.back().around.indent;
}

void Cursor::leave_block() {
  statement_ = blocks_.back().around;
  open_.clear();
  blocks_.pop_back();
  if (tokens_[at_].kind == TokenKind::close_brace) ++at_;
}

}  // namespace tenet::syntax
