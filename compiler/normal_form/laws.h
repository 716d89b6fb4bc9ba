// The laws of the normal form, as a table. The forms count which of them fire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tenet {

enum class FormLaw : std::uint8_t {
  distribute,
  add_exponents,
  cancel,
  power_of_product,
  power_of_sum,
  content_of_power,
  condition_squared,
  fix_index,
  sum_over_indicator,
  sum_by_fact,
  join_sum,
  out_of_sum,
  part_sum,
  sum_of_constant,
  exponential_of_sum,
  exponential_of_log,
  log_of_product,
  log_of_exponential,
  by_cases,
  partial_fractions,
  one_of_three,
  by_equality,
  root_of_square,
  power_as_exponential,
  log_of_number,
  root_of_number,
  shares_of_sum,
  count_
};
inline constexpr std::size_t form_law_count = static_cast<std::size_t>(FormLaw::count_);

// Both sides in the language. Letters: x y any values over the axes i and j, u over i, v over j, a without i, n any number,
// k a coordinate of i; f a value with sum[i](f) = 0; s t scalars.
struct FormLawRow {
  FormLaw law;
  std::string_view name;
  std::string_view left, right;
  std::string_view condition;  // in words; empty: none
  bool proofs_alone;           // applied where a claim is decided, not where a gradient is derived
};

std::span<const FormLawRow> form_laws();
const FormLawRow& row_of(FormLaw law);

// How often each fired.
using FormLawCounts = std::array<std::size_t, form_law_count>;

}  // namespace tenet
