// What text files of data have in common. A line ends with a line feed, a carriage return, or both.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "runtime/data_error.h"

namespace tenet {

// The file's text, without byte order marks at its start. Error: it is UTF-16 or UTF-32.
std::expected<std::string_view, DataError> text_in(std::string_view bytes);

// Takes the line end that `text` begins with; whether there is one.
bool take_line_end(std::string_view& text);

std::int64_t line_ends_in(std::string_view text);

// As a message shows what a file has: in back quotes, what has no shape by its number, and cut where it is long.
std::string shown(std::string_view text);

}  // namespace tenet
