// The values of a computation, one kernel each: what is stored gets a buffer and a nest, everything else is worked out in place.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "compiler/kernel/arena.h"
#include "compiler/kernel/arrange.h"
#include "compiler/kernel/kernels.h"
#include "compiler/kernel/layout.h"
#include "compiler/kernel/nest.h"
#include "compiler/kernel/overwriting.h"
#include "compiler/kernel/packing.h"
#include "compiler/kernel/schedule.h"
#include "compiler/kernel/values.h"

namespace tenet {
namespace {

constexpr double cached_copy_cost = 1.5, copy_cost = 4;  // of an element, in vector instructions: both in a cache; through memory

class Lowering {
 public:
  Lowering(const Graph& graph, const Sizes& sizes, const Computation& computation, const Target& target)
      : graph_(graph), sizes_(sizes), computation_(computation), target_(target), values_(graph, sizes, computation) {}

  Lowered run() {
    for (NodeId id : values_.live())
      if (graph_.node(id).op == Op::normal || graph_.node(id).op == Op::uniform)
        return {{}, "random numbers within a step are not supported yet"};
    add_inputs();
    name_values();
    for (NodeId id : values_.live()) {
      if (graph_.node(id).open) continue;
      if (graph_.node(id).op == Op::recurrence) store_region(id);
      if (values_.stored(id) && !only_assigned(id)) store(id);
    }
    add_outputs();
    add_assignments();
    add_loss();
    if (!fault_.empty()) return {{}, fault_};
    result_.draws = computation_.draws;
    share_out(result_, target_);
    if (!place_buffers(result_)) return {{}, "the sizes of this computation overflow"};
    return {std::move(result_), {}};
  }

 private:
  BufferId add_buffer(std::string name, BufferRole role, Kind kind, std::vector<AxisId> axes, WholeRange range = {},
                      std::int64_t panel = 0) {
    Buffer buffer{std::move(name), role, kind, std::move(axes), {}, {}, 0, 0, {}, range, panel};
    for (AxisId axis : buffer.axes) buffer.extents.push_back(sizes_[axis]);
    set_strides(buffer);
    result_.buffers.push_back(std::move(buffer));
    return BufferId{static_cast<std::uint32_t>(result_.buffers.size() - 1)};
  }

  WholeRange range_of_input(const Input& input) const {
    if (input.typed_by) return {0, sizes_[*input.typed_by] - 1};
    return input.role == InputRole::step ? WholeRange{0, std::int64_t{1} << 53} : WholeRange{};
  }

  void add_input(InputId id) {
    if (input_buffer_.contains(id)) return;
    const Input& input = graph_.input(id);
    const BufferId buffer = add_buffer(input.name, BufferRole::input, input.kind, input.axes, range_of_input(input));
    result_.buffers[index_of(buffer)].input = id;
    input_buffer_[id] = buffer;
    if (input.role == InputRole::step) result_.step = buffer;
  }

  void add_inputs() {
    for (NodeId id : values_.live())
      if (graph_.node(id).op == Op::input && !graph_.node(id).open) {
        add_input(graph_.input_of(id));
        buffer_of_[index_of(id)] = input_buffer_.at(graph_.input_of(id));
      }
    for (const auto& assignment : computation_.assignments) add_input(assignment.target);
  }

  // Users of each value, and the names that kernels go by.
  void name_values() {
    uses_.assign(graph_.node_count(), 0);
    for (NodeId id : values_.live())
      for (std::size_t i = 0; i < graph_.node(id).operands.size(); ++i) ++uses_[index_of(values_.operand(id, i))];
    for (NodeId root : values_.roots()) ++uses_[index_of(root)];
    for (const auto& assignment : computation_.assignments) assigned_.insert(values_.of(assignment.value));
    std::vector<NodeId> roots = values_.roots();
    for (const auto& output : computation_.outputs) roots.push_back(output.value);
    for (const auto& assignment : computation_.assignments) roots.push_back(assignment.value);
    if (computation_.loss) roots.push_back(*computation_.loss);
    for (NodeId id : graph_.all_below(roots))
      if (graph_.node(id).op == Op::named) names_.try_emplace(values_.of(id), graph_.name_of(id));
  }

  std::string name_of(NodeId id) const {
    if (auto found = names_.find(id); found != names_.end()) return found->second;
    return std::string(operation(graph_.node(id).op).spelling) + "." + std::to_string(index_of(id));
  }

  bool only_assigned(NodeId id) const { return assigned_.contains(id) && uses_[index_of(id)] == 1; }

  Nest nest() { return Nest(graph_, sizes_, values_, result_.buffers, buffer_of_); }

  // Of a copy: its source, the source's axes in order, its panel.
  using CopyKey = std::tuple<BufferId, std::vector<std::size_t>, std::int64_t>;
  using Copies = std::map<CopyKey, BufferId>;

  // A recurrence that is being lowered. What is stored for it has its axis outermost.
  struct Region {
    AxisId axis;
    std::vector<Kernel> kernels;
    std::vector<Sequence> sequences;
    Copies copies;  // of what it works out, made at each place
  };

  Nest nest_here() {
    Nest result = nest();
    for (const Region& region : regions_) result.stand_in(region.axis);
    return result;
  }

  std::vector<AxisId> layout_of(NodeId id) const {
    std::vector<AxisId> axes(graph_.node(id).axes.begin(), graph_.node(id).axes.end());
    std::ranges::stable_sort(axes, {},
                             [&](AxisId axis) { return std::ranges::find(regions_, axis, &Region::axis) - regions_.begin(); });
    return axes;
  }

  // Where a value that is worked out now is stored. What a recurrence reads has its buffer before its range is known.
  BufferId buffer_for(NodeId id, WholeRange range = open_whole) {
    if (const auto found = buffer_of_.find(index_of(id)); found != buffer_of_.end()) return found->second;
    if (graph_.node(id).kind != Kind::whole) range = {};
    const BufferId buffer = add_buffer(name_of(id), BufferRole::temporary, graph_.node(id).kind, layout_of(id), range);
    if (!regions_.empty()) sequenced_.insert(buffer);
    buffer_of_[index_of(id)] = buffer;
    return buffer;
  }

  // The kernels of a recurrence, place by place. What its readings read has its buffer before.
  void store_region(NodeId component) {
    if (!done_.insert(graph_.components(component).front()).second) return;
    const Recurrence& form = graph_.recurrence_of(component);
    regions_.push_back({form.axis, {}, {}, {}});
    std::set<NodeId> region;
    for (NodeId id : graph_.region_of(component)) region.insert(values_.of(id));
    for (const Recurrence::Read& read : form.reads) {
      NodeId value = values_.operand(component, read.component);
      while (graph_.node(value).op == Op::recurrence) value = values_.operand(value, graph_.place_of(value));
      if (values_.stored(value)) buffer_for(value);
    }
    for (NodeId id : values_.live()) {
      if (!region.contains(id)) continue;
      if (graph_.node(id).op == Op::recurrence) store_region(id);
      if (values_.stored(id)) store(id);
    }
    Region own = std::move(regions_.back());
    regions_.pop_back();
    std::vector<Kernel>& kernels = regions_.empty() ? result_.kernels : regions_.back().kernels;
    std::vector<Sequence>& sequences = regions_.empty() ? result_.sequences : regions_.back().sequences;
    if (regions_.empty()) sequenced_.clear();
    const std::size_t first = kernels.size();
    if (own.kernels.empty()) return;
    sequences.push_back({first, first + own.kernels.size(), graph_.axis(form.axis).name, sizes_[form.axis], form.backwards()});
    for (Sequence inner : own.sequences) {
      inner.begin += first;
      inner.end += first;
      sequences.push_back(inner);
    }
    std::ranges::move(own.kernels, std::back_inserter(kernels));
  }

  void append(Kernel kernel) { (regions_.empty() ? result_.kernels : regions_.back().kernels).push_back(std::move(kernel)); }

  Coordinates loops_over(Nest& nest, std::span<const AxisId> axes, std::vector<Level>& order, std::vector<TermId>& indices) {
    Coordinates coordinates;
    for (AxisId axis : axes) {
      const std::optional<TermId> given = nest.place_in_sequence(axis);
      const TermId coordinate = given ? *given : nest.loop(axis);
      coordinates[axis] = coordinate;
      indices.push_back(coordinate);
      if (!given) order.push_back({nest.terms()[index_of(coordinate)].loop});
    }
    return coordinates;
  }

  // Stores a value in a buffer of its own.
  void store(NodeId id) {
    const Node& node = graph_.node(id);
    if (std::optional<Scatter> form = values_.scatter(id)) return store_scatter(id, *form);
    Nest work = nest_here();
    std::vector<Level> order;
    std::vector<TermId> indices;
    const bool flexible = !buffer_of_.contains(index_of(id));  // nothing reads the buffer yet
    const std::vector<AxisId> axes = flexible ? layout_of(id) : result_.buffers[index_of(buffer_for(id))].axes;
    const Coordinates coordinates = loops_over(work, axes, order, indices);
    const TermId value = work.as(node.kind, work.work_out(id, coordinates));
    const BufferId buffer = buffer_for(id, work.range(value));
    note(work, id);
    Kernel kernel = work.finish(name_of(id), order, {{buffer, indices, value, false}});
    emit(std::move(kernel), flexible);
  }

  void store_scatter(NodeId id, const Scatter& form) {
    const Node& node = graph_.node(id);
    Nest work = nest_here();
    std::vector<AxisId> axes(node.bound.begin(), node.bound.end());
    for (AxisId axis : node.axes)
      if (std::ranges::find(form.places, axis, &Scatter::Place::axis) == form.places.end()) axes.push_back(axis);
    std::vector<Level> order;
    std::vector<TermId> ignored;
    Coordinates coordinates = loops_over(work, axes, order, ignored);
    // An index may leave its axis: then it names no place, and nothing is added.
    TermId within = work.truth(true);
    for (const Scatter::Place& place : form.places) {
      TermId index = work.as(Kind::whole, work.value(place.index, coordinates));
      if (!work.stays_within(place.index, index, place.axis)) {
        within = work.apply(Op::logical_and, {within, work.is_within(index, place.axis)});
        index = work.confined(index, place.axis);
      }
      coordinates[place.axis] = index;
    }
    TermId value = work.whole(1);
    for (NodeId factor : form.factors) value = work.apply(Op::multiply, {value, work.value(factor, coordinates)});
    value = work.as(node.kind, value);
    if (within != work.truth(true)) value = work.apply(Op::where, {within, value, work.as(node.kind, work.whole(0))});
    std::vector<AxisId> around = node.kind == Kind::whole ? axes : std::vector<AxisId>{};
    const BufferId buffer = buffer_for(id, range_of(Op::sum, work.range(value), values_.points(around)));
    note(work, id);
    std::vector<TermId> indices;
    for (AxisId axis : result_.buffers[index_of(buffer)].axes) indices.push_back(coordinates.at(axis));
    Kernel kernel = work.finish(name_of(id), order, {{buffer, indices, value, true}});
    if (regions_.empty())
      kernel.clear = buffer;
    else  // once, not for every place
      result_.kernels.push_back({name_of(id) + ".clear", {}, {}, {}, {}, {}, buffer});
    emit(std::move(kernel), false);
  }

  // A whole that 64 bits are sure not to hold: the value cannot be worked out.
  void note(const Nest& work, NodeId kernel) {
    if (work.beyond().empty() || !fault_.empty()) return;
    const auto named = std::ranges::find_if(work.beyond(), [&](NodeId id) { return names_.contains(id); });
    const std::string what = named != work.beyond().end() ? fmt::format("`{}`", names_.at(*named))
                                                          : fmt::format("a product or sum in `{}`", name_of(kernel));
    fault_ = fmt::format(
        "{} takes whole numbers beyond the 64 bits that they have, or constants beyond 2^53; work it out in reals: divide first, "
        "or write a product of equal factors as a power",
        what);
  }

  // Schedules a kernel and appends it, copies that it wants first. `flexible`: its buffer is laid out as the lanes want.
  void emit(Kernel kernel, bool flexible) { append(scheduled(std::move(kernel), flexible)); }

  // Whether a load is of what the recurrences around work out at the place where they stand.
  bool is_of_this_place(const Kernel& kernel, const Term& load) const {
    const Buffer& buffer = result_.buffers[index_of(load.buffer)];
    for (std::size_t i = 0; i < regions_.size(); ++i) {
      const auto axis = std::ranges::find(buffer.axes, regions_[i].axis);
      if (axis == buffer.axes.end()) return false;
      const Term& index = kernel.terms[index_of(load.operands[static_cast<std::size_t>(axis - buffer.axes.begin())])];
      if (index.kind != Term::Kind::loop || index.loop != kernel.sequences[i]) return false;
    }
    return true;
  }

  // A copy is made outside all recurrences; of what one of them is working out, place by place.
  double copying(const Kernel& kernel, const WantedCopy& wanted) const {
    const Term& load = kernel.terms[index_of(wanted.load)];
    const bool by_place = sequenced_.contains(load.buffer);
    if (by_place && !is_of_this_place(kernel, load)) return std::numeric_limits<double>::infinity();
    if (copies(by_place).contains(key_of(load.buffer, wanted))) return 0;
    double places = 1;
    for (const Region& region : regions_) places *= static_cast<double>(sizes_[region.axis]);
    const double bytes = static_cast<double>(result_.buffers[index_of(load.buffer)].bytes) / places;
    const bool cached = 2 * bytes <= static_cast<double>(target_.second_cache);
    return (cached ? cached_copy_cost : copy_cost) * bytes / 4;
  }

  Kernel scheduled(Kernel kernel, bool flexible) {
    const Copying copying = [&](const WantedCopy& wanted) { return this->copying(kernel, wanted); };
    LaneChoice schedule = choose_lanes(kernel, target_, flexible, copying);
    if (flexible && schedule.lanes) lay_out(kernel, *schedule.lanes, result_.buffers);
    set_tiles(kernel, schedule.lanes, target_);
    pack(kernel, result_.buffers, target_, copying, schedule.copies);
    for (const WantedCopy& wanted : schedule.copies) use_copy(kernel.terms[index_of(wanted.load)], wanted);
    set_divisions(kernel);
    set_products(kernel);
    kernel.cost = schedule.cost;
    arrange(kernel, result_.buffers, target_);
    return kernel;
  }

  const Copies& copies(bool by_place) const { return by_place ? regions_.back().copies : copies_; }
  static CopyKey key_of(BufferId source, const WantedCopy& wanted) { return {source, wanted.axes, wanted.panel}; }

  // A copy by places has one place alone.
  void use_copy(Term& load, const WantedCopy& wanted) {
    const bool by_place = sequenced_.contains(load.buffer);
    auto [entry, fresh] = (by_place ? regions_.back().copies : copies_).try_emplace(key_of(load.buffer, wanted), BufferId{});
    const std::vector<AxisId> axes = result_.buffers[index_of(load.buffer)].axes;
    std::vector<AxisId> kept;
    std::vector<TermId> indices;
    for (std::size_t axis : wanted.axes)
      if (!by_place || std::ranges::find(regions_, axes[axis], &Region::axis) == regions_.end()) {
        kept.push_back(axes[axis]);
        indices.push_back(load.operands[axis]);
      }
    if (fresh) entry->second = add_copy(load.buffer, kept, wanted.panel, by_place);
    load.buffer = entry->second;
    load.operands = std::move(indices);
  }

  BufferId add_copy(BufferId from, const std::vector<AxisId>& axes, std::int64_t panel, bool by_place) {
    const Buffer source = result_.buffers[index_of(from)];
    const std::string name = source.name + (panel > 0 ? ".packed" : ".copy");
    const BufferId to = add_buffer(name, BufferRole::temporary, source.kind, axes, source.range, panel);
    Nest work = by_place ? nest_here() : nest();
    std::vector<Level> loops;
    std::vector<TermId> indices;
    Coordinates coordinates = loops_over(work, axes, loops, indices);
    if (by_place)
      for (const Region& region : regions_) coordinates[region.axis] = *work.place_in_sequence(region.axis);
    const TermId value = work.load(from, coordinates);
    Kernel kernel = work.finish(name, loops, {{to, indices, value, false}});
    schedule_copy(kernel, panel, target_);
    if (by_place)
      append(std::move(kernel));
    else
      result_.kernels.push_back(std::move(kernel));
    return to;
  }

  // A kernel that evaluates a value (or loads it, where it is stored) into a buffer.
  Kernel into(BufferId buffer, NodeId id, std::string name) {
    Nest work = nest();
    std::vector<Level> order;
    std::vector<TermId> indices;
    const std::vector<AxisId> axes = result_.buffers[index_of(buffer)].axes;
    const Coordinates coordinates = loops_over(work, axes, order, indices);
    const TermId value = buffer_of_.contains(index_of(id)) ? work.value(id, coordinates) : work.work_out(id, coordinates);
    const Kind kind = result_.buffers[index_of(buffer)].kind;
    note(work, id);
    return work.finish(std::move(name), order, {{buffer, indices, work.as(kind, value), false}});
  }

  WholeRange range_of_value(NodeId id) {
    Nest work = nest();
    std::vector<Level> order;
    std::vector<TermId> indices;
    const Coordinates coordinates = loops_over(work, {graph_.node(id).axes.begin(), graph_.node(id).axes.end()}, order, indices);
    return work.range(work.value(id, coordinates));
  }

  void add_outputs() {
    std::set<BufferId> taken;
    for (const auto& output : computation_.outputs) {
      const NodeId id = values_.of(output.value);
      const auto found = buffer_of_.find(index_of(id));
      if (found != buffer_of_.end() && result_.buffers[index_of(found->second)].role == BufferRole::temporary &&
          result_.buffers[index_of(found->second)].element_bytes() == 4 && taken.insert(found->second).second) {
        result_.buffers[index_of(found->second)].role = BufferRole::output;
        result_.buffers[index_of(found->second)].name = output.name;
        continue;
      }
      const Node& node = graph_.node(id);
      // A whole that 32 bits do not hold is given as a real.
      const bool narrow = node.kind != Kind::whole || range_of_value(id).width() == Width::narrow;
      const BufferId buffer =
          add_buffer(output.name, BufferRole::output, narrow ? node.kind : Kind::real, {node.axes.begin(), node.axes.end()});
      emit(into(buffer, id, output.name), false);
    }
  }

  // The kernel's value waits in a buffer of its own; what then copies it over the target.
  Kernel wait(Kernel kernel, BufferId target) {
    const Buffer like = result_.buffers[index_of(target)];
    const BufferId fresh = add_buffer(like.name + ".next", BufferRole::temporary, like.kind, like.axes);
    kernel.stores[0].buffer = fresh;
    result_.kernels.push_back(std::move(kernel));
    Nest work = nest();
    std::vector<Level> order;
    std::vector<TermId> indices;
    const Coordinates coordinates = loops_over(work, like.axes, order, indices);
    const TermId value = work.load(fresh, coordinates);
    Kernel copy = work.finish(like.name + ".next", order, {{target, indices, value, false}});
    schedule_copy(copy, 0, target_);
    return copy;
  }

  void add_assignments() {
    std::vector<Overwriting> all;
    for (const auto& assignment : computation_.assignments) {
      const BufferId target = input_buffer_.at(assignment.target);
      const NodeId id = values_.of(assignment.value);
      if (buffer_of_.contains(index_of(id)) && buffer_of_.at(index_of(id)) == target) continue;
      all.push_back({scheduled(into(target, id, graph_.input(assignment.target).name), false), target});
    }
    std::vector<Kernel> copies;
    for (Overwriting& next : in_order(std::move(all)))
      if (next.waits)
        copies.push_back(wait(std::move(next.kernel), next.target));
      else
        result_.kernels.push_back(std::move(next.kernel));
    std::ranges::move(copies, std::back_inserter(result_.kernels));
  }

  void add_loss() {
    if (!computation_.loss) return;
    const NodeId id = values_.of(*computation_.loss);
    const auto found = buffer_of_.find(index_of(id));
    if (found != buffer_of_.end() && result_.buffers[index_of(found->second)].role != BufferRole::input) {
      Buffer& buffer = result_.buffers[index_of(found->second)];
      if (buffer.role == BufferRole::temporary) buffer.role = BufferRole::loss;
      result_.loss = found->second;
      return;
    }
    result_.loss = add_buffer("loss", BufferRole::loss, Kind::real, {});
    // Before the updates: the loss is of the values that the step started from.
    Kernel kernel = scheduled(into(*result_.loss, id, "loss"), false);
    result_.kernels.insert(result_.kernels.begin(), std::move(kernel));
    for (Sequence& sequence : result_.sequences) {
      ++sequence.begin;
      ++sequence.end;
    }
  }

  const Graph& graph_;
  const Sizes& sizes_;
  const Computation& computation_;
  const Target& target_;
  Values values_;
  Kernels result_;
  std::unordered_map<std::uint32_t, BufferId> buffer_of_;  // by value
  std::map<InputId, BufferId> input_buffer_;
  Copies copies_;
  std::map<NodeId, std::string> names_;
  std::set<NodeId> assigned_, done_;  // done: recurrences, by their first components
  std::vector<Region> regions_;       // outermost first
  std::set<BufferId> sequenced_;      // what a recurrence that is being lowered works out
  std::vector<int> uses_;
  std::string fault_;
};

}  // namespace

Lowered lower(const Graph& graph, const Sizes& sizes, const Computation& computation, const Target& target) {
  return Lowering(graph, sizes, computation, target).run();
}

}  // namespace tenet
