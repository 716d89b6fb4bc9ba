#include "compiler/syntax/lexer.h"

#include <algorithm>

#include "compiler/diagnostics/utf8.h"
#include "compiler/syntax/words.h"

namespace tenet::syntax {
namespace {

constexpr std::size_t largest_file = std::size_t{16} << 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

struct Symbol {
  char spelling;
  TokenKind kind;
};
constexpr Symbol symbols[] = {
    {'=', TokenKind::equals},     {',', TokenKind::comma},       {':', TokenKind::colon},       {'|', TokenKind::bar},
    {'(', TokenKind::open_round}, {')', TokenKind::close_round}, {'[', TokenKind::open_square}, {']', TokenKind::close_square},
    {'{', TokenKind::open_brace}, {'}', TokenKind::close_brace},
};

// What people write for something that the language writes otherwise.
struct Foreign {
  std::string_view spelling, hint;
};
constexpr Foreign foreign[] = {
    {"&&", "write `and`"},
    {"&", "write `and`"},
    {"||", "write `or`"},
    {"!", "write `not`"},
    {"~", "write `not`"},
    {"**", "a power is written `^`"},
    {"//", "write `floor(a / b)`; a comment begins with `#`"},
    {"%", "a remainder is `a - b * floor(a / b)`"},
    {";", "a statement ends with its line"},
    {"'", "strings stand in double quotes"},
    {"@", "a matrix product is `sum[i](a * b)`"},
    {"∂", "a derivative is `grad(e, t)`"},
    {"−", "write `-`"},
    {"×", "write `*`"},
    {"·", "write `*`"},
    {"÷", "write `/`"},
    {"≤", "write `<=`"},
    {"≥", "write `>=`"},
    {"≠", "write `!=`"},
    {"∞", "write `inf`"},
    {"“", "strings stand in straight double quotes"},
    {"”", "strings stand in straight double quotes"},
};

// What `text` begins with; null if with none of these.
const Foreign* foreign_at(std::string_view text) {
  const auto* row = std::ranges::find_if(foreign, [&](const Foreign& candidate) { return text.starts_with(candidate.spelling); });
  return row == std::end(foreign) ? nullptr : row;
}

// The operator that `text` begins with, the longest; null if none does.
const Operation* operator_at(std::string_view text) {
  const Operation* longest = nullptr;
  for (const Operation& row : operations()) {
    if (row.notation != Notation::infix || !text.starts_with(row.spelling)) continue;
    if (longest == nullptr || row.spelling.size() > longest->spelling.size()) longest = &row;
  }
  return longest;
}

// `and`, `or`, `not`.
const Operation* operator_word(std::string_view word) {
  if (word != "and" && word != "or" && word != "not") return nullptr;
  for (const Operation& row : operations()) {
    if (row.spelling == word && (row.notation == Notation::infix || row.notation == Notation::prefix)) return &row;
  }
  return nullptr;
}

class Lexer {
 public:
  Lexer(Diagnostics& diagnostics, std::uint32_t file)
      : diagnostics_(diagnostics), file_(file), text_(diagnostics.source(file).text) {}

  std::vector<Token> run() {
    if (is_text()) {
      if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte order mark
      for (line_start(); at_ < text_.size();) lex_token();
    }
    at_ = text_.size();
    add(TokenKind::end, at_);
    return std::move(tokens_);
  }

 private:
  bool is_text() {
    const auto report_at = [&](Message message, std::size_t at) { diagnostics_.report(message, span(at, at + 1)); };
    if (text_.size() > largest_file) {
      diagnostics_.report(Message::file_too_large, span(0, 0), largest_file >> 20);
      return false;
    }
    if (const std::size_t zero = text_.find('\0'); zero != std::string_view::npos) {
      report_at(Message::file_has_zero_bytes, zero);
      return false;
    }
    if (const std::size_t invalid = first_invalid_utf8(text_); invalid != std::string_view::npos) {
      report_at(Message::file_not_utf8, invalid);
      return false;
    }
    return true;
  }

  Span span(std::size_t begin, std::size_t end) const {
    return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  }

  void add(TokenKind kind, std::size_t begin, Op op = Op::add) {
    tokens_.push_back({kind, op, first_on_line_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_), indent_});
    first_on_line_ = false;
  }

  void line_start() {
    first_on_line_ = true;
    indent_ = 0;
    for (; at_ < text_.size() && is_blank(text_[at_]); ++at_) indent_ = text_[at_] == '\t' ? (indent_ / 8 + 1) * 8 : indent_ + 1;
  }

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }

  void lex_token() {
    const char c = peek();
    if (c == '\n') {
      ++at_;
      line_start();
    } else if (is_blank(c)) {
      ++at_;
    } else if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (is_letter(c)) {
      lex_word();
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      lex_number();
    } else if (c == '"') {
      lex_string();
    } else {
      lex_symbol();
    }
  }

  void lex_word() {
    const std::size_t begin = at_;
    for (;;) {
      while (is_letter(peek()) || is_digit(peek())) ++at_;
      if (peek() != '.' || !is_letter(peek(1))) break;
      ++at_;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (const Operation* row = operator_word(word)) {
      add(TokenKind::operation, begin, row->op);
    } else {
      add(is_keyword(word) ? TokenKind::keyword : TokenKind::name, begin);
    }
  }

  // Everything that may have been meant as one number, so that `1.2.3` or `2x` is one error.
  void lex_number() {
    const std::size_t begin = at_;
    while (is_letter(peek()) || is_digit(peek()) || peek() == '.' || is_exponent_sign()) ++at_;
    add(TokenKind::number, begin);
  }

  bool is_exponent_sign() const {
    return (peek() == '+' || peek() == '-') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E') && is_digit(peek(1));
  }

  void lex_string() {
    const std::size_t begin = at_++;
    while (peek() != '"' && peek() != '\n') at_ += peek() == '\\' && peek(1) != '\n' ? 2 : 1;
    if (peek() == '"') {
      ++at_;
      add(TokenKind::string, begin);
    } else {
      diagnostics_.report(Message::string_unclosed, span(begin, begin + 1));
      add(TokenKind::invalid, begin);
    }
  }

  void lex_symbol() {
    const std::size_t begin = at_;
    const Operation* row = operator_at(text_.substr(at_, 2));
    const Foreign* other = foreign_at(text_.substr(at_));
    if (other != nullptr && other->spelling.size() > (row ? row->spelling.size() : 1)) return lex_foreign();
    if (row != nullptr) {
      at_ += row->spelling.size();
      add(TokenKind::operation, begin, row->op);
      return;
    }
    const auto* symbol = std::ranges::find(symbols, peek(), &Symbol::spelling);
    if (symbol != std::end(symbols)) {
      ++at_;
      add(symbol->kind, begin);
      return;
    }
    lex_foreign();
  }

  void lex_foreign() {
    const std::size_t begin = at_;
    const Foreign* known = foreign_at(text_.substr(at_));
    if (known != nullptr) {
      at_ += known->spelling.size();
    } else if (static_cast<unsigned char>(peek()) < 0x80) {  // a run of the same one, `...`, is one error
      while (peek() == text_[begin]) ++at_;
    } else {  // a whole word of another script is one error
      while (static_cast<unsigned char>(peek()) >= 0x80) ++at_;
    }
    const auto byte = static_cast<unsigned char>(text_[begin]);
    const std::string shown = byte < 0x20 || byte == 0x7F ? fmt::format("the byte 0x{:02X}", byte)
                                                          : fmt::format("`{}`", text_.substr(begin, at_ - begin));
    Diagnostic& diagnostic = diagnostics_.report(Message::unexpected_character, span(begin, at_), shown);
    if (known != nullptr) diagnostic.hint = known->hint;
    if (known == nullptr && byte >= 0x80) diagnostic.hint = "names are made of the letters A to Z, digits and `_`";
    add(TokenKind::invalid, begin);
  }

  Diagnostics& diagnostics_;
  std::uint32_t file_;
  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::uint32_t indent_ = 0;
  bool first_on_line_ = true;
};

}  // namespace

std::vector<Token> lex(Diagnostics& diagnostics, std::uint32_t file) { return Lexer(diagnostics, file).run(); }

}  // namespace tenet::syntax
