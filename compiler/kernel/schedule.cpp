#include "compiler/kernel/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenet {
namespace {

constexpr std::int64_t longest_run = 4096;     // elements that one accumulator adds before its sum is put aside
constexpr double least_shared = 1 << 14;       // cost of a kernel that several threads work at: some 2 us
constexpr double least_for_threads = 1 << 21;  // of a pass that is worth waking threads for: some 300 us
constexpr std::int64_t enough_shares = 8;      // tiles of the loop that they share out

// The loops around the work of each term: those of the output, and of the reductions that it stands in.
std::vector<LoopSet> scopes(const Kernel& kernel, const std::vector<LoopSet>& reads) {
  std::vector<LoopSet> around(kernel.terms.size());
  LoopSet output;
  for (LoopId loop : kernel.order) output.set(loop);
  const auto mark = [&](TermId term, const LoopSet& scope) { around[index_of(term)] |= scope; };
  for (const Store& store : kernel.stores) {
    mark(store.value, output);
    for (TermId index : store.indices) mark(index, output);
  }
  for (std::size_t i = kernel.terms.size(); i-- > 0;) {
    const Term& term = kernel.terms[i];
    LoopSet scope = around[i];
    if (scope.empty()) continue;
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

double iterations(const Kernel& kernel, const LoopSet& mask) {
  double product = 1;
  for (std::uint32_t i = 0; i < kernel.loops.size(); ++i)
    if (mask[LoopId{i}]) product *= static_cast<double>(kernel.loops[i].extent);
  return product;
}

// The place of the lanes' coordinate among the indices: `last` if consecutive lanes are consecutive elements.
enum class Access { uniform, consecutive, scattered };

Access access(const Kernel& kernel, const std::vector<LoopSet>& reads, const std::vector<TermId>& indices, LoopId lanes) {
  bool any = false;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (!reads[index_of(indices[i])][lanes]) continue;
    const Term& index = kernel.terms[index_of(indices[i])];
    const bool plain =
        index.kind == Term::Kind::loop || (index.kind == Term::Kind::apply && (index.op == Op::add || index.op == Op::subtract) &&
                                           kernel.terms[index_of(index.operands[0])].kind == Term::Kind::loop);
    if (!plain || i + 1 < indices.size()) return Access::scattered;
    any = true;
  }
  return any ? Access::consecutive : Access::uniform;
}

// The axes' order that makes the lanes' index the last, if every index is a coordinate of its own.
std::optional<std::vector<std::size_t>> order_for(const Kernel& kernel, const std::vector<TermId>& indices, LoopId lanes) {
  std::vector<std::size_t> order;
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const Term& index = kernel.terms[index_of(indices[i])];
    if (index.kind != Term::Kind::loop) return {};
    if (index.loop == lanes) {
      if (last) return {};
      last = i;
    } else {
      order.push_back(i);
    }
  }
  if (!last) return {};
  order.push_back(*last);
  return order;
}

LoopSet reduction_loops(const Kernel& kernel) {
  LoopSet mask;
  for (const Term& term : kernel.terms)
    if (term.kind == Term::Kind::reduce)
      for (LoopId loop : term.loops) mask.set(loop);
  return mask;
}

}  // namespace

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

LaneChoice choose_lanes(const Kernel& kernel, const Target& target, bool flexible,
                        const std::function<double(BufferId, const std::vector<std::size_t>&)>& copying) {
  const std::vector<LoopSet> reads = loops_read(kernel);
  const std::vector<LoopSet> around = scopes(kernel, reads);
  const LoopSet reduced = reduction_loops(kernel);
  LoopSet output;
  for (LoopId loop : kernel.order) output.set(loop);
  const double width = target.lanes;

  LaneChoice best;
  double least = std::numeric_limits<double>::infinity();
  const auto consider = [&](std::optional<LoopId> lanes) {
    LaneChoice schedule{lanes, {}};
    double cost = 0;
    const auto steps = [&](const LoopSet& scope) {  // vector operations at a place in the nest
      double count = iterations(kernel, scope);
      if (!lanes || !scope[*lanes]) return count;
      const double extent = static_cast<double>(kernel.loops[index_of(*lanes)].extent);
      return count / extent * std::ceil(extent / width);
    };
    for (std::size_t i = 0; i < kernel.terms.size(); ++i) {
      const Term& term = kernel.terms[i];
      if (around[i].empty() && !output.empty()) continue;
      const double count = steps(around[i]);
      if (term.kind == Term::Kind::apply) cost += count * std::max(1, operation(term.op).cost);
      if (term.kind == Term::Kind::reduce) {
        LoopSet inside = around[i];
        for (LoopId loop : term.loops) inside.set(loop);
        cost += steps(inside);
        if (lanes && std::ranges::find(term.loops, *lanes) != term.loops.end()) cost += 8 * count;  // the lanes' own sum
      }
      if (term.kind != Term::Kind::load) continue;
      const Access how = lanes ? access(kernel, reads, term.operands, *lanes) : Access::uniform;
      if (how == Access::uniform) cost += 0.5 * count;
      if (how == Access::consecutive) cost += count;
      if (how != Access::scattered) continue;
      const double gathered = 0.75 * width * count;
      const auto order = order_for(kernel, term.operands, *lanes);
      const double copied = order ? count + copying(term.buffer, *order) : std::numeric_limits<double>::infinity();
      cost += std::min(gathered, copied);
      if (copied < gathered) schedule.copies.push_back({TermId{static_cast<std::uint32_t>(i)}, *order});
    }
    for (const Store& store : kernel.stores) {
      const Access how = lanes ? access(kernel, reads, store.indices, *lanes) : Access::uniform;
      const bool scattered = how == Access::scattered && !(flexible && order_for(kernel, store.indices, *lanes));
      cost += steps(output) * (scattered ? width : 1) * (store.accumulate ? 2 : 1);
    }
    if (cost < least) {
      least = cost;
      best = std::move(schedule);
      best.cost = cost;
    }
  };
  for (std::uint32_t i = 0; i < kernel.loops.size(); ++i)
    if ((output[LoopId{i}] || reduced[LoopId{i}]) && kernel.loops[i].extent > 1) consider(LoopId{i});
  consider(std::nullopt);
  return best;
}

namespace {

struct Tiles {
  int rows, vectors;
};

// Register tiles for `reductions` accumulators a point: as square as the registers allow, at least 8 accumulators in flight,
// little left over.
Tiles tiles_for(std::int64_t rows, std::int64_t vectors, int registers, int reductions) {
  Tiles best{1, 1};
  double least = std::numeric_limits<double>::infinity();
  for (int v = 1; v <= std::min<std::int64_t>(vectors, 6); ++v) {
    const int most = std::min<std::int64_t>({rows, 16, (registers - 1 - v) / (v * reductions)});
    for (int r = std::max(1, most); r >= std::max(1, most / 2); --r) {
      double cost = 0;
      for (std::int64_t left_rows = rows; left_rows > 0; left_rows -= r)
        for (std::int64_t left = vectors; left > 0; left -= v) {
          const double tile_rows = static_cast<double>(std::min<std::int64_t>(left_rows, r)),
                       tile_vectors = static_cast<double>(std::min<std::int64_t>(left, v));
          cost += std::max({tile_rows * tile_vectors * reductions, 8.0, 1.0 * (tile_rows + tile_vectors)}) + 0.5;
          if (rows / r > 64) {
            cost *= static_cast<double>(rows) / r;
            left_rows = 0;
          }  // all alike
        }
      if (cost < least - 1e-9) {
        least = cost;
        best = {r, v};
      }
    }
  }
  return best;
}

}  // namespace

void set_tiles(Kernel& kernel, std::optional<LoopId> lanes, const Target& target) {
  const std::vector<LoopSet> reads = loops_read(kernel);
  const bool output_lanes = lanes && std::ranges::find(kernel.order, *lanes) != kernel.order.end();
  const std::int64_t vectors = output_lanes ? (kernel.loops[index_of(*lanes)].extent + target.lanes - 1) / target.lanes : 1;

  // Rows: the output loop along which the most loads inside reductions stay the same.
  LoopSet reduced = reduction_loops(kernel);
  int reductions = 0, work = 0;
  for (std::size_t i = 0; i < kernel.terms.size(); ++i) {
    reductions += kernel.terms[i].kind == Term::Kind::reduce;
    work += kernel.terms[i].kind == Term::Kind::apply && reads[i].meets(reduced);
  }
  std::optional<LoopId> rows;
  int most = 0;
  if (reductions > 0)
    for (LoopId loop : kernel.order) {
      if (lanes && loop == *lanes) continue;
      if (kernel.loops[index_of(loop)].extent < 2) continue;
      int shared = 1;  // several accumulators hide the latency of one even if they share nothing
      for (std::size_t i = 0; i < kernel.terms.size(); ++i)
        if (kernel.terms[i].kind == Term::Kind::load && reads[i].meets(reduced) && !reads[i][loop]) shared += 4;
      if (shared >= most) {
        most = shared;
        rows = loop;
      }
    }
  Tiles tiles{1, static_cast<int>(std::min<std::int64_t>(vectors, 2))};
  if (reductions > 0)
    tiles = tiles_for(rows ? kernel.loops[index_of(*rows)].extent : 1, vectors,
                      std::max(8, target.registers - 2 * std::max(0, work - 1)), reductions);
  if (tiles.rows == 1) rows.reset();

  if (lanes) {
    kernel.loops[index_of(*lanes)].role = LoopRole::lanes;
    kernel.loops[index_of(*lanes)].tile = output_lanes ? tiles.vectors : 1;
  }
  if (rows) {
    kernel.loops[index_of(*rows)].role = LoopRole::rows;
    kernel.loops[index_of(*rows)].tile = tiles.rows;
  }
  const auto rank = [&](LoopId loop) { return rows && loop == *rows ? 1 : output_lanes && loop == *lanes ? 2 : 0; };
  std::ranges::stable_sort(kernel.order, {}, rank);

  for (Term& term : kernel.terms) {
    if (term.kind != Term::Kind::reduce) continue;
    if (lanes) std::ranges::stable_sort(term.loops, {}, [&](LoopId loop) { return loop == *lanes; });
    double inner = 1;
    for (std::size_t i = 1; i < term.loops.size(); ++i)
      inner *= static_cast<double>(kernel.loops[index_of(term.loops[i])].extent);
    const std::int64_t chunk = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(longest_run) / inner));
    const bool split = term.op == Op::sum && kernel.loops[index_of(term.loops[0])].extent > chunk;
    term.chunk = split ? chunk : 0;
  }
}

void schedule_copy(Kernel& kernel, const Target& target) {
  LoopSet output;
  for (LoopId loop : kernel.order) output.set(loop);
  kernel.cost = iterations(kernel, output) / target.lanes;
  set_tiles(kernel, kernel.order.empty() ? std::nullopt : std::optional(kernel.order.back()), target);
}

namespace {

std::int64_t tiles_of(const Loop& loop, const Target& target) {
  const std::int64_t tile = loop.tile * (loop.role == LoopRole::lanes ? target.lanes : 1);
  return (loop.extent + tile - 1) / tile;
}

void share_out(Kernel& kernel, const Target& target) {
  if (kernel.cost < least_shared || std::ranges::any_of(kernel.stores, &Store::accumulate)) return;
  const std::vector<LoopSet> reads = loops_read(kernel);
  std::size_t best = 0;
  std::int64_t most = 1;
  for (std::size_t level = 0; level < kernel.order.size(); ++level) {
    const LoopId id = kernel.order[level];
    const Loop& loop = kernel.loops[index_of(id)];
    if (loop.role == LoopRole::lanes && level > 0) continue;  // lanes stay innermost
    const auto has = [&](TermId index) { return reads[index_of(index)][id]; };
    if (!std::ranges::all_of(kernel.stores, [&](const Store& store) { return std::ranges::any_of(store.indices, has); }))
      continue;
    const std::int64_t tiles = std::min(tiles_of(loop, target), enough_shares);
    if (tiles > most) most = tiles, best = level;
  }
  if (most == 1) return;
  const auto chosen = kernel.order.begin() + static_cast<std::ptrdiff_t>(best);
  std::rotate(kernel.order.begin(), chosen, chosen + 1);
  kernel.shares = tiles_of(kernel.loops[index_of(kernel.order[0])], target);
}

}  // namespace

void share_out(Kernels& kernels, const Target& target) {
  double cost = 0;
  for (const Kernel& kernel : kernels.kernels) {
    LoopSet places;
    for (LoopId loop : kernel.sequences) places.set(loop);
    cost += kernel.cost * iterations(kernel, places);
  }
  if (cost < least_for_threads) return;
  for (Kernel& kernel : kernels.kernels) share_out(kernel, target);
}

bool has_shares(const Kernels& kernels) {
  return std::ranges::any_of(kernels.kernels, [](const Kernel& kernel) { return kernel.shares > 0; });
}

void set_divisions(Kernel& kernel) {
  LoopSet lanes;
  for (std::uint32_t i = 0; i < kernel.loops.size(); ++i)
    if (kernel.loops[i].role == LoopRole::lanes && kernel.loops[i].extent > 1) lanes.set(LoopId{i});
  const std::vector<LoopSet> reads = loops_read(kernel);
  const auto across = [&](TermId term) { return reads[index_of(term)].meets(lanes); };
  for (Term& term : kernel.terms)
    if (term.division == Division::free && across(term.operands[0]) && !across(term.operands[1]))
      term.division = Division::by_reciprocal;
}

}  // namespace tenet
