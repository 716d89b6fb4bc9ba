// Recurrences are simplified by their bodies: beside the values that read them, all in one go.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

class RecurrenceBodies {
 public:
  // Of the recurrences that the roots read, through one another too: what of them is needed.
  RecurrenceBodies(Graph& graph, std::span<const NodeId> roots);

  bool empty() const { return groups_.empty(); }

  // What is to be simplified: needed bodies and start values, of the recurrences that `first` reads and of the others.
  std::vector<NodeId> of(std::span<const NodeId> first) const;
  std::vector<NodeId> of_others(std::span<const NodeId> first) const;

  // The needed components of the recurrences that `first` does not read, each with a fresh leaf of its axes: what reads a
  // component need not look into its body.
  std::vector<std::pair<NodeId, NodeId>> leaves_for_others(std::span<const NodeId> first);

  // The roots over recurrences of simplified bodies: `images` holds one for each of those values, and may hold more.
  std::vector<NodeId> put_back(std::span<const NodeId> roots, const std::map<NodeId, NodeId>& images);

 private:
  struct Needed {
    std::set<std::size_t> components, reads;
  };
  void need(std::vector<NodeId> open);
  bool is_below(std::span<const NodeId> nodes, NodeId group) const;
  std::vector<NodeId> of_those(std::span<const NodeId> first, bool below) const;
  std::vector<NodeId> values(NodeId group, const Needed& needed) const;

  Graph& graph_;
  std::map<NodeId, Needed> groups_;  // by the first component, those further in first
};

}  // namespace tenet
