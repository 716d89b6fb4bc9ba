// Kernels as an LLVM module: an internal function a kernel, and what calls them from outside.
#pragma once

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <expected>
#include <memory>
#include <span>
#include <string>

#include "compiler/kernel/kernels.h"

namespace tenet {

// Adds what is called from outside. `functions`: of the kernels, in their order, a pointer argument for each of
// buffers_of(kernel).
using EmitEntries = llvm::function_ref<void(std::span<llvm::Function* const> functions, llvm::Module& module)>;

// Verified and simplified, ready for code generation. Error: a fault of the compiler.
std::expected<std::unique_ptr<llvm::Module>, std::string> build_module(const Kernels& kernels, llvm::LLVMContext& context,
                                                                       llvm::TargetMachine& machine, EmitEntries entries);

}  // namespace tenet
