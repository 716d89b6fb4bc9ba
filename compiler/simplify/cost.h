// What a graph costs to evaluate once.
#pragma once

#include <algorithm>
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
  std::vector<double> sizes(factors * factors);  // of each pair, the later factor first
  for (std::size_t j = 1; j < factors; ++j)
    for (std::size_t i = 0; i < j; ++i) sizes[j * factors + i] = size(i, j);
  while (rest.size() > 1) {
    std::size_t a = 0, b = 1;
    double least = sizes[rest[1] * factors + rest[0]];
    for (std::size_t j = 1; j < rest.size(); ++j)
      for (std::size_t i = 0; i < j; ++i)
        if (const double own = sizes[rest[j] * factors + rest[i]]; own < least) least = own, a = i, b = j;
    const std::size_t product = rest[a];
    join(product, rest[b]);
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(b));
    if (rest.size() == 1) break;
    for (std::size_t other : rest)
      if (other != product) sizes[std::max(other, product) * factors + std::min(other, product)] = size(other, product);
  }
}

Cost cost_of(const Graph& graph, std::span<const NodeId> roots, const Sizes& sizes);

}  // namespace tenet
