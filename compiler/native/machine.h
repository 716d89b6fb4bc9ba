// The machine that code is for, as LLVM sees it.
#pragma once

#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/Target/TargetMachine.h>

#include <expected>
#include <memory>
#include <string>

#include "compiler/native/native.h"

namespace tenet {

// What code in this process is compiled for. Error: this LLVM cannot generate code for it.
std::expected<llvm::orc::JITTargetMachineBuilder, std::string> host_description();

// The same system with another processor, by LLVM's name for it; empty: host_description()'s. Error: LLVM knows no such
// processor.
std::expected<std::unique_ptr<llvm::TargetMachine>, std::string> machine_for(const std::string& processor);

Target target_of(const llvm::TargetMachine& machine);

}  // namespace tenet
