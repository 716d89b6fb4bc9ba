// Products as their factors and sums as their terms, however they are bracketed.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "compiler/grad/axes.h"
#include "compiler/graph/graph.h"

namespace tenet {

// Whether a node is only a bracket within the expression around it: nothing else reads it and it has no name.
using Opens = std::function<bool(NodeId)>;

struct CountedFactor {
  NodeId node;
  bool inverse;  // stands under the fraction line
};

// A product without its constant factors 1 and -1. Whole powers are repeated factors.
struct Product {
  std::vector<CountedFactor> factors;
  bool negative = false;
  bool zero = false;
};

bool is_product(const Graph& graph, NodeId node);
Product product_of(const Graph& graph, NodeId node, const Opens& opens);

bool is_sum(const Graph& graph, NodeId node);
std::vector<NodeId> terms_of(const Graph& graph, NodeId node, const Opens& opens);  // without their signs

// By node: whether it is 0 but for one coordinate of one of its axes, whatever the others are. Such are `vocab == Y` and `i == j`
// and what is a product with one of them.
std::vector<bool> touching(const Graph& graph);

// The fewest groups (by first fit) of `parts` so that each group's axes are fewer than `all`: what can be combined before the
// largest space is entered. Parts without axes join any group.
std::size_t groups_below(std::vector<AxisSet> parts, const AxisSet& all);

}  // namespace tenet
