#include "compiler/normal_form/laws.h"

namespace tenet {
namespace {

constexpr std::array rows{
    FormLawRow{FormLaw::distribute, "distribute", "x * (y + u)", "x * y + x * u", "", false},
    FormLawRow{FormLaw::add_exponents, "add exponents", "x^2 * x^3", "x^5", "", false},
    FormLawRow{FormLaw::cancel, "cancel", "x * x^-1 * y", "y", "x != 0, which is stated where x may be 0", false},
    FormLawRow{FormLaw::power_of_product, "power of a product", "(x * y)^-1", "x^-1 * y^-1",
               "a factor leaves a fractional power if it is positive", false},
    FormLawRow{FormLaw::power_of_sum, "power of a sum", "(x + y)^2", "x^2 + 2 * x * y + y^2", "a whole power above 0", false},
    FormLawRow{FormLaw::content_of_power, "common factor of a power", "(x * y + x * u)^-1", "x^-1 * (y + u)^-1",
               "a factor leaves a fractional power if it is positive", false},
    FormLawRow{FormLaw::condition_squared, "a condition squared", "(i == k) * (i == k) * x", "(i == k) * x", "", false},
    FormLawRow{FormLaw::fix_index, "an equality fixes its index", "(i == k) * u", "(i == k) * u[i = k]", "", false},
    FormLawRow{FormLaw::sum_over_indicator, "sum over an indicator", "sum[i]((i == k) * x)", "x[i = k]", "", false},
    FormLawRow{FormLaw::sum_by_fact, "a sum that is known", "sum[i](f * a)", "0", "sum[i](f) = 0 was proved", false},
    FormLawRow{FormLaw::join_sum, "sums join", "sum[i](u * sum[j](x))", "sum[i, j](u * x)", "the inner one varies with i", false},
    FormLawRow{FormLaw::out_of_sum, "out of a sum", "sum[i](a * x)", "a * sum[i](x)", "a does not vary with i", false},
    FormLawRow{FormLaw::part_sum, "a sum comes apart", "sum[i, j](u * v)", "sum[i](u) * sum[j](v)", "", false},
    FormLawRow{FormLaw::sum_of_constant, "sum of a constant", "sum[i](u + a)", "sum[i](u) + |i| * a", "", false},
    FormLawRow{FormLaw::exponential_of_sum, "exponential of a sum", "exp(x + y)", "exp(x) * exp(y)", "", false},
    FormLawRow{FormLaw::exponential_of_log, "exponential of a logarithm", "exp(n * log(s))", "s^n", "s > 0", false},
    FormLawRow{FormLaw::log_of_product, "logarithm of a product", "log(s / (1 + exp(t)))", "log(s) - log(1 + exp(t))",
               "one of the factors is positive", false},
    FormLawRow{FormLaw::log_of_exponential, "logarithm of an exponential", "log(exp(x))", "x", "", false},
    FormLawRow{FormLaw::by_cases, "by cases", "exp((s > 0) * t)", "(s > 0) * exp(t) + (1 - (s > 0))", "", true},
    FormLawRow{FormLaw::partial_fractions, "partial fractions", "s * (1 + s * t)^-1 * t", "1 - (1 + s * t)^-1", "1 + s * t != 0",
               true},
    FormLawRow{FormLaw::one_of_three, "one of three", "(s < t) + (s > t)", "1 - (s == t)", "", true},
    FormLawRow{FormLaw::by_equality, "by an equality", "(s == t) * (s + t)", "2 * (s == t) * t", "", true},
    FormLawRow{FormLaw::root_of_square, "root of a square", "(s^2)^0.5", "s * sign(s)", "", true},
    FormLawRow{FormLaw::power_as_exponential, "a power as an exponential", "3^s", "exp(s * log(3))", "the base is positive",
               true},
    FormLawRow{FormLaw::log_of_number, "logarithm of a number", "log(6)", "log(2) + log(3)", "", true},
    FormLawRow{FormLaw::root_of_number, "root of a number", "12^0.5", "2 * 3^0.5", "", true},
    FormLawRow{FormLaw::shares_of_sum, "shares of a sum", "sum[i, j](exp(x) * u / sum[j](exp(x)))", "sum[i](u)", "", false},
};

constexpr bool in_order() {
  for (std::size_t k = 0; k < rows.size(); ++k)
    if (rows[k].law != static_cast<FormLaw>(k)) return false;
  return rows.size() == form_law_count;
}
static_assert(in_order(), "a row for each law");

}  // namespace

std::span<const FormLawRow> form_laws() { return rows; }
const FormLawRow& row_of(FormLaw law) { return rows[static_cast<std::size_t>(law)]; }

}  // namespace tenet
