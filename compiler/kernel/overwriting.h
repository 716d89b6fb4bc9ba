// The order in which a step overwrites its inputs.
#pragma once

#include <vector>

#include "compiler/kernel/kernels.h"

namespace tenet {

// A kernel that works out the next value of an input, into the input's buffer.
struct Overwriting {
  Kernel kernel;
  BufferId target;
  bool waits = false;  // its value has to go into a buffer of its own, until all others are done
};

// All values read the inputs as they were: an input is overwritten after its last reader. Where readers and writers go in a
// circle, or a kernel would read elements that it has overwritten, the new value waits.
std::vector<Overwriting> in_order(std::vector<Overwriting> all);

}  // namespace tenet
