// `void tenet_run(TenetFrame*)`: the passes of a computation.
#pragma once

#include <llvm/IR/Function.h>
#include <llvm/IR/Module.h>

#include <span>

#include "compiler/kernel/kernels.h"

namespace tenet {

// `functions`: of kernels.kernels, in their order.
void emit_entry(const Kernels& kernels, std::span<llvm::Function* const> functions, llvm::Module& module);

}  // namespace tenet
