// Which operands of a product are worth a copy that lies in memory as the product goes through it.
#pragma once

#include <vector>

#include "compiler/kernel/schedule.h"

namespace tenet {

// Of a nest that has its tiles: gives the copies that it wants already a panel for each tile of the lanes, and adds those of
// loads that are read again and again, far apart: across lanes in panels, along rows with a summed axis last.
void pack(const Kernel& kernel, const std::vector<Buffer>& buffers, const Target& target, const Copying& copying,
          std::vector<WantedCopy>& copies);

}  // namespace tenet
