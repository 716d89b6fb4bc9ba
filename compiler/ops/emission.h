// The native formulas of the operation table's `emit` column.
//
// Operands. Of an operation whose kind is `arithmetic`, all operands have the result's kind, real or whole (of `where` the
// two branches; its condition is a truth). Of a comparison, both are real or both whole. Of a logical operation, truths. Of
// every other operation, reals. Whoever emits converts beforehand (Emitter::to_real, to_whole).
//
// Accuracy. Single precision, no calls: polynomials on a reduced range. Each function states its error in units in the last
// place (ulp) of the result; tests/unit/emission_test.cpp measures them. What would come out below the least normal number
// 2^-126 may come out as 0: native code flushes denormals.
#pragma once

#include <span>

#include "compiler/ops/emitter.h"

namespace tenet::emission {

using Value = Emitter::Value;
using Operands = std::span<const Value>;

Value add(Emitter&, Operands);
Value subtract(Emitter&, Operands);
Value multiply(Emitter&, Operands);
Value divide(Emitter&, Operands);
Value negate(Emitter&, Operands);
Value power(Emitter&, Operands);
Value exp(Emitter&, Operands);
Value log(Emitter&, Operands);
Value sqrt(Emitter&, Operands);
Value tanh(Emitter&, Operands);
Value sigmoid(Emitter&, Operands);
Value abs(Emitter&, Operands);
Value sign(Emitter&, Operands);
Value floor(Emitter&, Operands);
Value sin(Emitter&, Operands);
Value cos(Emitter&, Operands);
Value erf(Emitter&, Operands);
Value relu(Emitter&, Operands);
Value log1p(Emitter&, Operands);
Value expm1(Emitter&, Operands);
Value softplus(Emitter&, Operands);
Value maximum(Emitter&, Operands);
Value minimum(Emitter&, Operands);
Value equal(Emitter&, Operands);
Value not_equal(Emitter&, Operands);
Value less(Emitter&, Operands);
Value less_equal(Emitter&, Operands);
Value greater(Emitter&, Operands);
Value greater_equal(Emitter&, Operands);
Value logical_and(Emitter&, Operands);
Value logical_or(Emitter&, Operands);
Value logical_not(Emitter&, Operands);
Value where(Emitter&, Operands);

}  // namespace tenet::emission
