// What is declared, in an order in which each comes after what it reads.
#pragma once

#include <cstddef>
#include <vector>

namespace tenet {

using Readings = std::vector<std::vector<std::size_t>>;  // by item: the items that it reads

struct Ordered {
  std::vector<std::size_t> order;    // every item; those of a circle stand together
  std::vector<std::size_t> circles;  // by item: the number, from 1, of the circle of definitions that it is part of; 0: of none
  Readings cycles;                   // through readings in place: each reads the next, the last the first
};

// `elsewhere`: what is read at another place of an axis, so that it may be part of a circle.
Ordered ordered(const Readings& in_place, const Readings& elsewhere);

}  // namespace tenet
