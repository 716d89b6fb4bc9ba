// What one native program computes: values of the graph that leave it, and inputs that it overwrites.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

struct Computation {
  struct Output {
    std::string name;
    NodeId value;
  };
  struct Assignment {
    InputId target;
    NodeId value;
  };  // after the pass target = value; all values read the old inputs

  std::vector<Output> outputs;
  std::vector<Assignment> assignments;
  std::optional<NodeId> loss;  // a scalar: written to the ring, one a pass
  bool draws = false;          // data and noise are filled by the runtime's draw before each pass

  // Outputs, assignments, the loss.
  std::vector<NodeId> roots() const;
  Computation with_roots(std::span<const NodeId> roots) const;
};

}  // namespace tenet
