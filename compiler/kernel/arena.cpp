#include "compiler/kernel/arena.h"

#include <algorithm>

namespace tenet {
namespace {

constexpr std::int64_t alignment = 64, page = 4096;

struct Lifetime {
  std::size_t first = SIZE_MAX, last = 0;
};

std::vector<Lifetime> lifetimes(const Kernels& kernels) {
  std::vector<Lifetime> result(kernels.buffers.size());
  for (std::size_t k = 0; k < kernels.kernels.size(); ++k) {
    const auto touch = [&](BufferId buffer) {
      Lifetime& life = result[index_of(buffer)];
      life.first = std::min(life.first, k);
      life.last = std::max(life.last, k);
    };
    for (const Term& term : kernels.kernels[k].terms)
      if (term.kind == Term::Kind::load) touch(term.buffer);
    for (const Store& store : kernels.kernels[k].stores) touch(store.buffer);
    if (kernels.kernels[k].clear) touch(*kernels.kernels[k].clear);
  }
  // What is touched within a sequence is touched from its first round to its last.
  for (const Sequence& sequence : kernels.sequences)
    for (Lifetime& life : result)
      if (life.first < sequence.end && life.last >= sequence.begin) {
        life.first = std::min(life.first, sequence.begin);
        life.last = std::max(life.last, sequence.end - 1);
      }
  return result;
}

}  // namespace

bool place_buffers(Kernels& kernels) {
  const std::vector<Lifetime> lives = lifetimes(kernels);
  std::vector<std::size_t> placed;
  for (std::size_t i = 0; i < kernels.buffers.size(); ++i) {
    Buffer& buffer = kernels.buffers[i];
    std::int64_t room;
    if (__builtin_add_overflow(buffer.bytes, alignment - 1, &room)) return false;
    room = room / alignment * alignment;
    if (room % page == 0) room += alignment;  // equal places in neighbours should not fall into one cache set
    const bool temporary = buffer.role == BufferRole::temporary;
    // First fit below everything that lives at the same time.
    std::vector<std::pair<std::int64_t, std::int64_t>> taken;
    for (std::size_t k : placed) {
      const Buffer& other = kernels.buffers[k];
      const bool apart =
          temporary && other.role == BufferRole::temporary && (lives[k].last < lives[i].first || lives[i].last < lives[k].first);
      if (!apart) taken.emplace_back(other.offset, other.offset + (other.bytes + alignment - 1) / alignment * alignment);
    }
    std::ranges::sort(taken);
    std::int64_t offset = 0;
    for (const auto& [begin, end] : taken) {
      if (offset + room <= begin) break;
      offset = std::max(offset, end % page == 0 ? end + alignment : end);
    }
    buffer.offset = offset;
    std::int64_t end;
    if (__builtin_add_overflow(offset, room, &end) || end > INT64_MAX / 4) return false;
    kernels.arena_bytes = std::max(kernels.arena_bytes, end);
    placed.push_back(i);
  }
  return true;
}

}  // namespace tenet
