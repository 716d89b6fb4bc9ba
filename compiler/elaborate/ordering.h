// What is declared, in an order in which each comes after what it reads.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tenet {

using Readings = std::vector<std::vector<std::size_t>>;  // by item: the items that it reads

// Of an item, at another place of an axis.
struct Elsewhere {
  std::size_t item;
  std::string_view axis;
};
using ReadingsElsewhere = std::vector<std::vector<Elsewhere>>;  // by item

// A circle of definitions that read one another: once what is read elsewhere along its axis is known, the items of it stand in an
// order, or in circles along other axes.
struct Ordered {
  std::vector<std::size_t> order;      // every item; those of a circle stand together
  Readings circles;                    // by item: the numbers of the circles that it is part of, from the outermost on
  std::vector<std::string_view> axes;  // of the circles, by number
  Readings cycles;                     // through readings in place: each reads the next, the last the first
};

Ordered ordered(const Readings& in_place, const ReadingsElsewhere& elsewhere);

}  // namespace tenet
