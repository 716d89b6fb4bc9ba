// The graph's meaning as a program: every node as a dense tensor in double precision. Slow, simple, the oracle.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

// Row-major over `axes` (ascending ids, the last one contiguous). Wholes and truths are held exactly as doubles.
struct Tensor {
  std::vector<AxisId> axes;
  std::vector<std::int64_t> extents;
  std::vector<double> values;
};

Tensor tensor_of(std::span<const AxisId> axes, const Sizes& sizes, double fill = 0);

class Interpreter {
 public:
  // `sizes` complete for every axis that is evaluated. `seed` feeds the random nodes.
  Interpreter(const Graph& graph, const Sizes& sizes, std::uint64_t seed = 0) : graph_(graph), sizes_(sizes), seed_(seed) {}

  void bind(InputId input, Tensor value);            // axes as the input declares them
  void perturb(NodeId node, Tensor difference);      // the node's value is its definition plus this; forgets dependent values
  void clear_perturbations();
  const Tensor& value(NodeId node);                  // evaluates what it needs once; every input it reads is bound

 private:
  const Graph& graph_;
  const Sizes& sizes_;
  std::uint64_t seed_;
  std::unordered_map<std::uint32_t, Tensor> inputs_, perturbations_, values_;
};

}  // namespace tenet
