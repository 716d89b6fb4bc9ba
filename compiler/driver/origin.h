// What made a value that is not finite in single precision: the operation of which no operand is to blame, found by going down
// from the value, element by element, in double precision. A branch that `where` masks out is never to blame.
#pragma once

#include <optional>
#include <string>

#include "compiler/graph/interpreter.h"

namespace tenet {

struct Origin {
  std::string made_by;              // the operation with its operands' values: `0 / 0`; empty: not found out
  std::optional<NodeId> innermost;  // the last value with a name on the way down
};

// Nothing if `root` is finite in double precision, and in range of single precision.
std::optional<Origin> origin_of(const Graph& graph, const Sizes& sizes, Interpreter& interpreter, NodeId root);

}  // namespace tenet
