#include "compiler/plan/simplified.h"

#include <map>
#include <vector>

#include "compiler/simplify/recurrences.h"
#include "compiler/simplify/simplify.h"
#include "compiler/simplify/stabilise.h"

namespace tenet {

Computation simplified(Graph& graph, const Computation& computation) {
  std::vector<NodeId> roots;
  for (const Computation::Output& output : computation.outputs) roots.push_back(output.value);
  for (const Computation::Assignment& assignment : computation.assignments) roots.push_back(assignment.value);
  if (computation.loss) roots.push_back(*computation.loss);
  RecurrenceBodies recurrences(graph, roots);
  const std::vector<NodeId> bodies = recurrences.of(roots);
  const std::size_t count = roots.size();
  roots.insert(roots.end(), bodies.begin(), bodies.end());
  std::vector<LawApplication> journal;
  std::vector<NodeId> images = simplify(graph, stabilised(graph, roots, journal)).roots;
  std::map<NodeId, NodeId> now;
  for (std::size_t i = 0; i < bodies.size(); ++i) now.emplace(bodies[i], images[count + i]);
  images.resize(count);
  images = recurrences.put_back(images, now);
  auto image = images.begin();
  Computation result = computation;
  for (Computation::Output& output : result.outputs) {
    output.value = *image++;
    if (graph.node(output.value).kind != Kind::real)
      output.value = graph.apply(Op::divide, output.value, graph.constant(1));  // a quotient is real
  }
  for (Computation::Assignment& assignment : result.assignments) assignment.value = *image++;
  if (result.loss) result.loss = *image++;
  return result;
}

}  // namespace tenet
