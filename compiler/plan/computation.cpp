#include "compiler/plan/computation.h"

namespace tenet {

std::vector<NodeId> Computation::roots() const {
  std::vector<NodeId> result;
  for (const Output& output : outputs) result.push_back(output.value);
  for (const Assignment& assignment : assignments) result.push_back(assignment.value);
  if (loss) result.push_back(*loss);
  return result;
}

Computation Computation::with_roots(std::span<const NodeId> roots) const {
  Computation result = *this;
  auto root = roots.begin();
  for (Output& output : result.outputs) output.value = *root++;
  for (Assignment& assignment : result.assignments) assignment.value = *root++;
  if (result.loss) result.loss = *root++;
  return result;
}

}  // namespace tenet
