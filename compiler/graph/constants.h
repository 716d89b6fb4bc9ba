// What constants alone decide.
#pragma once

#include <gmpxx.h>

#include <optional>

#include "compiler/graph/graph.h"

namespace tenet {

// The value of a short expression in constants alone, such as -1 or 5/3.
std::optional<mpq_class> constant_value(const Graph& graph, NodeId id, int depth = 4);

// A truth decided for all coordinates: the comparison of two such values.
std::optional<bool> decided(const Graph& graph, NodeId truth);

}  // namespace tenet
