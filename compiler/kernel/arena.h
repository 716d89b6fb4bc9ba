// Places the buffers of a computation in one arena.
#pragma once

#include "compiler/kernel/kernels.h"

namespace tenet {

// Sets every buffer's bytes and offset and the arena's size. Temporaries share memory when no kernel needs both. False if the
// sizes overflow.
bool place_buffers(Kernels& kernels);

}  // namespace tenet
