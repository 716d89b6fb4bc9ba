// The text of graphs/std.tenet, part of the program so that an installed `tenet` needs no file. The build writes the definition.
#pragma once

#include <string_view>

namespace tenet {

extern const std::string_view library_text;

}  // namespace tenet
