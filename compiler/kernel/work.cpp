#include "compiler/kernel/work.h"

#include <algorithm>
#include <map>

#include "compiler/kernel/scopes.h"

namespace tenet {
namespace {

double operations_of(const Kernel& kernel, const std::vector<LoopSet>& reads) {
  const auto around = scopes(kernel, reads);
  double count = 0;
  for (std::size_t i = 0; i < kernel.terms.size(); ++i) {
    const Term& term = kernel.terms[i];
    if (!around[i] || term.type != Kind::real) continue;
    if (term.kind == Term::Kind::apply) count += iterations(kernel, *around[i]) * std::max(1, operation(term.op).cost);
    if (term.kind != Term::Kind::reduce) continue;
    LoopSet inside = *around[i];
    for (LoopId loop : term.loops) inside.set(loop);
    count += iterations(kernel, inside);
  }
  return count;
}

// An element that several terms read counts once where they read it by the same loops.
double bytes_of(const Kernels& kernels, const Kernel& kernel, const std::vector<LoopSet>& reads) {
  std::map<BufferId, double> elements;
  const auto touch = [&](BufferId buffer, const std::vector<TermId>& indices) {
    LoopSet loops;
    for (TermId index : indices) loops |= reads[index_of(index)];
    for (LoopId sequence : kernel.sequences) loops.reset(sequence);
    elements[buffer] = std::max(elements[buffer], iterations(kernel, loops));
  };
  for (const Term& term : kernel.terms)
    if (term.kind == Term::Kind::load) touch(term.buffer, term.operands);
  for (const Store& store : kernel.stores) touch(store.buffer, store.indices);
  double bytes = kernel.clear ? static_cast<double>(kernels.buffers[index_of(*kernel.clear)].bytes) : 0;
  for (const auto& [id, count] : elements) {
    const Buffer& buffer = kernels.buffers[index_of(id)];
    bytes += std::min(count * static_cast<double>(buffer.element_bytes()), static_cast<double>(buffer.bytes));
  }
  return bytes;
}

}  // namespace

std::vector<Work> work_of(const Kernels& kernels) {
  std::vector<Work> result;
  for (const Kernel& kernel : kernels.kernels) {
    const std::vector<LoopSet> reads = loops_read(kernel);
    const double calls = iterations(kernel, sequence_loops(kernel));
    result.push_back({kernel.name, calls * operations_of(kernel, reads), calls * bytes_of(kernels, kernel, reads)});
  }
  return result;
}

}  // namespace tenet
