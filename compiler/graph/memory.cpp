// Whether the interpreter's tensors fit this machine.
#include <fmt/format.h>
#include <unistd.h>

#include "compiler/graph/interpreter.h"

namespace tenet {

std::optional<std::string> too_large(const Graph& graph, const Sizes& sizes, std::span<const NodeId> roots) {
  const Schedule plan = schedule(
      graph, roots, [](NodeId) { return false; }, [](NodeId) { return false; });
  double bytes = 0;
  for (NodeId id : plan.stored) {
    double elements = 1;
    for (AxisId axis : graph.node(id).axes) elements *= static_cast<double>(sizes[axis]);
    bytes += elements * sizeof(double);
  }
  const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  constexpr double share = 0.8;  // the rest is everybody else's
  if (bytes <= share * memory) return {};
  constexpr double gib = 1024.0 * 1024 * 1024;
  return fmt::format("its values take {:.3g} GiB, the memory is {:.3g} GiB", bytes / gib, memory / gib);
}

}  // namespace tenet
