// The operation table: one row an operation. Everything that differs between operations is a column here;
// the graph, reverse mode, the interpreter, the kernels and native code read the row and know no operation by name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "compiler/ops/emitter.h"

namespace tenet {

enum class Op : std::uint8_t {
  // Leaves.
  constant,
  infinity,
  pi,
  size,
  coordinate,
  input,
  normal,
  uniform,
  // Identity with a meaning: a definition's name; a constant to `grad`.
  named,
  stop,
  // Pointwise.
  add,
  subtract,
  multiply,
  divide,
  negate,
  power,
  exp,
  log,
  sqrt,
  tanh,
  sigmoid,
  abs,
  sign,
  floor,
  sin,
  cos,
  erf,
  relu,
  log1p,
  expm1,
  softplus,
  maximum,
  minimum,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
  logical_not,
  where,
  // Reductions over bound axes.
  sum,
  product,
  max_over,
  min_over,
  argmax,
  // Replaces axes by index expressions.
  substitute,
  // Values along an axis that read one another at earlier, or at later, places of it.
  recurrence,
  count_
};
inline constexpr std::size_t operation_count = static_cast<std::size_t>(Op::count_);

// What a value may be. A truth counts as 0 or 1 in arithmetic; an index is whole.
enum class Kind : std::uint8_t { real, whole, truth };

enum class Form : std::uint8_t { leaf, identity, pointwise, reduction, substitution, recurrence };

// How a result's kind follows from the operands'. `arithmetic`: whole if every operand is whole or a truth, else real
// (for `where` the condition does not count). `product`: the same, but a truth if both operands are.
enum class KindRule : std::uint8_t { given, same, arithmetic, product, real, whole, truth };

// How the operation is written. `infix` and `prefix` use `spelling` as the operator, `call` as a function's name,
// `reduce` as name[axes](e).
enum class Notation : std::uint8_t { leaf, infix, prefix, call, reduce, substitution };

// One row. Every column is stated for every operation (the constructor has no defaults).
struct Operation {
  using Adjoint = std::array<std::string_view, 3>;
  using Evaluate = double (*)(double a, double b, double c);
  using Emit = Emitter::Value (*)(Emitter&, std::span<const Emitter::Value>);

  Op op;

  // The operator or function as a program writes it; of what is not written by a word, the operation's name in dumps.
  std::string_view spelling;

  Form form;
  int arity;  // operands of a pointwise operation or reduction; -1 where it varies (leaves, substitution, recurrence)
  Notation notation;
  int binding;  // strength of the operator when printed, loose to tight 1..8; 9 for calls and leaves
  KindRule kind;

  // Adjoint of each operand as a formula in the language, linear in g: g is the result's adjoint, y the result, a b c the
  // operands, `axes` the bound axes of a reduction. Empty: no gradient passes.
  Adjoint adjoint;

  // Where the derivative has a convention (ties, kinks), the sentence that states it; else empty.
  std::string_view convention;

  // Double precision, pointwise operations: the value. Reductions: evaluate(accumulated, element). Else null.
  // `argmax` accumulates the greatest element, whose coordinate is the value.
  Evaluate evaluate;

  // Reductions: the value over nothing. Unused elsewhere.
  double identity;

  // Native code: pointwise operations: the value of one lane vector; reductions: accumulate(accumulated, element). Else null.
  // What kinds the operands have: compiler/ops/emission.h.
  Emit emit;

  // Scalar operations one element costs: arithmetic 1, a transcendental function 10, a root or fractional power 4, an
  // indicator 0.
  int cost;

  // An interval in which every operand may be drawn by the property tests without leaving the domain.
  double domain_low, domain_high;

  constexpr Operation(Op op, std::string_view spelling, Form form, int arity, Notation notation, int binding, KindRule kind,
                      Adjoint adjoint, std::string_view convention, Evaluate evaluate, double identity, Emit emit, int cost,
                      double domain_low, double domain_high)
      : op(op),
        spelling(spelling),
        form(form),
        arity(arity),
        notation(notation),
        binding(binding),
        kind(kind),
        adjoint(adjoint),
        convention(convention),
        evaluate(evaluate),
        identity(identity),
        emit(emit),
        cost(cost),
        domain_low(domain_low),
        domain_high(domain_high) {}
};

const Operation& operation(Op op);
std::span<const Operation> operations();

// The kind of a pointwise operation's result, by those of its operands (of `where`: of its two branches).
Kind result_kind(Op op, std::span<const Kind> operands);

// The pointwise function or reduction that a program calls by this name, if any. `max` and `min` with brackets [axes]
// are the reductions, without them the pointwise functions.
const Operation* function_called(std::string_view name);
const Operation* reduction_called(std::string_view name);

}  // namespace tenet
