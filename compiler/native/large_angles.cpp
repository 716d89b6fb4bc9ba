// Sines and cosines of what is far from 0, where single precision says nothing about the place within a period.
#include <llvm/IR/Constants.h>
#include <llvm/IR/MDBuilder.h>

#include "compiler/native/kernel_emitter.h"

namespace tenet {
namespace {

using Value = Emitter::Value;

constexpr float large = 1e5f;  // where the usual reduction begins to lose digits

// 2 / pi, 24 bits a piece.
constexpr double pieces[] = {0xa2f983p-24,  0x6e4e44p-48,  0x1529fcp-72,  0x2757d1p-96,
                             0xf534ddp-120, 0xc0db62p-144, 0x95993cp-168, 0x439041p-192};

}  // namespace

// x = (n + r) quarter turns, n modulo 4 (Payne and Hanek): each piece's product with x is exact in double precision, and so is
// what is left of it without its whole turns; the sum of those keeps what it rounds off (Knuth).
llvm::Value* KernelEmitter::emit_large_angle(llvm::Value* angle, int quarters) {
  const auto precise = [&](double x) { return LlvmEmitter::wrap(llvm::ConstantFP::get(builder_.getDoubleTy(), x)); };
  const auto add = [&](Value a, Value b) { return emitter_.add(a, b); };
  const auto subtract = [&](Value a, Value b) { return emitter_.subtract(a, b); };
  const auto times = [&](Value a, Value b) { return emitter_.multiply(a, b); };
  const unsigned lanes = lanes_of(angle);
  const Value x = LlvmEmitter::wrap(builder_.CreateFPExt(angle, with_lanes(builder_.getDoubleTy(), lanes)));
  Value high = precise(0), low = high;
  for (double piece : pieces) {
    const Value product = times(x, precise(piece));
    const Value rest = subtract(product, times(emitter_.round_down(times(product, precise(0.25))), precise(4)));
    const Value sum = add(high, rest), taken = subtract(sum, high);
    low = add(low, add(subtract(high, subtract(sum, taken)), subtract(rest, taken)));
    high = sum;
  }
  const Value n = emitter_.round_down(add(high, precise(0.5)));
  const Value r = emitter_.to_real(times(add(subtract(high, n), low), precise(1.5707963267948966)));
  const Value quarter = emitter_.add(emitter_.to_whole(emitter_.to_real(n)), emitter_.whole(quarters));
  const auto bit = [&](std::int32_t mask) { return emitter_.not_equal(emitter_.bit_and(quarter, mask), emitter_.whole(0)); };
  const Value size =
      emitter_.select(bit(1), operation(Op::cos).emit(emitter_, {&r, 1}), operation(Op::sin).emit(emitter_, {&r, 1}));
  return LlvmEmitter::unwrap(emitter_.select(bit(2), emitter_.negate(size), size));
}

// `usual`, but where the angle is large, which is looked at only if it is so in some lane. The same for an infinity and NaN.
llvm::Value* KernelEmitter::with_large_angles(llvm::Value* usual, llvm::Value* angle, int quarters) {
  llvm::LLVMContext& context = builder_.getContext();
  const Value x = LlvmEmitter::wrap(angle);
  llvm::Value* far = LlvmEmitter::unwrap(emitter_.opposite(emitter_.less(emitter_.absolute(x), emitter_.real(large))));
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* rare = llvm::BasicBlock::Create(context, "large", &function_);
  llvm::BasicBlock* after = llvm::BasicBlock::Create(context, "after", &function_);
  builder_.CreateCondBr(lanes_of(far) > 1 ? builder_.CreateOrReduce(far) : far, rare, after,
                        llvm::MDBuilder(context).createBranchWeights(1, 1 << 20));
  builder_.SetInsertPoint(rare);
  llvm::Value* chosen = builder_.CreateSelect(far, emit_large_angle(angle, quarters), usual);
  builder_.CreateBr(after);
  builder_.SetInsertPoint(after);
  llvm::PHINode* result = builder_.CreatePHI(usual->getType(), 2);
  result->addIncoming(usual, before);
  result->addIncoming(chosen, rare);
  return result;
}

}  // namespace tenet
