// Exact rationals as machine numbers.
#pragma once

#include <gmpxx.h>

namespace tenet {

// The double nearest to `value`, infinite beyond the range.
double nearest_double(const mpq_class& value);

}  // namespace tenet
