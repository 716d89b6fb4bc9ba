// The operations' formulas as LLVM instructions. A value is a scalar or a vector of lanes: a real is a float; a whole an i32,
// an i64, or a double where nothing is proved of it; a truth an i1. Where a scalar meets a vector it is broadcast.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include "compiler/ops/emitter.h"

namespace tenet {

class LlvmEmitter final : public Emitter {
 public:
  // The builder's insertion point is where instructions go. `fused`: the target has a multiply-add; without it multiply_add
  // goes through double precision, in which the product is exact.
  LlvmEmitter(llvm::IRBuilder<>& builder, bool fused) : builder_(builder), fused_(fused) {}

  static Value wrap(llvm::Value* value) { return {value}; }
  static llvm::Value* unwrap(Value value) { return static_cast<llvm::Value*>(value.handle); }

  Value real(float constant) override;
  Value whole(std::int32_t constant) override;

  Value add(Value, Value) override;
  Value subtract(Value, Value) override;
  Value multiply(Value, Value) override;
  Value minimum(Value, Value) override;
  Value maximum(Value, Value) override;
  Value negate(Value) override;
  Value absolute(Value) override;

  Value divide(Value, Value) override;
  Value multiply_add(Value a, Value b, Value c) override;
  Value add_product(Value a, Value b, Value c);  // a*b + c, rounded once where the target has an instruction for that
  Value square_root(Value) override;
  Value round_down(Value) override;
  Value round_nearest(Value) override;

  Value to_real(Value) override;
  Value to_whole(Value) override;

  Value bits_of(Value real) override;
  Value real_of_bits(Value whole) override;
  Value shift_left(Value whole, int bits) override;
  Value shift_right(Value whole, int bits) override;
  Value bit_and(Value whole, std::int32_t mask) override;
  Value bit_or(Value whole, std::int32_t mask) override;

  Value equal(Value, Value) override;
  Value not_equal(Value, Value) override;
  Value less(Value, Value) override;
  Value less_equal(Value, Value) override;

  Value both(Value, Value) override;
  Value either(Value, Value) override;
  Value opposite(Value) override;
  Value select(Value truth, Value then, Value otherwise) override;

 private:
  struct Pair {
    llvm::Value *a, *b;
    bool real;
  };
  Pair matched(Value a, Value b);
  Value compare(llvm::CmpInst::Predicate real, llvm::CmpInst::Predicate whole, Value a, Value b);
  Value extremum(llvm::CmpInst::Predicate better, llvm::Intrinsic::ID whole, Value a, Value b);
  Value unary(llvm::Intrinsic::ID id, Value a);

  llvm::IRBuilder<>& builder_;
  const bool fused_;
};

// `scalar` in every lane; a vector is returned as it is. A constant stays a constant.
llvm::Value* broadcast(llvm::IRBuilder<>& builder, llvm::Value* value, unsigned lanes);

// 1 for a scalar.
unsigned lanes_of(const llvm::Value* value);

// `scalar`'s type with that many lanes; the scalar type itself for 1.
llvm::Type* with_lanes(llvm::Type* scalar, unsigned lanes);

}  // namespace tenet
