// Kernels as an LLVM module: an internal function a kernel, and `tenet_run`, which calls them.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <expected>
#include <memory>
#include <string>

#include "compiler/kernel/kernels.h"

namespace tenet {

inline constexpr const char* entry_name = "tenet_run";

// Verified and simplified, ready for code generation. Error: a fault of the compiler.
std::expected<std::unique_ptr<llvm::Module>, std::string> build_module(const Kernels& kernels, llvm::LLVMContext& context,
                                                                       llvm::TargetMachine& machine);

}  // namespace tenet
