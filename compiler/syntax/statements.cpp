// Statements, and the program that they make.
#include <algorithm>

#include "compiler/syntax/parser.h"
#include "compiler/syntax/words.h"

namespace tenet::syntax {

Program parse(Diagnostics& diagnostics, std::uint32_t file) { return Parser(diagnostics, file).program(); }

ExpressionPtr parse_expression(Diagnostics& diagnostics, std::uint32_t file) {
  return Parser(diagnostics, file).only_expression();
}

Program Parser::program() {
  while (!cursor_.at(TokenKind::end)) {
    cursor_.begin_statement();
    if (!statement() || !end_of_statement()) cursor_.recover();
    cursor_.begin_statement();
  }
  return std::move(program_);
}

ExpressionPtr Parser::only_expression() {
  ExpressionPtr value = expression();
  if (value && !cursor_.at(TokenKind::end)) return expected("the end of the expression");
  return value;
}

bool Parser::statement() {
  struct Row {
    std::string_view word;
    bool (Parser::*read)();
  };
  static constexpr Row rows[] = {
      {"axis", &Parser::axis_statement},     {"data", &Parser::data_statement},     {"param", &Parser::param_statement},
      {"fn", &Parser::fn_statement},         {"claim", &Parser::claim_statement},   {"assume", &Parser::assume_statement},
      {"import", &Parser::import_statement}, {"train", &Parser::train_statement},   {"sample", &Parser::sample_statement},
      {"state", &Parser::state_statement},   {"update", &Parser::update_statement}, {"optimizer", &Parser::optimizer_statement},
      {"layer", &Parser::layer_statement},
  };
  if (starts_definition()) return definition_statement();
  const std::string_view word = cursor_.text(cursor_.peek());
  const Row* row = std::ranges::find(rows, word, &Row::word);
  const bool begins = cursor_.at(TokenKind::keyword) || (is_statement_word(word) && before_name());
  if (row == std::end(rows) || !begins) return not_a_statement();
  cursor_.take();
  return (this->*row->read)();
}

// Says what a line that is none may have been meant as.
bool Parser::not_a_statement() {
  const Token first = cursor_.peek();
  const std::string word(cursor_.text(first));
  const Span span = cursor_.span(first);
  if (!first.first_on_line && first.kind != TokenKind::name) return expected("a statement"), false;
  switch (first.kind) {
    case TokenKind::invalid:
      return false;
    case TokenKind::operation:
    case TokenKind::equals:
    case TokenKind::comma:
    case TokenKind::colon:
      diagnostics_.report(Message::operator_starts_line, span, word).hint = fmt::format("end the line above with it: `{}`", word);
      return false;
    case TokenKind::close_round:
    case TokenKind::close_square:
    case TokenKind::close_brace:
      diagnostics_.report(Message::bracket_unopened, span, word);
      return false;
    default:
      break;
  }
  const std::string meant = first.kind == TokenKind::name && before_name() ? nearest(word, statement_words()) : "";
  diagnostics_.report(Message::statement_expected, span).hint =
      meant.empty() ? "a value is given a name: `name = value`" : fmt::format("did you mean `{}`?", meant);
  return false;
}

bool Parser::end_of_statement() {
  if (cursor_.at_statement_end() || cursor_.last().kind == TokenKind::close_brace) return true;
  return expected("the end of the line"), false;
}

std::optional<Name> Parser::defined_name(std::string_view what) {
  const Token token = cursor_.peek();
  const std::string_view text = cursor_.text(token);
  const bool word = token.kind == TokenKind::keyword || (token.kind == TokenKind::operation && is_reserved(text));
  const bool begins = is_reserved(text) && cursor_.dangling() != nullptr;  // another statement
  if ((token.kind != TokenKind::name && !word) || begins) return expected(what), std::nullopt;
  cursor_.take();
  if (is_reserved(text)) {
    diagnostics_.report(Message::name_reserved, cursor_.span(token), text);
    return std::nullopt;
  }
  if (text.find('.') != std::string_view::npos) {
    diagnostics_.report(Message::name_is_path, cursor_.span(token), text);
    return std::nullopt;
  }
  return Name{std::string(text), cursor_.span(token)};
}

std::optional<Name> Parser::used_name(std::string_view what, std::string_view hint) {
  if (!cursor_.at(TokenKind::name)) return expected(what, hint), std::nullopt;
  const Token token = cursor_.take();
  return Name{std::string(cursor_.text(token)), cursor_.span(token)};
}

std::optional<std::vector<Name>> Parser::names_in_brackets(bool defined) {
  if (!enter_bracket()) return std::nullopt;
  std::vector<Name> names;
  for (;;) {
    std::optional<Name> name = defined ? defined_name("an axis") : used_name("an axis");
    if (!name) return std::nullopt;
    names.push_back(std::move(*name));
    if (!cursor_.at(TokenKind::comma)) break;
    cursor_.take();
  }
  if (!expect(TokenKind::close_square, "`,` or `]`")) return std::nullopt;
  return names;
}

bool Parser::axis_statement() { return axis_declarations(program_.axes); }

bool Parser::axis_declarations(std::vector<AxisDeclaration>& into) {
  for (;;) {
    std::optional<Name> name = defined_name("the name of an axis");
    if (!name) return false;
    ExpressionPtr size;
    if (cursor_.at(TokenKind::equals)) {
      cursor_.take();
      size = expression();
      if (!size) return false;
    }
    into.push_back({std::move(*name), std::move(size)});
    if (!cursor_.at(TokenKind::comma)) return true;
    cursor_.take();
  }
}

bool Parser::data_statement() {
  std::optional<Name> name = defined_name("the name of the data");
  if (!name) return false;
  Data data{std::move(*name), {}, {}, {}};
  if (cursor_.at(TokenKind::open_square)) {
    std::optional<std::vector<Name>> axes = names_in_brackets(false);
    if (!axes) return false;
    data.axes = std::move(*axes);
  }
  if (cursor_.at(TokenKind::colon)) {
    cursor_.take();
    data.typed_by = used_name("an axis");
    if (!data.typed_by) return false;
  }
  if (cursor_.at(TokenKind::equals)) {
    cursor_.take();
    const Scoped<bool> strings(strings_, true);
    data.source = expression();
    if (!data.source) return false;
  }
  program_.data.push_back(std::move(data));
  return true;
}

bool Parser::param_statement() {
  std::optional<Parameter> read = parameter();
  if (!read) return false;
  program_.parameters.push_back(std::move(*read));
  return true;
}

std::optional<Parameter> Parser::parameter() {
  std::optional<Name> name = defined_name("the name of the parameter");
  if (!name) return std::nullopt;
  Parameter parameter{std::move(*name), {}, {}};
  if (cursor_.at(TokenKind::open_square)) {
    std::optional<std::vector<Name>> axes = names_in_brackets(false);
    if (!axes) return std::nullopt;
    parameter.axes = std::move(*axes);
  }
  if (!cursor_.at(TokenKind::equals)) {
    expected("`=`", fmt::format("a parameter has an initial value: `param {} = normal()`", parameter.name.text));
    return std::nullopt;
  }
  cursor_.take();
  parameter.initial = expression();
  if (!parameter.initial) return std::nullopt;
  return parameter;
}

// `name =` or `name[axes] =`; `C[vocab = X]` is a value.
bool Parser::starts_definition() const {
  const auto kind = [&](std::size_t ahead) { return cursor_.look(ahead).kind; };
  const bool word = kind(0) == TokenKind::name || kind(0) == TokenKind::keyword || kind(0) == TokenKind::operation;
  if (!word || kind(1) == TokenKind::end) return false;
  if (kind(1) == TokenKind::equals) return kind(0) != TokenKind::operation || is_reserved(cursor_.text(cursor_.look(0)));
  if (kind(0) != TokenKind::name || kind(1) != TokenKind::open_square) return false;
  std::size_t ahead = 2;
  while (kind(ahead) == TokenKind::name || kind(ahead) == TokenKind::comma) ++ahead;
  return kind(ahead) == TokenKind::close_square && kind(ahead + 1) == TokenKind::equals;
}

bool Parser::before_name() const { return cursor_.look(1).kind == TokenKind::name && !cursor_.look(1).first_on_line; }

std::optional<Definition> Parser::definition() {
  std::optional<Name> name = defined_name("a name");
  if (!name) return std::nullopt;
  Definition definition{std::move(*name), {}, {}};
  if (cursor_.at(TokenKind::open_square)) {
    definition.axes = names_in_brackets(false);
    if (!definition.axes) return std::nullopt;
  }
  if (!expect(TokenKind::equals, "`=`")) return std::nullopt;
  definition.value = at_instance() ? instance() : expression();
  if (!definition.value) return std::nullopt;
  return definition;
}

// `linear[embed, hidden]` up to the statement's end.
bool Parser::at_instance() const {
  const auto kind = [&](std::size_t ahead) { return cursor_.look(ahead).kind; };
  if (kind(0) != TokenKind::name || kind(1) != TokenKind::open_square) return false;
  std::size_t ahead = 2;
  for (int depth = 1; depth > 0; ++ahead) {
    if (kind(ahead) == TokenKind::close_square) --depth;
    const bool axes = kind(ahead) == TokenKind::name || kind(ahead) == TokenKind::comma || kind(ahead) == TokenKind::open_round ||
                      kind(ahead) == TokenKind::close_round || kind(ahead) == TokenKind::close_square;
    if (!axes) return false;
  }
  return cursor_.look(ahead).first_on_line || kind(ahead) == TokenKind::end || kind(ahead) == TokenKind::close_brace;
}

ExpressionPtr Parser::instance() {
  ExpressionPtr layer = name();
  if (!layer) return nullptr;
  std::optional<std::vector<Bracket>> axes = brackets();
  if (!axes) return nullptr;
  layer->kind = Expression::Kind::instance;
  layer->brackets = std::move(*axes);
  layer->span = through(layer->span, cursor_.span(cursor_.last()));
  return layer;
}

bool Parser::definition_statement() {
  std::optional<Definition> read = definition();
  if (!read) return false;
  program_.definitions.push_back(std::move(*read));
  return true;
}

std::optional<State> Parser::state() {
  std::optional<Name> name = defined_name("the name of the state");
  if (!name) return std::nullopt;
  State state{std::move(*name), {}, {}};
  if (cursor_.at(TokenKind::open_square)) {
    state.axes = names_in_brackets(false);
    if (!state.axes) return std::nullopt;
  }
  if (!cursor_.at(TokenKind::equals)) {
    expected("`=`", fmt::format("a state has an initial value: `state {} = 0`", state.name.text));
    return std::nullopt;
  }
  cursor_.take();
  state.initial = expression();
  if (!state.initial) return std::nullopt;
  return state;
}

std::optional<Update> Parser::update() {
  std::optional<Name> name = used_name("the name of a state");
  if (!name || !expect(TokenKind::equals, "`=`")) return std::nullopt;
  ExpressionPtr value = expression();
  if (!value) return std::nullopt;
  return Update{std::move(*name), std::move(value)};
}

bool Parser::state_statement() {
  std::optional<State> read = state();
  if (!read) return false;
  program_.states.push_back(std::move(*read));
  return true;
}

bool Parser::update_statement() {
  std::optional<Update> read = update();
  if (!read) return false;
  program_.updates.push_back(std::move(*read));
  return true;
}

bool Parser::claim_statement() {
  const Span begin = cursor_.span(cursor_.last());
  Claim claim;
  if (cursor_.at(TokenKind::name) && cursor_.look(1).kind == TokenKind::colon) {
    claim.name = used_name("a name");
    cursor_.take();
  }
  claim.left = side();
  if (!claim.left) return false;
  if (!cursor_.at_operator(Op::equal)) {
    if (cursor_.is_past_brackets() || cursor_.at(TokenKind::invalid)) return expected("`==`"), false;
    Diagnostic& diagnostic = diagnostics_.report(Message::claim_not_equality, cursor_.span(cursor_.peek()));
    if (cursor_.at(TokenKind::equals)) diagnostic.hint = "equality is written `==`";
    if (at_comparison()) diagnostic.hint = "a comparison inside a side stands in brackets: `(a < b) == c`";
    return false;
  }
  cursor_.take();
  claim.right = side();
  if (!claim.right) return false;
  if (at_comparison()) {
    diagnostics_.report(Message::claim_two_relations, cursor_.span(cursor_.peek())).hint =
        "put a comparison inside a side in brackets: `a == (b == c)`";
    return false;
  }
  claim.span = through(begin, claim.right->span);
  program_.claims.push_back(std::move(claim));
  return true;
}

bool Parser::assume_statement() {
  const Span begin = cursor_.span(cursor_.last());
  Assumption assumption{Op::equal, {}, {}, {}};
  assumption.left = side();
  if (!assumption.left) return false;
  if (!at_comparison() || cursor_.at_operator(Op::not_equal)) {
    if (cursor_.at(TokenKind::invalid)) return false;
    diagnostics_.report(Message::assume_not_relation, cursor_.span(cursor_.peek()));
    return false;
  }
  assumption.relation = cursor_.take().op;
  assumption.right = side();
  if (!assumption.right) return false;
  if (at_comparison()) {
    diagnostics_.report(Message::assume_two_relations, cursor_.span(cursor_.peek())).hint =
        "write two assumptions, or put a comparison inside a side in brackets";
    return false;
  }
  assumption.span = through(begin, assumption.right->span);
  program_.assumptions.push_back(std::move(assumption));
  return true;
}

bool Parser::import_statement() {
  const Span begin = cursor_.span(cursor_.last());
  if (!cursor_.at(TokenKind::string)) return expected("a path in double quotes"), false;
  const Token path = cursor_.take();
  std::optional<std::string> text = decoded(path);
  if (!text) return false;
  program_.imports.push_back({std::move(*text), through(begin, cursor_.span(path))});
  return true;
}

bool Parser::train_statement() {
  const Span begin = cursor_.span(cursor_.last());
  std::optional<Name> loss = used_name("the name of the loss");
  if (!loss) return false;
  Train train{std::move(*loss), {}, {}};
  if (!entries(train.entries)) return false;
  train.span = through(begin, cursor_.span(cursor_.last()));
  program_.trains.push_back(std::move(train));
  return true;
}

bool Parser::sample_statement() {
  const Span begin = cursor_.span(cursor_.last());
  std::optional<Name> distribution = used_name("the name of the distribution");
  if (!distribution) return false;
  Sample sample{std::move(*distribution), {}, {}};
  if (!entries(sample.entries)) return false;
  sample.span = through(begin, cursor_.span(cursor_.last()));
  program_.samples.push_back(std::move(sample));
  return true;
}

}  // namespace tenet::syntax
