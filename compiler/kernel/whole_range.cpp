#include "compiler/kernel/whole_range.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace tenet {
namespace {

__extension__ using Wide = __int128;

WholeRange within_64_bits(Wide low, Wide high, bool rising = false) {
  if (low < INT64_MIN || high > INT64_MAX) return open_whole;
  return {static_cast<std::int64_t>(low), static_cast<std::int64_t>(high), false, rising};
}

WholeRange hull(std::initializer_list<Wide> corners, bool rising = false) {
  return within_64_bits(std::min(corners), std::max(corners), rising);
}

Wide divided_down(Wide a, Wide b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }

// base^exponent, or something beyond 64 bits.
Wide power(Wide base, std::int64_t exponent) {
  if (base <= 1) return base;
  Wide result = 1;
  for (std::int64_t i = 0; i < exponent && result <= INT64_MAX; ++i) result *= base;
  return result;
}

}  // namespace

Width WholeRange::width() const {
  if (open) return Width::open;
  return within(INT32_MIN, INT32_MAX) ? Width::narrow : Width::wide;
}

WholeRange range_of(double constant) {
  if (!(std::abs(constant) < 0x1p63)) return open_whole;
  const auto whole = static_cast<std::int64_t>(constant);
  return {whole, whole, false, true};
}

WholeRange range_of(Op op, std::span<const WholeRange> operands, bool* beyond) {
  if (std::ranges::any_of(operands, &WholeRange::open)) return open_whole;
  const WholeRange &a = operands[0], &b = operands.back();
  const bool rising = a.rising && b.rising;
  WholeRange result = open_whole;
  bool reached = false;
  switch (op) {
    case Op::add:
      reached = rising;
      result = within_64_bits(Wide{a.low} + b.low, Wide{a.high} + b.high, rising);
      break;
    case Op::multiply:
      reached = rising && a.low >= 0 && b.low >= 0;
      result = hull({Wide{a.low} * b.low, Wide{a.low} * b.high, Wide{a.high} * b.low, Wide{a.high} * b.high}, reached);
      break;
    case Op::subtract:
      return within_64_bits(Wide{a.low} - b.high, Wide{a.high} - b.low);
    case Op::negate:
      return within_64_bits(-Wide{a.high}, -Wide{a.low});
    case Op::abs: {
      const Wide low = a.low, high = a.high;
      return within_64_bits(low > 0 ? low : high < 0 ? -high : 0, std::max(-low, high));
    }
    case Op::maximum:
      return within_64_bits(std::max(a.low, b.low), std::max(a.high, b.high));
    case Op::minimum:
      return within_64_bits(std::min(a.low, b.low), std::min(a.high, b.high));
    case Op::where: {
      const WholeRange& then = operands[operands.size() - 2];
      return hull({then.low, then.high, b.low, b.high});
    }
    default:
      return open_whole;
  }
  if (beyond) *beyond = result.open && reached;
  return result;
}

WholeRange range_of(Op reduction, const WholeRange& element, std::int64_t count) {
  if (element.open) return open_whole;
  switch (reduction) {
    case Op::sum:  // partial sums as well
      return hull({0, Wide{element.low} * count, Wide{element.high} * count});
    case Op::product: {
      const Wide largest = power(std::max(-Wide{element.low}, Wide{element.high}), count);
      return within_64_bits(element.low >= 0 ? Wide{0} : -largest, std::max<Wide>(largest, 1));
    }
    case Op::max_over:
    case Op::min_over:
      return {element.low, element.high};
    case Op::argmax:
      return within_64_bits(0, count - 1);
    default:
      return open_whole;
  }
}

WholeRange range_of_quotient(const WholeRange& dividend, const WholeRange& divisor) {
  if (dividend.open || divisor.open || (divisor.low <= 0 && divisor.high >= 0)) return open_whole;
  const auto corner = [](std::int64_t a, std::int64_t b) { return divided_down(a, b); };
  return hull({corner(dividend.low, divisor.low), corner(dividend.low, divisor.high), corner(dividend.high, divisor.low),
               corner(dividend.high, divisor.high)});
}

}  // namespace tenet
