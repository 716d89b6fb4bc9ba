// Counts in tests: their sum, and how a failed check shows them.
#pragma once

#include <ostream>

#include "compiler/render/counts.h"

namespace tenet {

inline std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << "P" << counts.per_element << " s" << counts.indicator_operations << " R" << counts.reductions << " C"
             << counts.contractions << " sw" << counts.sweeps;
}

namespace tests {

inline Counts sum_of(const Counts& a, const Counts& b) {
  return {a.per_element + b.per_element, a.indicator_operations + b.indicator_operations, a.reductions + b.reductions,
          a.contractions + b.contractions, a.sweeps + b.sweeps};
}

// What the lines add, one after the other.
inline Counts total(Counter& counter, std::span<const NodeId> lines) {
  Counts result;
  for (NodeId line : lines) result = sum_of(result, counter.add(line));
  return result;
}

}  // namespace tests
}  // namespace tenet
