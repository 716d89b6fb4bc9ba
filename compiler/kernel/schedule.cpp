#include "compiler/kernel/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "compiler/kernel/scopes.h"

namespace tenet {
namespace {

constexpr std::int64_t longest_run = 4096;     // elements that one accumulator adds before its sum is put aside
constexpr double least_shared = 1 << 14;       // cost of a kernel that several threads work at: some 2 us
constexpr double least_for_threads = 1 << 21;  // of a pass that is worth waking threads for: some 300 us
constexpr std::int64_t enough_shares = 8;      // tiles of the loop that they share out
constexpr double page = 4096;                  // bytes
constexpr double line_cost = 4;                // of an element that is stored far from the one before: a line of the cache

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

// Whether the rows' index is the store's last: lanes that are not next to one another are turned in registers.
bool is_turned(const Kernel& kernel, const Store& store, std::optional<LoopId> rows) {
  if (!rows || store.accumulate || store.indices.empty()) return false;
  const Term& last = kernel.terms[index_of(store.indices.back())];
  return last.kind == Term::Kind::loop && last.loop == *rows;
}

// How many elements of a buffer stand between two lanes.
double elements_apart(const Kernel& kernel, const std::vector<LoopSet>& reads, const Store& store, LoopId lanes) {
  LoopSet after;
  for (std::size_t i = store.indices.size(); i-- > 0 && !reads[index_of(store.indices[i])][lanes];)
    after |= reads[index_of(store.indices[i])];
  return iterations(kernel, after);
}

// The output loop along which the most loads inside reductions stay the same, those across lanes before others: each of them is
// as many loads as there are vectors.
std::optional<LoopId> rows_for(const Kernel& kernel, const std::vector<LoopSet>& reads, std::optional<LoopId> lanes) {
  const LoopSet reduced = reduction_loops(kernel);
  std::optional<LoopId> rows;
  if (std::ranges::find(kernel.terms, Term::Kind::reduce, &Term::kind) == kernel.terms.end()) return rows;
  int most = 0;
  for (const auto& [loop, block] : kernel.order) {
    if (lanes && loop == *lanes) continue;
    if (kernel.loops[index_of(loop)].extent < 2) continue;
    int shared = 1;  // several accumulators hide the latency of one even if they share nothing
    for (std::size_t i = 0; i < kernel.terms.size(); ++i)
      if (kernel.terms[i].kind == Term::Kind::load && reads[i].meets(reduced) && !reads[i][loop])
        shared += lanes && reads[i][*lanes] ? 8 : 4;
    if (shared >= most) {
      most = shared;
      rows = loop;
    }
  }
  return rows;
}

}  // namespace

LaneChoice choose_lanes(const Kernel& kernel, const Target& target, bool flexible, const Copying& copying) {
  const std::vector<LoopSet> reads = loops_read(kernel);
  const std::vector<std::optional<LoopSet>> around = scopes(kernel, reads);
  const LoopSet output = output_loops(kernel), reduced = reduction_loops(kernel);
  const double width = target.lanes;
  // Of an element of lanes that are not next to one another: where the rows are, they are turned in registers.
  const auto scattering = [&](const Store& store, LoopId lanes) {
    const double apart = elements_apart(kernel, reads, store, lanes) * 4;
    return !is_turned(kernel, store, rows_for(kernel, reads, lanes)) ? line_cost : apart < page ? 1 : line_cost / 2;
  };

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
      if (!around[i]) continue;
      const double count = steps(*around[i]);
      if (term.kind == Term::Kind::apply) cost += count * std::max(1, operation(term.op).cost);
      if (term.kind == Term::Kind::reduce) {
        LoopSet inside = *around[i];
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
      const double copied =
          order ? count + copying({TermId{static_cast<std::uint32_t>(i)}, *order}) : std::numeric_limits<double>::infinity();
      cost += std::min(gathered, copied);
      if (copied < gathered) schedule.copies.push_back({TermId{static_cast<std::uint32_t>(i)}, *order});
    }
    for (const Store& store : kernel.stores) {
      const Access how = lanes ? access(kernel, reads, store.indices, *lanes) : Access::uniform;
      const bool scattered = how == Access::scattered && !(flexible && order_for(kernel, store.indices, *lanes));
      cost += steps(output) * (scattered ? scattering(store, *lanes) * width : 1) * (store.accumulate ? 2 : 1);
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

// Stores of a lane of so many rows that are turned: 8, 4, 2 or 1 of them at a time.
double segments(std::int64_t rows, int most) {
  double count = 0;
  for (std::int64_t size = most; size > 0; size /= 2) count += static_cast<double>(std::exchange(rows, rows % size) / size);
  return count;
}

// Register tiles for `reductions` accumulators a point: as square as the registers allow, at least 8 accumulators in flight,
// little left over. `summed`: how many elements a sum has; where those of a tile do not stay in the first cache, a vector of them
// costs more than a multiply-add. `turned`: is_turned().
Tiles tiles_for(std::int64_t rows, std::int64_t vectors, int registers, int reductions, double summed, bool turned,
                const Target& target) {
  Tiles best{1, 1};
  double least = std::numeric_limits<double>::infinity();
  for (int v = 1; v <= std::min<std::int64_t>(vectors, 6); ++v) {
    const int most = std::min<std::int64_t>({rows, 16, (registers - 1 - v) / (v * reductions)});
    for (int r = std::max(1, most); r >= std::max(1, most / 2); --r) {
      const auto along_lanes = [&](std::int64_t tile_rows) {
        const auto tile = [&](std::int64_t tile_vectors) {
          const auto accumulators = static_cast<double>(tile_rows * tile_vectors * reductions);
          const double bytes = 4.0 * summed * static_cast<double>(tile_vectors) * target.lanes;
          const double streamed = bytes > static_cast<double>(target.first_cache) / 2 ? static_cast<double>(tile_vectors) / 4 : 0;
          const double stores = turned ? 2.0 * tile_vectors * target.lanes * segments(tile_rows, target.lanes) / summed : 0;
          const double loads = 1.1 * static_cast<double>(tile_rows + tile_vectors);
          return std::max({accumulators, 8.0, loads}) + 0.5 + streamed + stores;
        };
        return static_cast<double>(vectors / v) * tile(v) + (vectors % v > 0 ? tile(vectors % v) : 0);
      };
      const double cost = static_cast<double>(rows / r) * along_lanes(r) + (rows % r > 0 ? along_lanes(rows % r) : 0);
      if (cost < least - 1e-9) {
        least = cost;
        best = {r, v};
      }
    }
  }
  return best;
}

// Reductions over the same loops are worked out together, those over others one after the other: of the former, the most at a
// time.
struct Together {
  int reductions = 0, work = 0;  // applications inside
  double summed = 0;             // elements of the longest sum
};

Together most_together(const Kernel& kernel, const std::vector<LoopSet>& reads) {
  std::map<std::vector<LoopId>, int> groups;
  for (const Term& term : kernel.terms)
    if (term.kind == Term::Kind::reduce) ++groups[term.loops];
  Together most;
  for (const auto& [loops, count] : groups) {
    LoopSet inside;
    for (LoopId loop : loops) inside.set(loop);
    int all = count, work = 0;
    for (std::size_t i = 0; i < kernel.terms.size(); ++i) {
      if (!reads[i].meets(inside)) continue;
      work += kernel.terms[i].kind == Term::Kind::apply;
      all += kernel.terms[i].kind == Term::Kind::reduce;
    }
    most = {std::max(most.reductions, all), std::max(most.work, work), std::max(most.summed, iterations(kernel, inside))};
  }
  return most;
}

}  // namespace

void set_tiles(Kernel& kernel, std::optional<LoopId> lanes, const Target& target) {
  const std::vector<LoopSet> reads = loops_read(kernel);
  const bool output_lanes = lanes && output_loops(kernel)[*lanes];
  const std::int64_t vectors = output_lanes ? (kernel.loops[index_of(*lanes)].extent + target.lanes - 1) / target.lanes : 1;

  const Together most = most_together(kernel, reads);
  std::optional<LoopId> rows = rows_for(kernel, reads, lanes);
  const bool turned =
      output_lanes && std::ranges::all_of(kernel.stores, [&](const Store& store) {
        return is_turned(kernel, store, rows) && access(kernel, reads, store.indices, *lanes) == Access::scattered;
      });
  Tiles tiles{1, static_cast<int>(std::min<std::int64_t>(vectors, 2))};
  if (most.reductions > 0)
    tiles =
        tiles_for(rows ? kernel.loops[index_of(*rows)].extent : 1, vectors,
                  std::max(8, target.registers - 2 * std::max(0, most.work - 1)), most.reductions, most.summed, turned, target);
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
  std::ranges::stable_sort(kernel.order, {}, [&](const Level& level) { return rank(level.loop); });

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

void schedule_copy(Kernel& kernel, std::int64_t panel, const Target& target) {
  constexpr int line = 16;  // elements that come into a cache together
  kernel.cost = iterations(kernel, output_loops(kernel)) / target.lanes;
  if (kernel.order.empty()) return set_tiles(kernel, std::nullopt, target);
  const LoopId lanes = kernel.order.back().loop;
  set_tiles(kernel, lanes, target);
  if (panel > 0) kernel.loops[index_of(lanes)].tile = static_cast<int>(panel / target.lanes);
  const Term& load = kernel.terms[index_of(kernel.stores[0].value)];
  const LoopId from = kernel.terms[index_of(load.operands.back())].loop;
  if (from == lanes) return;
  Loop& rows = kernel.loops[index_of(from)];
  if (rows.extent < 2) return;
  rows.role = LoopRole::rows;
  rows.tile = static_cast<int>(std::min<std::int64_t>(rows.extent, line));
  std::ranges::stable_sort(kernel.order, {}, [&](const Level& level) {
    return level.loop == lanes ? 2 : level.loop == from ? 1 : 0;
  });
}

namespace {

// Rounds of an outermost level.
std::int64_t rounds_of(const Kernel& kernel, const Level& level, const Target& target) {
  const Loop& loop = kernel.loops[index_of(level.loop)];
  const std::int64_t round = level.block > 0 ? level.block : elements_of_tile(loop, target);
  return (loop.extent + round - 1) / round;
}

void share_out(Kernel& kernel, const Target& target) {
  if (kernel.cost < least_shared || std::ranges::any_of(kernel.stores, &Store::accumulate)) return;
  const std::vector<LoopSet> reads = loops_read(kernel);
  std::size_t best = 0;
  std::int64_t most = 1;
  LoopSet outside;
  for (std::size_t place = 0; place < kernel.order.size(); ++place) {
    const auto& [id, block] = kernel.order[place];
    const bool within_blocks = outside[id], lanes = block == 0 && kernel.loops[index_of(id)].role == LoopRole::lanes;
    outside.set(id);
    if (within_blocks || (lanes && place > 0)) continue;  // lanes stay where they are
    const auto has = [&](TermId index) { return reads[index_of(index)][id]; };
    if (!std::ranges::all_of(kernel.stores, [&](const Store& store) { return std::ranges::any_of(store.indices, has); }))
      continue;
    const std::int64_t rounds = std::min(rounds_of(kernel, kernel.order[place], target), enough_shares);
    if (rounds > most) most = rounds, best = place;
  }
  if (most == 1) return;
  const auto chosen = kernel.order.begin() + static_cast<std::ptrdiff_t>(best);
  std::rotate(kernel.order.begin(), chosen, chosen + 1);
  kernel.shares = rounds_of(kernel, kernel.order[0], target);
}

}  // namespace

void share_out(Kernels& kernels, const Target& target) {
  double cost = 0;
  for (const Kernel& kernel : kernels.kernels) cost += kernel.cost * iterations(kernel, sequence_loops(kernel));
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

std::optional<std::array<TermId, 2>> factors_of(const Kernel& kernel, const Term& term) {
  if (term.kind != Term::Kind::apply || term.type != Kind::real) return {};
  const TermId first = term.operands[0];
  if (term.op == Op::multiply) return std::array{first, term.operands[1]};
  if (term.op != Op::power) return {};
  const Term& exponent = kernel.terms[index_of(term.operands[1])];
  const bool square = exponent.kind == Term::Kind::constant && exponent.constant == 2;
  return square ? std::optional(std::array{first, first}) : std::nullopt;
}

void set_products(Kernel& kernel) {
  std::vector<int> uses(kernel.terms.size());
  for (const Term& term : kernel.terms)
    for (TermId operand : term.operands) ++uses[index_of(operand)];
  for (const Store& store : kernel.stores) ++uses[index_of(store.value)];
  for (const Term& term : kernel.terms) {
    const bool adds = term.kind == Term::Kind::apply && (term.op == Op::add || term.op == Op::subtract);
    const bool sums = term.kind == Term::Kind::reduce && term.op == Op::sum;
    if ((!adds && !sums) || term.type != Kind::real) continue;
    const auto found = std::ranges::find_if(term.operands, [&](TermId operand) {
      return uses[index_of(operand)] == 1 && factors_of(kernel, kernel.terms[index_of(operand)]);
    });
    if (found != term.operands.end()) kernel.terms[index_of(*found)].fused = true;
  }
}

}  // namespace tenet
