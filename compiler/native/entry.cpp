#include "compiler/native/entry.h"

#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/TargetParser/Triple.h>

#include <cstddef>

#include "compiler/native/calls.h"
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

void emit_entry(const Kernels& kernels, std::span<llvm::Function* const> functions, llvm::Module& module, Timing timing) {
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
  const bool shared = has_shares(kernels);
  const auto number = [&](std::size_t offset) {
    return builder.CreateZExt(field(builder.getInt32Ty(), offset), builder.getInt64Ty());
  };
  const Team team = shared ? Team{frame, number(offsetof(TenetFrame, thread)), number(offsetof(TenetFrame, threads))} : Team{};
  const auto alone = [&](llvm::function_ref<void()> work) { return shared ? emit_alone(builder, team, work) : work(); };
  Clock clock{nullptr, functions.size()};
  if (timing == Timing::by_kernel) {
    const std::uint64_t places = functions.size() + 2;
    llvm::Value* thread = shared ? team.thread : builder.getInt64(0);
    clock.ticks = builder.CreateGEP(builder.getInt64Ty(), field(pointer_type, offsetof(TenetFrame, ticks)),
                                    builder.CreateMul(thread, builder.getInt64(places)));
  }
  llvm::Value* saved = enter_flushing(builder);
  const auto address = [&](BufferId id) { return address_of(builder, kernels.buffers[index_of(id)], arena); };
  builder.CreateBr(head);

  builder.SetInsertPoint(head);
  llvm::PHINode* pass = builder.CreatePHI(builder.getInt64Ty(), 2, "pass");
  pass->addIncoming(builder.getInt64(0), entry);
  builder.CreateCondBr(builder.CreateICmpSLT(pass, passes), body, done);

  builder.SetInsertPoint(body);
  llvm::Value* step = builder.CreateAdd(first_step, pass, "step");
  const auto run_pass = [&] {
    alone([&] {
      if (kernels.step) store_whole(builder, kernels.buffers[index_of(*kernels.step)], arena, step);
      if (!kernels.draws) return;
      const llvm::FunctionCallee draw =
          module.getOrInsertFunction("tenet_draw_batch", builder.getVoidTy(), pointer_type, builder.getInt64Ty());
      builder.CreateCall(draw, {frame, step});
    });
    if (shared && (kernels.step || kernels.draws)) emit_barrier(builder, team);
    emit_calls(builder, kernels, functions, 0, functions.size(), arena, shared ? &team : nullptr, clock.ticks ? &clock : nullptr);
    alone([&] {
      if (!kernels.loss) return;
      llvm::Value* loss = builder.CreateAlignedLoad(builder.getFloatTy(), address(*kernels.loss), llvm::Align(4));
      builder.CreateAlignedStore(loss, builder.CreateGEP(builder.getFloatTy(), losses, pass), llvm::Align(4));
    });
  };
  if (clock.ticks)
    clock.time(builder, clock.waiting + 1, run_pass);
  else
    run_pass();
  pass->addIncoming(builder.CreateAdd(pass, builder.getInt64(1)), builder.GetInsertBlock());
  builder.CreateBr(head);

  builder.SetInsertPoint(done);
  leave_flushing(builder, saved);
  builder.CreateRetVoid();
}

}  // namespace tenet
