// What the machine can do at most, measured now: what times are set against.
#pragma once

#include "compiler/driver/outcome.h"
#include "runtime/abi.h"

namespace tenet {

// Of all threads of a step together.
struct Limits {
  double operations_per_second;  // multiply-adds in registers, two operations each
  double bytes_per_second;       // read and written by copying in memory, beyond the caches
};

// Of as many as have work in `program`. Takes a tenth of a second.
Outcome<Limits> measured_limits(const NativeProgram& program);

}  // namespace tenet
