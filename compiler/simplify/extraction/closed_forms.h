// Closed forms: gradients rewritten by the values that are at hand.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "compiler/grad/gradient.h"
#include "compiler/graph/graph.h"
#include "compiler/simplify/extraction/journal.h"

namespace tenet {

struct ClosedForms {
  std::vector<NodeId> roots;                    // of what was asked for, in this order
  std::vector<std::pair<NodeId, NodeId>> cuts;  // every value that is computed: as reverse mode left it, as it is computed now
  std::string_view stop;                        // why choosing ended: "complete", or the budget that ran out
  bool failed = false;                          // a value had no form: the results are the gradients as they were
};

// `given` is computed anyway (the loss, and whatever has a name); `backward` is what reverse mode gave. `sizes` may leave axes
// open. `journal`: gets an entry for each value that is computed.
ClosedForms closed_forms(Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes,
                         Journal* journal = nullptr);

}  // namespace tenet
