// The parser's inside: recursive descent, one member function a form. A function that returns null, nothing or false has
// reported why; the statement is then left and the next one read.
#pragma once

#include "compiler/syntax/cursor.h"
#include "compiler/syntax/parse.h"

namespace tenet::syntax {

// Trees deeper than this, and brackets nested deeper, are refused: what walks a tree may recurse, but for chains of operators.
inline constexpr int deepest = 256;

// Sets a variable for as long as it lives.
template <class Value>
class Scoped {
 public:
  Scoped(Value& place, Value value) : place_(place), before_(place) { place_ = value; }
  ~Scoped() { place_ = before_; }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;

 private:
  Value& place_;
  Value before_;
};

// From the begin of one span to the end of another.
inline Span through(Span first, Span last) { return {first.file, first.begin, last.end}; }

class Parser {
 public:
  Parser(Diagnostics& diagnostics, std::uint32_t file) : diagnostics_(diagnostics), cursor_(diagnostics, file) {}

  Program program();
  ExpressionPtr only_expression();

 private:
  // Statements (statements.cpp). Each adds what it read to program_.
  bool statement();
  bool axis_statement();
  bool data_statement();
  bool param_statement();
  bool fn_statement();
  bool layer_statement();
  bool optimizer_statement();
  bool state_statement();
  bool update_statement();
  bool claim_statement();
  bool assume_statement();
  bool import_statement();
  bool train_statement();
  bool sample_statement();
  bool definition_statement();
  bool not_a_statement();
  bool end_of_statement();
  bool axis_declarations(std::vector<AxisDeclaration>& into);
  bool starts_definition() const;
  bool before_name() const;  // a name on the line follows the next token
  std::optional<Definition> definition();
  bool at_instance() const;
  ExpressionPtr instance();

  // Names that a statement introduces, and lists of names in `[ ]`.
  std::optional<Name> defined_name(std::string_view what);
  std::optional<Name> used_name(std::string_view what, std::string_view hint = {});
  std::optional<std::vector<Name>> names_in_brackets(bool defined);

  // Functions and recipes (blocks.cpp).
  enum class Block : std::uint8_t { function, layer, optimizer };
  bool function(Function& function, Block kind);
  bool formals(Function& function);
  bool function_block(Function& function, Block kind);
  bool function_line(Function& function, Block kind);
  std::optional<bool> owned_line(Function& function, Block kind);
  std::optional<Parameter> parameter();
  std::optional<State> state();
  std::optional<Update> update();
  bool entries(std::vector<Entry>& into);
  std::optional<Entry> recipe_entry();
  ExpressionPtr recipe_value();

  // Expressions (expressions.cpp), from loose to tight; what stands in brackets and calls (brackets.cpp).
  ExpressionPtr expression();
  ExpressionPtr side();  // of a claim or assumption: a comparison outside brackets ends it
  ExpressionPtr binary(int loosest);
  ExpressionPtr right_operand(const Token& sign, int loosest);
  ExpressionPtr prefixed(int loosest);
  ExpressionPtr infix(ExpressionPtr left);
  ExpressionPtr postfix();
  ExpressionPtr primary();
  ExpressionPtr name();
  ExpressionPtr number();
  ExpressionPtr string();
  ExpressionPtr size();
  ExpressionPtr in_round();
  ExpressionPtr list();
  ExpressionPtr call(ExpressionPtr function, std::vector<Bracket> brackets);
  ExpressionPtr replaced(ExpressionPtr value, std::vector<Bracket> brackets);
  std::optional<std::vector<Bracket>> brackets();
  std::optional<Bracket> bracket();
  std::optional<Argument> argument(bool after_named);
  std::optional<std::string> decoded(const Token& string);
  ExpressionPtr measured(ExpressionPtr node);  // sets its depth and bounds it
  bool enter_bracket();                        // takes one that opens, and bounds them
  bool at_comparison();

  std::nullptr_t expected(std::string_view what, std::string_view hint = {});
  bool expect(TokenKind kind, std::string_view what);

  Diagnostics& diagnostics_;
  Cursor cursor_;
  Program program_;
  bool strings_ = false;          // strings and lists may stand here
  bool comparisons_end_ = false;  // in a side, outside brackets
  int operators_ = 0;             // operators whose right operand is being read
};

}  // namespace tenet::syntax
