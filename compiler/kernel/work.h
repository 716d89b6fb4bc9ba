// What a pass has to do, counted off its kernels: what a measured time is set against.
#pragma once

#include <string>
#include <vector>

#include "compiler/kernel/kernels.h"

namespace tenet {

// In one pass, over all places of the sequences that the kernel stands in.
struct Work {
  std::string name;   // the kernel's
  double operations;  // on reals: a multiply-add is two, a function such as exp as many as its `Operation::cost`
  double bytes;       // of the elements that it reads and writes, each once a call
};

std::vector<Work> work_of(const Kernels& kernels);  // by kernel

}  // namespace tenet
