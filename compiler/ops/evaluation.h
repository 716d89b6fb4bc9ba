// The values of the operation table's `evaluate` column: double precision, IEEE 754, NaN passing through.
#pragma once

#include <cmath>
#include <limits>

namespace tenet::evaluation {

inline double add(double a, double b, double) { return a + b; }
inline double subtract(double a, double b, double) { return a - b; }
inline double multiply(double a, double b, double) { return a * b; }
inline double divide(double a, double b, double) { return a / b; }
inline double negate(double a, double, double) { return -a; }
inline double power(double a, double b, double) { return std::pow(a, b); }

inline double exp(double a, double, double) { return std::exp(a); }
inline double log(double a, double, double) { return std::log(a); }
inline double sqrt(double a, double, double) { return std::sqrt(a); }
inline double tanh(double a, double, double) { return std::tanh(a); }
inline double abs(double a, double, double) { return std::fabs(a); }
inline double sign(double a, double, double) { return a > 0 ? 1 : a < 0 ? -1 : a; }
inline double floor(double a, double, double) { return std::floor(a); }
inline double sin(double a, double, double) { return std::sin(a); }
inline double cos(double a, double, double) { return std::cos(a); }
inline double erf(double a, double, double) { return std::erf(a); }
inline double relu(double a, double, double) { return a < 0 ? 0 : a; }
inline double log1p(double a, double, double) { return std::log1p(a); }
inline double expm1(double a, double, double) { return std::expm1(a); }

// Neither exponential overflows: 1 / (1 + e^-a), and e^a / (1 + e^a) where a is negative.
inline double sigmoid(double a, double, double) {
  const double e = std::exp(-std::fabs(a));
  return (a < 0 ? e : 1) / (1 + e);
}

// log(1 + e^a) = max(a, 0) + log(1 + e^-|a|).
inline double softplus(double a, double, double) { return (a > 0 ? a : 0) + std::log1p(std::exp(-std::fabs(a))); }

// `std::fmax` and `std::fmin` would drop a NaN.
inline double maximum(double a, double b, double) {
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN() : a < b ? b : a;
}
inline double minimum(double a, double b, double) {
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<double>::quiet_NaN() : b < a ? b : a;
}

inline double equal(double a, double b, double) { return a == b ? 1 : 0; }
inline double not_equal(double a, double b, double) { return a != b ? 1 : 0; }
inline double less(double a, double b, double) { return a < b ? 1 : 0; }
inline double less_equal(double a, double b, double) { return a <= b ? 1 : 0; }
inline double greater(double a, double b, double) { return a > b ? 1 : 0; }
inline double greater_equal(double a, double b, double) { return a >= b ? 1 : 0; }
inline double logical_and(double a, double b, double) { return a != 0 && b != 0 ? 1 : 0; }
inline double logical_or(double a, double b, double) { return a != 0 || b != 0 ? 1 : 0; }
inline double logical_not(double a, double, double) { return a == 0 ? 1 : 0; }
inline double where(double a, double b, double c) { return a != 0 ? b : c; }

}  // namespace tenet::evaluation
