// Reductions: accumulators in registers, carried through the reduction's loops, combined in an order fixed by the sizes.
#include <llvm/IR/Constants.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "compiler/native/kernel_emitter.h"

namespace tenet {

namespace {

constexpr int full_unrolling = 4;       // an innermost loop up to this long is unrolled whole
constexpr int enough_accumulators = 8;  // to hide a multiply-add's latency

// The kind that is accumulated: truths as wholes.
Kind accumulated(Kind kind) { return kind == Kind::truth ? Kind::whole : kind; }

Width width_of(const Term& term) { return term.type == Kind::whole ? term.range.width() : Width::narrow; }

// Of a whole that is proved.
unsigned bits(Width width) { return width == Width::wide ? 64 : 32; }
llvm::APInt least(Width width) { return llvm::APInt::getSignedMinValue(bits(width)); }
llvm::APInt greatest(Width width) { return llvm::APInt::getSignedMaxValue(bits(width)); }

}  // namespace

// Works out every reduction that `roots` need here, those over the same loops together.
void KernelEmitter::prepare(std::span<const TermId> roots) {
  std::vector<bool> seen(kernel_.terms.size());
  std::vector<TermId> pending, waiting;
  const auto visit = [&](TermId id) {
    if (seen[index_of(id)]) return;
    seen[index_of(id)] = true;
    if (!memo_.find(place(id, 0, 0))) pending.push_back(id);
  };
  for (TermId root : roots) visit(root);
  while (!pending.empty()) {
    const TermId id = pending.back();
    pending.pop_back();
    if (term(id).kind == Term::Kind::reduce) waiting.push_back(id);
    for (TermId need : analysis_.needs(id)) visit(need);
  }
  std::ranges::sort(waiting, {}, [](TermId id) { return index_of(id); });
  while (!waiting.empty()) {
    const Term& first = term(waiting.front());
    std::vector<TermId> group;
    for (TermId id : waiting) {
      const Term& t = term(id);
      if (t.loops == first.loops && t.chunk == first.chunk && !reads(t.operands[0], waiting)) group.push_back(id);
    }
    emit_reduction(group);
    std::erase_if(waiting, [&](TermId id) { return std::ranges::find(group, id) != group.end(); });
  }
}

// Whether `root` depends on one of `reductions`.
bool KernelEmitter::reads(TermId root, std::span<const TermId> reductions) const {
  std::vector<bool> seen(kernel_.terms.size());
  std::vector<TermId> pending = {root};
  while (!pending.empty()) {
    const TermId id = pending.back();
    pending.pop_back();
    if (seen[index_of(id)]) continue;
    seen[index_of(id)] = true;
    if (std::ranges::find(reductions, id) != reductions.end()) return true;
    for (TermId operand : term(id).operands) pending.push_back(operand);
  }
  return false;
}

KernelEmitter::Reduction KernelEmitter::plan(std::span<const TermId> group) const {
  Reduction r;
  r.loops = term(group[0]).loops;
  if (!lanes_)
    for (LoopId id : r.loops)
      if (loop(id).role == LoopRole::lanes && loop(id).extent > 1 && !r.lanes) r.lanes = id;
  int accumulators = 0;
  for (TermId id : group) {
    r.elements.insert(r.elements.end(), analysis_.needs_of_element(id).begin(), analysis_.needs_of_element(id).end());
    Accumulator a = {id, depends_on_row(id) ? rows_->count : 1, depends_on_lane(id) ? lanes_->vectors : 1, 0};
    accumulators += a.rows * a.vectors;
    r.accumulators.push_back(a);
  }
  if (r.lanes) {
    r.width = width_for(*r.lanes);
    const std::int64_t vectors = (loop(*r.lanes).extent + r.width - 1) / r.width;
    const int wanted = std::max(loop(*r.lanes).tile, accumulators >= 4 ? 1 : 4);
    r.vectors = static_cast<int>(std::min<std::int64_t>(wanted, vectors));
    for (Accumulator& a : r.accumulators) a.vectors = r.vectors;
    accumulators *= r.vectors;
  }
  const std::int64_t innermost = loop(r.loops.back()).extent;
  if (r.lanes != r.loops.back()) {
    const int candidates_wide[] = {2, 3}, candidates[] = {4, 5, 3, 2};
    const bool wide = accumulators >= enough_accumulators;
    r.unroll = wide ? 2 : 4;
    for (int n : wide ? std::span<const int>(candidates_wide) : std::span<const int>(candidates))
      if (innermost % n == 0) {
        r.unroll = n;
        break;
      }
    if (innermost <= full_unrolling) r.unroll = static_cast<int>(innermost);
    if (!wide) r.ways = std::max(1, std::min(r.unroll, enough_accumulators / accumulators));
  }
  for (Accumulator& a : r.accumulators) {
    a.first = r.carried;
    r.carried += static_cast<std::size_t>(r.ways * a.rows * a.vectors) * (term(a.term).op == Op::argmax ? 2 : 1);
  }
  return r;
}

std::size_t KernelEmitter::slot(const Accumulator& a, int way, int row, int vector) const {
  const auto place = static_cast<std::size_t>((way * a.rows + row) * a.vectors + vector);
  return a.first + place * (term(a.term).op == Op::argmax ? 2 : 1);
}

KernelEmitter::Carried KernelEmitter::identities(const Reduction& r) {
  Carried carried(r.carried);
  for (const Accumulator& a : r.accumulators) {
    const Term& t = term(a.term);
    const bool arg = t.op == Op::argmax;
    const Term& what = arg ? term(t.operands[0]) : t;
    const double identity = operation(t.op).identity;
    const Width width = width_of(what);
    llvm::Value* value = what.type == Kind::real ? LlvmEmitter::unwrap(emitter_.real(static_cast<float>(identity)))
                         : std::isfinite(identity) || width == Width::open
                             ? whole_constant(identity, width)
                             : llvm::Constant::getIntegerValue(type_of(width), identity < 0 ? least(width) : greatest(width));
    const unsigned lanes = r.lanes ? r.width : depends_on_lane(a.term) ? lanes_->width : 1;
    for (int way = 0; way < r.ways; ++way)
      for (int row = 0; row < a.rows; ++row)
        for (int vector = 0; vector < a.vectors; ++vector) {
          const std::size_t at = slot(a, way, row, vector);
          carried[at] = broadcast(builder_, value, lanes);
          if (arg) carried[at + 1] = broadcast(builder_, builder_.getInt32(0), lanes);
        }
  }
  return carried;
}

void KernelEmitter::emit_reduction(std::span<const TermId> group) {
  const Reduction r = plan(group);
  const Range range = whole_range(r.loops.front());
  const std::int64_t chunk = term(group[0]).chunk;
  Carried carried = identities(r);
  if (chunk > 0 && chunk < range.extent) {
    hoist(r.elements);
    carried = for_tiles(range, chunk, carried, [&](Coordinate begin, std::int64_t count, Carried total) {
      memo_.enter();
      const Carried part = emit_rounds(r, 0, {begin, count}, identities(r));
      memo_.leave();
      return combine_all(r, std::move(total), part);
    });
  } else {
    carried = emit_rounds(r, 0, range, std::move(carried));
  }
  finish(r, carried);
}

// The reduction's loops from `level` inwards.
KernelEmitter::Carried KernelEmitter::emit_rounds(const Reduction& r, std::size_t level, const Range& range, Carried carried) {
  const LoopId id = r.loops[level];
  const bool innermost = level + 1 == r.loops.size();
  const auto inside = [&](int way, Carried values) {
    return innermost ? accumulate(r, way, std::move(values))
                     : emit_rounds(r, level + 1, whole_range(r.loops[level + 1]), std::move(values));
  };
  hoist(r.elements);
  if (r.lanes == id)
    return for_vectors(id, range, r.vectors, std::move(carried), [&](Carried values) { return inside(0, std::move(values)); });
  return for_tiles(range, innermost ? r.unroll : 1, std::move(carried),
                   [&](Coordinate begin, std::int64_t count, Carried values) {
                     for (int turn = 0; turn < count; ++turn) {
                       enter(id, {begin.base, begin.offset + turn});
                       values = inside(turn % r.ways, std::move(values));
                       leave(id);
                     }
                     return values;
                   });
}

// One round: each accumulator takes its element in.
KernelEmitter::Carried KernelEmitter::accumulate(const Reduction& r, int way, Carried carried) {
  prepare(r.elements);
  const auto rows = rows_ ? rows_->count : 1, vectors = lanes_ ? lanes_->vectors : 1;
  for (int row = 0; row < rows; ++row)
    for (int vector = 0; vector < vectors; ++vector)
      for (const Accumulator& a : r.accumulators) {
        if (row >= a.rows || vector >= a.vectors) continue;
        const Term& t = term(a.term);
        const std::size_t at = slot(a, way, row, vector);
        const unsigned lanes = lanes_of(carried[at]);
        llvm::Value* const used = r.lanes ? mask(vector) : nullptr;
        if (term(t.operands[0]).fused) {
          llvm::Value* sum = sum_with_product(t.operands[0], false, LlvmEmitter::wrap(carried[at]), row, vector);
          carried[at] = used ? builder_.CreateSelect(used, sum, carried[at]) : sum;
          continue;
        }
        llvm::Value* element = value(t.operands[0], row, vector);
        if (t.op == Op::argmax) {
          element = broadcast(builder_, as_accumulated(element, term(t.operands[0])), lanes);
          llvm::Value* better = LlvmEmitter::unwrap(emitter_.less(LlvmEmitter::wrap(carried[at]), LlvmEmitter::wrap(element)));
          if (used) better = builder_.CreateAnd(better, used);
          llvm::Value* index = broadcast(builder_, emit_coordinate(t.loops[0], row, vector), lanes);
          carried[at] = builder_.CreateSelect(better, element, carried[at]);
          carried[at + 1] = builder_.CreateSelect(better, index, carried[at + 1]);
        } else {
          const std::array operands = {LlvmEmitter::wrap(carried[at]),
                                       LlvmEmitter::wrap(broadcast(builder_, as_accumulated(element, t), lanes))};
          llvm::Value* sum = accumulation(t, operands);
          carried[at] = used ? builder_.CreateSelect(used, sum, carried[at]) : sum;
        }
      }
  return carried;
}

// An element in the kind and width of what it goes into.
llvm::Value* KernelEmitter::as_accumulated(llvm::Value* element, const Term& into) {
  element = converted(element, accumulated(into.type));
  return into.type == Kind::real ? element : held(element, width_of(into));
}

llvm::Value* KernelEmitter::accumulation(const Term& t, std::span<const Emitter::Value> operands) {
  llvm::Value* result = LlvmEmitter::unwrap(operation(t.op).emit(emitter_, operands));
  const bool grows = t.op == Op::sum || t.op == Op::product;
  return grows && t.type == Kind::whole && t.range.open ? within_exact(result) : result;
}

void KernelEmitter::combine(TermId id, llvm::Value** into, llvm::Value* const* from) {
  if (term(id).op != Op::argmax) {
    const std::array operands = {LlvmEmitter::wrap(into[0]), LlvmEmitter::wrap(from[0])};
    into[0] = accumulation(term(id), operands);
    return;
  }
  const auto wrap = &LlvmEmitter::wrap;
  const Emitter::Value value = wrap(into[0]), other = wrap(from[0]), index = wrap(into[1]), other_index = wrap(from[1]);
  const Emitter::Value better = emitter_.either(emitter_.less(value, other),
                                                emitter_.both(emitter_.equal(value, other), emitter_.less(other_index, index)));
  into[0] = LlvmEmitter::unwrap(emitter_.select(better, other, value));
  into[1] = LlvmEmitter::unwrap(emitter_.select(better, other_index, index));
}

KernelEmitter::Carried KernelEmitter::combine_all(const Reduction& r, Carried into, const Carried& from) {
  for (const Accumulator& a : r.accumulators)
    for (int way = 0; way < r.ways; ++way)
      for (int row = 0; row < a.rows; ++row)
        for (int vector = 0; vector < a.vectors; ++vector) {
          const std::size_t at = slot(a, way, row, vector);
          combine(a.term, &into[at], &from[at]);
        }
  return into;
}

// Halves a vector until one lane is left.
std::vector<llvm::Value*> KernelEmitter::across_lanes(TermId id, std::vector<llvm::Value*> parts) {
  for (unsigned half = lanes_of(parts[0]) / 2; half >= 1; half /= 2) {
    std::vector<int> low(half), high(half);
    for (unsigned i = 0; i < half; ++i) {
      low[i] = static_cast<int>(i);
      high[i] = static_cast<int>(half + i);
    }
    std::vector<llvm::Value*> upper;
    for (llvm::Value*& part : parts) {
      upper.push_back(half == 1 ? builder_.CreateExtractElement(part, 1) : builder_.CreateShuffleVector(part, high));
      part = half == 1 ? builder_.CreateExtractElement(part, std::uint64_t{0}) : builder_.CreateShuffleVector(part, low);
    }
    combine(id, parts.data(), upper.data());
  }
  return parts;
}

// Joins the ways, then the vectors of a loop across lanes, then their lanes, and keeps the results.
void KernelEmitter::finish(const Reduction& r, Carried& carried) {
  for (const Accumulator& a : r.accumulators)
    for (int row = 0; row < a.rows; ++row) {
      for (int vector = 0; vector < a.vectors; ++vector)
        for (int way = 1; way < r.ways; ++way)
          combine(a.term, &carried[slot(a, 0, row, vector)], &carried[slot(a, way, row, vector)]);
      if (r.lanes)
        for (int vector = 1; vector < a.vectors; ++vector)
          combine(a.term, &carried[slot(a, 0, row, 0)], &carried[slot(a, 0, row, vector)]);
      for (int vector = 0; vector < (r.lanes ? 1 : a.vectors); ++vector) {
        llvm::Value** result = &carried[slot(a, 0, row, vector)];
        const bool arg = term(a.term).op == Op::argmax;
        std::vector<llvm::Value*> parts(result, result + (arg ? 2 : 1));
        if (r.lanes) parts = across_lanes(a.term, std::move(parts));
        memo_.keep(place(a.term, row, vector), converted(parts.back(), term(a.term).type));
      }
    }
}

}  // namespace tenet
