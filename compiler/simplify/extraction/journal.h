// What extraction did to each value that is computed, for people. It is filled only when it is asked for.
#pragma once

#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/simplify/extraction/moves.h"

namespace tenet {

struct JournalStep {
  Move move;
  std::vector<NodeId> about;  // the values that were unfolded or folded into
  NodeId after;               // the whole value
};

struct JournalEntry {
  NodeId raw;  // as reverse mode left it
  NodeId computed;
  std::vector<JournalStep> steps;  // from the one to the other; the last leads to `computed`
};

using Journal = std::vector<JournalEntry>;  // in the order of computation

}  // namespace tenet
