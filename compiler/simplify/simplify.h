// From what was derived to what is computed: always-good, directed laws, applied to a fixed point. Every change is the
// application of a named law, recorded in the journal.
//
// A law lowers the cost of what is computed or keeps it, and keeps the free axes: where the algebra loses an axis (0 * x), the
// engine broadcasts the result again (`0 * i`), and the laws of broadcasts move that outwards until it meets the axis or a
// reduction over it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

class Rewriting;

// What must hold for a law's two sides to be equal: everywhere that both are defined, or away from ties and jumps.
enum class Soundness : std::uint8_t { exact, almost_everywhere };

// One row of the law table. Both sides are written in the language, for people and for the property test, which instantiates
// the left side on random values and runs `apply` on it. Letters: x y z any values; a b values without the axis i; p q truths,
// t a truth without i; n m rational constants; u w whole constants; k a coordinate of i, l one of j, each without the axis;
// o a coordinate of i without axes; r any whole without the axis i; i j any axes, h one as long as i.
struct Law {
  std::string_view name;
  std::string_view left, right;
  std::string_view condition;  // in words; empty: none
  Soundness soundness;
  // The rewritten node, or the node itself if the law does not apply at its root. Operands are already simplified. The result
  // may lack axes of the node; its parts need not be simplified.
  NodeId (*apply)(Rewriting&, NodeId);
};

std::span<const Law> laws();

struct LawApplication {
  const Law* law;
  NodeId before, after;
};

struct Simplified {
  std::vector<NodeId> roots;  // in the order asked for
  std::vector<LawApplication> journal;
  std::string_view stop;  // why it stopped: "complete", or the budget that ran out
};

// Names stay (a `named` node keeps its identity): what is computed under a name keeps it. `followed`: so many roots at the end
// are rewritten like all others and are no use of what they read: nobody computes them. `given`: so many roots at the beginning are
// what the others are derived from.
Simplified simplify(Graph& graph, std::span<const NodeId> roots, std::size_t followed = 0, std::size_t given = 0);

}  // namespace tenet
