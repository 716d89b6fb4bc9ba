#include "compiler/kernel/packing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/kernel/scopes.h"

namespace tenet {
namespace {

constexpr double enough_rounds = 8;     // of a load over the same elements
constexpr double enough_summed = 32;    // elements a round
constexpr std::int64_t far_apart = 64;  // bytes from one to the next: a line
constexpr double small = 16 << 10;      // bytes: a buffer that stays in the first cache as it is

class Packing {
 public:
  Packing(const Kernel& kernel, const std::vector<Buffer>& buffers, const Target& target)
      : kernel_(kernel), buffers_(buffers), target_(target), reads_(loops_read(kernel)), reduced_(reduction_loops(kernel)) {
    for (const Level& level : kernel.order) {
      const LoopRole role = kernel.loops[index_of(level.loop)].role;
      if (role == LoopRole::lanes) lanes_ = level.loop;
      if (role == LoopRole::rows) rows_ = level.loop;
    }
  }

  // Gives a copy whose last axis is the lanes' the layout that the load goes through from one end to the other: what the output's
  // loops choose first, then what is summed, in panels where the lanes have several tiles. False: that is not worth it.
  bool across_lanes(const Term& load, WantedCopy& wanted) const {
    if (!lanes_ || !is(load.operands[wanted.axes.back()], *lanes_) || !is_reused(load)) return false;
    const Loop& loop = kernel_.loops[index_of(*lanes_)];
    const std::int64_t tile = elements_of_tile(loop, target_);
    const std::vector<std::size_t> before = wanted.axes;
    std::stable_partition(wanted.axes.begin(), wanted.axes.end() - 1,
                          [&](std::size_t axis) { return !reads_[index_of(load.operands[axis])].meets(reduced_); });
    if (loop.extent > tile) wanted.panel = tile;
    const Buffer& buffer = buffers_[index_of(load.buffer)];
    std::int64_t apart = buffer.element_bytes();  // from one summed element to the next
    for (std::size_t i = before.size(); i-- > 0 && !reads_[index_of(load.operands[before[i]])].meets(reduced_);)
      apart *= buffer.extents[before[i]];
    return apart >= far_apart && (wanted.panel > 0 || wanted.axes != before);
  }

  // The place of the summed axis that should come last, of a load along rows.
  std::optional<std::size_t> summed_axis(const Term& load) const {
    if (!rows_ || !lanes_ || reads(load, *lanes_) || load.operands.empty() || !is(load.operands.back(), *rows_) ||
        !is_reused(load))
      return {};
    const Buffer& buffer = buffers_[index_of(load.buffer)];
    for (std::size_t axis = load.operands.size() - 1; axis-- > 0;) {
      const Term& index = kernel_.terms[index_of(load.operands[axis])];
      if (index.kind == Term::Kind::loop && reduced_[index.loop] && buffer.strides[axis] * buffer.element_bytes() >= far_apart)
        return axis;
    }
    return {};
  }

 private:
  bool is(TermId index, LoopId loop) const {
    const Term& term = kernel_.terms[index_of(index)];
    return term.kind == Term::Kind::loop && term.loop == loop;
  }
  LoopSet loops(const Term& load) const {
    LoopSet result;
    for (TermId index : load.operands) result |= reads_[index_of(index)];
    return result;
  }
  bool reads(const Term& load, LoopId loop) const { return loops(load)[loop]; }

  // Whether it is within a sum of some length, and the same elements are read round after round.
  bool is_reused(const Term& load) const {
    const LoopSet read = loops(load);
    double summed = 1, rounds = 1;
    for (std::uint32_t i = 0; i < kernel_.loops.size(); ++i)
      if (reduced_[LoopId{i}] && read[LoopId{i}]) summed *= static_cast<double>(kernel_.loops[i].extent);
    for (const Level& level : kernel_.order) {
      if (read[level.loop]) continue;
      const Loop& loop = kernel_.loops[index_of(level.loop)];
      rounds *= std::ceil(static_cast<double>(loop.extent) / static_cast<double>(elements_of_tile(loop, target_)));
    }
    LoopSet places;  // of a recurrence: one at a time
    for (LoopId sequence : kernel_.sequences)
      if (read[sequence]) places.set(sequence);
    const Buffer& buffer = buffers_[index_of(load.buffer)];
    const double bytes = static_cast<double>(buffer.bytes) / iterations(kernel_, places);
    return summed >= enough_summed && rounds >= enough_rounds && bytes >= small && buffer.panel == 0;
  }

  const Kernel& kernel_;
  const std::vector<Buffer>& buffers_;
  const Target& target_;
  const std::vector<LoopSet> reads_;
  const LoopSet reduced_;
  std::optional<LoopId> lanes_, rows_;
};

}  // namespace

void pack(const Kernel& kernel, const std::vector<Buffer>& buffers, const Target& target, const Copying& copying,
          std::vector<WantedCopy>& copies) {
  const Packing packing(kernel, buffers, target);
  const auto laid_out = [&](WantedCopy& wanted) {
    WantedCopy better = wanted;
    if (!packing.across_lanes(kernel.terms[index_of(wanted.load)], better)) return false;
    wanted = std::move(better);
    return true;
  };
  for (WantedCopy& wanted : copies) laid_out(wanted);
  for (std::uint32_t i = 0; i < kernel.terms.size(); ++i) {
    const Term& load = kernel.terms[i];
    if (load.kind != Term::Kind::load || load.operands.empty()) continue;
    if (std::ranges::find(copies, TermId{i}, &WantedCopy::load) != copies.end()) continue;
    WantedCopy wanted{TermId{i}, std::vector<std::size_t>(load.operands.size()), 0};
    std::iota(wanted.axes.begin(), wanted.axes.end(), std::size_t{0});
    if (!laid_out(wanted)) {
      const std::optional<std::size_t> axis = packing.summed_axis(load);
      if (!axis) continue;
      std::rotate(wanted.axes.begin() + static_cast<std::ptrdiff_t>(*axis),
                  wanted.axes.begin() + static_cast<std::ptrdiff_t>(*axis) + 1, wanted.axes.end());
    }
    if (std::isfinite(copying(wanted))) copies.push_back(std::move(wanted));
  }
}

}  // namespace tenet
