// The C header of an object file: where everything is in the arena, and what the functions do.
#pragma once

#include <string>

#include "compiler/driver/object_program.h"

namespace tenet {

// `object`: the object file's name. The text is C99 and C++, and needs nothing but <stdint.h>.
std::string c_header(const Session& session, const PlannedObject& planned, const std::string& object, const std::string& machine);

// `text` as a name in C: other characters become `_`.
std::string c_identifier(std::string_view text);

}  // namespace tenet
