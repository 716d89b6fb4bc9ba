// `import "file.tenet"`: a program of several files as one.
#pragma once

#include "compiler/elaborate/program.h"
#include "compiler/syntax/tree.h"

namespace tenet {

// The sink's source `file` with what its imports bring: axes, data, parameters, definitions, functions and assumptions of every
// file that can be reached, each file once, however it is reached. Claims and recipes are those of `file` alone. Imported files
// become sources of the sink, so that every part keeps its place; they come before the file itself.
syntax::Program with_imports(Diagnostics& diagnostics, std::uint32_t file, const ReadFile& read);

}  // namespace tenet
