// What single precision may do to a value, for all finite inputs of moderate size: sums and products of inputs are taken to stay
// in range; `exp` of something unbounded is not.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

struct Range {
  double low, high;         // the exact value lies between; an end may be infinite though every value is finite
  bool overflows = false;   // may come out infinite where the exact value is finite
  bool underflows = false;  // may come out 0 where the exact value is not
  bool inaccurate = false;  // may have lost relative accuracy: a difference of rounded values of one sign
  bool vanishes = false;    // may be exactly 0 by a choice: a truth as a factor, a branch of `where`, relu
  // Along these axes `high` is attained, for every choice of the other coordinates: u - max[i](u) is 0 somewhere along i.
  std::vector<AxisId> attained = {};
  // Likewise, along these axes some element has not underflowed; none: nothing is known.
  std::vector<AxisId> survives = {};
};

enum class HazardKind : std::uint8_t {
  zero_times_infinity,
  infinity_minus_infinity,
  infinity_over_infinity,
  logarithm,  // of a value that may have overflowed, underflowed or lost its accuracy
  divisor     // one that may have underflowed or lost its accuracy, or the base of a negative power
};
std::string_view text_of(HazardKind kind);

// NumericRanges of a growing graph, worked out once a node.
class NumericRanges {
 public:
  explicit NumericRanges(const Graph& graph) : graph_(graph) {}

  const Range& of(NodeId node) { return row(node).range; }
  // What may go wrong in computing this node from its operands.
  std::optional<HazardKind> hazard(NodeId node) { return row(node).hazard; }
  // No hazard in the node or anything that it depends on.
  bool clean(NodeId node) { return row(node).clean; }

 private:
  struct Row {
    Range range;
    std::optional<HazardKind> hazard;
    bool clean;
  };
  const Row& row(NodeId node);
  Row derive(NodeId node) const;

  const Graph& graph_;
  std::vector<Row> rows_;
};

}  // namespace tenet
