#include "compiler/simplify/range_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "compiler/grad/axes.h"
#include "compiler/grad/finite.h"
#include "compiler/graph/rational.h"
#include "compiler/simplify/shifts.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double exp_overflows = 88.7, exp_underflows = -87.3;  // log 2^128, log 2^-126
constexpr double largest_coordinate = 2147483647;
// A lost accuracy counts for nothing in a sum that is this many times larger.
constexpr double negligible = 1024;

using View = const RangeView&;

Range between(double low, double high) { return {low, high}; }

// The flags of every operand from the k-th on.
Range with_flags(View v, double low, double high, std::size_t first = 0) {
  Range result{low, high};
  for (std::size_t k = first; k < v.operands.size(); ++k) {
    result.overflows |= v[k].overflows;
    result.underflows |= v[k].underflows;
    result.inaccurate |= v[k].inaccurate;
    result.vanishes |= v[k].vanishes;
  }
  return result;
}

// Leaves.

Range any(View) { return between(-inf, inf); }
Range fraction(View) { return between(0, 1); }
Range truth(View) { return {.low = 0, .high = 1, .vanishes = true}; }
Range coordinate(View) { return between(0, largest_coordinate); }
Range size(View) { return between(1, largest_coordinate); }
Range infinite(View) { return between(inf, inf); }
Range pi(View) { return between(std::numbers::pi, std::numbers::pi); }

Range constant(View v) {
  const double value = nearest_double(v.graph.value_of(v.id));
  return between(value, value);
}

Range input(View v) {
  const Input& row = v.graph.input(v.graph.input_of(v.id));
  if (row.typed_by) return coordinate(v);
  if (row.role == InputRole::noise && row.distribution == Op::uniform) return fraction(v);
  Range result = between(row.role == InputRole::step ? 0 : -inf, inf);
  for (const Assumed& fact : v.graph.assumed()) {  // x >= 0, 1 > x
    const bool less = fact.relation == Op::less || fact.relation == Op::less_equal;
    if (fact.relation == Op::equal) continue;
    const NodeId low = less ? fact.left : fact.right, high = less ? fact.right : fact.left;
    if (high == v.id && is(v.graph, low, Op::constant)) result.low = std::max(result.low, nearest_double(v.graph.value_of(low)));
    if (low == v.id && is(v.graph, high, Op::constant))
      result.high = std::min(result.high, nearest_double(v.graph.value_of(high)));
  }
  return result;
}

Range same(View v) { return v[0]; }

// Sums.

Range negated(Range r) { return {-r.high, -r.low, r.overflows, r.underflows, r.inaccurate, r.vanishes}; }

double plus(double a, double b, double opposed) { return std::isnan(a + b) ? opposed : a + b; }

bool is_zero(const Range& r) { return r.low == 0 && r.high == 0; }
bool may_be_zero(const Range& r) { return r.underflows || r.vanishes || is_zero(r); }
bool positive(const Range& r) { return r.low >= 0 && r.high > 0; }
bool is_leaf(const Graph& graph, NodeId id) { return operation(graph.node(without_names(graph, id)).op).form == Form::leaf; }

// Whether what `a` has lost may show in a sum within [low, high].
bool shows(const Range& a, double low, double high) {
  const double distance = std::max({low, -high, 0.0}), size = std::max(std::abs(a.low), std::abs(a.high));
  return a.inaccurate && !(distance > 0 && size <= negligible * distance);
}

Range sum_of(View v, const Range& a, const Range& b) {
  Range result{plus(a.low, b.low, -inf), plus(a.high, b.high, inf)};
  result.overflows = a.overflows || b.overflows;
  result.vanishes = (a.vanishes || is_zero(a)) && (b.vanishes || is_zero(b));
  result.underflows = may_be_zero(a) && may_be_zero(b) && (a.underflows || b.underflows);
  const bool opposed = (positive(a) && positive(negated(b))) || (positive(b) && positive(negated(a)));
  const bool rounded = !is_leaf(v.graph, v.node.operands[0]) || !is_leaf(v.graph, v.node.operands[1]);
  const bool cancels = opposed && rounded && result.low <= 0 && result.high >= 0;
  result.underflows |= cancels;
  result.inaccurate = cancels || shows(a, result.low, result.high) || shows(b, result.low, result.high);
  return result;
}

// A maximum that is taken for 0 from 1e38 on counts as what it is below that.
Range sum_with_maximum(View v, NodeId value, NodeId bound, Range result) {
  if (auto below = below_maximum(v.graph, value, bound)) {
    result.high = std::min(result.high, 0.0);
    result.attained = std::move(below->attained);
    result.inaccurate = v[0].inaccurate;  // 0 only where it is exactly that
    result.underflows = false;
  }
  return result;
}

Range add(View v) {
  Range result = sum_of(v, v[0], v[1]);
  for (const auto& [value, other] : {std::pair{0, 1}, std::pair{1, 0}}) {
    const NodeId negation = without_names(v.graph, v.node.operands[other]);
    if (v.graph.node(negation).op == Op::negate)
      return sum_with_maximum(v, v.node.operands[value], v.graph.node(negation).operands[0], std::move(result));
  }
  return result;
}

Range subtract(View v) { return sum_with_maximum(v, v.node.operands[0], v.node.operands[1], sum_of(v, v[0], negated(v[1]))); }

Range negate(View v) { return negated(v[0]); }

bool reaches_infinity(const Range& r) { return r.overflows && r.high == inf; }
bool opposed_infinities(const Range& a, const Range& b) {
  return (reaches_infinity(a) && reaches_infinity(negated(b))) || (reaches_infinity(b) && reaches_infinity(negated(a)));
}

std::optional<HazardKind> if_so(bool hazard, HazardKind kind) { return hazard ? std::optional(kind) : std::nullopt; }

std::optional<HazardKind> add_hazard(View v) {
  return if_so(opposed_infinities(v[0], v[1]), HazardKind::infinity_minus_infinity);
}
std::optional<HazardKind> subtract_hazard(View v) {
  return if_so(opposed_infinities(v[0], negated(v[1])), HazardKind::infinity_minus_infinity);
}

// Products.

double times(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

Range product(const Range& a, const Range& b) {
  const auto [low, high] = std::minmax({times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)});
  return between(low, high);
}

Range reciprocal(const Range& r) {
  if (r.low > 0 || r.high < 0) return between(1 / r.high, 1 / r.low);
  if (r.low == 0) return between(std::isinf(r.high) ? 0 : 1 / r.high, inf);
  if (r.high == 0) return between(-inf, std::isinf(r.low) ? 0 : 1 / r.low);
  return between(-inf, inf);
}

bool equal_operands(View v) { return without_names(v.graph, v.node.operands[0]) == without_names(v.graph, v.node.operands[1]); }

// A greatest value 0 stays one under a factor of positive sign.
std::vector<AxisId> attained_in_product(const Range& a, const Range& factor) {
  return a.high == 0 && factor.low >= 0 ? a.attained : std::vector<AxisId>{};
}

Range multiply(View v) {
  const Range exact = product(v[0], v[1]);
  Range result = with_flags(v, equal_operands(v) ? std::max(exact.low, 0.0) : exact.low, exact.high);
  result.attained = attained_in_product(v[0], v[1]);
  if (result.attained.empty()) result.attained = attained_in_product(v[1], v[0]);
  if (!v[1].underflows) result.survives = v[0].survives;
  if (!v[0].underflows) result.survives = v[1].survives;
  return result;
}

bool infinite_times_zero(const Range& a, const Range& b) { return a.overflows && (b.underflows || b.vanishes || is_zero(b)); }

// A truth itself as a factor is a choice: where its axis is summed over, the product is a lookup.
std::optional<HazardKind> multiply_hazard(View v) {
  for (NodeId operand : v.node.operands)
    if (v.graph.node(operand).kind == Kind::truth) return {};
  return if_so(infinite_times_zero(v[0], v[1]) || infinite_times_zero(v[1], v[0]), HazardKind::zero_times_infinity);
}

Range divide(View v) {
  Range result = product(v[0], reciprocal(v[1]));
  result.overflows = v[0].overflows || v[1].underflows;
  result.underflows = v[0].underflows || v[1].overflows;
  result.inaccurate = v[0].inaccurate || v[1].inaccurate;
  result.vanishes = v[0].vanishes;
  result.attained = attained_in_product(v[0], v[1]);
  if (!v[1].overflows) result.survives = v[0].survives;
  return result;
}

std::optional<HazardKind> divide_hazard(View v) {
  if (v[1].underflows || v[1].inaccurate) return HazardKind::divisor;
  return if_so(v[0].overflows && v[1].overflows, HazardKind::infinity_over_infinity);
}

std::optional<mpq_class> exponent(View v) { return constant_value(v.graph, v.node.operands[1]); }

// x^n for n >= 0.
Range positive_power(const Range& base, const mpq_class& n) {
  const double k = n.get_d();
  if (n == 0) return between(1, 1);
  if (n.get_den() == 1 && mpz_odd_p(n.get_num_mpz_t())) return between(std::pow(base.low, k), std::pow(base.high, k));
  if (n.get_den() != 1) return between(std::pow(std::max(base.low, 0.0), k), std::pow(std::max(base.high, 0.0), k));
  const double far = std::max(std::abs(base.low), std::abs(base.high)), near = std::max({base.low, -base.high, 0.0});
  return between(std::pow(near, k), std::pow(far, k));
}

Range power(View v) {
  const auto n = exponent(v);
  if (!n) {
    const bool fraction = v[0].low >= 0 && v[0].high <= 1 && v[1].low >= 0;
    Range result = with_flags(v, v[0].low >= 0 ? 0 : -inf, fraction ? 1 : inf);
    result.underflows |= fraction;
    return result;
  }
  Range result = positive_power(v[0], abs(*n));
  if (*n < 0) result = reciprocal(result);
  result.overflows = *n < 0 ? v[0].underflows : v[0].overflows;
  result.underflows = *n < 0 ? v[0].overflows : v[0].underflows;
  result.inaccurate = v[0].inaccurate && *n != 0;
  result.vanishes = v[0].vanishes && *n > 0;
  return result;
}

std::optional<HazardKind> power_hazard(View v) {
  const auto n = exponent(v);
  return if_so(n && *n < 0 && (v[0].underflows || v[0].inaccurate), HazardKind::divisor);
}

// Functions.

// An increasing function of the exact value, flags as the operand's.
template <double (*f)(double)>
Range increasing(View v) {
  return with_flags(v, f(v[0].low), f(v[0].high));
}

double log_of(double x) { return x > 0 ? std::log(x) : -inf; }
double log1p_of(double x) { return x > -1 ? std::log1p(x) : -inf; }
double sqrt_of(double x) { return x > 0 ? std::sqrt(x) : 0; }
double relu_of(double x) { return std::max(x, 0.0); }
double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double softplus_of(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double tanh_of(double x) { return std::tanh(x); }
double erf_of(double x) { return std::erf(x); }
double floor_of(double x) { return std::floor(x); }

Range exp(View v) {
  Range result{std::exp(v[0].low), std::exp(v[0].high)};
  result.overflows = v[0].high > exp_overflows;
  result.underflows = v[0].low < exp_underflows;
  result.attained = v[0].attained;
  if (v[0].high > exp_underflows) result.survives = v[0].attained;
  return result;
}

Range expm1(View v) {
  Range result{std::expm1(v[0].low), std::expm1(v[0].high), v[0].high > exp_overflows, v[0].underflows, v[0].inaccurate};
  result.vanishes = v[0].vanishes;
  result.attained = v[0].attained;
  return result;
}

Range log(View v) {
  Range result = increasing<log_of>(v);
  result.overflows |= v[0].underflows;
  result.underflows = result.vanishes = false;
  return result;
}

std::optional<HazardKind> log_hazard(View v) {
  return if_so(v[0].overflows || v[0].underflows || v[0].inaccurate, HazardKind::logarithm);
}

// An argument that comes as near to -1 as one likes has lost its digits there.
std::optional<HazardKind> log1p_hazard(View v) { return if_so(v[0].overflows || v[0].low == -1, HazardKind::logarithm); }

// Bounded functions whose value is tiny where the argument is far below 0.
Range sigmoid(View v) { return {sigmoid_of(v[0].low), sigmoid_of(v[0].high), false, v[0].low < exp_underflows, v[0].inaccurate}; }
Range softplus(View v) {
  Range result = increasing<softplus_of>(v);
  result.underflows = v[0].low < exp_underflows;
  result.vanishes = false;
  return result;
}

Range relu(View v) {
  Range result = increasing<relu_of>(v);
  result.vanishes = true;
  return result;
}

Range wave(View v) { return with_flags(v, -1, 1); }
Range sign(View) { return between(-1, 1); }

Range absolute(View v) {
  const double far = std::max(std::abs(v[0].low), std::abs(v[0].high));
  return with_flags(v, std::max({v[0].low, -v[0].high, 0.0}), far);
}

Range maximum(View v) { return with_flags(v, std::max(v[0].low, v[1].low), std::max(v[0].high, v[1].high)); }
Range minimum(View v) { return with_flags(v, std::min(v[0].low, v[1].low), std::min(v[0].high, v[1].high)); }

// A branch of `where`, which may be what the condition compares with a number.
Range branch(View v, std::size_t k) {
  Range result = v[k];
  const Node& condition = v.graph.node(without_names(v.graph, v.node.operands[0]));
  const bool more = condition.op == Op::greater || condition.op == Op::greater_equal;
  if (!more && condition.op != Op::less && condition.op != Op::less_equal) return result;
  for (const std::size_t side : {0, 1}) {
    const auto number = constant_value(v.graph, condition.operands[1 - side]);
    if (!number || without_names(v.graph, condition.operands[side]) != without_names(v.graph, v.node.operands[k])) continue;
    const bool above = (more == (side == 0)) == (k == 1);
    (above ? result.low : result.high) =
        above ? std::max(result.low, nearest_double(*number)) : std::min(result.high, nearest_double(*number));
  }
  return result;
}

Range where(View v) {
  const Range yes = branch(v, 1), no = branch(v, 2);
  Range result = with_flags(v, std::min(yes.low, no.low), std::max(yes.high, no.high), 1);
  result.vanishes |= is_zero(v[1]) || is_zero(v[2]);
  return result;
}

// Reductions. Every axis has a coordinate, so that a sum of values of one sign is at least the least of them in size.

Range sum(View v) {
  const Range& a = v[0];
  Range result = with_flags(v, a.low >= 0 ? a.low : -inf, a.high <= 0 ? a.high : inf);
  const bool reached = !a.attained.empty() && std::ranges::includes(v.node.bound, a.attained);
  if (reached && a.low >= 0) result.low = std::max(result.low, a.high);
  if (!a.survives.empty() && std::ranges::includes(v.node.bound, a.survives)) result.underflows = false;
  return result;
}

std::optional<HazardKind> sum_hazard(View v) {
  return if_so(opposed_infinities(v[0], v[0]), HazardKind::infinity_minus_infinity);
}

Range product_over(View v) {
  const bool fraction = v[0].low >= 0 && v[0].high <= 1;
  Range result = with_flags(v, v[0].low >= 0 ? 0 : -inf, fraction ? 1 : inf);
  result.underflows |= fraction && v[0].low < 1;
  return result;
}

Range extreme(View v) { return with_flags(v, v[0].low, v[0].high); }

// An index that varies along such an axis may miss the place.
std::vector<AxisId> not_missed(View v, const std::vector<AxisId>& axes) {
  for (std::size_t k = 0; k < v.node.bound.size(); ++k)
    if (contains(axes, v.node.bound[k]) || !intersection(v.graph.node(v.node.operands[k + 1]).axes, axes).empty()) return {};
  return axes;
}

Range substitute(View v) {
  Range result = v[0];
  result.attained = not_missed(v, v[0].attained);
  result.survives = not_missed(v, v[0].survives);
  if (!has_otherwise(v.node)) return result;
  const Range& other = *v.operands.back();
  return {std::min(result.low, other.low),       std::max(result.high, other.high),     result.overflows || other.overflows,
          result.underflows || other.underflows, result.inaccurate || other.inaccurate, result.vanishes || is_zero(other)};
}

// clang-format off
constexpr RangeRule table[] = {
    {Op::constant, constant, nullptr},
    {Op::infinity, infinite, nullptr},
    {Op::pi, pi, nullptr},
    {Op::size, size, nullptr},
    {Op::coordinate, coordinate, nullptr},
    {Op::input, input, nullptr},
    {Op::normal, any, nullptr},
    {Op::uniform, fraction, nullptr},
    {Op::named, same, nullptr},
    {Op::stop, same, nullptr},
    {Op::add, add, add_hazard},
    {Op::subtract, subtract, subtract_hazard},
    {Op::multiply, multiply, multiply_hazard},
    {Op::divide, divide, divide_hazard},
    {Op::negate, negate, nullptr},
    {Op::power, power, power_hazard},
    {Op::exp, exp, nullptr},
    {Op::log, log, log_hazard},
    {Op::sqrt, increasing<sqrt_of>, nullptr},
    {Op::tanh, increasing<tanh_of>, nullptr},
    {Op::sigmoid, sigmoid, nullptr},
    {Op::abs, absolute, nullptr},
    {Op::sign, sign, nullptr},
    {Op::floor, increasing<floor_of>, nullptr},
    {Op::sin, wave, nullptr},
    {Op::cos, wave, nullptr},
    {Op::erf, increasing<erf_of>, nullptr},
    {Op::relu, relu, nullptr},
    {Op::log1p, increasing<log1p_of>, log1p_hazard},
    {Op::expm1, expm1, nullptr},
    {Op::softplus, softplus, nullptr},
    {Op::maximum, maximum, nullptr},
    {Op::minimum, minimum, nullptr},
    {Op::equal, truth, nullptr},
    {Op::not_equal, truth, nullptr},
    {Op::less, truth, nullptr},
    {Op::less_equal, truth, nullptr},
    {Op::greater, truth, nullptr},
    {Op::greater_equal, truth, nullptr},
    {Op::logical_and, truth, nullptr},
    {Op::logical_or, truth, nullptr},
    {Op::logical_not, truth, nullptr},
    {Op::where, where, nullptr},
    {Op::sum, sum, sum_hazard},
    {Op::product, product_over, nullptr},
    {Op::max_over, extreme, nullptr},
    {Op::min_over, extreme, nullptr},
    {Op::argmax, coordinate, nullptr},
    {Op::substitute, substitute, nullptr},
    {Op::recurrence, any, nullptr},
};
// clang-format on

consteval bool complete() {
  if (std::size(table) != operation_count) return false;
  for (std::size_t i = 0; i < operation_count; ++i)
    if (static_cast<std::size_t>(table[i].op) != i) return false;
  return true;
}
static_assert(complete(), "one row for each operation, in the order of Op");

}  // namespace

const RangeRule& range_rule(Op op) { return table[static_cast<std::size_t>(op)]; }

}  // namespace tenet
