// What extraction does to a form, as a table: a row is a law that it applies to a whole value.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tenet {

enum class Move : std::uint8_t {
  collect,
  divide_out,
  common_denominator,
  unfold,
  unfold_in_sum,
  fold,
  take_out,
  join_sums,
  arrange,
  count_
};
inline constexpr std::size_t move_count = static_cast<std::size_t>(Move::count_);

// Both sides in the language. Letters: x y z any values, v a value at hand that is defined as the sum or product beside it.
struct MoveRow {
  Move move;
  std::string_view name;
  std::string_view left, right;
  std::string_view condition;  // in words; empty: none
};

std::span<const MoveRow> moves();
const MoveRow& row_of(Move move);

}  // namespace tenet
