// The machine that this process runs on, as LLVM sees it.
#pragma once

#include <llvm/Target/TargetMachine.h>

#include <expected>
#include <memory>
#include <string>

namespace tenet {

// Error: this LLVM cannot generate code for the machine.
std::expected<std::unique_ptr<llvm::TargetMachine>, std::string> host_machine();

}  // namespace tenet
