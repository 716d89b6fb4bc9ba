#include "compiler/prove/replay.h"

#include <algorithm>

namespace tenet {
namespace {

constexpr int most_tries = 40;                  // for a point without a root of what is no square
constexpr std::size_t most_elements = 1 << 20;  // to compute at a point, of the graph and of forms each
constexpr std::size_t most_spent = 1 << 21;     // elements that a claim's tries may compute for one of its points

bool same(const Table& left, const Table& right) {
  const Table* sides[] = {&left, &right};
  const Table equal =
      mapped(sides, joined(sides), [](std::span<const Field::Element> v) -> Field::Element { return v[0] == v[1]; });
  for (Field::Element value : equal.values)
    if (value == 0) return false;
  return true;
}

}  // namespace

Replayer::Place::Place(const Graph& graph, NormalForms& forms, FieldPoint at)
    : point(std::move(at)), values(graph, forms, point, most_elements) {}

// Open sizes from `least` on; nothing if the others then do not come out whole.
std::unique_ptr<Replayer::Place> Replayer::place(NormalForms& forms, std::int64_t least, std::uint64_t choices) {
  FieldPoint point{Field(seed_), seed_, {}};
  ++seed_;
  for (std::uint32_t i = 0; i < graph_.axis_count(); ++i) {
    const Field::Element numbers[] = {seed_, i};
    const std::optional<NodeId> size = graph_.axis(AxisId{i}).size;
    if (!size || (&forms == &small_forms_ && graph_.node(*size).op == Op::constant))
      point.sizes.set(AxisId{i}, least + static_cast<std::int64_t>(point.field.drawn(numbers) % choices));
  }
  AxisId failed;
  if (!point.sizes.complete(graph_, &failed)) return {};
  return std::make_unique<Place>(graph_, forms, std::move(point));
}

template <class Sides>
Replay Replayer::at_points(std::span<const NodeId> roots, Sides sides) {
  small_forms_.begin();
  const Replay small = at_points(small_, roots, sides);
  if (!small.differs) return small;
  return at_points(as_written_, roots, sides);
}

template <class Sides>
Replay Replayer::at_points(Places& among, std::span<const NodeId> roots, Sides sides) {
  Replay result;
  for (std::unique_ptr<Place>& place : among.places) {
    const bool first = &place == &among.places[0];
    std::string_view stop;
    std::size_t spent = 0;
    for (int tries = 0; tries < most_tries && spent < most_spent; ++tries) {
      const bool fresh = !place;
      if (fresh) place = first ? this->place(among.forms, 2, 2) : this->place(among.forms, 1, 4);
      stop = "no small sizes fit";
      AxisId failed;
      if (!place || !place->point.sizes.complete(graph_, &failed)) {
        place.reset();
        continue;
      }
      const std::size_t before = place->values.spent();
      const bool agree = sides(place->values);
      spent += place->values.spent() - before;
      stop = place->values.stop();
      if (stop.empty()) {
        const bool counts =
            agree || std::ranges::all_of(roots, [&](NodeId root) { return place->values.positive_are_squares(root); });
        if (counts && !agree) return {result.points, true, {}};
        if (counts) {
          ++result.points;
          break;
        }
        stop = "a root of what is no square";
      }
      place.reset();
      if (fresh && stop == "too many elements") break;
    }
    if (!stop.empty()) result.stop = stop;
  }
  return result;
}

Replay Replayer::of(NodeId left, NodeId right) {
  const NodeId roots[] = {left, right};
  return at_points(roots, [&](GraphValues& values) {
    const Table a = values.of(left), b = values.of(right);
    return !values.stop().empty() || same(a, b);
  });
}

Replay Replayer::of_form(NodeId node) {
  return at_points(std::span(&node, 1), [&](GraphValues& values) {
    const Table a = values.of(node), b = values.by_form(node);
    return !values.stop().empty() || same(a, b);
  });
}

}  // namespace tenet
