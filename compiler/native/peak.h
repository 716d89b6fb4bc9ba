// The machine's peak, as code: multiply-adds on registers and nothing else.
#pragma once

#include <llvm/IR/Module.h>

#include "compiler/kernel/kernels.h"

namespace tenet {

// `void tenet_run(TenetFrame*)`; each pass is `peak_operations` of work. Reads the first of TenetFrame::losses and writes that of
// its thread, counted from 1.
void emit_peak(const Target& target, llvm::Module& module);

}  // namespace tenet
