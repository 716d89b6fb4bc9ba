#include "compiler/native/peak.h"

#include <llvm/IR/IRBuilder.h>

#include <cstddef>
#include <vector>

#include "compiler/native/entry.h"
#include "compiler/native/llvm_emitter.h"
#include "compiler/native/native.h"
#include "runtime/abi.h"

namespace tenet {

namespace {

constexpr std::int64_t turns = 4096;
constexpr int chains = 12;  // independent, to hide a multiply-add's latency on two units; fit 16 registers

}  // namespace

double peak_operations(const Target& target) { return 2.0 * static_cast<double>(turns) * chains * target.lanes; }

void emit_peak(const Target& target, llvm::Module& module) {
  llvm::LLVMContext& context = module.getContext();
  llvm::IRBuilder<> builder(context);
  llvm::Type* pointer_type = llvm::PointerType::get(context, 0);
  llvm::Function* run = llvm::Function::Create(llvm::FunctionType::get(builder.getVoidTy(), {pointer_type}, false),
                                               llvm::Function::ExternalLinkage, entry_name, module);
  llvm::BasicBlock* entry = llvm::BasicBlock::Create(context, "entry", run);
  llvm::BasicBlock* loop = llvm::BasicBlock::Create(context, "loop", run);
  llvm::BasicBlock* done = llvm::BasicBlock::Create(context, "done", run);
  builder.SetInsertPoint(entry);
  const auto field = [&](llvm::Type* type, std::size_t offset) {
    return builder.CreateLoad(type, builder.CreateConstGEP1_64(builder.getInt8Ty(), run->getArg(0), offset));
  };
  llvm::Value* count =
      builder.CreateMul(field(builder.getInt64Ty(), offsetof(TenetFrame, passes)), builder.getInt64(std::uint64_t{turns}));
  llvm::Value* losses = field(pointer_type, offsetof(TenetFrame, losses));
  llvm::Value* thread = field(builder.getInt32Ty(), offsetof(TenetFrame, thread));
  llvm::Value* number = builder.CreateLoad(builder.getFloatTy(), losses);  // so that nothing is known of it
  llvm::Value* factor = broadcast(builder, number, static_cast<unsigned>(target.lanes));
  builder.CreateBr(loop);
  builder.SetInsertPoint(loop);
  llvm::PHINode* turn = builder.CreatePHI(builder.getInt64Ty(), 2);
  turn->addIncoming(builder.getInt64(0), entry);
  std::vector<llvm::PHINode*> sums;
  for (int i = 0; i < chains; ++i) {
    sums.push_back(builder.CreatePHI(factor->getType(), 2));
    sums.back()->addIncoming(llvm::ConstantFP::get(factor->getType(), i), entry);
  }
  LlvmEmitter emitter(builder, target.fused);
  const Emitter::Value wrapped = LlvmEmitter::wrap(factor);
  for (llvm::PHINode* sum : sums)
    sum->addIncoming(LlvmEmitter::unwrap(emitter.add_product(LlvmEmitter::wrap(sum), wrapped, wrapped)), loop);
  llvm::Value* next = builder.CreateAdd(turn, builder.getInt64(1));
  turn->addIncoming(next, loop);
  builder.CreateCondBr(builder.CreateICmpSLT(next, count), loop, done);
  builder.SetInsertPoint(done);
  llvm::Value* total = sums[0]->getIncomingValue(1);
  for (int i = 1; i < chains; ++i) total = builder.CreateFAdd(total, sums[static_cast<std::size_t>(i)]->getIncomingValue(1));
  llvm::Value* place = builder.CreateAdd(thread, builder.getInt32(1));
  builder.CreateStore(builder.CreateExtractElement(total, std::uint64_t{0}),
                      builder.CreateGEP(builder.getFloatTy(), losses, place));
  builder.CreateRetVoid();
}

}  // namespace tenet
