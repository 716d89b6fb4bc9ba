#include "compiler/native/object.h"

#include <llvm/ExecutionEngine/Orc/CompileUtils.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>

#include "compiler/native/calls.h"
#include "compiler/native/entry.h"
#include "compiler/native/machine.h"
#include "compiler/native/module.h"

namespace tenet {
namespace {

std::int64_t elements(const Buffer& buffer) { return buffer.bytes / 4; }

class Exports {
 public:
  Exports(const ObjectProgram& program, std::span<llvm::Function* const> kernels, llvm::Module& module)
      : program_(program), kernels_(kernels), module_(module), builder_(module.getContext()) {}

  void emit() {
    emit_step();
    if (!program_.evaluation) return;
    if (!program_.evaluation->calibration.empty()) emit_calibrate();
    emit_evaluate();
  }

 private:
  const Buffer& buffer(BufferId id) const { return program_.kernels.buffers[index_of(id)]; }
  llvm::Value* at(BufferId id) { return address_of(builder_, buffer(id), arena_); }
  llvm::Value* number(std::int64_t value) { return builder_.getInt64(static_cast<std::uint64_t>(value)); }
  void set(std::optional<BufferId> scalar, llvm::Value* value) {
    if (scalar) store_whole(builder_, buffer(*scalar), arena_, value);
  }

  // Begins a function; its first argument is the arena.
  llvm::Function* begin(const std::string& name, llvm::Type* result, std::vector<llvm::Type*> arguments, bool exported);
  void end(std::optional<BufferId> result);
  // for (i = 0; i < end; i += step) body(i)
  void loop(llvm::Value* end, std::int64_t step, llvm::function_ref<void(llvm::Value*)> body);

  llvm::Function* emit_part(const Part& part);
  llvm::Function* emit_pass(const SplitPass& pass);
  void emit_step();
  void emit_calibrate();
  void emit_evaluate();

  llvm::Value* total(llvm::Value* element);
  llvm::Value* place(const Buffer& from, const Buffer& to, llvm::Value* element);
  llvm::Value* combined(Op reduction, llvm::Value* left, llvm::Value* right);

  const ObjectProgram& program_;
  std::span<llvm::Function* const> kernels_;
  llvm::Module& module_;
  llvm::IRBuilder<> builder_;
  llvm::Value* arena_ = nullptr;  // of the function that is emitted
};

llvm::Function* Exports::begin(const std::string& name, llvm::Type* result, std::vector<llvm::Type*> arguments, bool exported) {
  arguments.insert(arguments.begin(), builder_.getPtrTy());
  llvm::Function* function =
      llvm::Function::Create(llvm::FunctionType::get(result, arguments, false),
                             exported ? llvm::Function::ExternalLinkage : llvm::Function::InternalLinkage, name, module_);
  builder_.SetInsertPoint(llvm::BasicBlock::Create(module_.getContext(), "entry", function));
  arena_ = function->getArg(0);
  return function;
}

void Exports::end(std::optional<BufferId> result) {
  if (result)
    builder_.CreateRet(builder_.CreateAlignedLoad(builder_.getFloatTy(), at(*result), llvm::Align(4)));
  else
    builder_.CreateRetVoid();
}

void Exports::loop(llvm::Value* end, std::int64_t step, llvm::function_ref<void(llvm::Value*)> body) {
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  const auto block = [&](const char* name) { return llvm::BasicBlock::Create(module_.getContext(), name, before->getParent()); };
  llvm::BasicBlock *head = block("head"), *round = block("round"), *after = block("after");
  builder_.CreateBr(head);
  builder_.SetInsertPoint(head);
  llvm::PHINode* i = builder_.CreatePHI(builder_.getInt64Ty(), 2);
  i->addIncoming(number(0), before);
  builder_.CreateCondBr(builder_.CreateICmpSLT(i, end), round, after);
  builder_.SetInsertPoint(round);
  body(i);
  i->addIncoming(builder_.CreateAdd(i, number(step)), builder_.GetInsertBlock());
  builder_.CreateBr(head);
  builder_.SetInsertPoint(after);
}

// void part(arena)
llvm::Function* Exports::emit_part(const Part& part) {
  llvm::Function* function = begin("part", builder_.getVoidTy(), {}, false);
  llvm::Value* saved = enter_flushing(builder_);
  emit_calls(builder_, program_.kernels, kernels_, part.begin, part.end, arena_);
  leave_flushing(builder_, saved);
  builder_.CreateRetVoid();
  return function;
}

// An element of what a split has added up to so far, in double precision.
llvm::Value* Exports::total(llvm::Value* element) {
  llvm::Value* totals =
      builder_.CreateConstGEP1_64(builder_.getInt8Ty(), arena_, static_cast<std::uint64_t>(program_.kernels.arena_bytes));
  return builder_.CreateGEP(builder_.getDoubleTy(), totals, element);
}

// Where `from`, which may lack axes, has what `to` has at place `element`.
llvm::Value* Exports::place(const Buffer& from, const Buffer& to, llvm::Value* element) {
  llvm::Value* result = number(0);
  for (std::size_t i = 0; i < to.axes.size(); ++i) {
    const auto axis = std::ranges::find(from.axes, to.axes[i]);
    if (axis == from.axes.end()) continue;
    llvm::Value* coordinate = builder_.CreateURem(builder_.CreateUDiv(element, number(to.strides[i])), number(to.extents[i]));
    const std::int64_t stride = from.strides[static_cast<std::size_t>(axis - from.axes.begin())];
    result = builder_.CreateAdd(result, builder_.CreateMul(coordinate, number(stride)));
  }
  return result;
}

llvm::Value* Exports::combined(Op reduction, llvm::Value* left, llvm::Value* right) {
  switch (reduction) {
    case Op::product:
      return builder_.CreateFMul(left, right);
    case Op::max_over:
      return builder_.CreateMaximum(left, right);  // NaN stays, whichever side it is on
    case Op::min_over:
      return builder_.CreateMinimum(left, right);
    default:
      return builder_.CreateFAdd(left, right);
  }
}

// void pass(arena, items, fill, context)
llvm::Function* Exports::emit_pass(const SplitPass& pass) {
  const SplitEvaluation& evaluation = *program_.evaluation;
  llvm::Function *run_batch = emit_part(pass.batch), *finish = emit_part(pass.end);
  llvm::Type *pointer = builder_.getPtrTy(), *whole = builder_.getInt64Ty();
  llvm::Function* function = begin("pass", builder_.getVoidTy(), {whole, pointer, pointer}, false);
  llvm::Value *items = function->getArg(1), *fill = function->getArg(2), *context = function->getArg(3);
  const auto each_element = [&](auto body) {  // body(accumulator, element of `split`, its total)
    std::int64_t first = 0;
    for (const SplitPass::Accumulator& accumulator : pass.accumulators) {
      const std::int64_t count = elements(buffer(accumulator.split));
      loop(number(count), 1, [&](llvm::Value* i) { body(accumulator, i, total(builder_.CreateAdd(i, number(first)))); });
      first += count;
    }
  };
  set(program_.kernels.step, number(0));
  set(evaluation.total, items);
  each_element([&](const SplitPass::Accumulator& accumulator, llvm::Value*, llvm::Value* sum) {
    builder_.CreateStore(llvm::ConstantFP::get(builder_.getDoubleTy(), operation(accumulator.reduction).identity), sum);
  });
  loop(items, evaluation.batch, [&](llvm::Value* first) {
    llvm::Value* left = builder_.CreateSub(items, first);
    llvm::Value* count = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, left, number(evaluation.batch));
    builder_.CreateCall(llvm::FunctionType::get(builder_.getVoidTy(), {pointer, pointer, whole, whole}, false), fill,
                        {context, arena_, first, count});
    set(evaluation.valid, count);
    builder_.CreateCall(run_batch, {arena_});
    each_element([&](const SplitPass::Accumulator& accumulator, llvm::Value* i, llvm::Value* sum) {
      llvm::Value* from = builder_.CreateGEP(builder_.getFloatTy(), at(accumulator.batch),
                                             place(buffer(accumulator.batch), buffer(accumulator.split), i));
      llvm::Value* value = builder_.CreateFPExt(builder_.CreateLoad(builder_.getFloatTy(), from), builder_.getDoubleTy());
      builder_.CreateStore(combined(accumulator.reduction, builder_.CreateLoad(builder_.getDoubleTy(), sum), value), sum);
    });
  });
  each_element([&](const SplitPass::Accumulator& accumulator, llvm::Value* i, llvm::Value* sum) {
    llvm::Value* value = builder_.CreateFPTrunc(builder_.CreateLoad(builder_.getDoubleTy(), sum), builder_.getFloatTy());
    builder_.CreateStore(value, builder_.CreateGEP(builder_.getFloatTy(), at(accumulator.split), i));
  });
  builder_.CreateCall(finish, {arena_});
  builder_.CreateRetVoid();
  return function;
}

void Exports::emit_step() {
  llvm::Function* run = emit_part(program_.step);
  llvm::Function* function = begin(program_.prefix + "_step", builder_.getFloatTy(), {builder_.getInt64Ty()}, true);
  set(program_.kernels.step, function->getArg(1));
  builder_.CreateCall(run, {arena_});
  end(program_.loss);
}

void Exports::emit_calibrate() {
  std::vector<llvm::Function*> passes;
  for (const SplitPass& pass : program_.evaluation->calibration) passes.push_back(emit_pass(pass));
  const std::vector<llvm::Type*> arguments{builder_.getInt64Ty(), builder_.getPtrTy(), builder_.getPtrTy()};
  llvm::Function* function = begin(program_.prefix + "_calibrate", builder_.getVoidTy(), arguments, true);
  for (llvm::Function* pass : passes)
    builder_.CreateCall(pass, {arena_, function->getArg(1), function->getArg(2), function->getArg(3)});
  end({});
}

void Exports::emit_evaluate() {
  llvm::Function* pass = emit_pass(program_.evaluation->pass);
  const std::vector<llvm::Type*> arguments{builder_.getInt64Ty(), builder_.getPtrTy(), builder_.getPtrTy()};
  llvm::Function* function = begin(program_.prefix + "_evaluate", builder_.getFloatTy(), arguments, true);
  builder_.CreateCall(pass, {arena_, function->getArg(1), function->getArg(2), function->getArg(3)});
  end(program_.evaluation->loss);
}

}  // namespace

std::int64_t arena_bytes(const ObjectProgram& program) {
  std::int64_t most = 0;
  const auto count = [&](const SplitPass& pass) {
    std::int64_t total = 0;
    for (const SplitPass::Accumulator& accumulator : pass.accumulators)
      total += elements(program.kernels.buffers[index_of(accumulator.split)]);
    most = std::max(most, total);
  };
  if (program.evaluation) {
    std::ranges::for_each(program.evaluation->calibration, count);
    count(program.evaluation->pass);
  }
  return program.kernels.arena_bytes + (most * 8 + 63) / 64 * 64;
}

std::expected<ObjectFile, std::string> object_file(const ObjectProgram& program, const std::string& processor) {
  auto machine = machine_for(processor);
  if (!machine) return std::unexpected(machine.error());
  llvm::LLVMContext context;
  auto module =
      build_module(program.kernels, context, **machine,
                   [&](std::span<llvm::Function* const> kernels, llvm::Module& to) { Exports(program, kernels, to).emit(); });
  if (!module) return std::unexpected(module.error());
  auto object = llvm::orc::SimpleCompiler(**machine)(**module);
  if (!object) return std::unexpected(llvm::toString(object.takeError()));
  return ObjectFile{(*object)->getBuffer().str(), (*machine)->getTargetTriple().str() + ", " + (*machine)->getTargetCPU().str()};
}

}  // namespace tenet
