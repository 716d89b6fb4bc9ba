#include "compiler/kernel/scopes.h"

namespace tenet {

std::vector<LoopSet> loops_read(const Kernel& kernel) {
  std::vector<LoopSet> reads(kernel.terms.size());
  for (std::size_t i = 0; i < kernel.terms.size(); ++i) {
    const Term& term = kernel.terms[i];
    if (term.kind == Term::Kind::loop) reads[i].set(term.loop);
    for (TermId operand : term.operands) reads[i] |= reads[index_of(operand)];
    if (term.kind == Term::Kind::reduce)
      for (LoopId loop : term.loops) reads[i].reset(loop);
  }
  return reads;
}

std::vector<std::optional<LoopSet>> scopes(const Kernel& kernel, const std::vector<LoopSet>& reads) {
  std::vector<std::optional<LoopSet>> around(kernel.terms.size());
  const LoopSet output = output_loops(kernel);
  const auto mark = [&](TermId id, const LoopSet& scope) {
    std::optional<LoopSet>& loops = around[index_of(id)];
    if (loops)
      *loops |= scope;
    else
      loops = scope;
  };
  for (const Store& store : kernel.stores) {
    mark(store.value, output);
    for (TermId index : store.indices) mark(index, output);
  }
  for (std::size_t i = kernel.terms.size(); i-- > 0;) {
    const Term& term = kernel.terms[i];
    if (!around[i]) continue;
    LoopSet scope = *around[i];
    if (term.kind == Term::Kind::reduce)
      for (LoopId loop : term.loops) scope.set(loop);
    for (TermId operand : term.operands) {
      // Work that does not read the innermost loops is done outside them.
      LoopSet inner = scope;
      if (term.kind == Term::Kind::reduce)
        for (LoopId loop : term.loops)
          if (!reads[index_of(operand)][loop]) inner.reset(loop);
      mark(operand, inner);
    }
  }
  return around;
}

double iterations(const Kernel& kernel, const LoopSet& loops) {
  double product = 1;
  for (std::uint32_t i = 0; i < kernel.loops.size(); ++i)
    if (loops[LoopId{i}]) product *= static_cast<double>(kernel.loops[i].extent);
  return product;
}

LoopSet output_loops(const Kernel& kernel) {
  LoopSet loops;
  for (const Level& level : kernel.order) loops.set(level.loop);
  return loops;
}

LoopSet reduction_loops(const Kernel& kernel) {
  LoopSet loops;
  for (const Term& term : kernel.terms)
    if (term.kind == Term::Kind::reduce)
      for (LoopId loop : term.loops) loops.set(loop);
  return loops;
}

LoopSet sequence_loops(const Kernel& kernel) {
  LoopSet loops;
  for (LoopId loop : kernel.sequences) loops.set(loop);
  return loops;
}

std::int64_t elements_of_tile(const Loop& loop, const Target& target) {
  return loop.role == LoopRole::lanes ? std::int64_t{loop.tile} * target.lanes : loop.tile;
}

}  // namespace tenet
