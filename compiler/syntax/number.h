// Numbers as they are written, exactly: `200_000`, `1e-5`, `.5`.
#pragma once

#include <gmpxx.h>

#include <expected>
#include <string>
#include <string_view>

#include "compiler/diagnostics/diagnostics.h"

namespace tenet::syntax {

struct Number {
  mpq_class value;
  bool whole;  // written without point and exponent
};

inline constexpr int most_digits = 1000;

// Reads digits with single `_` between them, a point, an exponent. Errors: number_malformed, number_too_long, and
// number_out_of_range for what double precision cannot hold: not 0 and below 4.9e-324, or above 1.8e308.
std::expected<Number, Message> read_number(std::string_view text);

// The shortest exact text of a number that read_number gave: read_number(write_number(n)) is n.
std::string write_number(const mpq_class& value, bool whole);

}  // namespace tenet::syntax
