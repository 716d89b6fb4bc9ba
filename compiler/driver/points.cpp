#include "compiler/driver/points.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "compiler/driver/assumptions.h"
#include "compiler/driver/tensors.h"
#include "runtime/random.h"

namespace tenet {
namespace {

double drawn(Draw draw, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  switch (draw) {
    case Draw::zero:
      return 0;
    case Draw::tied:
      return static_cast<double>(random() % 5) / 2 - 1;
    case Draw::unit:
      return std::uniform_real_distribution<double>(0.02, 0.98)(random);
    case Draw::positive:
      return std::abs(normal(random)) + 0.05;
    default:
      return normal(random);
  }
}

Tensor random_tensor(const Session& session, const Input& input, Draw draw, std::mt19937_64& random) {
  Tensor result = tensor_of(input.axes, session.sizes);
  const std::int64_t count = input.typed_by ? session.sizes[*input.typed_by] : 1;
  const bool in_turn = draw == Draw::zero || draw == Draw::tied;
  std::uniform_int_distribution<std::int64_t> coordinate(0, count - 1);
  std::int64_t place = 0;
  for (double& value : result.values)
    value = !input.typed_by ? drawn(draw, random) : static_cast<double>(in_turn ? place++ % count : coordinate(random));
  round_to_float(result);
  return result;
}

// The items at these places of a split; as many as the axis of items is long.
void add_items(const Session& session, const Items& split, std::span<const std::int64_t> places, Point& point) {
  const Graph& graph = session.program->graph;
  const DataSource& source = *session.recipe().source;
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    const Column& column = session.dataset.columns[i];
    const std::span<const AxisId> axes = graph.input(source.columns[i].input).axes;
    std::vector<AxisId> order{source.items};
    for (const std::string& name : column.axes)
      order.push_back(*std::ranges::find(axes, name, [&](AxisId axis) { return graph.axis(axis).name; }));
    Tensor batch = tensor_of(order, session.sizes);
    batch.values.clear();
    for (const std::int64_t place : places) {
      const std::vector<double> item = item_values(column, split[place]);
      batch.values.insert(batch.values.end(), item.begin(), item.end());
    }
    point.emplace_back(source.columns[i].input, laid_out(batch, axes, session.sizes));
  }
}

std::size_t batch_size(const Session& session) { return static_cast<std::size_t>(session.sizes[session.recipe().source->items]); }

// One batch of the training split, as the trainer draws it.
void add_batch(const Session& session, std::uint32_t number, Point& point) {
  std::vector<std::int64_t> places(batch_size(session));
  draw_with_replacement(session.seed, number, session.splits[0].size(), places);
  add_items(session, session.splits[0], places, point);
}

// `initial` along the input's axes, in single precision.
Tensor initial_value(const Session& session, NodeId initial, InputId input) {
  const Graph& graph = session.program->graph;
  Interpreter interpreter(graph, session.sizes, session.seed);
  Tensor value = laid_out(interpreter.value(initial), graph.input(input).axes, session.sizes);
  round_to_float(value);
  return value;
}

Point any_point(Session& session, Draw draw, std::uint32_t number) {
  const Graph& graph = session.graph();
  Point point;
  for (const Parameter& parameter : session.program->parameters) {
    std::mt19937_64 random(session.seed * 1000003 + number * 10007 + index_of(parameter.input));
    Tensor value = random_tensor(session, graph.input(parameter.input), draw, random);
    if (draw == Draw::initial || draw == Draw::start) {
      const Tensor start = initial_value(session, parameter.initial, parameter.input);
      const double noise = draw == Draw::start ? 0 : 0.05;
      for (std::size_t i = 0; i < value.values.size(); ++i) value.values[i] = start.values[i] + noise * value.values[i];
      round_to_float(value);
    }
    point.emplace_back(parameter.input, std::move(value));
  }
  for (const State& state : session.program->states) {
    std::mt19937_64 random(session.seed * 1000003 + number * 10007 + index_of(state.input));
    if (state.own && draw != Draw::start)
      point.emplace_back(state.input, random_tensor(session, graph.input(state.input), draw, random));
    else
      point.emplace_back(state.input, initial_value(session, state.initial, state.input));
  }
  if (!session.splits.empty()) add_batch(session, number, point);
  for (const NoiseInput& noise : session.program->noise) {
    std::mt19937_64 random(session.seed * 1000003 + number * 10007 + index_of(noise.input));
    const Input& input = graph.input(noise.input);
    point.emplace_back(noise.input,
                       random_tensor(session, input, input.distribution == Op::normal ? Draw::normal : Draw::unit, random));
  }
  for (const FixedData& data : session.fixed) point.emplace_back(data.input, data.value);
  for (const DataInput& data : session.program->data) {
    if (session.is_filled(data.input)) continue;
    std::mt19937_64 random(session.seed * 1000003 + number * 10007 + index_of(data.input));
    point.emplace_back(data.input,
                       random_tensor(session, graph.input(data.input), draw == Draw::initial ? Draw::normal : draw, random));
  }
  point.emplace_back(session.program->step, Tensor{{}, {}, {0}});
  point.emplace_back(session.program->training, Tensor{{}, {}, {1}});
  return point;
}

}  // namespace

std::optional<Point> draw_point(Session& session, Draw draw, std::uint32_t number) {
  constexpr std::uint32_t tries = 30, apart = 1000;
  if (session.program->assumptions.empty()) return any_point(session, draw, number);
  for (std::uint32_t attempt = 0; attempt < tries; ++attempt) {
    Point point = any_point(session, draw, number + attempt * apart);
    if (obey(session, point, draw == Draw::positive || draw == Draw::unit)) return point;
  }
  return {};
}

void round_to_float(Point& point) {
  for (auto& [input, value] : point) round_to_float(value);
}

std::int64_t bind_items(const Session& session, std::size_t split, std::int64_t first, Interpreter& interpreter) {
  const Items& items = session.splits[split];
  const auto count = static_cast<std::int64_t>(batch_size(session));
  const std::int64_t begin = std::max<std::int64_t>(0, std::min(first, items.size() - count));
  std::vector<std::int64_t> places;
  for (std::int64_t item = begin; item < begin + count; ++item) places.push_back(item % items.size());
  Point point;
  add_items(session, items, places, point);
  bind_point(point, interpreter);
  return begin + count < items.size() ? begin + count : -1;
}

void bind_point(const Point& point, Interpreter& interpreter) {
  for (const auto& [input, value] : point) interpreter.bind(input, value);
}

}  // namespace tenet
