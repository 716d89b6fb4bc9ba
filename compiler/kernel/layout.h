// Where the elements of a buffer are.
#pragma once

#include <vector>

#include "compiler/kernel/kernels.h"

namespace tenet {

// Strides and bytes of what extents and panels say; more than can be is INT64_MAX.
void set_strides(Buffer& buffer);

// The buffer of the kernel's only store with the lanes' axis last, if it has that axis.
void lay_out(Kernel& kernel, LoopId lanes, std::vector<Buffer>& buffers);

}  // namespace tenet
