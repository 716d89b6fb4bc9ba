// From gradients as reverse mode leaves them to what is computed.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/grad/gradient.h"
#include "compiler/graph/graph.h"
#include "compiler/simplify/extraction/journal.h"

namespace tenet {

struct SimplifiedGradients {
  std::vector<NodeId> given, gradients;           // in the order asked for
  std::vector<std::pair<NodeId, NodeId>> values;  // an adjoint of reverse mode that is computed, and what it is computed as
  std::string_view stop;                          // why it stopped: "complete", or the budget that ran out
};

// `given` is computed in any case: the loss, and whatever else is asked for beside its gradients. The gradients are brought to
// closed forms over it; one whose form is less safe in single precision, and all of them where the forms are dearer, are
// only rewritten by the directed laws. `sizes` may leave axes open. `journal`: how each value of the closed forms was reached;
// empty where they were not taken.
SimplifiedGradients simplify_gradients(Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes,
                                       Journal* journal = nullptr);

}  // namespace tenet
