// Comma-separated values (RFC 4180): a header with the columns' names, then a row an item.
#pragma once

#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "runtime/array.h"
#include "runtime/data_error.h"

namespace tenet {

// Columns that are read together, as one array [rows, columns], or [rows] where it is `single`.
struct CsvSelection {
  std::vector<std::string> columns;
  bool whole, single;
};

// One array for each selection. Fields are separated by commas, may stand in double quotes ("" is a quote in one), and lines end
// with LF, CR or CR LF; a byte order mark at the start and empty lines at the end are skipped; white space around a number is.
// Errors, with line and column: missing, a directory, unreadable, not UTF-8, no header, no rows, a column that the header lacks
// or has twice, an empty line between rows, a row with more or fewer fields than the header, a quote that is not closed or stands
// within a field, a missing value, what is no number, one that is not finite in single precision, where whole numbers are wanted
// one that is not whole or not from 0 to 2^31 - 1, too large for the memory.
std::expected<std::vector<Array>, DataError> read_csv(const std::filesystem::path& file,
                                                      std::span<const CsvSelection> selections);

}  // namespace tenet
