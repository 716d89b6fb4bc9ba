#include "compiler/native/machine.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include <vector>

#include "compiler/diagnostics/diagnostics.h"

namespace tenet {

namespace {

// Whether LLVM knows the processor, and it runs programs of this system.
std::expected<void, std::string> check_processor(const llvm::Triple& system, const std::string& processor) {
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(system.getTriple(), error);
  if (!target) return std::unexpected(error);
  const auto subtarget = [&](llvm::StringRef name) {
    return std::unique_ptr<llvm::MCSubtargetInfo>(target->createMCSubtargetInfo(system.getTriple(), name, ""));
  };
  const auto any = subtarget("");
  if (!any->isCPUStringValid(processor)) {
    std::vector<std::string> names;
    for (const llvm::SubtargetSubTypeKV& known : any->getAllProcessorDescriptions()) names.emplace_back(known.Key);
    const std::string near = nearest(processor, names);
    return std::unexpected("LLVM knows no processor `" + processor + "` for " + system.getArchName().str() +
                           (near.empty() ? "" : "; did you mean `" + near + "`?"));
  }
  if (system.getArch() == llvm::Triple::x86_64 && processor != "generic" && !subtarget(processor)->checkFeatures("+64bit"))
    return std::unexpected("the processor `" + processor + "` does not run 64-bit programs");
  return {};
}

using Description = std::expected<llvm::orc::JITTargetMachineBuilder, std::string>;

Description detected() {
  if (llvm::InitializeNativeTarget() || llvm::InitializeNativeTargetAsmPrinter())
    return std::unexpected("LLVM has no code generator for this machine");
  auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!builder) return std::unexpected(llvm::toString(builder.takeError()));
  builder->setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
  // Constants beside the code are operands of instructions; symbols of the process are reached through the linker's table.
  builder->setCodeModel(llvm::CodeModel::Small);
  builder->setRelocationModel(llvm::Reloc::PIC_);
  return std::move(*builder);
}

Description with_processor(Description description, const std::string& processor) {
  if (!description || processor.empty()) return description;
  if (auto known = check_processor(description->getTargetTriple(), processor); !known) return std::unexpected(known.error());
  description->setCPU(processor);
  description->getFeatures() = llvm::SubtargetFeatures();
  return description;
}

std::expected<std::unique_ptr<llvm::TargetMachine>, std::string> machine_of(Description description) {
  if (!description) return std::unexpected(description.error());
  auto machine = description->createTargetMachine();
  if (!machine) return std::unexpected(llvm::toString(machine.takeError()));
  return std::move(*machine);
}

// What code in this process is compiled for.
struct Host {
  Description description;
  Target target;
};

Host& host() {
  static Host host = [] {
    const Description own = detected();
    const auto machine = machine_of(own);
    return Host{own, machine ? target_of(**machine) : Target{4, 16, false}};  // without a machine nothing is compiled
  }();
  return host;
}

}  // namespace

Description host_description() { return host().description; }
Target host_target() { return host().target; }

std::expected<void, std::string> set_processor(const std::string& processor) {
  const Description chosen = with_processor(host().description, processor);
  const auto machine = machine_of(chosen);
  if (!machine) return std::unexpected(machine.error());
  for (const auto& [feature, present] : llvm::sys::getHostCPUFeatures())
    if (!present && (*machine)->getMCSubtargetInfo()->checkFeatures("+" + feature.str()))
      return std::unexpected("this machine cannot run code for `" + processor + "`: it lacks " + feature.str());
  host().description = chosen;
  host().target = target_of(**machine);
  return {};
}

std::expected<std::unique_ptr<llvm::TargetMachine>, std::string> machine_for(const std::string& processor) {
  return machine_of(with_processor(host().description, processor));
}

Target target_of(const llvm::TargetMachine& machine) {
  const auto has = [&](llvm::StringRef features) { return machine.getMCSubtargetInfo()->checkFeatures(features); };
  if (!machine.getTargetTriple().isX86())
    return machine.getTargetTriple().isAArch64() ? Target{4, 32, true} : Target{4, 16, false};
  if (has("+avx512f,+avx512vl,+avx512dq,+avx512bw")) return {16, 32, true};
  return has("+avx2") ? Target{8, 16, has("+fma")} : Target{4, 16, has("+fma")};
}

std::expected<Target, std::string> target_for(const std::string& processor) {
  const auto machine = machine_for(processor);
  if (!machine) return std::unexpected(machine.error());
  return target_of(**machine);
}

}  // namespace tenet
