#include "runtime/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/slots.h"
#include "runtime/threads.h"

namespace tenet {

namespace {

double neutral(Combination combination) {
  switch (combination) {
    case Combination::sum:
      return 0;
    case Combination::product:
      return 1;
    case Combination::max:
      return -std::numeric_limits<double>::infinity();
    case Combination::min:
      return std::numeric_limits<double>::infinity();
  }
  return 0;
}

// NaN stays, whichever side it is on.
double combined(Combination combination, double left, double right) {
  switch (combination) {
    case Combination::sum:
      return left + right;
    case Combination::product:
      return left * right;
    case Combination::max:
      return std::isnan(left) || left > right ? left : right;
    case Combination::min:
      return std::isnan(left) || left < right ? left : right;
  }
  return left;
}

}  // namespace

std::expected<std::vector<std::vector<double>>, std::string> accumulate_over(
    const NativeProgram& program, unsigned char* arena, const Dataset& dataset, const Items& split, const std::string& valid,
    std::span<const Accumulation> accumulations, std::uint64_t seed, const std::function<void(std::int64_t)>& report) {
  const auto placement = Placement::resolve(program, dataset);
  if (!placement) return std::unexpected(placement.error());
  if (split.size() == 0) return std::unexpected("the split has no data");
  const Slot* count = find_slot(program, valid);
  if (count && (count->type != ElementType::whole32 || !count->axes.empty()))
    return std::unexpected(fmt::format("'{}' is not a whole scalar", valid));
  const std::int64_t piece = placement->rows() == 0 ? split.size() : placement->rows();
  if (!count && split.size() % piece != 0)
    return std::unexpected(fmt::format("pieces of {} do not divide a split of {}", piece, split.size()));

  std::vector<const Slot*> outputs;
  std::vector<std::vector<double>> totals;
  for (const Accumulation& accumulation : accumulations) {
    const Slot* output = find_slot(program, accumulation.output);
    if (!output || output->role != Slot::Role::output || output->type != ElementType::real32)
      return std::unexpected(fmt::format("'{}' is not a real output of the computation", accumulation.output));
    outputs.push_back(output);
    totals.emplace_back(static_cast<std::size_t>(elements(*output)), neutral(accumulation.combination));
  }

  const Noise noise(program);
  std::vector<std::int64_t> items(static_cast<std::size_t>(placement->rows()));  // of a piece
  for (std::int64_t begin = 0; begin < split.size(); begin += piece) {
    const std::int64_t rows = std::min(piece, split.size() - begin);
    for (std::size_t row = 0; row < items.size(); ++row)
      items[row] = split[begin + std::min(static_cast<std::int64_t>(row), rows - 1)];
    placement->put(arena, items);
    noise.fill(arena, {seed, Purpose::evaluation_noise}, dataset.items_axis, begin);
    if (count) wholes(arena, *count)[0] = static_cast<std::int32_t>(rows);
    std::vector<float> losses(1);  // for a computation that has a loss
    TenetFrame frame{arena, 0, 1, losses.data(), nullptr};
    run_program(program, frame);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::span<const float> values = reals(static_cast<const unsigned char*>(arena), *outputs[i]);
      for (std::size_t j = 0; j < values.size(); ++j)
        totals[i][j] = combined(accumulations[i].combination, totals[i][j], values[j]);
    }
    if (report) report(begin + rows);
  }
  return totals;
}

}  // namespace tenet
