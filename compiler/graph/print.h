// The graph as text, for `dump`.
#pragma once

#include <span>
#include <string>

#include "compiler/graph/graph.h"

namespace tenet {

// What `roots` need, one node a line, operands before users: %id = operation operands : [axes] kind. Axes that share a name with
// another are written name#id.
std::string to_text(const Graph& graph, std::span<const NodeId> roots);

}  // namespace tenet
