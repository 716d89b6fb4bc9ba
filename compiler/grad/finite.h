// What is known of a node's values for all finite inputs: enough to say where a multiplication by a masked-out zero is safe.
//
// Sound in exact arithmetic and against overflow of `exp`; a product of finite values counts as finite. Dividing by an
// expression in sizes counts as defined: the program states it by dividing.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

struct Facts {
  bool finite = false;       // neither infinite nor NaN
  bool bounded = false;      // by a bound that depends on sizes alone; implies finite
  bool nonnegative = false;  // these three hold where the value is not NaN
  bool nonpositive = false;
  bool nonzero = false;
};

// Facts of a growing graph, worked out once a node.
class Finiteness {
 public:
  explicit Finiteness(const Graph& graph) : graph_(graph) {}
  const Facts& of(NodeId node);

 private:
  Facts derive(NodeId node) const;
  Facts pointwise(const Node& node) const;
  Facts power(const Node& node) const;
  const Facts& at(NodeId node) const { return facts_[index_of(node)]; }

  const Graph& graph_;
  std::vector<Facts> facts_;
};

// What stands under names.
NodeId without_names(const Graph& graph, NodeId node);

}  // namespace tenet
