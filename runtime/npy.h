// NumPy's file format NPY, versions 1 to 3 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
#pragma once

#include <expected>
#include <filesystem>

#include "runtime/array.h"
#include "runtime/data_error.h"

namespace tenet {

// An array of float32, float64, int32 or int64, little-endian, in C's or Fortran's order; the file may be packed by gzip. Real
// values are rounded to single precision. Errors, with the element's number: missing, a directory, unreadable, not NPY, another
// type, no elements, a file that ends too early or too late, a value that is not finite in single precision, where whole numbers
// are wanted one that is not whole or not from 0 to 2^31 - 1, too large for the memory.
std::expected<Array, DataError> read_npy(const std::filesystem::path& file, bool whole);

}  // namespace tenet
