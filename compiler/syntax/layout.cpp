#include "compiler/syntax/layout.h"

#include <algorithm>
#include <ranges>
#include <span>

#include "compiler/diagnostics/utf8.h"
#include "compiler/syntax/cursor.h"
#include "compiler/syntax/parse.h"

namespace tenet::syntax {
namespace {

constexpr std::size_t indent_width = 2, comment_gap = 6;

struct Line {
  std::size_t indent = 0;
  std::string code;                  // or a comment that has the line for itself
  std::string comment;               // behind the code
  bool after_blank = false;          // a blank line stands above
  std::string_view kind;             // neighbours of the same kind are aligned
  std::vector<std::size_t> columns;  // the places in the code that are
};

bool opens(TokenKind kind) { return kind == TokenKind::open_round || kind == TokenKind::open_square; }
bool closes(TokenKind kind) { return kind == TokenKind::close_round || kind == TokenKind::close_square; }
bool is_operator(const Token& token, Op op) { return token.kind == TokenKind::operation && token.op == op; }

// Takes the tokens statement by statement and writes them into lines.
class Writer {
 public:
  Writer(Diagnostics& diagnostics, std::uint32_t file) : text_(diagnostics.source(file).text), cursor_(diagnostics, file) {
    if (text_.starts_with("\xEF\xBB\xBF")) written_ = 3;  // a byte order mark
  }

  std::vector<Line> lines() {
    for (;;) {
      const Token next = cursor_.peek();
      if (next.kind == TokenKind::line_end) {
        begin_statement();
        continue;
      }
      write_comments(next);
      if (next.kind == TokenKind::end) return std::move(lines_);
      write(next);
      written_ = next.end;
    }
  }

 private:
  void begin_statement() {
    cursor_.begin_statement();
    statement_.clear();
  }

  // What stands between the last token and `next`: the end of a line, then lines that are blank or a comment.
  void write_comments(const Token& next) {
    const bool inside = !statement_.empty() && next.kind != TokenKind::end;
    std::string_view between = text_.substr(written_, next.begin - written_);
    for (bool first = written_ > 0;; first = false) {
      const std::size_t end = between.find('\n');
      std::string_view line = between.substr(0, end);
      line.remove_prefix(std::min(line.find('#'), line.size()));
      line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
      if (first && !lines_.empty()) {
        lines_.back().comment = line;
      } else if (!line.empty()) {
        add_line(inside ? continuation() : block_depth_).code = line;
      } else if (end != std::string_view::npos) {
        blank_ = !lines_.empty() && !at_block_start_;
      }
      if (end == std::string_view::npos) return;
      between.remove_prefix(end + 1);
    }
  }

  Line& add_line(std::size_t depth) {
    lines_.push_back({depth * indent_width, {}, {}, std::exchange(blank_, false), {}, {}});
    at_block_start_ = false;
    return lines_.back();
  }

  std::size_t continuation() const { return block_depth_ + std::max<std::size_t>(1, cursor_.open().size()); }

  void write(const Token& next) {
    if (next.kind == TokenKind::open_brace) {
      lines_.back().code += " {";
      in_one_line_ = block_is_one_line();
      at_block_start_ = true;
      ++block_depth_;
      cursor_.enter_block();
      statement_.clear();
    } else if (next.kind == TokenKind::close_brace) {
      close_block();
    } else {
      write_in_statement(next);
    }
  }

  // From the `{` that comes next.
  bool block_is_one_line() const {
    for (std::size_t ahead = 1;; ++ahead) {
      const Token& token = cursor_.look(ahead);
      if (token.first_on_line || token.kind == TokenKind::end) return false;
      if (token.kind == TokenKind::close_brace) return true;
    }
  }

  void close_block() {
    --block_depth_;
    if (!in_one_line_) {
      blank_ = false;
      add_line(block_depth_);
    } else if (!statement_.empty()) {
      lines_.back().code += ' ';
    }
    lines_.back().code += '}';
    in_one_line_ = at_block_start_ = false;
    cursor_.leave_block();
    begin_statement();
  }

  void write_in_statement(const Token& next) {
    const bool begins = statement_.empty();
    if (begins) glued_ = false;
    const bool glued = std::exchange(glued_, glues_next(next)) || (!begins && glued_before(next));
    if (next.first_on_line || (begins && !in_one_line_)) {
      add_line(begins ? block_depth_ : depth_of_line(next));
      if (begins) first_line_ = lines_.size();
      if (begins) lines_.back().kind = kind_of_statement();
    } else if (!glued) {
      lines_.back().code += ' ';
    }
    Line& line = lines_.back();
    if (!in_one_line_ && lines_.size() == first_line_ && is_aligned(next)) line.columns.push_back(line.code.size());
    line.code += cursor_.text(next);
    if (next.kind == TokenKind::bar) in_size_ = !in_size_;
    statement_.push_back(cursor_.take());
  }

  // Of a line inside a statement: brackets that it begins by closing are not counted.
  std::size_t depth_of_line(const Token& next) const {
    if (!closes(next.kind)) return continuation();
    std::size_t closed = 1;
    while (closes(cursor_.look(closed).kind) && !cursor_.look(closed).first_on_line) ++closed;
    return block_depth_ + cursor_.open().size() - closed;
  }

  bool follows_operand() const {
    if (statement_.empty()) return false;
    const TokenKind kind = statement_.back().kind;
    return kind == TokenKind::name || kind == TokenKind::number || kind == TokenKind::string || closes(kind) ||
           (kind == TokenKind::bar && !in_size_);
  }

  // No space before `next`.
  bool glued_before(const Token& next) const {
    if (opens(next.kind)) return follows_operand();
    if (next.kind == TokenKind::bar) return in_size_;
    if (next.kind == TokenKind::colon) return cursor_.text(statement_[0]) != "data";
    return closes(next.kind) || next.kind == TokenKind::comma || is_operator(next, Op::power) || is_fraction(next);
  }

  // No space behind `next`.
  bool glues_next(const Token& next) const {
    if (next.kind == TokenKind::bar) return !in_size_;
    const bool sign = is_operator(next, Op::subtract) && !follows_operand();
    return opens(next.kind) || sign || is_operator(next, Op::power) || is_fraction(next);
  }

  // A `/` that was written tight, after a number that begins a product. In `x^2/3` and `a * 1/n` it would mislead.
  bool is_fraction(const Token& next) const {
    if (!is_operator(next, Op::divide) || statement_.back().kind != TokenKind::number) return false;
    if (statement_.back().end != next.begin || cursor_.look(1).begin != next.end) return false;
    const auto sign = [](const Token& token) { return is_operator(token, Op::subtract); };
    const auto before = std::ranges::find_if_not(statement_.rbegin() + 1, statement_.rend(), sign);
    return before == statement_.rend() ||
           !(is_operator(*before, Op::multiply) || is_operator(*before, Op::divide) || is_operator(*before, Op::power));
  }

  // From the statement's first token, which comes next. Whatever is defined by a bare `name =`, states and entries of recipes
  // too, is of one kind.
  std::string_view kind_of_statement() const {
    const std::string_view word = cursor_.text(cursor_.look(0));
    if (cursor_.look(0).kind == TokenKind::keyword)
      return word == "claim" && cursor_.look(2).kind == TokenKind::colon ? "named claim" : word;
    const bool function = (word == "layer" || word == "optimizer") && cursor_.look(1).kind == TokenKind::name;
    return function ? word : "definition";
  }

  bool is_aligned(const Token& next) const {
    const std::string_view kind = lines_.back().kind;
    if (!cursor_.open().empty() || kind == "axis") return false;
    if (next.kind == TokenKind::equals) return true;
    if (kind == "named claim" && statement_.size() == 3) return true;  // what follows its name
    return kind.ends_with("claim") && is_operator(next, Op::equal);
  }

  std::string_view text_;
  Cursor cursor_;
  std::vector<Line> lines_;
  std::size_t written_ = 0;       // bytes of the text
  std::vector<Token> statement_;  // what was written of it
  std::size_t first_line_ = 0;    // of the statement, counted from 1
  std::size_t block_depth_ = 0;
  bool in_one_line_ = false;  // in a block that is
  bool in_size_ = false;      // between the bars of `|axis|`
  bool glued_ = false;        // no space behind the token written last
  bool blank_ = false, at_block_start_ = false;
};

// Calls `align` with each run of neighbours that `alike` holds for.
void align_runs(std::span<Line> lines, bool (*alike)(const Line&, const Line&), void (*align)(std::span<Line>)) {
  for (std::size_t begin = 0, end; begin < lines.size(); begin = end) {
    for (end = begin + 1; end < lines.size() && !lines[end].after_blank && alike(lines[end - 1], lines[end]);) ++end;
    align(lines.subspan(begin, end - begin));
  }
}

void align_columns(std::span<Line> run) {
  for (std::size_t k = 0; k < run[0].columns.size(); ++k) {
    const std::size_t column = std::ranges::max(run | std::views::transform([&](const Line& line) { return line.columns[k]; }));
    for (Line& line : run) {
      const std::size_t missing = column - line.columns[k];
      line.code.insert(line.columns[k], missing, ' ');
      for (std::size_t& later : line.columns | std::views::drop(k)) later += missing;
    }
  }
}

// In characters.
std::size_t width(const Line& line) {
  return line.indent + static_cast<std::size_t>(std::ranges::count_if(line.code, starts_character));
}

void align_comments(std::span<Line> run) {
  if (run[0].comment.empty()) return;
  const std::size_t column = std::ranges::max(run | std::views::transform(width)) + comment_gap;
  for (Line& line : run) line.code.append(column - width(line), ' ').append(line.comment);
}

}  // namespace

std::optional<std::string> canonical_layout(Diagnostics& diagnostics, std::uint32_t file) {
  parse(diagnostics, file);
  if (diagnostics.has_errors()) return {};
  std::vector<Line> lines = Writer(diagnostics, file).lines();
  align_runs(
      lines, [](const Line& a, const Line& b) { return a.kind == b.kind && a.columns.size() == b.columns.size(); },
      align_columns);
  align_runs(
      lines, [](const Line& a, const Line& b) { return a.comment.empty() == b.comment.empty(); }, align_comments);
  std::string text;
  for (const Line& line : lines) {
    if (line.after_blank) text += '\n';
    text.append(line.indent, ' ').append(line.code).append("\n");
  }
  return text;
}

}  // namespace tenet::syntax
