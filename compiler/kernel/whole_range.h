// The range of a whole, proved from the ranges of what it is worked out of; sizes are known numbers here. It says how the whole
// is held: in 32 bits, in 64, or, where nothing is proved (the floor of a real, and what is worked out of it), as a real of
// double precision: exact up to 2^53, infinite beyond, and NaN where there is no number. So what no whole can hold is seen where
// it comes out among the reals.
#pragma once

#include <cstdint>
#include <span>

#include "compiler/ops/operations.h"

namespace tenet {

enum class Width : std::uint8_t { narrow, wide, open };

struct WholeRange {
  std::int64_t low = INT32_MIN, high = INT32_MAX;
  bool open = false;    // not proved
  bool rising = false;  // it rises with every coordinate that it reads, and reads nothing else: both ends are reached

  Width width() const;
  bool within(std::int64_t least, std::int64_t most) const { return !open && least <= low && high <= most; }
};

inline constexpr WholeRange open_whole = {INT64_MIN, INT64_MAX, true};

// Of a constant. No whole within 64 bits: open.
WholeRange range_of(double constant);

// Of an operation whose result is whole. `beyond`, where given, is set if it is sure to leave 64 bits.
WholeRange range_of(Op op, std::span<const WholeRange> operands, bool* beyond = nullptr);

// Of a reduction of `count` elements.
WholeRange range_of(Op reduction, const WholeRange& element, std::int64_t count);

// Of a quotient, rounded down.
WholeRange range_of_quotient(const WholeRange& dividend, const WholeRange& divisor);

}  // namespace tenet
