// Expressions, by precedence climbing: the operation table says how strongly an operator binds.
#include <algorithm>

#include "compiler/diagnostics/utf8.h"
#include "compiler/syntax/number.h"
#include "compiler/syntax/parser.h"

namespace tenet::syntax {
namespace {

ExpressionPtr make(Expression::Kind kind, Span span) {
  auto node = std::make_unique<Expression>();
  node->kind = kind;
  node->span = span;
  return node;
}

}  // namespace

std::nullptr_t Parser::expected(std::string_view what, std::string_view hint) {
  cursor_.step_back_to_statement();
  const Token found = cursor_.peek();
  if (found.kind == TokenKind::invalid) return nullptr;
  if (cursor_.is_past_brackets()) {
    const Token& open = cursor_.open().back();
    diagnostics_.report(Message::bracket_unclosed, cursor_.span(open), cursor_.text(open));
    return nullptr;
  }
  if (const Token* last = cursor_.dangling()) {
    diagnostics_.report(Message::line_unfinished, cursor_.span(*last), cursor_.text(*last));
    return nullptr;
  }
  Diagnostic& diagnostic =
      diagnostics_.report(Message::expected, cursor_.span(found), std::string(what), cursor_.describe(found));
  if (!hint.empty()) {
    diagnostic.hint = hint;
  } else if (found.kind == TokenKind::equals && (what == "the end of the line" || what.ends_with("`)`"))) {
    diagnostic.hint = "equality is written `==`";  // an expression stands before it
  }
  return nullptr;
}

bool Parser::expect(TokenKind kind, std::string_view what) {
  if (!cursor_.at(kind)) return expected(what), false;
  cursor_.take();
  return true;
}

ExpressionPtr Parser::measured(ExpressionPtr node) {
  node->depth = node->kind == Expression::Kind::operation ? node->operands.front()->depth : 1;
  for (const Expression* part : beside_chain(*node)) node->depth = std::max(node->depth, part->depth + 1);
  if (node->depth <= deepest) return node;
  const Span where = node->kind == Expression::Kind::operation ? node->operator_span : node->name_span;
  diagnostics_.report(Message::expression_too_deep, where, deepest).hint = "give intermediate values names";
  return nullptr;
}

ExpressionPtr Parser::expression() { return binary(operation(Op::logical_or).binding); }

ExpressionPtr Parser::side() {
  const Scoped<bool> end_at_comparison(comparisons_end_, true);
  return expression();
}

bool Parser::at_comparison() {
  return cursor_.at(TokenKind::operation) && operation(cursor_.peek().op).binding == operation(Op::equal).binding;
}

ExpressionPtr Parser::binary(int loosest) {
  ExpressionPtr left = prefixed(loosest);
  while (left && cursor_.at(TokenKind::operation)) {
    const Operation& row = operation(cursor_.peek().op);
    if (row.notation != Notation::infix || row.binding < loosest) break;
    if (comparisons_end_ && at_comparison()) break;
    left = infix(std::move(left));
  }
  return left;
}

// Each operator adds a level to the tree, so that bounding them here, before recursing, refuses nothing that measured() allows.
ExpressionPtr Parser::right_operand(const Token& sign, int loosest) {
  if (operators_ >= deepest) {
    diagnostics_.report(Message::expression_too_deep, cursor_.span(sign), deepest).hint = "give intermediate values names";
    return nullptr;
  }
  const Scoped<int> one_more(operators_, operators_ + 1);
  return binary(loosest);
}

ExpressionPtr Parser::infix(ExpressionPtr left) {
  const Token sign = cursor_.take();
  const Operation& row = operation(sign.op);
  const bool comparison = row.binding == operation(Op::equal).binding;
  ExpressionPtr right = right_operand(sign, sign.op == Op::power ? row.binding : row.binding + 1);
  if (!right) return nullptr;
  if (comparison && !comparisons_end_ && at_comparison()) {
    diagnostics_.report(Message::comparison_chained, cursor_.span(cursor_.peek())).hint =
        "write `a < b and b < c`, or put one of them in brackets";
    return nullptr;
  }
  ExpressionPtr node = make(Expression::Kind::operation, through(left->span, right->span));
  node->op = sign.op;
  node->operator_span = cursor_.span(sign);
  node->operands.push_back(std::move(left));
  node->operands.push_back(std::move(right));
  return measured(std::move(node));
}

// `-` may also lead the exponent of `^`, which binds tighter.
ExpressionPtr Parser::prefixed(int loosest) {
  const bool minus = cursor_.at_operator(Op::subtract);
  const bool negation = cursor_.at_operator(Op::logical_not);
  if (!minus && !negation) return postfix();
  const Op op = minus ? Op::negate : Op::logical_not;
  const int binding = operation(op).binding;
  if (negation && binding < loosest) return expected("an expression", "put `not` and what follows in brackets");
  const Token sign = cursor_.take();
  ExpressionPtr operand = right_operand(sign, binding);
  if (!operand) return nullptr;
  ExpressionPtr node = make(Expression::Kind::operation, through(cursor_.span(sign), operand->span));
  node->op = op;
  node->operator_span = cursor_.span(sign);
  node->operands.push_back(std::move(operand));
  return measured(std::move(node));
}

ExpressionPtr Parser::postfix() {
  ExpressionPtr value = primary();
  while (value) {
    std::vector<Bracket> axes;
    const bool square = cursor_.at(TokenKind::open_square);
    if (square) {
      std::optional<std::vector<Bracket>> read = brackets();
      if (!read) return nullptr;
      axes = std::move(*read);
    }
    if (cursor_.at(TokenKind::open_round)) {
      value = call(std::move(value), std::move(axes));
    } else if (square) {
      value = replaced(std::move(value), std::move(axes));
    } else {
      break;
    }
  }
  return value;
}

ExpressionPtr Parser::primary() {
  switch (cursor_.peek().kind) {
    case TokenKind::name:
      return name();
    case TokenKind::number:
      return number();
    case TokenKind::string:
      return string();
    case TokenKind::bar:
      return size();
    case TokenKind::open_round:
      return in_round();
    case TokenKind::open_square:
      return list();
    default:
      break;
  }
  return expected("an expression");
}

ExpressionPtr Parser::name() {
  const Token token = cursor_.take();
  const std::string_view text = cursor_.text(token);
  const Expression::Kind kind = text == "inf"  ? Expression::Kind::infinity
                                : text == "pi" ? Expression::Kind::pi
                                               : Expression::Kind::name;
  ExpressionPtr node = make(kind, cursor_.span(token));
  node->text = text;
  node->name_span = node->span;
  return node;
}

ExpressionPtr Parser::number() {
  const Token token = cursor_.take();
  const std::string_view text = cursor_.text(token);
  std::expected<Number, Message> read = read_number(text);
  if (!read) {
    const bool about_digits = read.error() == Message::number_too_long;
    Diagnostic& diagnostic = about_digits ? diagnostics_.report(read.error(), cursor_.span(token), most_digits)
                                          : diagnostics_.report(read.error(), cursor_.span(token), text);
    const std::size_t letters = text.find_first_not_of("0123456789_.");
    if (read.error() == Message::number_malformed && letters != std::string_view::npos && read_number(text.substr(0, letters))) {
      diagnostic.hint = fmt::format("a product is written `{} * {}`; a name cannot begin with a digit", text.substr(0, letters),
                                    text.substr(letters));
    }
    return nullptr;
  }
  ExpressionPtr node = make(Expression::Kind::number, cursor_.span(token));
  node->number = std::move(read->value);
  node->whole = read->whole;
  return node;
}

ExpressionPtr Parser::string() {
  const Token token = cursor_.take();
  if (!strings_) {
    diagnostics_.report(Message::string_misplaced, cursor_.span(token));
    return nullptr;
  }
  std::optional<std::string> text = decoded(token);
  if (!text) return nullptr;
  ExpressionPtr node = make(Expression::Kind::string, cursor_.span(token));
  node->text = std::move(*text);
  return node;
}

std::optional<std::string> Parser::decoded(const Token& string) {
  std::string_view quoted = cursor_.text(string);
  quoted = quoted.substr(1, quoted.size() - 2);
  std::string text;
  for (std::size_t at = 0; at < quoted.size(); ++at) {
    if (quoted[at] == '\\' && ++at < quoted.size() && quoted[at] != '\\' && quoted[at] != '"') {
      Span span = cursor_.span(string);
      span.begin += static_cast<std::uint32_t>(at);
      span.end = span.begin + 2;
      const std::size_t length = std::max<std::size_t>(1, utf8_character(quoted, at));
      diagnostics_.report(Message::string_escape, span, quoted.substr(at, length)).hint =
          "a string knows `\\\"` and `\\\\`; write the parts of a path with `/`";
      return std::nullopt;
    }
    text += quoted[at];
  }
  return text;
}

ExpressionPtr Parser::size() {
  constexpr std::string_view hint = "the size of an axis is `|axis|`, an absolute value `abs(x)`";
  const Token first = cursor_.take();
  if (!cursor_.at(TokenKind::name)) return expected("an axis", hint);
  const Token axis = cursor_.take();
  if (!cursor_.at(TokenKind::bar)) return expected("`|`", hint);
  ExpressionPtr node = make(Expression::Kind::size, through(cursor_.span(first), cursor_.span(cursor_.take())));
  node->text = cursor_.text(axis);
  node->name_span = cursor_.span(axis);
  return node;
}

}  // namespace tenet::syntax
