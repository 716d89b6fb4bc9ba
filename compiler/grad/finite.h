// What is known of a node's values for all finite inputs: enough to say where a multiplication by a masked-out zero is safe.
//
// Sound in exact arithmetic, and against what `exp` and high powers do in single precision: they overflow, and `exp` comes to 0;
// a product of few finite values counts as finite. A
// size that is open is some number from 1 on, so that dividing by |n| - 1 is not known to be defined.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

inline constexpr double unbounded = std::numeric_limits<double>::infinity();

struct Facts {
  bool finite = false;       // neither infinite nor NaN
  double bound = unbounded;  // of its size; one that is not infinite implies finite
  bool nonnegative = false;  // these three hold where the value is not NaN
  bool nonpositive = false;
  bool nonzero = false;
  bool vanishes = false;               // comes to 0 in single precision, where it is nonzero: `exp` of what is far below 0
  std::optional<NodeId> maximum = {};  // of one that was subtracted: the value is 0, or `exp` of 0, somewhere along its axes

  bool has_reciprocal() const { return nonzero && !vanishes; }  // a finite one, where it is finite itself
};

// Facts of a growing graph, worked out once a node.
class Finiteness {
 public:
  explicit Finiteness(const Graph& graph) : graph_(graph) {}
  const Facts& of(NodeId node);
  // A recurrence's readings count as finite, from now on as far as its bodies and starts are proved to be.
  void doubt_readings(NodeId component);

 private:
  Facts derive(NodeId node) const;
  Facts input(const Input& row) const;
  bool all_finite(const Node& recurrence) const;
  Facts coordinate_of(AxisId axis) const;
  double size(AxisId axis) const;
  double bound_of_reciprocal(NodeId divisor) const;
  Facts subtraction(const Node& node, const Facts& a, const Facts& b) const;
  Facts power(const Node& node) const;
  std::optional<mpq_class> known_number(NodeId node) const;
  const mpq_class* number_of(NodeId node) const;
  const Facts& at(NodeId node) const { return facts_[index_of(node)]; }

  const Graph& graph_;
  std::vector<Facts> facts_;
  std::set<InputId> doubted_;                      // readings of recurrences
  std::unordered_map<NodeId, mpq_class> numbers_;  // what is made of constants and known sizes
};

// What stands under names.
NodeId without_names(const Graph& graph, NodeId node);

}  // namespace tenet
