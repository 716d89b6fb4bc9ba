// The graph's meaning as a program: every node as a dense tensor in double precision. Slow, simple, the oracle.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/graph/schedule.h"

namespace tenet {

struct Expression;

// Row-major over `axes` (ascending ids, the last one contiguous). Wholes and truths are held exactly as doubles.
struct Tensor {
  std::vector<AxisId> axes;
  std::vector<std::int64_t> extents;
  std::vector<double> values;
};

Tensor tensor_of(std::span<const AxisId> axes, const Sizes& sizes, double fill = 0);

// Nothing, or why the values of `roots` do not fit this machine: "its values take 40 GiB, the memory is 8 GiB". `sizes` complete
// for every axis that is evaluated. Ask before `value` where a program may be of any size.
std::optional<std::string> too_large(const Graph& graph, const Sizes& sizes, std::span<const NodeId> roots);

class Interpreter {
 public:
  // `sizes` complete for every axis that is evaluated. `seed` feeds the random nodes.
  Interpreter(const Graph& graph, const Sizes& sizes, std::uint64_t seed = 0) : graph_(graph), sizes_(sizes), seed_(seed) {}

  void bind(InputId input, Tensor value);  // axes as the input declares them; forgets dependent values

  // The node's value is its definition plus `difference`, which may lack axes of the node (it is then the same along them).
  // Replaces an earlier difference; forgets dependent values only.
  void perturb(NodeId node, Tensor difference);
  void clear_perturbations();

  // The node keeps the value that it has now, whatever is perturbed or disturbed later.
  void hold(NodeId node);

  // From now on every real value, inputs too, has a relative error of up to `relative`, drawn at random: what rounding that much
  // coarser would do to what is computed from them. Values that are held have none; `floor` of a quotient of wholes, which is
  // worked out exactly wherever it is, sees none. What is below single precision's normal numbers is 0, as in native code.
  void disturb(double relative, std::uint64_t seed);

  // Instead: every real value but inputs is rounded to single precision. What is near may then be equal.
  void round_to_single();

  // Evaluates what it needs once; every input it reads is bound. Valid until the next call of another member but `value`.
  const Tensor& value(NodeId node);

 private:
  NodeId resolve(NodeId node) const;
  const Tensor* known(NodeId resolved) const;
  bool is_quotient_of_wholes(NodeId node, int depth = 16) const;
  bool is_floor_of_quotient(NodeId node) const;
  bool reads_exactly(NodeId node) const;  // quotients of wholes without their errors
  bool apart(NodeId node) const;          // perturbed or held: not the same as what it names
  const Tensor& operand(NodeId node) const { return *known(resolve(node)); }
  void forget(std::span<const NodeId> changed);
  void forget_computed();
  void add_error(Tensor& tensor);

  Tensor compute(NodeId id, const Schedule& schedule) const;
  Tensor leaf(NodeId id) const;
  Tensor random(NodeId id) const;
  Tensor pointwise(const Node& node) const;
  Tensor reduction(const Node& node, const Schedule& schedule) const;
  Expression folded_expression(NodeId root, const Schedule& schedule) const;
  Tensor greatest_place(const Node& node) const;
  Tensor substitution(const Node& node) const;
  std::vector<Tensor> recurrence(NodeId component) const;  // all of its components (recurrence_values.cpp)

  const Graph& graph_;
  const Sizes& sizes_;
  std::uint64_t seed_;
  std::unordered_map<std::uint32_t, Tensor> inputs_, perturbations_, values_;
  std::unordered_map<std::uint32_t, Tensor> exact_;  // quotients of wholes before they got an error
  bool reading_exactly_ = false;
  std::unordered_set<std::uint32_t> held_;  // these have values
  double relative_error_ = 0;
  bool to_single_ = false;
  std::minstd_rand errors_;
};

}  // namespace tenet
