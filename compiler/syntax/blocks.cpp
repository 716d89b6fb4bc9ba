// What has a { } block: functions, and the recipes of `train` and `sample`.
#include "compiler/syntax/parser.h"
#include "compiler/syntax/words.h"

namespace tenet::syntax {

bool Parser::fn_statement() {
  Function read;
  if (!function(read, Block::function)) return false;
  if (read.value) program_.functions.push_back(std::move(read));
  return true;
}

bool Parser::layer_statement() {
  Function read;
  if (!function(read, Block::layer)) return false;
  if (read.value) program_.layers.push_back(std::move(read));
  return true;
}

bool Parser::optimizer_statement() {
  Function read;
  if (!function(read, Block::optimizer)) return false;
  if (read.value) program_.optimizers.push_back(std::move(read));
  return true;
}

// From the name on. Without a value: a line of its block was wrong, which is reported, and the block is read past its `}`.
bool Parser::function(Function& function, Block kind) {
  static constexpr std::string_view names[] = {"the name of the function", "the name of the layer", "the name of the optimizer"};
  std::optional<Name> name = defined_name(names[static_cast<std::size_t>(kind)]);
  if (!name) return false;
  function.name = std::move(*name);
  if (cursor_.at(TokenKind::open_square)) {
    std::optional<std::vector<Name>> axes = names_in_brackets(true);
    if (!axes) return false;
    function.axes = std::move(*axes);
  }
  if (!formals(function)) return false;
  if (cursor_.at(TokenKind::equals)) {
    cursor_.take();
    function.value = expression();
    if (!function.value) return false;
  } else if (cursor_.at(TokenKind::open_brace)) {
    if (!function_block(function, kind)) function.value = nullptr;
  } else {
    return expected("`=` or `{`"), false;
  }
  return true;
}

bool Parser::formals(Function& function) {
  if (!cursor_.at(TokenKind::open_round)) return expected("`(` and the function's arguments"), false;
  if (!enter_bracket()) return false;
  while (!cursor_.at(TokenKind::close_round)) {
    std::optional<Name> name = defined_name("the name of an argument");
    if (!name) return false;
    ExpressionPtr initial;
    if (cursor_.at(TokenKind::equals)) {
      cursor_.take();
      initial = expression();
      if (!initial) return false;
    }
    function.arguments.push_back({std::move(*name), std::move(initial)});
    if (!cursor_.at(TokenKind::comma)) break;
    cursor_.take();
  }
  return expect(TokenKind::close_round, "`,` or `)`");
}

// False where a line was wrong.
bool Parser::function_block(Function& function, Block kind) {
  bool sound = cursor_.enter_block();
  while (!cursor_.block_ended()) {
    cursor_.begin_statement();
    if (function.value) {
      diagnostics_.report(Message::function_value_not_last, function.value->span).hint =
          "give it a name, `name = value`, or leave it out";
      function.value = nullptr;
      sound = false;
    }
    if (function_line(function, kind) && end_of_statement()) continue;
    cursor_.recover();
    sound = false;
  }
  cursor_.leave_block();
  if (sound && !function.value) {
    diagnostics_.report(Message::function_without_value, function.name.span, function.name.text).hint =
        "the last line of the block is an expression, the function's value";
    sound = false;
  }
  return sound;
}

bool Parser::function_line(Function& function, Block kind) {
  const Token first = cursor_.peek();
  if (starts_definition()) {
    std::optional<Definition> local = definition();
    if (!local) return false;
    function.locals.push_back(std::move(*local));
    return true;
  }
  if (cursor_.at_word("axis")) {
    cursor_.take();
    return axis_declarations(function.local_axes);
  }
  if (const std::optional<bool> read = owned_line(function, kind)) return *read;
  if (first.kind == TokenKind::keyword || (is_statement_word(cursor_.text(first)) && before_name())) {
    diagnostics_.report(Message::statement_in_function, cursor_.span(first), cursor_.text(first));
    return false;
  }
  if (first.kind == TokenKind::name && before_name()) return not_a_statement();
  function.value = expression();
  return function.value != nullptr;
}

// What a layer or an optimizer owns: parameters, states and their updates. Nothing: the line is no such.
std::optional<bool> Parser::owned_line(Function& function, Block kind) {
  const std::string_view word = cursor_.text(cursor_.peek());
  const auto read = [&](auto&& statement, auto& into) {
    cursor_.take();
    auto one = (this->*statement)();
    if (one) into.push_back(std::move(*one));
    return one.has_value();
  };
  if (kind == Block::layer && cursor_.at_word("param")) return read(&Parser::parameter, function.parameters);
  if (kind == Block::function || !before_name()) return std::nullopt;
  if (word == "state") return read(&Parser::state, function.states);
  if (word == "update") return read(&Parser::update, function.updates);
  return std::nullopt;
}

bool Parser::entries(std::vector<Entry>& into) {
  if (!cursor_.at(TokenKind::open_brace)) return expected("`{`"), false;
  cursor_.enter_block();
  while (!cursor_.block_ended()) {
    cursor_.begin_statement();
    std::optional<Entry> entry = recipe_entry();
    if (entry && end_of_statement()) {
      into.push_back(std::move(*entry));
    } else {
      cursor_.recover();
    }
  }
  cursor_.leave_block();
  return true;
}

std::optional<Entry> Parser::recipe_entry() {
  std::optional<Name> key = used_name("a key of the recipe");
  if (!key) return std::nullopt;
  Entry entry{std::move(*key), {}, {}};
  if (cursor_.at(TokenKind::open_round)) {
    if (!enter_bracket()) return std::nullopt;
    while (true) {
      std::optional<Name> name = used_name("the name of a parameter");
      if (!name) return std::nullopt;
      entry.of.push_back(std::move(*name));
      if (!cursor_.at(TokenKind::comma)) break;
      cursor_.take();
    }
    if (!expect(TokenKind::close_round, "`,` or `)`")) return std::nullopt;
  }
  if (!expect(TokenKind::equals, "`=`")) return std::nullopt;
  entry.value = recipe_value();
  if (!entry.value) return std::nullopt;
  return entry;
}

// One expression, or several as a list: `split = 80, 10, 10`.
ExpressionPtr Parser::recipe_value() {
  const Scoped<bool> strings(strings_, true);
  ExpressionPtr first = expression();
  if (!first || !cursor_.at(TokenKind::comma)) return first;
  auto all = std::make_unique<Expression>();
  all->kind = Expression::Kind::list;
  all->span = all->name_span = first->span;
  all->operands.push_back(std::move(first));
  while (cursor_.at(TokenKind::comma)) {
    cursor_.take();
    ExpressionPtr next = expression();
    if (!next) return nullptr;
    all->span = through(all->span, next->span);
    all->operands.push_back(std::move(next));
  }
  return measured(std::move(all));
}

}  // namespace tenet::syntax
