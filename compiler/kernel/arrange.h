// In which order a nest goes through its output, and in which blocks, so that what it reads again is still in a cache.
#pragma once

#include <vector>

#include "compiler/kernel/kernels.h"

namespace tenet {

// Of a nest that has its tiles. Takes the order and the blocks whose traffic between the caches is estimated to be least; each
// element of the output is worked out as before, bit for bit.
void arrange(Kernel& kernel, const std::vector<Buffer>& buffers, const Target& target);

}  // namespace tenet
