#include "compiler/kernel/joined.h"

#include <map>

#include "compiler/kernel/arena.h"

namespace tenet {
namespace {

void renumber(Kernel& kernel, const std::vector<BufferId>& buffers) {
  const auto renumbered = [&](BufferId& buffer) { buffer = buffers[index_of(buffer)]; };
  for (Term& term : kernel.terms)
    if (term.kind == Term::Kind::load) renumbered(term.buffer);
  for (Store& store : kernel.stores) renumbered(store.buffer);
  if (kernel.clear) renumbered(*kernel.clear);
}

}  // namespace

std::optional<Joined> join(std::span<const Kernels> computations) {
  Joined result;
  Kernels& all = result.kernels;
  std::map<InputId, BufferId> inputs;
  for (const Kernels& computation : computations) {
    Part part{all.kernels.size(), all.kernels.size() + computation.kernels.size(), {}};
    for (const Buffer& buffer : computation.buffers) {
      BufferId id{static_cast<std::uint32_t>(all.buffers.size())};
      if (buffer.input) id = inputs.try_emplace(*buffer.input, id).first->second;
      if (index_of(id) == all.buffers.size()) all.buffers.push_back(buffer);
      part.buffers.push_back(id);
    }
    for (Kernel kernel : computation.kernels) {
      renumber(kernel, part.buffers);
      all.kernels.push_back(std::move(kernel));
    }
    for (Sequence sequence : computation.sequences) {
      sequence.begin += part.begin;
      sequence.end += part.begin;
      all.sequences.push_back(sequence);
    }
    if (computation.step) all.step = part.buffers[index_of(*computation.step)];
    result.parts.push_back(std::move(part));
  }
  if (!place_buffers(all)) return {};
  return result;
}

}  // namespace tenet
