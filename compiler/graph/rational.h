// Exact rationals as machine numbers.
#pragma once

#include <gmpxx.h>

#include <optional>

#include "compiler/ops/operations.h"

namespace tenet {

// The double nearest to `value`, infinite beyond the range.
double nearest_double(const mpq_class& value);

// A pointwise operation on exact numbers; `b` counts where it has two operands. Nothing where the result is not rational or not
// defined, or takes more than 4096 bits above or below its line: powers of powers would not end.
std::optional<mpq_class> exact_value(Op op, const mpq_class& a, const mpq_class& b);

}  // namespace tenet
