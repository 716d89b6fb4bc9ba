// The machine's peak, as code: multiply-adds on registers and nothing else.
#pragma once

#include <llvm/IR/Module.h>

namespace tenet {

// `void tenet_run(TenetFrame*)`; each pass is `peak_operations` of work. `lanes`: of a vector register. Reads the first of
// TenetFrame::losses and writes that of its thread, counted from 1.
void emit_peak(int lanes, llvm::Module& module);

}  // namespace tenet
