#include "compiler/simplify/ranges.h"

#include <algorithm>

#include "compiler/simplify/range_rules.h"

namespace tenet {
namespace {

constexpr double least = 0x1p-126, greatest = 0x1p127;

// A value that stays away from 0 cannot have underflowed to it; one that is bounded cannot have overflowed.
Range settled(Range range, Kind kind) {
  if (range.low > least || range.high < -least) range.underflows = range.vanishes = false;
  if (range.low > -greatest && range.high < greatest) range.overflows = false;
  if (kind != Kind::real) range.overflows = range.underflows = range.inaccurate = false;
  return range;
}

}  // namespace

std::string_view text_of(HazardKind kind) {
  switch (kind) {
    case HazardKind::zero_times_infinity:
      return "0 * inf";
    case HazardKind::infinity_minus_infinity:
      return "inf - inf";
    case HazardKind::infinity_over_infinity:
      return "inf / inf";
    case HazardKind::logarithm:
      return "log of a value that may have overflowed, underflowed or cancelled";
    case HazardKind::divisor:
      return "divisor that may have underflowed or cancelled";
  }
  return "";
}

const NumericRanges::Row& NumericRanges::row(NodeId node) {
  while (rows_.size() <= index_of(node)) rows_.push_back(derive(NodeId{static_cast<std::uint32_t>(rows_.size())}));
  return rows_[index_of(node)];
}

NumericRanges::Row NumericRanges::derive(NodeId id) const {
  const Node& node = graph_.node(id);
  RangeView view{graph_, id, node, {}};
  bool clean = true;
  for (std::size_t k = 0; k < node.operands.size(); ++k) {
    const Row& operand = rows_[index_of(node.operands[k])];
    clean = clean && operand.clean;
    view.operands.push_back(&operand.range);
  }
  const RangeRule& rule = range_rule(node.op);
  Row result{settled(rule.range(view), node.kind), {}, clean};
  if (rule.hazard && node.kind == Kind::real) result.hazard = rule.hazard(view);
  result.clean = clean && !result.hazard;
  return result;
}

}  // namespace tenet
