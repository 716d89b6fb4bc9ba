// Values modulo a prime over a space of named dimensions.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "compiler/prove/field.h"

namespace tenet {

struct Dimension {
  std::uint32_t name;
  std::int64_t extent;
  auto operator<=>(const Dimension&) const = default;
};

// Row-major over `dimensions`, which ascend.
struct Table {
  std::vector<Dimension> dimensions;
  std::vector<Field::Element> values;
};

Table scalar(Field::Element value);
std::size_t element_count(std::span<const Dimension> dimensions);
std::vector<Dimension> joined(std::span<const Table* const> tables);

// Calls `visit(coordinates)` for every point of the space, the last dimension fastest.
void for_each_point(std::span<const Dimension> space, const std::function<void(std::span<const std::int64_t>)>& visit);

// f of the tables' values at every point of the space, which has all of their dimensions.
using Function = std::function<Field::Element(std::span<const Field::Element>)>;
Table mapped(std::span<const Table* const> tables, std::vector<Dimension> space, const Function& f);

// fold(... fold(start, first) ..., last) along the dimensions named, in row-major order.
using Fold = std::function<Field::Element(Field::Element, Field::Element)>;
Table folded(const Table& table, std::span<const std::uint32_t> names, Field::Element start, const Fold& fold);

}  // namespace tenet
