#include "compiler/elaborate/ordering.h"

#include <algorithm>
#include <cstdint>

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
        cycles.push_back(std::move(cycle));
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

}  // namespace

Ordered ordered(const Readings& in_place, const Readings& elsewhere) {
  const std::size_t count = in_place.size();
  Walk walk(in_place);
  Ordered result{std::move(walk.order), std::vector<std::size_t>(count), std::move(walk.cycles)};
  if (std::ranges::all_of(elsewhere, [](const auto& reads) { return reads.empty(); })) return result;

  Readings all = in_place;
  for (std::size_t i = 0; i < count; ++i) all[i].insert(all[i].end(), elsewhere[i].begin(), elsewhere[i].end());
  std::size_t parts = 0;
  const std::vector<std::size_t> part = components(all, parts);
  Readings members(parts), reads(parts);
  for (std::size_t item : result.order) members[part[item]].push_back(item);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t read : all[i])
      if (part[read] != part[i]) reads[part[i]].push_back(part[read]);
  result.order.clear();
  const Walk parts_in_order(reads);
  for (std::size_t p : parts_in_order.order) {
    const bool circle =
        members[p].size() > 1 || std::ranges::find(elsewhere[members[p][0]], members[p][0]) != elsewhere[members[p][0]].end();
    for (std::size_t item : members[p]) {
      if (circle) result.circles[item] = p + 1;
      result.order.push_back(item);
    }
  }
  return result;
}

}  // namespace tenet
