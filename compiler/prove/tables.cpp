#include "compiler/prove/tables.h"

#include <algorithm>

namespace tenet {
namespace {

// For each dimension of the space the step through the table, 0 along one that the table lacks.
std::vector<std::size_t> steps_of(const Table& table, std::span<const Dimension> space) {
  std::vector<std::size_t> steps(space.size(), 0);
  std::size_t step = 1;
  for (std::size_t i = table.dimensions.size(); i-- > 0;) {
    const auto place = std::ranges::find(space, table.dimensions[i].name, &Dimension::name) - space.begin();
    steps[static_cast<std::size_t>(place)] = step;
    step *= static_cast<std::size_t>(table.dimensions[i].extent);
  }
  return steps;
}

}  // namespace

Table scalar(Field::Element value) { return {{}, {value}}; }

std::size_t element_count(std::span<const Dimension> dimensions) {
  std::size_t count = 1;
  for (const Dimension& dimension : dimensions) count *= static_cast<std::size_t>(dimension.extent);
  return count;
}

std::vector<Dimension> joined(std::span<const Table* const> tables) {
  std::vector<Dimension> result;
  for (const Table* table : tables) result.insert(result.end(), table->dimensions.begin(), table->dimensions.end());
  std::ranges::sort(result);
  const auto repeated = std::ranges::unique(result);
  result.erase(repeated.begin(), repeated.end());
  return result;
}

void for_each_point(std::span<const Dimension> space, const std::function<void(std::span<const std::int64_t>)>& visit) {
  std::vector<std::int64_t> at(space.size(), 0);
  for (std::size_t count = element_count(space); count > 0; --count) {
    visit(at);
    for (std::size_t i = space.size(); i-- > 0;) {
      if (++at[i] < space[i].extent) break;
      at[i] = 0;
    }
  }
}

Table mapped(std::span<const Table* const> tables, std::vector<Dimension> space, const Function& f) {
  Table result{std::move(space), {}};
  result.values.reserve(element_count(result.dimensions));
  std::vector<std::vector<std::size_t>> steps;
  for (const Table* table : tables) steps.push_back(steps_of(*table, result.dimensions));
  std::vector<Field::Element> operands(tables.size());
  for_each_point(result.dimensions, [&](std::span<const std::int64_t> at) {
    for (std::size_t k = 0; k < tables.size(); ++k) {
      std::size_t offset = 0;
      for (std::size_t i = 0; i < at.size(); ++i) offset += steps[k][i] * static_cast<std::size_t>(at[i]);
      operands[k] = tables[k]->values[offset];
    }
    result.values.push_back(f(operands));
  });
  return result;
}

Table folded(const Table& table, std::span<const std::uint32_t> names, Field::Element start, const Fold& fold) {
  Table result;
  for (const Dimension& dimension : table.dimensions)
    if (std::ranges::find(names, dimension.name) == names.end()) result.dimensions.push_back(dimension);
  result.values.assign(element_count(result.dimensions), start);
  const std::vector<std::size_t> steps = steps_of(result, table.dimensions);
  std::size_t element = 0;
  for_each_point(table.dimensions, [&](std::span<const std::int64_t> at) {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < at.size(); ++i) offset += steps[i] * static_cast<std::size_t>(at[i]);
    result.values[offset] = fold(result.values[offset], table.values[element++]);
  });
  return result;
}

}  // namespace tenet
