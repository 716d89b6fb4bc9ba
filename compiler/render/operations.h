// How many scalar operations an expression takes, as a polynomial in sizes.
#pragma once

#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

class OperationCount {
 public:
  void add(const Graph& graph, NodeId node);  // what this node alone takes
  std::string text() const;                   // "2*batch*vocab + hidden"; "0" for nothing

 private:
  std::map<std::vector<std::string>, long> terms_;  // by the names of the sizes, sorted, with repetition
};

}  // namespace tenet
