// The machine that this process runs on, as LLVM sees it.
#pragma once

#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/Target/TargetMachine.h>

#include <expected>
#include <memory>
#include <string>

namespace tenet {

// Asked of the processor once. Error: this LLVM cannot generate code for the machine.
std::expected<llvm::orc::JITTargetMachineBuilder, std::string> host_description();
std::expected<std::unique_ptr<llvm::TargetMachine>, std::string> host_machine();

}  // namespace tenet
