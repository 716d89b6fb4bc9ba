#include "compiler/driver/points.h"

#include <cmath>
#include <random>

#include "compiler/driver/assumptions.h"
#include "compiler/driver/tensors.h"
#include "runtime/random.h"

namespace tenet {
namespace {

double drawn(Draw draw, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  if (draw == Draw::unit) return std::uniform_real_distribution<double>(0.02, 0.98)(random);
  return draw == Draw::positive ? std::abs(normal(random)) + 0.05 : normal(random);
}

Tensor random_tensor(const Session& session, const Input& input, Draw draw, std::mt19937_64& random) {
  Tensor result = tensor_of(input.axes, session.sizes);
  const std::int64_t last = input.typed_by ? session.sizes[*input.typed_by] - 1 : 0;
  std::uniform_int_distribution<std::int64_t> coordinate(0, last);
  for (double& value : result.values) value = input.typed_by ? static_cast<double>(coordinate(random)) : drawn(draw, random);
  round_to_float(result);
  return result;
}

// The items at these indices of a split.
void add_items(const Session& session, const Pairs& pairs, std::span<const std::int64_t> indices, Point& point) {
  const LettersSource& source = *session.recipe().source;
  const Graph& graph = session.program->graph;
  Tensor window = tensor_of(graph.input(source.window).axes, session.sizes);
  Tensor next = tensor_of(graph.input(source.next).axes, session.sizes);
  const auto positions = static_cast<std::size_t>(pairs.positions);
  const bool items_first = window.axes[0] == source.items;
  for (std::size_t row = 0; row < indices.size(); ++row) {
    const auto pair = static_cast<std::size_t>(indices[row]);
    next.values[row] = pairs.next[pair];
    for (std::size_t position = 0; position < positions; ++position)
      window.values[items_first ? row * positions + position : position * indices.size() + row] =
          pairs.windows[pair * positions + position];
  }
  point.emplace_back(source.window, std::move(window));
  point.emplace_back(source.next, std::move(next));
}

std::size_t batch_size(const Session& session) { return static_cast<std::size_t>(session.sizes[session.recipe().source->items]); }

// One batch of the training split, as the trainer draws it.
void add_batch(const Session& session, std::uint32_t number, Point& point) {
  const Pairs& pairs = session.splits[0];
  std::vector<std::int64_t> indices(batch_size(session));
  draw_with_replacement(session.seed, number, pairs.size(), indices);
  add_items(session, pairs, indices, point);
}

Point any_point(Session& session, Draw draw, std::uint32_t number) {
  const Graph& graph = session.graph();
  Point point;
  for (const Parameter& parameter : session.program->parameters) {
    std::mt19937_64 random(session.seed * 1000003 + number * 10007 + index_of(parameter.input));
    Tensor value = random_tensor(session, graph.input(parameter.input), draw, random);
    if (draw == Draw::initial) {
      Interpreter initial(graph, session.sizes, session.seed);
      const Tensor start = laid_out(initial.value(parameter.initial), value.axes, session.sizes);
      for (std::size_t i = 0; i < value.values.size(); ++i) value.values[i] = start.values[i] + 0.05 * value.values[i];
      round_to_float(value);
    }
    point.emplace_back(parameter.input, std::move(value));
  }
  for (const State& state : session.program->states) {
    std::mt19937_64 random(session.seed * 1000003 + number * 10007 + index_of(state.input));
    if (state.own) point.emplace_back(state.input, random_tensor(session, graph.input(state.input), draw, random));
  }
  const bool loaded = !session.splits.empty();
  if (loaded) add_batch(session, number, point);
  for (const DataInput& data : session.program->data) {
    if (loaded && (data.input == session.recipe().source->window || data.input == session.recipe().source->next)) continue;
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
  const Pairs& pairs = session.splits[split];
  const auto count = static_cast<std::int64_t>(batch_size(session));
  const std::int64_t begin = std::max<std::int64_t>(0, std::min(first, pairs.size() - count));
  std::vector<std::int64_t> indices;
  for (std::int64_t item = begin; item < begin + count; ++item) indices.push_back(item % pairs.size());
  Point point;
  add_items(session, pairs, indices, point);
  bind_point(point, interpreter);
  return begin + count < pairs.size() ? begin + count : -1;
}

void bind_point(const Point& point, Interpreter& interpreter) {
  for (const auto& [input, value] : point) interpreter.bind(input, value);
}

}  // namespace tenet
