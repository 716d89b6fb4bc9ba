#include "compiler/elaborate/ordering.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

namespace tenet {
namespace {

// A depth-first walk with its own stack. `order` gets each item after those it reads; every cycle that is met is kept.
class Walk {
 public:
  explicit Walk(const Readings& reads) : reads_(reads), state_(reads.size()) {
    for (std::size_t i = 0; i < reads.size(); ++i) visit(i);
  }

  std::vector<std::size_t> order;
  Readings cycles;

 private:
  enum class State : std::uint8_t { unseen, open, done };
  struct Entry {
    std::size_t item, next;
  };

  void visit(std::size_t root) {
    if (state_[root] != State::unseen) return;
    std::vector<Entry> path{{root, 0}};
    state_[root] = State::open;
    while (!path.empty()) {
      auto& [item, next] = path.back();
      if (next == reads_[item].size()) {
        state_[item] = State::done;
        order.push_back(item);
        path.pop_back();
        continue;
      }
      const std::size_t read = reads_[item][next++];
      if (state_[read] == State::unseen) {
        state_[read] = State::open;
        path.push_back({read, 0});
      } else if (state_[read] == State::open) {
        std::vector<std::size_t> cycle;
        for (auto entry = std::ranges::find(path, read, &Entry::item); entry != path.end(); ++entry) cycle.push_back(entry->item);
        if (std::ranges::find(cycles, cycle) == cycles.end()) cycles.push_back(std::move(cycle));
      }
    }
  }

  const Readings& reads_;
  std::vector<State> state_;
};

// Items that read one another, by item: Kosaraju's strongly connected components.
std::vector<std::size_t> components(const Readings& reads, std::size_t& count) {
  Readings readers(reads.size());
  for (std::size_t i = 0; i < reads.size(); ++i)
    for (std::size_t read : reads[i]) readers[read].push_back(i);
  const Walk walk(reads);
  constexpr std::size_t none = SIZE_MAX;
  std::vector<std::size_t> result(reads.size(), none), open;
  count = 0;
  for (auto root = walk.order.rbegin(); root != walk.order.rend(); ++root) {
    if (result[*root] != none) continue;
    open.push_back(*root);
    while (!open.empty()) {
      const std::size_t item = open.back();
      open.pop_back();
      if (result[item] != none) continue;
      result[item] = count;
      for (std::size_t reader : readers[item]) open.push_back(reader);
    }
    ++count;
  }
  return result;
}

// Orders items by what they read; the items of a circle once more, without what is read along its axis.
class Order {
 public:
  Order(const Readings& in_place, const ReadingsElsewhere& elsewhere, Ordered& result)
      : in_place_(in_place), elsewhere_(elsewhere), result_(result) {}

  // `items`: in such an order that each comes after what it reads in place.
  void append(std::span<const std::size_t> items) {
    Parts parts = parts_of(items);
    for (std::size_t p : Walk(parts.reads).order) {
      if (!parts.is_circle[p]) {
        result_.order.push_back(parts.members[p].front());
        continue;
      }
      const std::string_view axis = outermost(parts.members[p]);
      for (std::size_t item : parts.members[p]) result_.circles[item].push_back(result_.axes.size());
      result_.axes.push_back(axis);
      known_.push_back(axis);
      append(parts.members[p]);
      known_.pop_back();
    }
  }

 private:
  struct Parts {
    Readings members, reads;
    std::vector<bool> is_circle;
  };

  bool is_known(const Elsewhere& read) const { return std::ranges::find(known_, read.axis) != known_.end(); }

  // The strongly connected parts, but for what is read along known axes.
  Parts parts_of(std::span<const std::size_t> items) const {
    std::vector<std::size_t> place(in_place_.size(), SIZE_MAX);
    for (std::size_t k = 0; k < items.size(); ++k) place[items[k]] = k;
    Readings reads(items.size());
    for (std::size_t k = 0; k < items.size(); ++k) {
      const auto add = [&](std::size_t read) {
        if (place[read] != SIZE_MAX) reads[k].push_back(place[read]);
      };
      for (std::size_t read : in_place_[items[k]]) add(read);
      for (const Elsewhere& read : elsewhere_[items[k]])
        if (!is_known(read)) add(read.item);
    }
    std::size_t count = 0;
    const std::vector<std::size_t> part = components(reads, count);
    Parts result{Readings(count), Readings(count), std::vector<bool>(count)};
    for (std::size_t k = 0; k < items.size(); ++k) {
      result.members[part[k]].push_back(items[k]);
      for (std::size_t read : reads[k])
        if (part[read] != part[k])
          result.reads[part[k]].push_back(part[read]);
        else
          result.is_circle[part[k]] = true;
    }
    return result;
  }

  // Of a circle: the axis without which the fewest items are left in circles, the first read of several.
  std::string_view outermost(std::span<const std::size_t> items) {
    std::vector<std::string_view> axes;
    for (std::size_t item : items)
      for (const Elsewhere& read : elsewhere_[item])
        if (!is_known(read) && std::ranges::find(items, read.item) != items.end() &&
            std::ranges::find(axes, read.axis) == axes.end())
          axes.push_back(read.axis);
    if (axes.size() == 1) return axes.front();
    std::pair best(SIZE_MAX, std::string_view());
    for (std::string_view axis : axes) {
      known_.push_back(axis);
      const Parts parts = parts_of(items);
      known_.pop_back();
      std::size_t left = 0;
      for (std::size_t p = 0; p < parts.members.size(); ++p) left += parts.is_circle[p] ? parts.members[p].size() : 0;
      if (left < best.first) best = {left, axis};
    }
    return best.second;
  }

  const Readings& in_place_;
  const ReadingsElsewhere& elsewhere_;
  Ordered& result_;
  std::vector<std::string_view> known_;  // the axes of the circles that are being ordered
};

}  // namespace

Ordered ordered(const Readings& in_place, const ReadingsElsewhere& elsewhere) {
  Walk walk(in_place);
  Ordered result{std::move(walk.order), Readings(in_place.size()), {}, std::move(walk.cycles)};
  const auto reads_none = [](const auto& reads) { return reads.empty(); };
  if (!result.cycles.empty() || std::ranges::all_of(elsewhere, reads_none)) return result;
  const std::vector<std::size_t> items = std::exchange(result.order, {});
  Order(in_place, elsewhere, result).append(items);
  return result;
}

}  // namespace tenet
