// What each operation does to ranges and flags: one row an operation.
#pragma once

#include <optional>
#include <vector>

#include "compiler/simplify/ranges.h"

namespace tenet {

// A node with its operands' ranges.
struct RangeView {
  const Graph& graph;
  NodeId id;
  const Node& node;
  std::vector<const Range*> operands;

  const Range& operator[](std::size_t k) const { return *operands[k]; }
};

struct RangeRule {
  Op op;
  Range (*range)(const RangeView&);
  std::optional<HazardKind> (*hazard)(const RangeView&);  // null: never one
};

const RangeRule& range_rule(Op op);

}  // namespace tenet
