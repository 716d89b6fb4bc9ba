// The product of the other elements of an axis, for each of its places: by reverse mode of `prod`, a product at each place. That
// is what may be differentiated again; what is computed divides the product of all by the place's own element.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

// prod[i](where(i == k, 1, x)) over the product of all x; nothing if the node is no such product.
std::optional<NodeId> divided_product(Graph& graph, NodeId id);

// The same everywhere below the roots, but for what a recurrence works out.
std::vector<NodeId> with_divided_products(Graph& graph, std::span<const NodeId> roots);

}  // namespace tenet
