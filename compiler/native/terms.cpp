// Terms: each emitted once for every row and vector that it depends on.
#include <llvm/IR/Constants.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/native/kernel_emitter.h"

namespace tenet {

Place KernelEmitter::place(TermId id, int row, int vector) const {
  return {id, depends_on_row(id) ? row : -1, depends_on_lane(id) ? vector : -1};
}

// Operands before users, by a stack of our own: a kernel may be a long chain.
llvm::Value* KernelEmitter::value(TermId root, int row, int vector) {
  if (llvm::Value* known = memo_.find(place(root, row, vector))) return known;
  std::vector<TermId> stack = {root};
  llvm::Value* result = nullptr;
  while (!stack.empty()) {
    const TermId id = stack.back();
    if (memo_.find(place(id, row, vector))) {
      stack.pop_back();
      continue;
    }
    const std::size_t before = stack.size();
    for (TermId need : analysis_.needs(id))
      if (!memo_.find(place(need, row, vector))) stack.push_back(need);
    if (stack.size() > before) {
      std::reverse(stack.begin() + static_cast<std::ptrdiff_t>(before), stack.end());
      continue;
    }
    stack.pop_back();
    result = emit_term(id, row, vector);
    memo_.keep(place(id, row, vector), result);
  }
  return result;
}

llvm::Value* KernelEmitter::emit_term(TermId id, int row, int vector) {
  const Term& t = term(id);
  switch (t.kind) {
    case Term::Kind::constant:
      if (t.type == Kind::real) return llvm::ConstantFP::get(builder_.getFloatTy(), t.constant);
      if (t.type == Kind::truth) return builder_.getInt1(t.constant != 0);
      return whole_constant(t.constant, t.range.width());
    case Term::Kind::loop:
      return emit_coordinate(t.loop, row, vector);
    case Term::Kind::load:
      return emit_load(id, row, vector);
    case Term::Kind::convert: {
      llvm::Value* operand = value(t.operands[0], row, vector);
      if (t.type != Kind::whole) return converted(operand, t.type);
      if (term(t.operands[0]).type == Kind::whole) return held_within(operand, t.range);
      return held(converted(operand, Kind::whole), t.range.width());
    }
    case Term::Kind::quotient:
      return emit_quotient_rounded_down(t, row, vector);
    case Term::Kind::apply:
      return emit_apply(t, row, vector);
    case Term::Kind::reduce:
      break;  // at hand already: `prepare` stands before every use
  }
  llvm_unreachable("a reduction that was not prepared");
}

llvm::Value* KernelEmitter::emit_coordinate(LoopId id, int row, int vector) {
  const Coordinate& c = coordinates_[index_of(id)];
  std::int64_t offset = c.offset;
  if (rows_ && rows_->loop == id) offset += row;
  const bool across = lanes_ && lanes_->loop == id;
  if (across) offset += std::int64_t{vector} * lanes_->width;
  llvm::Value* first = builder_.getInt32(static_cast<std::uint32_t>(offset));
  if (c.base) first = builder_.CreateAdd(builder_.CreateTrunc(c.base, builder_.getInt32Ty()), first);
  if (!across) return first;
  std::vector<std::uint32_t> steps(lanes_->width);
  for (unsigned i = 0; i < steps.size(); ++i) steps[i] = i;
  return builder_.CreateAdd(broadcast(builder_, first, lanes_->width),
                            llvm::ConstantDataVector::get(builder_.getContext(), steps));
}

llvm::Value* KernelEmitter::converted(llvm::Value* value, Kind kind) {
  switch (kind) {
    case Kind::real:
      return LlvmEmitter::unwrap(emitter_.to_real(LlvmEmitter::wrap(value)));
    case Kind::whole:
      return LlvmEmitter::unwrap(emitter_.to_whole(LlvmEmitter::wrap(value)));
    case Kind::truth:
      break;
  }
  llvm::Type* type = value->getType();
  if (type->isIntOrIntVectorTy(1)) return value;
  llvm::Value* zero = llvm::Constant::getNullValue(type);
  return type->isFPOrFPVectorTy() ? builder_.CreateFCmpUNE(value, zero) : builder_.CreateICmpNE(value, zero);
}

llvm::Type* KernelEmitter::type_of(Width width) {
  if (width == Width::open) return builder_.getDoubleTy();
  return width == Width::wide ? builder_.getInt64Ty() : builder_.getInt32Ty();
}

llvm::Value* KernelEmitter::whole_constant(double number, Width width) {
  if (width == Width::open) return llvm::ConstantFP::get(builder_.getDoubleTy(), number);
  return llvm::ConstantInt::getSigned(type_of(width), static_cast<std::int64_t>(number));
}

llvm::Value* KernelEmitter::held(llvm::Value* value, Width width) {
  llvm::Type* from = value->getType()->getScalarType();
  llvm::Type* type = with_lanes(type_of(width), lanes_of(value));
  if (width == Width::open) {
    if (from->isFloatTy()) return within_exact(builder_.CreateFPExt(value, type));
    return from->isDoubleTy() ? value : builder_.CreateSIToFP(value, type);
  }
  return from->isFloatingPointTy() ? builder_.CreateFreeze(builder_.CreateFPToSI(value, type))
                                   : builder_.CreateSExtOrTrunc(value, type);
}

// The lowest for NaN, of which the comparisons are false.
llvm::Value* KernelEmitter::held_within(llvm::Value* whole, const WholeRange& range) {
  const Width width = whole->getType()->getScalarType()->isDoubleTy()      ? Width::open
                      : whole->getType()->getScalarType()->isIntegerTy(64) ? Width::wide
                                                                           : Width::narrow;
  const auto limit = [&](std::int64_t n) { return LlvmEmitter::wrap(whole_constant(static_cast<double>(n), width)); };
  const Emitter::Value low = limit(range.low), high = limit(range.high), value = LlvmEmitter::wrap(whole);
  if (width != Width::open) return held(LlvmEmitter::unwrap(emitter_.maximum(low, emitter_.minimum(value, high))), range.width());
  const Emitter::Value above = emitter_.select(emitter_.less(low, value), value, low);
  return held(LlvmEmitter::unwrap(emitter_.select(emitter_.less(above, high), above, high)), range.width());
}

llvm::Value* KernelEmitter::within_exact(llvm::Value* whole) {
  const auto number = [&](double n) { return LlvmEmitter::wrap(whole_constant(n, Width::open)); };
  const Emitter::Value value = LlvmEmitter::wrap(whole);
  const Emitter::Value beyond = emitter_.multiply(value, number(std::numeric_limits<double>::infinity()));
  return LlvmEmitter::unwrap(emitter_.select(emitter_.less(number(0x1p53), emitter_.absolute(value)), beyond, value));
}

// Of proved wholes by shifting, or by dividing wholes; where the divisor varies, and the quotient of two reals of double
// precision is on the right side of every whole, by that.
llvm::Value* KernelEmitter::emit_quotient_rounded_down(const Term& t, int row, int vector) {
  constexpr std::int64_t exact = std::int64_t{1} << 51;
  const Term &dividend = term(t.operands[0]), &divisor = term(t.operands[1]);
  const auto operand = [&](std::size_t i, Width width) { return held(value(t.operands[i], row, vector), width); };
  const bool proved = t.range.width() != Width::open;
  const bool varies = divisor.kind != Term::Kind::constant;
  if (!proved || (varies && dividend.range.within(-exact, exact) && divisor.range.within(-exact, exact))) {
    const Emitter::Value quotient =
        emitter_.divide(LlvmEmitter::wrap(operand(0, Width::open)), LlvmEmitter::wrap(operand(1, Width::open)));
    llvm::Value* down = LlvmEmitter::unwrap(emitter_.round_down(quotient));
    return proved ? held(down, t.range.width()) : within_exact(down);
  }
  const bool narrow = dividend.range.width() == Width::narrow && divisor.range.width() == Width::narrow;
  const Width width = narrow ? Width::narrow : Width::wide;
  const unsigned lanes = std::max(lanes_of(operand(0, width)), lanes_of(operand(1, width)));
  llvm::Value* a = broadcast(builder_, operand(0, width), lanes);
  llvm::Value* b = broadcast(builder_, operand(1, width), lanes);
  llvm::Value* quotient = builder_.CreateSDiv(a, b);  // toward zero
  if (dividend.range.low < 0 || divisor.range.low < 0) {
    llvm::Value* zero = llvm::Constant::getNullValue(a->getType());
    llvm::Value* rest = builder_.CreateSub(a, builder_.CreateMul(quotient, b));
    llvm::Value* above =
        builder_.CreateAnd(builder_.CreateICmpNE(rest, zero), builder_.CreateICmpSLT(builder_.CreateXor(rest, b), zero));
    quotient = builder_.CreateAdd(quotient, builder_.CreateSExt(above, a->getType()));
  }
  return held(quotient, t.range.width());
}

std::optional<double> KernelEmitter::constant_of(TermId id) const {
  while (term(id).kind == Term::Kind::convert) id = term(id).operands[0];
  if (term(id).kind != Term::Kind::constant) return {};
  return term(id).constant;
}

llvm::Value* KernelEmitter::emit_apply(const Term& t, int row, int vector) {
  const Operation& operation = tenet::operation(t.op);
  if (t.op == Op::divide && t.type == Kind::real) return emit_quotient(t, row, vector);
  if (t.op == Op::power)
    if (const std::optional<double> exponent = constant_of(t.operands[1]);
        exponent && std::abs(*exponent) <= 16 && std::floor(2 * *exponent) == 2 * *exponent &&
        (t.type == Kind::real || (*exponent >= 0 && std::floor(*exponent) == *exponent)))
      return emit_power(t, *exponent, row, vector);

  if (t.op == Op::add || t.op == Op::subtract)
    for (std::size_t i : {0, 1})
      if (term(t.operands[i]).fused) {
        const Emitter::Value other = LlvmEmitter::wrap(value(t.operands[1 - i], row, vector));
        const bool first = i == 0, less = t.op == Op::subtract;
        return sum_with_product(t.operands[i], less && !first, less && first ? emitter_.negate(other) : other, row, vector);
      }

  // The kind that the operands are taken in: the result's, but for comparisons and for what reads another kind than it gives.
  Kind kind = t.type;
  if (operation.kind == KindRule::whole) kind = Kind::real;
  const bool logical = t.op == Op::logical_and || t.op == Op::logical_or || t.op == Op::logical_not;
  if (operation.kind == KindRule::truth && !logical) {
    const auto real = [&](TermId operand) { return term(operand).type == Kind::real; };
    kind = std::ranges::any_of(t.operands, real) ? Kind::real : Kind::whole;
    const auto exact = [&](TermId operand) { return is_exact(operand); };
    if (kind == Kind::real && std::ranges::all_of(t.operands, exact) &&
        std::ranges::any_of(t.operands, [&](TermId operand) { return reads_large_whole(operand); })) {
      std::vector<Emitter::Value> operands;
      for (TermId operand : t.operands) operands.push_back(LlvmEmitter::wrap(in_double(operand, row, vector)));
      return LlvmEmitter::unwrap(operation.emit(emitter_, operands));
    }
  }
  // Wholes are taken in the widest of the widths.
  Width width = t.type == Kind::whole ? t.range.width() : Width::narrow;
  if (kind == Kind::whole)
    for (TermId operand : t.operands)
      if (term(operand).type == Kind::whole) width = std::max(width, term(operand).range.width());
  std::vector<Emitter::Value> operands;
  for (std::size_t i = 0; i < t.operands.size(); ++i) {
    const bool condition = t.op == Op::where && i == 0;
    llvm::Value* operand = converted(value(t.operands[i], row, vector), condition ? Kind::truth : kind);
    operands.push_back(LlvmEmitter::wrap(kind == Kind::whole && !condition ? held(operand, width) : operand));
  }
  llvm::Value* result = LlvmEmitter::unwrap(operation.emit(emitter_, operands));
  if (t.op == Op::sin || t.op == Op::cos)
    return with_large_angles(result, LlvmEmitter::unwrap(operands[0]), t.op == Op::sin ? 0 : 1);
  if (t.type != Kind::whole) return result;
  result = held(result, t.range.width());
  const bool grows = t.op == Op::add || t.op == Op::subtract || t.op == Op::multiply;
  return t.range.open && grows ? within_exact(result) : result;
}

namespace {

bool is_arithmetic(Op op) {
  return op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide || op == Op::negate || op == Op::abs ||
         op == Op::minimum || op == Op::maximum;
}

constexpr int deepest_arithmetic = 16;

}  // namespace

// Whether a real is worked out of wholes that single precision does not have, so that a comparison would see its rounding.
bool KernelEmitter::reads_large_whole(TermId real, int depth) const {
  constexpr std::int64_t exact = 1 << 24;
  const Term& t = term(real);
  if (t.type != Kind::real || depth == deepest_arithmetic) return false;
  if (t.kind == Term::Kind::convert) {
    const Term& from = term(t.operands[0]);
    return from.type == Kind::whole && !from.range.within(-exact, exact);
  }
  if (t.kind != Term::Kind::apply || !is_arithmetic(t.op)) return false;
  return std::ranges::any_of(t.operands, [&](TermId operand) { return reads_large_whole(operand, depth + 1); });
}

// Whether in_double() rounds nothing to single precision that is computed: a maximum of such values, which has been rounded, is
// to be equal to one of them as it is rounded.
bool KernelEmitter::is_exact(TermId real, int depth) const {
  const Term& t = term(real);
  if (t.type != Kind::real) return true;
  if (t.kind == Term::Kind::load) return kernels_.buffers[index_of(t.buffer)].role == BufferRole::input;
  if (t.kind == Term::Kind::constant || t.kind == Term::Kind::convert) return true;
  if (t.kind != Term::Kind::apply || !is_arithmetic(t.op) || depth == deepest_arithmetic) return false;
  return std::ranges::all_of(t.operands, [&](TermId operand) { return is_exact(operand, depth + 1); });
}

// A real in double precision: its arithmetic, down to wholes and constants.
llvm::Value* KernelEmitter::in_double(TermId real, int row, int vector) {
  const Term& t = term(real);
  if (t.kind == Term::Kind::constant) return llvm::ConstantFP::get(builder_.getDoubleTy(), t.constant);
  if (t.kind == Term::Kind::convert && term(t.operands[0]).type == Kind::whole)
    return held(value(t.operands[0], row, vector), Width::open);
  if (t.kind != Term::Kind::apply) {
    llvm::Value* single = converted(value(real, row, vector), Kind::real);
    return builder_.CreateFPExt(single, with_lanes(builder_.getDoubleTy(), lanes_of(single)));
  }
  std::vector<Emitter::Value> operands;
  for (TermId operand : t.operands) operands.push_back(LlvmEmitter::wrap(in_double(operand, row, vector)));
  return LlvmEmitter::unwrap(operation(t.op).emit(emitter_, operands));
}

// The product, or its negative, and what it is added to.
llvm::Value* KernelEmitter::sum_with_product(TermId product, bool negative, Emitter::Value sum, int row, int vector) {
  const auto factors = *factors_of(kernel_, term(product));
  const Emitter::Value a = LlvmEmitter::wrap(value(factors[0], row, vector));
  const Emitter::Value b = LlvmEmitter::wrap(value(factors[1], row, vector));
  return LlvmEmitter::unwrap(emitter_.add_product(negative ? emitter_.negate(a) : a, b, sum));
}

// x^(n/2), |n| <= 32: repeated squaring, a square root for the half, a reciprocal for the minus.
llvm::Value* KernelEmitter::emit_power(const Term& t, double exponent, int row, int vector) {
  const Emitter::Value base = LlvmEmitter::wrap(converted(value(t.operands[0], row, vector), t.type));
  const double size = std::abs(exponent);
  std::optional<Emitter::Value> result;
  const auto include = [&](Emitter::Value factor) { result = result ? emitter_.multiply(*result, factor) : factor; };
  Emitter::Value square = base;
  for (int rest = static_cast<int>(size); rest > 0; rest /= 2) {
    if (rest % 2 == 1) include(square);
    if (rest > 1) square = emitter_.multiply(square, square);
  }
  if (size != std::floor(size)) include(emitter_.square_root(base));
  if (!result) result = t.type == Kind::real ? emitter_.real(1) : emitter_.whole(1);
  if (exponent < 0) result = emitter_.divide(emitter_.real(1), *result);
  return LlvmEmitter::unwrap(*result);
}

// The reciprocal of `divisor`, and a power of two that both sides of the quotient are scaled by first: a reciprocal that
// would be denormal (|divisor| > 2^126) would be flushed to zero.
void KernelEmitter::keep_reciprocal(TermId divisor, int row, int vector) {
  const Place at = place(divisor, row, vector);
  if (memo_.find(at, Part::reciprocal)) return;
  const Emitter::Value value = LlvmEmitter::wrap(converted(this->value(divisor, row, vector), Kind::real));
  const Emitter::Value one = emitter_.real(1);
  const Emitter::Value scale =
      emitter_.select(emitter_.less(emitter_.real(0x1p120f), emitter_.absolute(value)), emitter_.real(0x1p-24f), one);
  memo_.keep(at, LlvmEmitter::unwrap(scale), Part::scale);
  memo_.keep(at, LlvmEmitter::unwrap(emitter_.divide(one, emitter_.multiply(value, scale))), Part::reciprocal);
}

// By the reciprocal where lowering says so.
llvm::Value* KernelEmitter::emit_quotient(const Term& t, int row, int vector) {
  const auto operand = [&](std::size_t i) { return LlvmEmitter::wrap(converted(value(t.operands[i], row, vector), Kind::real)); };
  const Emitter::Value dividend = operand(0);
  if (t.division != Division::by_reciprocal) return LlvmEmitter::unwrap(emitter_.divide(dividend, operand(1)));
  keep_reciprocal(t.operands[1], row, vector);
  const Place at = place(t.operands[1], row, vector);
  const Emitter::Value scaled = emitter_.multiply(dividend, LlvmEmitter::wrap(memo_.find(at, Part::scale)));
  return LlvmEmitter::unwrap(emitter_.multiply(scaled, LlvmEmitter::wrap(memo_.find(at, Part::reciprocal))));
}

// Works out here what `roots` need that depends on active loops only: the largest such terms.
void KernelEmitter::hoist(std::span<const TermId> roots) {
  std::vector<bool> seen(kernel_.terms.size());
  std::vector<TermId> pending, found, divisors;
  const auto visit = [&](TermId id) {
    if (seen[index_of(id)]) return;
    seen[index_of(id)] = true;
    if (!memo_.find(place(id, 0, 0))) pending.push_back(id);
  };
  for (TermId root : roots) visit(root);
  while (!pending.empty()) {
    const TermId id = pending.back();
    pending.pop_back();
    if (available(id)) {
      if (!analysis_.trivial(id)) found.push_back(id);
      continue;
    }
    const Term& t = term(id);
    if (t.division == Division::by_reciprocal && available(t.operands[1])) divisors.push_back(t.operands[1]);
    for (TermId next : t.kind == Term::Kind::reduce ? analysis_.needs_of_element(id) : analysis_.needs(id)) visit(next);
  }
  std::ranges::sort(found, {}, [](TermId id) { return index_of(id); });
  prepare(found);
  const auto everywhere = [&](TermId id, auto&& emit) {
    for (int row = 0; row < (depends_on_row(id) ? rows_->count : 1); ++row)
      for (int vector = 0; vector < (depends_on_lane(id) ? lanes_->vectors : 1); ++vector) emit(row, vector);
  };
  for (TermId id : found) everywhere(id, [&](int row, int vector) { value(id, row, vector); });
  for (TermId id : divisors) everywhere(id, [&](int row, int vector) { keep_reciprocal(id, row, vector); });
}

}  // namespace tenet
