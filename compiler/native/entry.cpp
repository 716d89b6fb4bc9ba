#include "compiler/native/entry.h"

#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/TargetParser/Triple.h>

#include <cstddef>

#include "compiler/native/kernel_emitter.h"
#include "runtime/abi.h"

namespace tenet {

namespace {

constexpr std::uint32_t flush_denormals = 0x8040;  // MXCSR: results (FTZ) and operands (DAZ)

}  // namespace

llvm::Value* enter_flushing(llvm::IRBuilder<>& builder) {
  if (!llvm::Triple(builder.GetInsertBlock()->getModule()->getTargetTriple()).isX86()) return nullptr;
  llvm::Value* saved = builder.CreateAlloca(builder.getInt32Ty(), nullptr, "saved_mode");
  llvm::Value* current = builder.CreateAlloca(builder.getInt32Ty(), nullptr, "mode");
  builder.CreateIntrinsic(llvm::Intrinsic::x86_sse_stmxcsr, {}, {saved});
  builder.CreateStore(builder.CreateOr(builder.CreateLoad(builder.getInt32Ty(), saved), flush_denormals), current);
  builder.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {}, {current});
  return saved;
}

void leave_flushing(llvm::IRBuilder<>& builder, llvm::Value* saved) {
  if (saved) builder.CreateIntrinsic(llvm::Intrinsic::x86_sse_ldmxcsr, {}, {saved});
}

llvm::Value* address_of(llvm::IRBuilder<>& builder, const Buffer& buffer, llvm::Value* arena) {
  return builder.CreateConstGEP1_64(builder.getInt8Ty(), arena, static_cast<std::uint64_t>(buffer.offset), buffer.name);
}

void store_whole(llvm::IRBuilder<>& builder, const Buffer& scalar, llvm::Value* arena, llvm::Value* value) {
  llvm::Type* type = scalar.element_bytes() == 8 ? builder.getInt64Ty() : builder.getInt32Ty();
  builder.CreateAlignedStore(builder.CreateTrunc(value, type), address_of(builder, scalar, arena), llvm::Align(4));
}

namespace {

// A loop over the places of a sequence; `body` gets the place.
void emit_sequence(llvm::IRBuilder<>& builder, const Sequence& sequence, llvm::function_ref<void(llvm::Value*)> body) {
  llvm::Function* function = builder.GetInsertBlock()->getParent();
  llvm::BasicBlock* before = builder.GetInsertBlock();
  llvm::BasicBlock* loop = llvm::BasicBlock::Create(function->getContext(), "sequence", function);
  llvm::BasicBlock* after = llvm::BasicBlock::Create(function->getContext(), "after", function);
  llvm::Value* extent = builder.getInt64(static_cast<std::uint64_t>(sequence.extent));
  builder.CreateBr(loop);
  builder.SetInsertPoint(loop);
  llvm::PHINode* round = builder.CreatePHI(builder.getInt64Ty(), 2, sequence.name);
  round->addIncoming(builder.getInt64(0), before);
  llvm::Value* next = builder.CreateAdd(round, builder.getInt64(1));
  body(sequence.backwards ? builder.CreateSub(extent, next) : round);
  round->addIncoming(next, builder.GetInsertBlock());
  builder.CreateCondBr(builder.CreateICmpULT(next, extent), loop, after);
  builder.SetInsertPoint(after);
}

// The calls of kernels `begin` to `end` - 1, which stand in the sequences whose places are given.
class Calls {
 public:
  Calls(llvm::IRBuilder<>& builder, const Kernels& kernels, std::span<llvm::Function* const> functions, llvm::Value* arena)
      : builder_(builder), kernels_(kernels), functions_(functions), arena_(arena) {}

  void emit(std::size_t begin, std::size_t end, std::vector<llvm::Value*> places = {}) {
    for (std::size_t i = begin; i < end; ++i) {
      while (next_ < kernels_.sequences.size() && kernels_.sequences[next_].begin < i) ++next_;  // of other calls
      if (next_ < kernels_.sequences.size() && kernels_.sequences[next_].begin == i) {
        const Sequence& sequence = kernels_.sequences[next_++];
        emit_sequence(builder_, sequence, [&](llvm::Value* place) {
          std::vector<llvm::Value*> inside = places;
          inside.push_back(place);
          emit(sequence.begin, sequence.end, std::move(inside));
        });
        i = sequence.end - 1;
        continue;
      }
      std::vector<llvm::Value*> arguments;
      for (BufferId id : buffers_of(kernels_.kernels[i]))
        arguments.push_back(address_of(builder_, kernels_.buffers[index_of(id)], arena_));
      arguments.insert(arguments.end(), places.begin(), places.end());
      builder_.CreateCall(functions_[i], arguments);
    }
  }

 private:
  llvm::IRBuilder<>& builder_;
  const Kernels& kernels_;
  std::span<llvm::Function* const> functions_;
  llvm::Value* arena_;
  std::size_t next_ = 0;  // the first sequence that is not begun
};

}  // namespace

void emit_calls(llvm::IRBuilder<>& builder, const Kernels& kernels, std::span<llvm::Function* const> functions, std::size_t begin,
                std::size_t end, llvm::Value* arena) {
  Calls(builder, kernels, functions, arena).emit(begin, end);
}

void emit_entry(const Kernels& kernels, std::span<llvm::Function* const> functions, llvm::Module& module) {
  llvm::LLVMContext& context = module.getContext();
  llvm::IRBuilder<> builder(context);
  llvm::Type* pointer_type = llvm::PointerType::get(context, 0);
  llvm::Function* run = llvm::Function::Create(llvm::FunctionType::get(builder.getVoidTy(), {pointer_type}, false),
                                               llvm::Function::ExternalLinkage, entry_name, module);
  llvm::Argument* frame = run->getArg(0);
  frame->setName("frame");
  llvm::BasicBlock* entry = llvm::BasicBlock::Create(context, "entry", run);
  llvm::BasicBlock* head = llvm::BasicBlock::Create(context, "pass", run);
  llvm::BasicBlock* body = llvm::BasicBlock::Create(context, "kernels", run);
  llvm::BasicBlock* done = llvm::BasicBlock::Create(context, "done", run);

  builder.SetInsertPoint(entry);
  const auto field = [&](llvm::Type* type, std::size_t offset) {
    return builder.CreateLoad(type, builder.CreateConstGEP1_64(builder.getInt8Ty(), frame, offset));
  };
  llvm::Value* arena = field(pointer_type, offsetof(TenetFrame, arena));
  llvm::Value* first_step = field(builder.getInt64Ty(), offsetof(TenetFrame, first_step));
  llvm::Value* passes = field(builder.getInt64Ty(), offsetof(TenetFrame, passes));
  llvm::Value* losses = field(pointer_type, offsetof(TenetFrame, losses));
  llvm::Value* saved = enter_flushing(builder);
  const auto address = [&](BufferId id) { return address_of(builder, kernels.buffers[index_of(id)], arena); };
  builder.CreateBr(head);

  builder.SetInsertPoint(head);
  llvm::PHINode* pass = builder.CreatePHI(builder.getInt64Ty(), 2, "pass");
  pass->addIncoming(builder.getInt64(0), entry);
  builder.CreateCondBr(builder.CreateICmpSLT(pass, passes), body, done);

  builder.SetInsertPoint(body);
  llvm::Value* step = builder.CreateAdd(first_step, pass, "step");
  if (kernels.step) store_whole(builder, kernels.buffers[index_of(*kernels.step)], arena, step);
  if (kernels.draws) {
    const llvm::FunctionCallee draw =
        module.getOrInsertFunction("tenet_draw_batch", builder.getVoidTy(), pointer_type, builder.getInt64Ty());
    builder.CreateCall(draw, {frame, step});
  }
  emit_calls(builder, kernels, functions, 0, functions.size(), arena);
  if (kernels.loss) {
    llvm::Value* loss = builder.CreateAlignedLoad(builder.getFloatTy(), address(*kernels.loss), llvm::Align(4));
    builder.CreateAlignedStore(loss, builder.CreateGEP(builder.getFloatTy(), losses, pass), llvm::Align(4));
  }
  pass->addIncoming(builder.CreateAdd(pass, builder.getInt64(1)), builder.GetInsertBlock());
  builder.CreateBr(head);

  builder.SetInsertPoint(done);
  leave_flushing(builder, saved);
  builder.CreateRetVoid();
}

}  // namespace tenet
