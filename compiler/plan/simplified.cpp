#include "compiler/plan/simplified.h"

#include <map>
#include <vector>

#include "compiler/plan/sharing.h"
#include "compiler/simplify/recurrences.h"
#include "compiler/simplify/simplify.h"
#include "compiler/simplify/stabilise.h"

namespace tenet {

Computation simplified(Graph& graph, const Computation& computation) {
  std::vector<NodeId> roots = computation.roots();
  RecurrenceBodies recurrences(graph, roots);
  const std::vector<NodeId> bodies = recurrences.of(roots);
  const std::size_t count = roots.size();
  roots.insert(roots.end(), bodies.begin(), bodies.end());
  std::vector<LawApplication> journal;
  std::vector<NodeId> images = simplify(graph, stabilised(graph, roots, journal)).roots;
  std::map<NodeId, NodeId> now;
  for (std::size_t i = 0; i < bodies.size(); ++i) now.emplace(bodies[i], images[count + i]);
  images.resize(count);
  Computation result = computation.with_roots(recurrences.put_back(images, now));
  for (Computation::Output& output : result.outputs)
    if (graph.node(output.value).kind != Kind::real)
      output.value = graph.apply(Op::divide, output.value, graph.constant(1));  // a quotient is real
  return with_shared_components(graph, result);
}

}  // namespace tenet
