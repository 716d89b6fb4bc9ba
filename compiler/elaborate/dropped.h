// Nothing that stands in a program is dropped.
#pragma once

#include "compiler/elaborate/names.h"
#include "compiler/elaborate/program.h"

namespace tenet {

// After elaboration without an error: reports every statement of the file that is not in the program. `layers`: the definitions
// that name a layer instead of a value.
void report_dropped(Diagnostics& diagnostics, const syntax::Program& tree, const Program& program,
                    const std::vector<std::string>& layers);

}  // namespace tenet
