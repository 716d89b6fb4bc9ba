// The derivative of a recurrence is a recurrence that runs the other way.
//
// While reverse mode passes through a recurrence's bodies, a *stand-in* is read for the adjoint of each body: what reaches the
// body from later nodes is that adjoint's own body, and what goes on from it to earlier nodes reads the stand-in. A reading's
// adjoint is a component too; the body that the reading reads gets it from the place that it was read at.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/grad/axes.h"
#include "compiler/grad/closing.h"
#include "compiler/graph/graph.h"

namespace tenet {

class ReverseRecurrence {
 public:
  // Of the recurrence of a component. Adjoints may have `extras` beside their nodes' axes.
  ReverseRecurrence(Graph& graph, NodeId component, const AxisSet& extras)
      : graph_(graph), component_(component), extras_(extras) {}

  // The stand-in for the adjoint of a body, or of a reading; the same node asked again has the same.
  NodeId stand_in(NodeId node);
  // The adjoint of a read's reading at the place where its component was read.
  NodeId from_read(std::size_t read);
  // What a body's or reading's adjoint comes to, over stand-ins.
  void define(NodeId node, NodeId adjoint);

  // Builds the recurrence: what is read for its stand-ins and for what is open in the forward one. `before`: of the recurrences
  // that reverse mode came to later, in turn.
  Replaced built(std::span<const Replaced> before);

 private:
  std::optional<NodeId> renamed_from(NodeId adjoint) const;
  std::vector<NodeId> components_within(std::span<const NodeId> values) const;
  AxisSet axes_of(NodeId node) const { return united(graph_.node(node).axes, extras_); }
  std::string name_of(NodeId node) const;

  Graph& graph_;
  NodeId component_;
  AxisSet extras_;
  std::map<NodeId, NodeId> stand_ins_;   // by body or reading
  std::map<std::size_t, NodeId> reads_;  // readings of the new recurrence, by the read they come from
  std::map<NodeId, NodeId> adjoints_;    // by body or reading
};

}  // namespace tenet
