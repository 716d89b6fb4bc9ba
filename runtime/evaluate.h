// Running a computation over a whole split in pieces, and combining the pieces' outputs.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "runtime/abi.h"
#include "runtime/drawer.h"

namespace tenet {

enum class Combination : std::uint8_t { sum, max, min, product };

struct Accumulation {
  std::string output;  // a real output slot
  Combination combination;
};

// Fills the data slots with one piece of the split after the other (a piece is as long as the axis of items), sets the whole
// scalar slot `valid` (if the program has it) to the number of the piece's rows that count (the last piece's other rows repeat an
// item), runs one pass, and combines the outputs in double precision. The random numbers of an item depend on `seed` and its
// number in the split, not on the pieces. The result has one tensor for each accumulation, in the slot's layout. The arena's
// other slots must be set already. `report` gets the number of items done, after each piece. Error: a slot is missing or of the
// wrong kind; a split without items.
std::expected<std::vector<std::vector<double>>, std::string> accumulate_over(
    const NativeProgram& program, unsigned char* arena, const Dataset& dataset, const Items& split, const std::string& valid,
    std::span<const Accumulation> accumulations, std::uint64_t seed = 0, const std::function<void(std::int64_t)>& report = {});

}  // namespace tenet
