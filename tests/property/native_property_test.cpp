// Native code against the meaning of loop nests, on nests drawn at random: every mixture of loops, tiles, reductions within
// reductions, index arithmetic and stores.
#include <algorithm>
#include <bit>
#include <random>
#include <string>

#include "tests/catch.h"
#include "tests/unit/loop_nests.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

class RandomNests {
 public:
  RandomNests(Kernels& kernels, std::uint32_t seed) : kernels_(kernels), random_(seed) {}

  void add(const std::string& name) {
    Nest nest(name);
    nest_ = &nest;
    std::vector<LoopId> outputs;
    for (int serial = draw(3); serial > 0; --serial) outputs.push_back(nest.output("s", 1 + draw(4)));
    if (draw(2)) outputs.push_back(nest.output("r", extent(), LoopRole::rows, 1 + draw(5)));
    if (draw(4)) outputs.push_back(nest.output("l", extent(), LoopRole::lanes, 1 + draw(3)));
    for (int stores = 1 + draw(3); stores > 0; --stores) add_store(outputs);
    std::ranges::shuffle(nest.kernel.order, random_);
    for (LoopId loop : outputs)
      if (draw(3) == 0) nest.kernel.order.insert(nest.kernel.order.begin(), {loop, tile_of(loop) * (1 + draw(3))});
    kernels_.kernels.push_back(nest.kernel);
  }

 private:
  int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::int64_t extent() {
    constexpr std::int64_t extents[] = {1, 2, 3, 4, 5, 8, 13, 16, 17, 27, 33};
    return extents[draw(std::size(extents))];
  }
  std::int64_t extent_of(LoopId loop) const { return nest_->kernel.loops[index_of(loop)].extent; }
  // Elements that one round of an output loop goes through.
  std::int64_t tile_of(LoopId id) const {
    const Loop& loop = nest_->kernel.loops[index_of(id)];
    const auto width =
        std::max(4U, std::bit_ceil(static_cast<unsigned>(std::min<std::int64_t>(loop.extent, host_target().lanes))));
    return loop.role == LoopRole::lanes ? std::int64_t{loop.tile} * width : loop.tile;
  }
  // Panels of a buffer whose last index is this.
  std::int64_t panel_of(TermId last) {
    const Term& term = nest_->kernel.terms[index_of(last)];
    if (term.kind != Term::Kind::loop || draw(2)) return 0;
    const bool output = std::ranges::find(nest_->kernel.order, term.loop, &Level::loop) != nest_->kernel.order.end();
    return output && nest_->kernel.loops[index_of(term.loop)].role != LoopRole::serial ? tile_of(term.loop) : 0;
  }
  BufferId buffer(Kind kind, std::vector<std::int64_t> extents, std::int64_t panel = 0) {
    const std::int64_t last = extents.empty() ? 1 : extents.back();
    std::string name = "b";
    return add_buffer(kernels_, name.append(std::to_string(kernels_.buffers.size())), kind, std::move(extents),
                      draw(3) ? 0 : last + 5, panel);
  }

  struct Index {
    TermId term;
    std::int64_t extent;  // of an axis that it stays within
  };

  // A whole between 0 and extent - 1 in terms of the loops.
  Index index(const std::vector<LoopId>& loops) {
    const int choice = draw(8);
    if (loops.empty() || choice == 0) return {nest_->constant(2, Kind::whole), 3};
    const LoopId loop = loops[static_cast<std::size_t>(draw(static_cast<int>(loops.size())))];
    const std::int64_t extent = extent_of(loop);
    const TermId at = nest_->at(loop);
    switch (choice) {
      case 1:
        return {nest_->apply(Op::subtract, {nest_->constant(double(extent - 1), Kind::whole), at}, Kind::whole), extent};
      case 2:
        return {nest_->apply(Op::multiply, {at, nest_->constant(3, Kind::whole)}, Kind::whole), 3 * extent};
      case 3:
        return {nest_->apply(Op::minimum, {at, nest_->constant(2, Kind::whole)}, Kind::whole), 3};
      case 4:
        return {nest_->load(kernels_, buffer(Kind::whole, {extent}), {at}), 4};  // wholes are 0 to 3
      case 5: {
        const Index other = index(loops);
        return {nest_->apply(Op::add, {at, other.term}, Kind::whole), extent + other.extent};
      }
      default:
        return {at, extent};
    }
  }

  TermId load(const std::vector<LoopId>& loops, Kind kind) {
    std::vector<TermId> indices;
    std::vector<std::int64_t> extents;
    for (int axes = draw(3); axes >= 0 && !loops.empty(); --axes) {
      const Index i = index(loops);
      indices.push_back(i.term);
      extents.push_back(i.extent);
    }
    const std::int64_t panel = indices.empty() ? 0 : panel_of(indices.back());
    return nest_->load(kernels_, buffer(kind, extents, panel), indices);
  }

  // A real between -4 and 4, so that sums of products stay tame.
  TermId value(const std::vector<LoopId>& loops, int depth) {
    const int choice = depth == 0 ? 0 : draw(11);
    const auto next = [&] { return value(loops, depth - 1); };
    switch (choice) {
      case 0:
      case 1:
        return load(loops, Kind::real);
      case 2:
        return nest_->apply(Op::tanh, {nest_->apply(Op::add, {next(), next()})});
      case 3:
        return nest_->apply(Op::tanh, {nest_->apply(Op::multiply, {next(), next()})});
      case 4:
        return nest_->apply(Op::maximum, {next(), next()});
      case 5: {
        const TermId condition = nest_->apply(Op::less, {index(loops).term, load(loops, Kind::whole)}, Kind::truth);
        const TermId then = next();
        return nest_->apply(Op::where, {condition, then, next()});
      }
      case 6: {
        const TermId divisor = nest_->apply(Op::add, {nest_->apply(Op::power, {next(), nest_->constant(2)}), nest_->constant(1)});
        return nest_->apply(Op::divide, {next(), divisor});
      }
      case 7:
        return nest_->convert(load(loops, draw(2) ? Kind::whole : Kind::truth), Kind::real);
      default:
        return reduction(loops, depth);
    }
  }

  TermId reduction(std::vector<LoopId> loops, int depth) {
    std::vector<LoopId> bound;
    std::int64_t points = 1;
    const int lanes = draw(3);
    for (int n = 1 + draw(2); n > 0; --n) {
      bound.push_back(nest_->bound("k", depth == 3 ? extent() : 1 + draw(5) * draw(5),
                                   lanes == static_cast<int>(bound.size()) ? LoopRole::lanes : LoopRole::serial));
      points *= extent_of(bound.back());
      loops.push_back(bound.back());
    }
    const std::int64_t chunk = draw(3) ? 0 : 1 + draw(9);
    switch (draw(5)) {
      case 0:
        return nest_->reduce(Op::max_over, value(loops, depth - 1), bound, Kind::real, chunk);
      case 1:
        return nest_->reduce(Op::min_over, value(loops, depth - 1), bound, Kind::real, chunk);
      case 2:
        if (bound.size() == 1) {  // of exact numbers with ties, so that rounding does not decide
          const TermId place = nest_->reduce(Op::argmax, load(loops, Kind::whole), bound, Kind::whole, chunk);
          const TermId most = nest_->apply(Op::minimum, {place, nest_->constant(4, Kind::whole)}, Kind::whole);
          return nest_->convert(most, Kind::real);
        }
        [[fallthrough]];
      default: {
        const TermId a = value(loops, depth - 1);
        const TermId sum =
            nest_->reduce(Op::sum, nest_->apply(Op::multiply, {a, load(loops, Kind::real)}), bound, Kind::real, chunk);
        return nest_->apply(Op::multiply, {sum, nest_->constant(1.0 / static_cast<double>(points))});
      }
    }
  }

  void add_store(std::vector<LoopId> loops) {
    std::shuffle(loops.begin(), loops.end(), random_);
    if (!loops.empty() && draw(4) == 0) {  // adds up over loops that the place does not tell apart
      const Index place = index(loops);
      nest_->store(buffer(Kind::real, {place.extent}), {place.term}, load(loops, Kind::real), true);
      return;
    }
    const bool same = !loops.empty() && draw(4) == 0;  // stays the same in one loop
    if (same) loops.pop_back();
    std::vector<TermId> indices;
    std::vector<std::int64_t> extents;
    for (LoopId loop : loops) {
      indices.push_back(nest_->at(loop));
      extents.push_back(extent_of(loop));
    }
    const BufferId target = buffer(Kind::real, extents);
    TermId result = value(loops, 3);
    if (!same && draw(3) == 0) result = nest_->apply(Op::subtract, {nest_->load(kernels_, target, indices), result});
    nest_->store(target, indices, result);
  }

  Kernels& kernels_;
  std::mt19937 random_;
  Nest* nest_ = nullptr;
};

}  // namespace

TEST_CASE("random nests leave in memory what they mean", "[property]") {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    Kernels kernels;
    RandomNests nests(kernels, seed);
    for (int n = 0; n < 12; ++n) nests.add(std::to_string(n));
    std::mt19937 random(seed);
    Memory start = empty_memory(kernels);
    for (std::size_t b = 0; b < start.size(); ++b)
      for (double& x : start[b]) {
        const double u = static_cast<double>(random()) / 4294967296.0;
        const Kind kind = kernels.buffers[b].kind;
        x = kind == Kind::real ? static_cast<float>(2 * u - 1) : std::floor(u * (kind == Kind::whole ? 4 : 2));
      }
    Memory expected = start;
    NestWalker(kernels, expected).run();
    auto code = compile(kernels);
    if (!code) FAIL(code.error());
    NativeRun native(kernels, std::move(*code));
    native.write(start);
    native.run();
    INFO("seed " << seed);
    CHECK(first_difference(kernels, expected, native.read(), 1e-4) == "");
  }
}
