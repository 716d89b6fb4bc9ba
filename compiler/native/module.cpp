#include "compiler/native/module.h"

#include <llvm/IR/Attributes.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/Scalar/ADCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>

#include <vector>

#include "compiler/native/kernel_emitter.h"
#include "compiler/native/machine.h"

namespace tenet {

namespace {

// `void kernel.NAME(ptr..., i64...)`: an argument for each buffer, all disjoint, the place in each sequence around it, and of one
// that is shared out its first tile and the one after its last.
llvm::Function* declare(const Kernels& kernels, const Kernel& kernel, llvm::Module& module) {
  llvm::LLVMContext& context = module.getContext();
  const std::vector<BufferId> buffers = buffers_of(kernel);
  std::vector<llvm::Type*> parameters(buffers.size(), llvm::PointerType::get(context, 0));
  parameters.insert(parameters.end(), kernel.sequences.size() + (kernel.shares > 0 ? 2 : 0), llvm::Type::getInt64Ty(context));
  llvm::Function* function = llvm::Function::Create(llvm::FunctionType::get(llvm::Type::getVoidTy(context), parameters, false),
                                                    llvm::Function::InternalLinkage, "kernel." + kernel.name, module);
  function->addFnAttr(llvm::Attribute::NoInline);
  std::vector<bool> written(kernels.buffers.size());
  for (const Store& store : kernel.stores) written[index_of(store.buffer)] = true;
  if (kernel.clear) written[index_of(*kernel.clear)] = true;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const Buffer& buffer = kernels.buffers[index_of(buffers[i])];
    llvm::Argument* argument = function->getArg(static_cast<unsigned>(i));
    argument->setName(buffer.name);
    llvm::AttrBuilder attributes(context);
    attributes.addAttribute(llvm::Attribute::NoAlias);
    attributes.addAttribute(llvm::Attribute::NoCapture);
    if (!written[index_of(buffers[i])]) attributes.addAttribute(llvm::Attribute::ReadOnly);
    attributes.addAlignmentAttr(64);
    if (buffer.bytes > 0) attributes.addDereferenceableAttr(static_cast<std::uint64_t>(buffer.bytes));
    argument->addAttrs(attributes);
  }
  return function;
}

// A few passes: emission has hoisted and unrolled already. What is left is repeated addresses and values nobody uses.
void simplify(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::ADCEPass());
  for (llvm::Function& function : module)
    if (!function.isDeclaration()) passes.run(function, functions);
}

}  // namespace

std::expected<std::unique_ptr<llvm::Module>, std::string> build_module(const Kernels& kernels, llvm::LLVMContext& context,
                                                                       llvm::TargetMachine& machine, EmitEntries entries) {
  auto module = std::make_unique<llvm::Module>("tenet", context);
  module->setTargetTriple(machine.getTargetTriple().str());
  module->setDataLayout(machine.createDataLayout());
  const Target target = target_of(machine);
  std::vector<llvm::Function*> functions;
  for (const Kernel& kernel : kernels.kernels) {
    functions.push_back(declare(kernels, kernel, *module));
    KernelEmitter(kernels, kernel, *functions.back(), target).emit();
  }
  entries(functions, *module);
  for (llvm::Function& function : *module) {
    if (function.isDeclaration()) continue;
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.addFnAttr("prefer-vector-width", std::to_string(32 * target.lanes));
    function.addFnAttr("denormal-fp-math", "preserve-sign,preserve-sign");  // as the entry sets the machine
  }
  std::string fault;
  llvm::raw_string_ostream stream(fault);
  if (llvm::verifyModule(*module, &stream)) return std::unexpected("the emitted code is not well formed: " + stream.str());
  simplify(*module, machine);
  return module;
}

}  // namespace tenet
