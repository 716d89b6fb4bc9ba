// Which values read which: of those that may be computed by themselves, for any choice of those that are.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

class Reads {
 public:
  using Index = std::uint32_t;  // of a value, ascending with its node
  using Indices = std::vector<Index>;
  using Flags = std::vector<char>;  // of each value

  Reads() = default;
  Reads(const Graph& graph, const std::set<NodeId>& values, const std::function<bool(NodeId)>& is_given);

  std::size_t count() const { return nodes_.size(); }
  NodeId node(Index value) const { return nodes_[value]; }
  Index index(NodeId node) const { return indices_.at(node); }

  // The cuts that a value reads with no cut between, ascending.
  Indices below(Index value, const Flags& cut) const;
  // Of what is computed that which reads the value so.
  Indices above(Index value, const Flags& cut, const Flags& computed) const;

  // What is computed, each after what it reads: of those that are ready the one with the fewest axes first, so that reductions
  // come before what they are reduced from is used elementwise. `below`: of each value, null where it is not computed.
  // Fills in which of them read each value.
  Indices order(std::span<const Indices* const> below, std::vector<Indices>& readers) const;

 private:
  std::vector<NodeId> nodes_;
  std::unordered_map<NodeId, Index> indices_;
  std::vector<Indices> reads_, readers_;  // with no value between
  std::vector<std::uint64_t> ranks_;
};

}  // namespace tenet
