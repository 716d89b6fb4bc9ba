// Calls of kernels in their order, by one thread or by several.
#pragma once

#include <llvm/IR/Function.h>
#include <llvm/IR/IRBuilder.h>

#include <span>

#include "compiler/kernel/kernels.h"

namespace tenet {

// The threads that run a function, as values of it.
struct Team {
  llvm::Value* frame;             // of the thread
  llvm::Value *thread, *threads;  // its number and how many there are, i64
};

// Where a thread's times go: TenetFrame::ticks, i64 each.
struct Clock {
  llvm::Value* ticks;
  std::size_t waiting;  // the place of the time at barriers; those of kernels are their numbers

  // Adds the time that `work` takes to the number at `place`.
  void time(llvm::IRBuilder<>& builder, std::size_t place, llvm::function_ref<void()> work) const;
};

// What one thread does for all.
void emit_alone(llvm::IRBuilder<>& builder, const Team& team, llvm::function_ref<void()> body);

// Calls `tenet_barrier`.
void emit_barrier(llvm::IRBuilder<>& builder, const Team& team);

// Calls the functions of kernels `begin` to `end` - 1; `functions`: of all kernels. A team shares out those that have shares, the
// first thread runs the others; threads wait for one another where one needs what another did, and at the end.
void emit_calls(llvm::IRBuilder<>& builder, const Kernels& kernels, std::span<llvm::Function* const> functions, std::size_t begin,
                std::size_t end, llvm::Value* arena, const Team* team = nullptr, const Clock* clock = nullptr);

}  // namespace tenet
