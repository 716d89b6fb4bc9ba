#include "compiler/graph/rational.h"

#include <cmath>
#include <limits>

namespace tenet {

double nearest_double(const mpq_class& value) {
  const double truncated = value.get_d();  // toward zero
  if (!std::isfinite(truncated)) return truncated;
  const double next = std::nextafter(truncated, sgn(value) * std::numeric_limits<double>::infinity());
  if (sgn(value) == 0 || !std::isfinite(next)) return truncated;
  const mpq_class below = abs(mpq_class(value - mpq_class(truncated))), above = abs(mpq_class(mpq_class(next) - value));
  return above < below ? next : truncated;
}

const mpq_class& pi() {
  static const mpq_class value("3141592653589793238462643383279502884197/1000000000000000000000000000000000000000");
  return value;
}

}  // namespace tenet
