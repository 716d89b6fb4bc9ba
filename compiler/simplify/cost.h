// What a graph costs to evaluate once.
#pragma once

#include <span>
#include <vector>

#include "compiler/graph/graph.h"

namespace tenet {

inline constexpr double open_size = 32;  // what an axis counts as whose size is not known

struct Cost {
  double operations = 0;  // scalar ones: what is shared counts once, names, indices and indicators nothing
  std::size_t reductions = 0;
};

// Of the space of these axes.
double elements(const Graph& graph, std::span<const AxisId> axes, const Sizes& sizes);

// In which order several factors are multiplied: each time the two whose product is smallest. `size(i, j)`: what the product of
// factors i and j is, by their places at the start; `join(i, j)` makes factor i their product.
template <class Size, class Join>
void multiply_smallest_first(std::size_t factors, const Size& size, const Join& join) {
  std::vector<std::size_t> rest(factors);
  for (std::size_t k = 0; k < factors; ++k) rest[k] = k;
  while (rest.size() > 1) {
    std::size_t a = 0, b = 1;
    double least = size(rest[0], rest[1]);
    for (std::size_t j = 1; j < rest.size(); ++j)
      for (std::size_t i = 0; i < j; ++i)
        if (const double own = size(rest[i], rest[j]); own < least) least = own, a = i, b = j;
    join(rest[a], rest[b]);
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(b));
  }
}

Cost cost_of(const Graph& graph, std::span<const NodeId> roots, const Sizes& sizes);

}  // namespace tenet
