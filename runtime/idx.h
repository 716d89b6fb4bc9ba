// The file format IDX of the MNIST data (http://yann.lecun.com/exdb/mnist/): 0, 0, a type, the number of axes, each axis's length
// as four bytes (big-endian), then the elements, the last axis innermost. Unsigned bytes are read, which is what it is used for.
#pragma once

#include <expected>
#include <filesystem>

#include "runtime/array.h"
#include "runtime/data_error.h"

namespace tenet {

// The file may be packed by gzip. Real values are byte / 255, whole ones the bytes. Errors, with the byte's place: missing, a
// directory, unreadable, damaged as gzip, not IDX, elements that are no unsigned bytes, no elements, a file that ends too early
// or too late, too large for the memory.
std::expected<Array, DataError> read_idx(const std::filesystem::path& file, bool whole);

}  // namespace tenet
