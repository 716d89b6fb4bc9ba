// From what was derived to what is computed: always-good, directed laws, applied to a fixed point. Every change is the
// application of a named law, recorded in the journal.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

// What must hold for a law's two sides to be equal: everywhere that both are defined, or away from ties and jumps.
enum class Soundness : std::uint8_t { exact, almost_everywhere };

// One row of the law table. Both sides are written in the language (x y z any values; i j any axes; n whole), for people and
// for the property test, which instantiates the left side on random values and runs `apply` on it.
struct Law {
  std::string_view name;
  std::string_view left, right;
  std::string_view condition;   // in words; empty: none
  Soundness soundness;
  // The rewritten node, or the node itself if the law does not apply at its root. Operands are already simplified.
  NodeId (*apply)(Graph&, NodeId);
};

std::span<const Law> laws();

struct LawApplication { const Law* law; NodeId before, after; };

struct Simplified {
  std::vector<NodeId> roots;              // in the order asked for
  std::vector<LawApplication> journal;
  std::string_view stop;                  // why it stopped: "complete", or the budget that ran out
};

// Names stay (a `named` node keeps its identity): what is computed under a name keeps it.
Simplified simplify(Graph& graph, std::span<const NodeId> roots);

}  // namespace tenet
