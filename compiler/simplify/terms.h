// Reading and building terms, for the laws.
#pragma once

#include <optional>
#include <vector>

#include "compiler/grad/axes.h"
#include "compiler/graph/constants.h"
#include "compiler/graph/graph.h"
#include "compiler/simplify/rewriting.h"

namespace tenet {

inline bool is(const Graph& graph, NodeId id, Op op) { return graph.node(id).op == op; }
inline NodeId operand(const Graph& graph, NodeId id, std::size_t k) { return graph.node(id).operands[k]; }

// The operands of a node of this operation.
struct Two {
  NodeId a, b;
};
inline std::optional<Two> two(const Rewriting& rewriting, NodeId id, Op op) {
  const Node& node = rewriting.graph.node(id);
  if (node.op != op) return {};
  return Two{node.operands[0], node.operands[1]};
}

inline bool is_constant(const Graph& graph, NodeId id) { return is(graph, id, Op::constant); }
inline bool is_constant(const Graph& graph, NodeId id, long value) {
  return is_constant(graph, id) && graph.value_of(id) == value;
}

inline NodeId add(Graph& graph, NodeId a, NodeId b) { return graph.apply(Op::add, a, b); }
inline NodeId subtract(Graph& graph, NodeId a, NodeId b) { return graph.apply(Op::subtract, a, b); }
inline NodeId multiply(Graph& graph, NodeId a, NodeId b) { return graph.apply(Op::multiply, a, b); }
inline NodeId divide(Graph& graph, NodeId a, NodeId b) { return graph.apply(Op::divide, a, b); }
inline NodeId negate(Graph& graph, NodeId a) { return graph.apply(Op::negate, a); }
inline NodeId where(Graph& graph, NodeId condition, NodeId a, NodeId b) { return graph.apply(Op::where, condition, a, b); }

// A value that does not vary along some of its axes, written as broadcast() writes it: `core + 0 * i`, `0 * i`, and for a
// truth `core and i == i`.
struct Broadcast {
  NodeId core;
  AxisSet axes;  // those that the core lacks
};
std::optional<Broadcast> broadcast_of(Graph& graph, NodeId id);

// The constant 0, or 0 broadcast.
bool is_zero(Graph& graph, NodeId id);

NodeId truth(Graph& graph, bool value);  // `0 == 0` or `0 != 0`

// `[i = e]`: an equality with a coordinate on its left.
inline bool is_indicator(const Graph& graph, NodeId id) {
  return is(graph, id, Op::equal) && is(graph, operand(graph, id, 0), Op::coordinate);
}

// Substitution into a value that may lack some of the replaced axes.
NodeId replaced(Graph& graph, NodeId value, const std::vector<Replacement>& replacements, std::optional<NodeId> otherwise = {});

// A whole whose every value is a coordinate of `axis`, for all sizes.
bool is_coordinate_of(const Graph& graph, NodeId index, AxisId axis);

// Whether the value of a substitution may be computed after it instead of before: it then has no more elements than before.
bool shrinks(const Graph& graph, const Node& substitution);

inline std::vector<Replacement> replacements_of(const Node& substitution) {
  std::vector<Replacement> result;
  for (std::size_t k = 0; k < substitution.bound.size(); ++k)
    result.push_back({substitution.bound[k], substitution.operands[k + 1]});
  return result;
}
inline bool has_otherwise(const Node& substitution) { return substitution.operands.size() > substitution.bound.size() + 1; }

}  // namespace tenet
