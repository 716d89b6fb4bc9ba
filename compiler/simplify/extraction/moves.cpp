#include "compiler/simplify/extraction/moves.h"

#include <array>

namespace tenet {
namespace {

constexpr std::array rows{
    MoveRow{Move::collect, "collect", "x * (y + z) - z * x", "x * y", "all laws of the normal form"},
    MoveRow{Move::divide_out, "divide out", "x / (x + z)", "1 - z / (x + z)", "x + z != 0; the form gets shorter"},
    MoveRow{Move::common_denominator, "common denominator", "x / y + z / y^2", "(x * y + z) / y^2",
            "y != 0; the form gets shorter when it is multiplied out"},
    MoveRow{Move::unfold, "unfold", "v * x", "(y + z) * x", "v = y + z is at hand; the form gets shorter"},
    MoveRow{Move::unfold_in_sum, "unfold in a sum", "sum[i](v * x)", "sum[i](y * x) + sum[i](z * x)",
            "v = y + z is at hand; the form gets shorter"},
    MoveRow{Move::fold, "fold", "x * y * z", "v * z", "v = x * y is at hand; fewer operations"},
    MoveRow{Move::take_out, "take out", "x * y + x * z", "x * (y + z)", "fewer operations"},
    MoveRow{Move::join_sums, "join sums", "sum[i](x) + sum[i](y)", "sum[i](x + y)", "fewer operations"},
    MoveRow{Move::arrange, "arrange", "-x + y * z^-1", "y / z - x", "the directed laws"},
};

constexpr bool in_order() {
  for (std::size_t k = 0; k < rows.size(); ++k)
    if (rows[k].move != static_cast<Move>(k)) return false;
  return rows.size() == move_count;
}
static_assert(in_order(), "a row for each move");

}  // namespace

std::span<const MoveRow> moves() { return rows; }
const MoveRow& row_of(Move move) { return rows[static_cast<std::size_t>(move)]; }

}  // namespace tenet
