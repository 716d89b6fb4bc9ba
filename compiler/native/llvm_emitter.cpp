#include "compiler/native/llvm_emitter.h"

#include <llvm/IR/Intrinsics.h>

#include <algorithm>
#include <array>

namespace tenet {

using llvm::CmpInst;
namespace Intrinsic = llvm::Intrinsic;

unsigned lanes_of(const llvm::Value* value) {
  const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(value->getType());
  return vector ? vector->getNumElements() : 1;
}

llvm::Type* with_lanes(llvm::Type* scalar, unsigned lanes) {
  return lanes == 1 ? scalar : llvm::FixedVectorType::get(scalar, lanes);
}

llvm::Value* broadcast(llvm::IRBuilder<>& builder, llvm::Value* value, unsigned lanes) {
  if (lanes == 1 || lanes_of(value) == lanes) return value;
  return builder.CreateVectorSplat(lanes, value);
}

LlvmEmitter::Pair LlvmEmitter::matched(Value a, Value b) {
  const unsigned lanes = std::max(lanes_of(unwrap(a)), lanes_of(unwrap(b)));
  llvm::Value* left = broadcast(builder_, unwrap(a), lanes);
  llvm::Value* right = broadcast(builder_, unwrap(b), lanes);
  return {left, right, left->getType()->isFPOrFPVectorTy()};
}

Emitter::Value LlvmEmitter::unary(Intrinsic::ID id, Value a) { return wrap(builder_.CreateUnaryIntrinsic(id, unwrap(a))); }

Emitter::Value LlvmEmitter::real(float constant) { return wrap(llvm::ConstantFP::get(builder_.getFloatTy(), constant)); }
Emitter::Value LlvmEmitter::whole(std::int32_t constant) { return wrap(builder_.getInt32(static_cast<std::uint32_t>(constant))); }

Emitter::Value LlvmEmitter::add(Value a, Value b) {
  const Pair p = matched(a, b);
  return wrap(p.real ? builder_.CreateFAdd(p.a, p.b) : builder_.CreateAdd(p.a, p.b));
}
Emitter::Value LlvmEmitter::subtract(Value a, Value b) {
  const Pair p = matched(a, b);
  return wrap(p.real ? builder_.CreateFSub(p.a, p.b) : builder_.CreateSub(p.a, p.b));
}
Emitter::Value LlvmEmitter::multiply(Value a, Value b) {
  const Pair p = matched(a, b);
  return wrap(p.real ? builder_.CreateFMul(p.a, p.b) : builder_.CreateMul(p.a, p.b));
}

// select(a better than b, a, b) is one instruction and gives b where either is NaN, so only a NaN in `a` is left to see to.
Emitter::Value LlvmEmitter::extremum(CmpInst::Predicate better, Intrinsic::ID whole, Value a, Value b) {
  const Pair p = matched(a, b);
  if (!p.real) return wrap(builder_.CreateBinaryIntrinsic(whole, p.a, p.b));
  llvm::Value* best = builder_.CreateSelect(builder_.CreateFCmp(better, p.a, p.b), p.a, p.b);
  return wrap(builder_.CreateSelect(builder_.CreateFCmpUNO(p.a, p.a), p.a, best));
}
Emitter::Value LlvmEmitter::minimum(Value a, Value b) { return extremum(CmpInst::FCMP_OLT, Intrinsic::smin, a, b); }
Emitter::Value LlvmEmitter::maximum(Value a, Value b) { return extremum(CmpInst::FCMP_OGT, Intrinsic::smax, a, b); }

Emitter::Value LlvmEmitter::negate(Value a) {
  llvm::Value* value = unwrap(a);
  return wrap(value->getType()->isFPOrFPVectorTy() ? builder_.CreateFNeg(value) : builder_.CreateNeg(value));
}
Emitter::Value LlvmEmitter::absolute(Value a) {
  llvm::Value* value = unwrap(a);
  if (value->getType()->isFPOrFPVectorTy()) return unary(Intrinsic::fabs, a);
  return wrap(builder_.CreateBinaryIntrinsic(Intrinsic::abs, value, builder_.getFalse()));
}

Emitter::Value LlvmEmitter::divide(Value a, Value b) {
  const Pair p = matched(a, b);
  return wrap(builder_.CreateFDiv(p.a, p.b));
}
Emitter::Value LlvmEmitter::multiply_add(Value a, Value b, Value c) {
  const unsigned lanes = std::max({lanes_of(unwrap(a)), lanes_of(unwrap(b)), lanes_of(unwrap(c))});
  std::array parts = {unwrap(a), unwrap(b), unwrap(c)};
  for (llvm::Value*& part : parts) part = broadcast(builder_, part, lanes);
  llvm::Type* const type = parts[0]->getType();
  if (fused_) return wrap(builder_.CreateIntrinsic(Intrinsic::fma, {type}, parts));
  for (llvm::Value*& part : parts) part = builder_.CreateFPExt(part, with_lanes(builder_.getDoubleTy(), lanes));
  return wrap(builder_.CreateFPTrunc(builder_.CreateFAdd(builder_.CreateFMul(parts[0], parts[1]), parts[2]), type));
}
Emitter::Value LlvmEmitter::add_product(Value a, Value b, Value c) {
  return fused_ ? multiply_add(a, b, c) : add(multiply(a, b), c);
}
Emitter::Value LlvmEmitter::square_root(Value a) { return unary(Intrinsic::sqrt, a); }
Emitter::Value LlvmEmitter::round_down(Value a) { return unary(Intrinsic::floor, a); }
Emitter::Value LlvmEmitter::round_nearest(Value a) { return unary(Intrinsic::nearbyint, a); }

Emitter::Value LlvmEmitter::to_real(Value a) {
  llvm::Value* value = unwrap(a);
  llvm::Type* type = with_lanes(builder_.getFloatTy(), lanes_of(value));
  if (value->getType()->isFPOrFPVectorTy()) return wrap(builder_.CreateFPTrunc(value, type));
  return wrap(value->getType()->isIntOrIntVectorTy(1) ? builder_.CreateUIToFP(value, type) : builder_.CreateSIToFP(value, type));
}
Emitter::Value LlvmEmitter::to_whole(Value a) {
  llvm::Value* value = unwrap(a);
  llvm::Type* type = with_lanes(builder_.getInt32Ty(), lanes_of(value));
  if (value->getType()->isIntOrIntVectorTy(1)) return wrap(builder_.CreateZExt(value, type));
  if (value->getType()->isIntOrIntVectorTy() || value->getType()->getScalarType()->isDoubleTy()) return a;
  // Of a NaN or a number beyond 32 bits: any whole, but one and the same wherever it is used.
  return wrap(builder_.CreateFreeze(builder_.CreateFPToSI(value, type)));
}

Emitter::Value LlvmEmitter::bits_of(Value a) {
  llvm::Value* value = unwrap(a);
  return wrap(builder_.CreateBitCast(value, with_lanes(builder_.getInt32Ty(), lanes_of(value))));
}
Emitter::Value LlvmEmitter::real_of_bits(Value a) {
  llvm::Value* value = unwrap(a);
  return wrap(builder_.CreateBitCast(value, with_lanes(builder_.getFloatTy(), lanes_of(value))));
}
Emitter::Value LlvmEmitter::shift_left(Value a, int bits) {
  return wrap(builder_.CreateShl(unwrap(a), static_cast<std::uint64_t>(bits)));
}
Emitter::Value LlvmEmitter::shift_right(Value a, int bits) {
  return wrap(builder_.CreateAShr(unwrap(a), static_cast<std::uint64_t>(bits)));
}
Emitter::Value LlvmEmitter::bit_and(Value a, std::int32_t mask) {
  const Pair p = matched(a, whole(mask));
  return wrap(builder_.CreateAnd(p.a, p.b));
}
Emitter::Value LlvmEmitter::bit_or(Value a, std::int32_t mask) {
  const Pair p = matched(a, whole(mask));
  return wrap(builder_.CreateOr(p.a, p.b));
}

Emitter::Value LlvmEmitter::compare(CmpInst::Predicate real, CmpInst::Predicate whole, Value a, Value b) {
  const Pair p = matched(a, b);
  return wrap(p.real ? builder_.CreateFCmp(real, p.a, p.b) : builder_.CreateICmp(whole, p.a, p.b));
}
Emitter::Value LlvmEmitter::equal(Value a, Value b) { return compare(CmpInst::FCMP_OEQ, CmpInst::ICMP_EQ, a, b); }
Emitter::Value LlvmEmitter::not_equal(Value a, Value b) { return compare(CmpInst::FCMP_UNE, CmpInst::ICMP_NE, a, b); }
Emitter::Value LlvmEmitter::less(Value a, Value b) { return compare(CmpInst::FCMP_OLT, CmpInst::ICMP_SLT, a, b); }
Emitter::Value LlvmEmitter::less_equal(Value a, Value b) { return compare(CmpInst::FCMP_OLE, CmpInst::ICMP_SLE, a, b); }

Emitter::Value LlvmEmitter::both(Value a, Value b) {
  const Pair p = matched(a, b);
  return wrap(builder_.CreateAnd(p.a, p.b));
}
Emitter::Value LlvmEmitter::either(Value a, Value b) {
  const Pair p = matched(a, b);
  return wrap(builder_.CreateOr(p.a, p.b));
}
Emitter::Value LlvmEmitter::opposite(Value a) { return wrap(builder_.CreateNot(unwrap(a))); }
Emitter::Value LlvmEmitter::select(Value truth, Value then, Value otherwise) {
  const unsigned lanes = std::max({lanes_of(unwrap(truth)), lanes_of(unwrap(then)), lanes_of(unwrap(otherwise))});
  return wrap(builder_.CreateSelect(broadcast(builder_, unwrap(truth), lanes), broadcast(builder_, unwrap(then), lanes),
                                    broadcast(builder_, unwrap(otherwise), lanes)));
}

}  // namespace tenet
