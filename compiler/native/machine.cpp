#include "compiler/native/machine.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include "compiler/native/native.h"

namespace tenet {

Target host_target() {
  static const Target target = [] {
    const llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
    if (features.lookup("avx512f") && features.lookup("avx512vl") && features.lookup("avx512dq") && features.lookup("avx512bw"))
      return Target{16, 32};
    if (features.lookup("avx2")) return Target{8, 16};
    return features.lookup("neon") ? Target{4, 32} : Target{4, 16};
  }();
  return target;
}

std::expected<llvm::orc::JITTargetMachineBuilder, std::string> host_description() {
  using Description = std::expected<llvm::orc::JITTargetMachineBuilder, std::string>;
  static const Description description = []() -> Description {
    if (llvm::InitializeNativeTarget() || llvm::InitializeNativeTargetAsmPrinter())
      return std::unexpected("LLVM has no code generator for this machine");
    auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!builder) return std::unexpected(llvm::toString(builder.takeError()));
    builder->setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
    // Constants beside the code are operands of instructions; symbols of the process are reached through the linker's table.
    builder->setCodeModel(llvm::CodeModel::Small);
    builder->setRelocationModel(llvm::Reloc::PIC_);
    return std::move(*builder);
  }();
  return description;
}

std::expected<std::unique_ptr<llvm::TargetMachine>, std::string> host_machine() {
  auto description = host_description();
  if (!description) return std::unexpected(description.error());
  auto machine = description->createTargetMachine();
  if (!machine) return std::unexpected(llvm::toString(machine.takeError()));
  return std::move(*machine);
}

}  // namespace tenet
