// The syntax tree: what was written, with the place of every part. Names are not resolved here.
#pragma once

#include <gmpxx.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/ops/operations.h"

namespace tenet::syntax {

struct Name {
  std::string text;
  Span span;
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Argument {  // by place, or by name
  std::optional<Name> name;
  ExpressionPtr value;
};

// One of `brackets`: a name (`sum[i]`), a group (`f[(batch, time)]`), or a binding (`C[vocab = X]`, `sum[j = |i|]`).
struct Bracket {
  std::vector<Name> names;  // one name; several for a group; the replaced axis of a binding
  ExpressionPtr value;      // binding: the index or size; else null
  ExpressionPtr otherwise;  // binding with `else value`; else null
  Span span;
};

struct Expression {
  enum class Kind {
    number,    // number
    string,    // text (recipes only)
    name,      // text
    size,      // |axis|: text
    infinity,  // inf
    pi,
    operation,   // op with operands: an infix or prefix operator (operation table)
    call,        // text, brackets, arguments: text[...](...); every function, reduction, where, grad, stop
    instance,    // text, brackets: a layer that is named without arguments, `encode = linear[embed, hidden]`
    substitute,  // operands[0], brackets
    list         // operands: `a, b, c` at the top of a recipe's value, or [ ... ]
  };
  Kind kind;
  Span span;
  std::string text;
  Span name_span;  // call, name, size: where the name stands
  mpq_class number;
  bool whole = false;  // number: written without point and exponent
  Op op = Op::add;
  Span operator_span;
  std::vector<ExpressionPtr> operands;
  std::vector<Bracket> brackets;
  std::vector<Argument> arguments;
  int depth = 1;  // of the tree below, first operands of operations apart; the parser bounds it (256)

  ~Expression();
};

// A chain of operators, `a + b + c`, is a tree as deep as it is long, but nothing in it is nested: what walks a tree follows it
// in a loop. The expression, its first operand if it is an operation, the first operand of that, and so on.
std::vector<const Expression*> chain_of(const Expression& expression);

// The expressions that stand in it, but for the first operand of an operation: those beside the chain.
std::vector<const Expression*> beside_chain(const Expression& expression);

// `axis n`, `axis n = 3`; without a size it is open.
struct AxisDeclaration {
  Name name;
  ExpressionPtr size;
};
// `data X[batch] : vocab`, `data x[..] = load(..)`.
struct Data {
  Name name;
  std::vector<Name> axes;
  std::optional<Name> typed_by;
  ExpressionPtr source;
};
struct Parameter {
  Name name;
  std::vector<Name> axes;
  ExpressionPtr initial;
};
// `h = ...`, `h[batch, hidden] = ...`.
struct Definition {
  Name name;
  std::optional<std::vector<Name>> axes;
  ExpressionPtr value;
};
// An argument that a function declares, perhaps with a default.
struct Formal {
  Name name;
  ExpressionPtr initial;
};
// `state running[hidden] = 0`: a value that is kept from step to step.
struct State {
  Name name;
  std::optional<std::vector<Name>> axes;
  ExpressionPtr initial;
};
// `update running = ...`: its next value.
struct Update {
  Name state;
  ExpressionPtr value;
};
// `fn softmax[c](z) { ... }`; `layer linear[i, o](x) { ... }`, which has parameters, states and updates of its own;
// `optimizer momentum(p, g, rate) { ... }`, which has states and updates.
struct Function {
  Name name;
  std::vector<Name> axes;
  std::vector<Formal> arguments;
  std::vector<AxisDeclaration> local_axes;
  std::vector<Definition> locals;
  std::vector<Parameter> parameters;
  std::vector<State> states;
  std::vector<Update> updates;
  ExpressionPtr value;
};
struct Assumption {
  Op relation;
  ExpressionPtr left, right;
  Span span;
};
struct Claim {
  std::optional<Name> name;
  ExpressionPtr left, right;
  Span span;
};
struct Import {
  std::string path;
  Span span;
};

// `key = value` in a recipe; `optimizer(bias, gain) = value`.
struct Entry {
  Name key;
  std::vector<Name> of;
  ExpressionPtr value;
};
struct Train {
  Name loss;
  std::vector<Entry> entries;
  Span span;
};
struct Sample {
  Name distribution;
  std::vector<Entry> entries;
  Span span;
};

struct Program {
  std::vector<AxisDeclaration> axes;
  std::vector<Data> data;
  std::vector<Parameter> parameters;
  std::vector<Definition> definitions;
  std::vector<Function> functions, layers, optimizers;
  std::vector<State> states;
  std::vector<Update> updates;
  std::vector<Assumption> assumptions;
  std::vector<Claim> claims;
  std::vector<Import> imports;
  std::vector<Train> trains;
  std::vector<Sample> samples;
};

}  // namespace tenet::syntax
