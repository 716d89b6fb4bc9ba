// What stands in brackets: ( ), lists, the axes and arguments of calls, substitutions.
#include "compiler/syntax/parser.h"

namespace tenet::syntax {

bool Parser::enter_bracket() {
  if (cursor_.open().size() >= static_cast<std::size_t>(deepest)) {
    diagnostics_.report(Message::expression_too_deep, cursor_.span(cursor_.peek()), deepest).hint =
        "give intermediate values names";
    return false;
  }
  cursor_.take();
  return true;
}

ExpressionPtr Parser::in_round() {
  const Scoped<bool> comparisons(comparisons_end_, false);
  const Span open = cursor_.span(cursor_.peek());
  if (!enter_bracket()) return nullptr;
  ExpressionPtr value = expression();
  if (!value) return nullptr;
  const Span close = cursor_.span(cursor_.peek());
  if (!expect(TokenKind::close_round, "`)`")) return nullptr;
  value->span = through(open, close);
  return value;
}

ExpressionPtr Parser::list() {
  const Scoped<bool> comparisons(comparisons_end_, false);
  const Span open = cursor_.span(cursor_.peek());
  if (!strings_) {
    diagnostics_.report(Message::list_misplaced, open);
    return nullptr;
  }
  if (!enter_bracket()) return nullptr;
  auto node = std::make_unique<Expression>();
  node->kind = Expression::Kind::list;
  if (!cursor_.at(TokenKind::close_square)) {
    for (;;) {
      ExpressionPtr element = expression();
      if (!element) return nullptr;
      node->operands.push_back(std::move(element));
      if (!cursor_.at(TokenKind::comma)) break;
      cursor_.take();
    }
  }
  node->span = through(open, cursor_.span(cursor_.peek()));
  node->name_span = open;
  if (!expect(TokenKind::close_square, "`,` or `]`")) return nullptr;
  return measured(std::move(node));
}

std::optional<std::vector<Bracket>> Parser::brackets() {
  const Scoped<bool> comparisons(comparisons_end_, false);
  if (!enter_bracket()) return std::nullopt;
  std::vector<Bracket> all;
  for (;;) {
    std::optional<Bracket> one = bracket();
    if (!one) return std::nullopt;
    all.push_back(std::move(*one));
    if (!cursor_.at(TokenKind::comma)) break;
    cursor_.take();
  }
  if (!expect(TokenKind::close_square, "`,` or `]`")) return std::nullopt;
  return all;
}

std::optional<Bracket> Parser::bracket() {
  Bracket bracket;
  bracket.span = cursor_.span(cursor_.peek());
  if (cursor_.at(TokenKind::open_round)) {
    if (!enter_bracket()) return std::nullopt;
    for (;;) {
      std::optional<Name> axis = used_name("an axis");
      if (!axis) return std::nullopt;
      bracket.names.push_back(std::move(*axis));
      if (!cursor_.at(TokenKind::comma)) break;
      cursor_.take();
    }
    bracket.span = through(bracket.span, cursor_.span(cursor_.peek()));
    if (!expect(TokenKind::close_round, "`,` or `)`")) return std::nullopt;
    return bracket;
  }
  const Token first = cursor_.peek();
  const bool place = first.kind == TokenKind::number || first.kind == TokenKind::colon;
  std::optional<Name> axis = used_name("an axis", place ? "a place is given by its axis's name: `x[axis = 0]`" : "");
  if (!axis) return std::nullopt;
  bracket.names.push_back(std::move(*axis));
  if (!cursor_.at(TokenKind::equals)) return bracket;
  cursor_.take();
  bracket.value = expression();
  if (!bracket.value) return std::nullopt;
  bracket.span = through(bracket.span, bracket.value->span);
  if (!cursor_.at_word("else")) return bracket;
  cursor_.take();
  bracket.otherwise = expression();
  if (!bracket.otherwise) return std::nullopt;
  bracket.span = through(bracket.span, bracket.otherwise->span);
  return bracket;
}

ExpressionPtr Parser::replaced(ExpressionPtr value, std::vector<Bracket> brackets) {
  for (const Bracket& bracket : brackets) {
    if (bracket.value) continue;
    diagnostics_.report(Message::axes_without_call, bracket.span, bracket.names.front().text).hint =
        "replace an axis with `x[axis = index]`, call a function with `f[axis](x)`";
    return nullptr;
  }
  auto node = std::make_unique<Expression>();
  node->kind = Expression::Kind::substitute;
  node->span = through(value->span, cursor_.span(cursor_.last()));
  node->name_span = through(brackets.front().span, brackets.back().span);
  node->operands.push_back(std::move(value));
  node->brackets = std::move(brackets);
  return measured(std::move(node));
}

ExpressionPtr Parser::call(ExpressionPtr function, std::vector<Bracket> brackets) {
  const Scoped<bool> comparisons(comparisons_end_, false);
  if (function->kind != Expression::Kind::name) {
    diagnostics_.report(Message::call_of_value, function->span).hint = "a product is written `*`";
    return nullptr;
  }
  for (const Bracket& bracket : brackets) {
    if (!bracket.otherwise) continue;
    diagnostics_.report(Message::else_in_call, bracket.otherwise->span);
    return nullptr;
  }
  if (!enter_bracket()) return nullptr;
  function->kind = Expression::Kind::call;
  function->brackets = std::move(brackets);
  if (!cursor_.at(TokenKind::close_round)) {
    for (bool after_named = false;;) {
      std::optional<Argument> one = argument(after_named);
      if (!one) return nullptr;
      after_named = one->name.has_value();
      function->arguments.push_back(std::move(*one));
      if (!cursor_.at(TokenKind::comma)) break;
      cursor_.take();
    }
  }
  function->span = through(function->span, cursor_.span(cursor_.peek()));
  if (!expect(TokenKind::close_round, "`,` or `)`")) return nullptr;
  return measured(std::move(function));
}

std::optional<Argument> Parser::argument(bool after_named) {
  Argument argument;
  const Span begin = cursor_.span(cursor_.peek());
  if (cursor_.at(TokenKind::name) && cursor_.look(1).kind == TokenKind::equals) {
    argument.name = used_name("an argument");
    cursor_.take();
  } else if (after_named) {
    diagnostics_.report(Message::argument_after_named, begin);
    return std::nullopt;
  }
  if (cursor_.at_word("axis")) return expected("an expression", "axes stand in square brackets: `sum[n](x)`"), std::nullopt;
  argument.value = expression();
  if (!argument.value) return std::nullopt;
  return argument;
}

}  // namespace tenet::syntax
