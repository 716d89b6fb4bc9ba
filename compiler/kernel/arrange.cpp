#include "compiler/kernel/arrange.h"

#include <algorithm>
#include <cmath>

#include "compiler/kernel/scopes.h"

namespace tenet {
namespace {

constexpr double line = 64;                                     // bytes
constexpr double from_second_cache = 24, from_beyond = 6;       // bytes a cycle
constexpr double share_of_first = 0.75, share_of_second = 0.6;  // of a cache, that what is read again may take
constexpr double worth_it = 0.03;                               // of the cycles that the arithmetic takes
constexpr std::size_t most_permuted = 5, most_blocked = 4, most_blocked_twice = 3;  // loops
constexpr std::int64_t parts[] = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};

// What one place of the nest reads or writes again and again.
struct Access {
  LoopSet loops;
  // The loop whose neighbours are neighbours in memory, then the one that goes on from its end, and so forth.
  std::vector<LoopId> along;
  double bytes;  // of an element
};

class Arrangement {
 public:
  Arrangement(const Kernel& kernel, const std::vector<Buffer>& buffers, const Target& target)
      : kernel_(kernel), target_(target), reads_(loops_read(kernel)) {
    for (const Term& term : kernel.terms)
      if (term.kind == Term::Kind::load) add(buffers[index_of(term.buffer)], term.operands);
    for (const Store& store : kernel.stores) add(buffers[index_of(store.buffer)], store.indices);
    for (std::uint32_t i = 0; i < kernel.loops.size(); ++i) inner_.push_back(static_cast<double>(tile(LoopId{i})));
    for (const Term& term : kernel.terms)
      if (term.kind == Term::Kind::reduce)
        for (LoopId loop : term.loops) {
          const std::int64_t extent = kernel.loops[index_of(loop)].extent;
          inner_[index_of(loop)] =
              static_cast<double>(term.chunk > 0 && loop == term.loops[0] ? std::min(term.chunk, extent) : extent);
        }
  }

  // Elements of an output loop that one tile of it has.
  std::int64_t tile(LoopId id) const {
    const Loop& loop = kernel_.loops[index_of(id)];
    return std::min(elements_of_tile(loop, target_), loop.extent);
  }

  // Cycles that the caches take, estimated.
  double traffic(const std::vector<Level>& order) const {
    return moved(order, share_of_first * static_cast<double>(target_.first_cache)) / from_second_cache +
           moved(order, share_of_second * static_cast<double>(target_.second_cache)) / from_beyond;
  }

 private:
  void add(const Buffer& buffer, const std::vector<TermId>& indices) {
    Access access{{}, {}, static_cast<double>(buffer.element_bytes())};
    for (TermId index : indices) access.loops |= reads_[index_of(index)];
    for (std::size_t i = indices.size(); i-- > 0;) {
      const Term& index = kernel_.terms[index_of(indices[i])];
      if (index.kind != Term::Kind::loop) break;
      access.along.push_back(index.loop);
      if (buffer.panel > 0 || buffer.extents[i] != kernel_.loops[index_of(index.loop)].extent) break;
    }
    accesses_.push_back(std::move(access));
  }

  // Elements of the loop that the levels from `from` on go through.
  double covered(const std::vector<Level>& order, std::size_t from, LoopId loop) const {
    double extent = static_cast<double>(kernel_.loops[index_of(loop)].extent);
    bool output = false;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (order[i].loop != loop) continue;
      output = true;
      if (i >= from) return extent;
      if (order[i].block > 0) extent = std::min(extent, static_cast<double>(order[i].block));
    }
    return output ? inner_[index_of(loop)] : std::min(extent, inner_[index_of(loop)]);
  }

  double trips(const std::vector<Level>& order, std::size_t place) const {
    const Level& level = order[place];
    const double step = level.block > 0 ? static_cast<double>(level.block) : inner_[index_of(level.loop)];
    return std::ceil(covered(order, place, level.loop) / step);
  }

  double footprint(const std::vector<Level>& order, std::size_t from, const Access& access) const {
    double elements = 1;
    for (std::uint32_t i = 0; i < kernel_.loops.size(); ++i)
      if (access.loops[LoopId{i}] && kernel_.loops[i].role != LoopRole::sequence) elements *= covered(order, from, LoopId{i});
    double run = access.bytes;
    for (LoopId loop : access.along) {
      const double elements_along = covered(order, from, loop);
      run *= elements_along;
      if (elements_along < static_cast<double>(kernel_.loops[index_of(loop)].extent)) break;
    }
    return elements * access.bytes * std::ceil(run / line) * line / run;
  }

  // Bytes that come into a cache of so many.
  double moved(const std::vector<Level>& order, double cache) const {
    std::size_t place = 0;  // the outermost level from which on all fits
    for (; place < order.size(); ++place) {
      double all = 0;
      for (const Access& access : accesses_) all += footprint(order, place, access);
      if (all <= cache) break;
    }
    double total = 0;
    for (const Access& access : accesses_) {
      double bytes = footprint(order, place, access);
      bool kept = true;  // from the round before, by the levels around that it does not read
      for (std::size_t outer = place; outer-- > 0;) {
        kept = kept && place < order.size() && !access.loops[order[outer].loop];
        if (!kept) bytes *= trips(order, outer);
      }
      total += bytes;
    }
    return total;
  }

  const Kernel& kernel_;
  const Target& target_;
  std::vector<LoopSet> reads_;
  std::vector<Access> accesses_;
  std::vector<double> inner_;  // by loop: elements within a tile; of a reduction's loop, all
};

}  // namespace

void arrange(Kernel& kernel, const std::vector<Buffer>& buffers, const Target& target) {
  if (reduction_loops(kernel).empty() || std::ranges::any_of(kernel.stores, &Store::accumulate)) return;
  const Arrangement arrangement(kernel, buffers, target);
  std::vector<Level> order = kernel.order;
  // Loops of one round stay outside.
  const auto permuted = std::ranges::stable_partition(
      order, [&](const Level& level) { return kernel.loops[index_of(level.loop)].extent <= arrangement.tile(level.loop); });
  if (permuted.size() < 1 || permuted.size() > most_permuted) return;
  std::vector<Level> best = kernel.order;
  double least = arrangement.traffic(best) - worth_it * kernel.cost / 2;
  if (least <= 0) return;
  const auto consider = [&](const std::vector<Level>& candidate) {
    if (const double cost = arrangement.traffic(candidate); cost < 0.99 * least) least = cost, best = candidate;
  };
  // Blocks of a loop: a rest of them is code of its own, so those without one, where there are any.
  const auto blocks_of = [&](LoopId loop) {
    const std::int64_t extent = kernel.loops[index_of(loop)].extent, tile = arrangement.tile(loop);
    std::vector<Level> result;
    for (const std::int64_t count : parts) {
      const std::int64_t block = ((extent + count - 1) / count + tile - 1) / tile * tile;
      if (block > tile && block < (result.empty() ? extent : result.back().block)) result.push_back({loop, block});
    }
    const auto has_rest = [&](const Level& level) { return extent % level.block != 0; };
    if (!std::ranges::all_of(result, has_rest)) std::erase_if(result, has_rest);
    return result;
  };
  std::vector<Level> blocks;
  for (const Level& level : permuted)
    if (permuted.size() <= most_blocked) std::ranges::copy(blocks_of(level.loop), std::back_inserter(blocks));
  const auto by_loop = [](const Level& level) { return level.loop; };
  std::ranges::sort(permuted, {}, by_loop);
  do {
    consider(order);
    for (const Level& outer : blocks) {
      std::vector<Level> once = order;
      once.insert(once.begin(), outer);
      consider(once);
      for (const Level& inner : blocks) {
        if (inner.loop == outer.loop || permuted.size() > most_blocked_twice) continue;
        std::vector<Level> twice = once;
        twice.insert(twice.begin() + 1, inner);
        consider(twice);
      }
    }
  } while (std::ranges::next_permutation(permuted, {}, by_loop).found);
  kernel.order = std::move(best);
}

}  // namespace tenet
