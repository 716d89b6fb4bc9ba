// What extraction did to each value that is computed, for people. It is filled only when it is asked for.
#pragma once

#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/normal_form/laws.h"
#include "compiler/simplify/extraction/moves.h"

namespace tenet {

// What a value comes to when it is summed over some of its axes.
struct JournalFact {
  NodeId value;
  std::vector<AxisId> axes;
  NodeId sum;
};

struct JournalStep {
  Move move;
  std::vector<NodeId> about;            // the values that were unfolded or folded into
  NodeId after;                         // the whole value
  std::vector<FormLaw> laws = {};       // of the normal form, those that changed something on the way
  std::vector<JournalFact> facts = {};  // those that were used
  std::vector<NodeId> nonzero = {};     // what was cancelled
};

struct JournalEntry {
  NodeId raw;  // as reverse mode left it
  NodeId computed;
  std::vector<JournalStep> steps = {};  // from the one to the other; the last leads to `computed`
};

struct Journal {
  std::vector<JournalEntry> entries;            // in the order of computation
  FormLawCounts laws{};                         // how often each law of the normal form changed something, in all forms
  std::array<std::size_t, move_count> moves{};  // how often each move was made, in the ways to all forms of the last search
};

}  // namespace tenet
