#include "compiler/native/native.h"

#include <llvm/ExecutionEngine/Orc/CompileUtils.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/Support/raw_ostream.h>

#include "compiler/native/entry.h"
#include "compiler/native/machine.h"
#include "compiler/native/module.h"
#include "compiler/native/peak.h"
#include "compiler/native/symbols.h"

namespace tenet {

namespace {

namespace orc = llvm::orc;

class JittedCode final : public NativeCode {
 public:
  JittedCode(std::unique_ptr<orc::LLJIT> jit, NativeFunction function) : jit_(std::move(jit)), function_(function) {}
  NativeFunction function() const override { return function_; }

 private:
  std::unique_ptr<orc::LLJIT> jit_;
  NativeFunction function_;
};

// Loads an object file; it sees the symbols of the table and none of this process's.
llvm::Expected<std::unique_ptr<NativeCode>> load(std::unique_ptr<llvm::MemoryBuffer> object,
                                                 orc::JITTargetMachineBuilder machine) {
  auto jit = orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(std::move(machine))
                 .setLinkProcessSymbolsByDefault(false)
                 .setPlatformSetUp(orc::setUpInactivePlatform)
                 .create();
  if (!jit) return jit.takeError();
  orc::SymbolMap table;
  for (const CallableSymbol& symbol : symbols())
    table[(*jit)->mangleAndIntern(symbol.name)] = {orc::ExecutorAddr::fromPtr(symbol.address),
                                                   llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  if (llvm::Error error = (*jit)->getMainJITDylib().define(orc::absoluteSymbols(std::move(table)))) return error;
  if (llvm::Error error = (*jit)->addObjectFile(std::move(object))) return error;
  auto entry = (*jit)->lookup(entry_name);
  if (!entry) return entry.takeError();
  return std::make_unique<JittedCode>(std::move(*jit), entry->toPtr<NativeFunction>());
}

struct Built {
  std::unique_ptr<llvm::LLVMContext> context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};

std::expected<Built, std::string> build(const Kernels& kernels, Timing timing = Timing::none) {
  auto machine = machine_for("");
  if (!machine) return std::unexpected(machine.error());
  Built built;
  built.machine = std::move(*machine);
  auto module = build_module(
      kernels, *built.context, *built.machine,
      [&](std::span<llvm::Function* const> functions, llvm::Module& to) { emit_entry(kernels, functions, to, timing); });
  if (!module) return std::unexpected(module.error());
  built.module = std::move(*module);
  return built;
}

std::expected<std::unique_ptr<NativeCode>, std::string> loaded(const Built& built) {
  auto object = orc::SimpleCompiler(*built.machine)(*built.module);
  if (!object) return std::unexpected(llvm::toString(object.takeError()));
  auto code = load(std::move(*object), *host_description());
  if (!code) return std::unexpected(llvm::toString(code.takeError()));
  return std::move(*code);
}

}  // namespace

std::expected<std::unique_ptr<NativeCode>, std::string> compile(const Kernels& kernels, Runs runs, Timing timing) {
  auto built = build(kernels, timing);
  if (!built) return std::unexpected(built.error());
  if (runs == Runs::once) built->machine->setOptLevel(llvm::CodeGenOptLevel::None);
  return loaded(*built);
}

std::expected<std::unique_ptr<NativeCode>, std::string> compile_peak() {
  Built built;
  auto machine = machine_for("");
  if (!machine) return std::unexpected(machine.error());
  built.machine = std::move(*machine);
  built.module = std::make_unique<llvm::Module>("peak", *built.context);
  built.module->setDataLayout(built.machine->createDataLayout());
  emit_peak(target_of(*built.machine), *built.module);
  return loaded(built);
}

std::string llvm_text(const Kernels& kernels) {
  const auto built = build(kernels);
  if (!built) return built.error();
  std::string text;
  llvm::raw_string_ostream stream(text);
  built->module->print(stream, nullptr);
  return text;
}

std::string assembly_text(const Kernels& kernels) {
  auto built = build(kernels);
  if (!built) return built.error();
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (built->machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return "this machine's code generator writes no assembly";
  passes.run(*built->module);
  return std::string(text);
}

}  // namespace tenet
