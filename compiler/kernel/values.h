// Which values of a computation are stored. Equal values under different names are one value here; every value is either kept
// in a buffer, or worked out again wherever it is used.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/plan/computation.h"

namespace tenet {

// A sum over an indicator of an output axis: sum[b]((v == X[b]) * f) adds f to the places that X names.
struct Scatter {
  struct Place {
    AxisId axis;
    NodeId index;
  };
  std::vector<Place> places;
  std::vector<NodeId> factors;  // what is added is their product; truths, which choose, come last
};

class Values {
 public:
  Values(const Graph& graph, const Sizes& sizes, const Computation& computation);

  NodeId of(NodeId node) const { return representative_[index_of(node)]; }  // names and `stop` do not make a value
  NodeId operand(NodeId value, std::size_t i) const { return of(graph_.node(value).operands[i]); }
  bool stored(NodeId value) const { return stored_[index_of(value)]; }
  // Whether something that jumps can see the value's last bit: a comparison, a step function or an index, in this step or in
  // another one, through whatever is worked out in between.
  bool seen(NodeId value) const { return seen_[index_of(value)]; }
  const std::vector<NodeId>& live() const { return live_; }  // operands before users

  // What a reading stands for: a value at axis - offset, beyond the axis the start.
  struct Read {
    NodeId value, start;
    AxisId axis;
    std::int64_t offset;
  };
  const Read& read(NodeId reading) const { return reads_.at(reading); }
  const std::vector<NodeId>& roots() const { return roots_; }

  // The reduction as a scatter, if it is one. Its places' axes are free in the value; each index reads a reduced axis.
  std::optional<Scatter> scatter(NodeId reduction) const;

  // The product of the axes' sizes, saturating.
  std::int64_t points(std::span<const AxisId> axes) const;

 private:
  void number();
  void find_reads();
  void find_seen(const Computation& computation);
  void weigh();   // what one evaluation of each value costs, given what is stored
  void choose();  // what to store, given the costs
  bool is_quotient_of_wholes(NodeId value) const;
  bool reads_axis(NodeId value, AxisId axis) const { return graph_.has_axis(value, axis); }

  struct Weight {
    double operations = 0, loads = 0;
  };

  const Graph& graph_;
  const Sizes& sizes_;
  std::vector<NodeId> representative_, live_, roots_;
  std::map<NodeId, Read> reads_;
  std::vector<bool> seen_;
  std::vector<bool> stored_, kept_;  // kept: a component's, from place to place
  std::vector<Weight> weight_;
};

}  // namespace tenet
