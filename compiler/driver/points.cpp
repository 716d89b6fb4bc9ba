#include "compiler/driver/points.h"

#include <cmath>
#include <random>

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

// One batch of the training split, as the trainer draws it.
void add_batch(const Session& session, std::uint32_t number, Point& point) {
  const LettersSource& source = *session.recipe().source;
  const Graph& graph = session.program->graph;
  const Pairs& pairs = session.splits[0];
  Tensor window = tensor_of(graph.input(source.window).axes, session.sizes);
  Tensor next = tensor_of(graph.input(source.next).axes, session.sizes);
  std::vector<std::int64_t> indices(next.values.size());
  draw_with_replacement(session.seed, number, pairs.size(), indices);
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

}  // namespace

Point draw_point(Session& session, Draw draw, std::uint32_t number) {
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
  const bool loaded = !session.splits.empty();
  if (loaded) add_batch(session, number, point);
  for (const DataInput& data : session.program->data) {
    if (loaded && (data.input == session.recipe().source->window || data.input == session.recipe().source->next)) continue;
    std::mt19937_64 random(session.seed * 1000003 + number * 10007 + index_of(data.input));
    point.emplace_back(data.input,
                       random_tensor(session, graph.input(data.input), draw == Draw::initial ? Draw::normal : draw, random));
  }
  point.emplace_back(session.program->step, Tensor{{}, {}, {0}});
  return point;
}

void bind_point(const Point& point, Interpreter& interpreter) {
  for (const auto& [input, value] : point) interpreter.bind(input, value);
}

}  // namespace tenet
