// Exact rationals as machine numbers.
#pragma once

#include <gmpxx.h>

namespace tenet {

// The double nearest to `value`, infinite beyond the range.
double nearest_double(const mpq_class& value);

// `pi` as the constant that stands for it: 40 digits, far beyond what double precision can tell apart.
const mpq_class& pi();

}  // namespace tenet
