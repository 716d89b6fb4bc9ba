// Functions that run kernels on an arena.
#pragma once

#include <llvm/IR/Function.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <span>

#include "compiler/kernel/kernels.h"
#include "compiler/native/native.h"

namespace tenet {

inline constexpr const char* entry_name = "tenet_run";

// `void tenet_run(TenetFrame*)`: the passes of a computation. `functions`: of kernels.kernels, in their order.
void emit_entry(const Kernels& kernels, std::span<llvm::Function* const> functions, llvm::Module& module,
                Timing timing = Timing::none);

// Where a buffer is.
llvm::Value* address_of(llvm::IRBuilder<>& builder, const Buffer& buffer, llvm::Value* arena);

// Sets a whole of the arena that has one element, of 32 or of 64 bits.
void store_whole(llvm::IRBuilder<>& builder, const Buffer& scalar, llvm::Value* arena, llvm::Value* value);

// Makes the processor flush denormal numbers, and back to what it did. The value is null where it has no such mode that we
// change.
llvm::Value* enter_flushing(llvm::IRBuilder<>& builder);
void leave_flushing(llvm::IRBuilder<>& builder, llvm::Value* saved);

}  // namespace tenet
