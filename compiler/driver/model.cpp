#include "compiler/driver/model.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "compiler/driver/not_finite.h"
#include "compiler/plan/meaning.h"
#include "compiler/plan/rewriting.h"
#include "runtime/noise.h"
#include "runtime/slots.h"

namespace tenet {
namespace {

// Single-precision copies that own what the views show.
class StoredTensors {
 public:
  void add(const Graph& graph, std::string name, const Tensor& tensor) {
    std::vector<float>& values = values_.emplace_back(tensor.values.begin(), tensor.values.end());
    TensorView view{std::move(name), float32.name, tensor.extents, std::as_bytes(std::span(values)), {}};
    for (AxisId axis : tensor.axes) view.axes.push_back(graph.axis(axis).name);
    views_.push_back(std::move(view));
  }
  std::span<const TensorView> views() const { return views_; }

 private:
  std::deque<std::vector<float>> values_;
  std::vector<TensorView> views_;
};

// The tensor `name` along ascending `axes`. Files list their axes by name; those without names are in our order.
Outcome<Tensor> stored(const Session& session, const Safetensors& file, const std::string& name, std::span<const AxisId> axes,
                       const std::string& run) {
  const Graph& graph = session.program->graph;
  const Safetensors::Tensor* found = file.find(name);
  if (!found) return failed(run + ": the weights lack `" + name + "`; they are of another program");
  std::vector<AxisId> order;
  if (found->axes.empty()) {
    order.assign(axes.begin(), axes.end());
  } else {
    for (const std::string& stored_axis : found->axes) {
      const auto axis = std::ranges::find_if(axes, [&](AxisId id) { return graph.axis(id).name == stored_axis; });
      if (axis != axes.end()) order.push_back(*axis);
    }
  }
  Tensor tensor = tensor_of(order, session.sizes);
  if (order.size() != axes.size() || tensor.extents != found->shape)
    return failed(run + ": `" + name + "` has another shape there than in the program");
  auto values = file.reals(name, found->shape);
  if (!values) return failed(run + ": " + values.error());
  tensor.values.assign(values->begin(), values->end());
  return laid_out(tensor, axes, session.sizes);
}

}  // namespace

Outcome<std::int64_t> training_bytes(const Session& session, std::int64_t step_bytes) {
  // Eight bytes an element in the model, as many while it is drawn up or evaluated, four in evaluation's arena.
  constexpr std::int64_t bytes = 20, most = std::numeric_limits<std::int64_t>::max() / (2 * bytes);
  const Graph& graph = session.program->graph;
  std::int64_t elements = 0;
  const auto add = [&](InputId input) {
    std::int64_t count = 1;
    for (AxisId axis : graph.input(input).axes)
      if (__builtin_mul_overflow(count, session.sizes[axis], &count)) return false;
    return !__builtin_add_overflow(elements, count, &elements) && elements <= most;
  };
  for (const Parameter& parameter : session.program->parameters)
    if (!add(parameter.input)) return failed("`" + parameter.name + "` has more elements than any memory holds");
  for (const State& state : session.program->states)
    if (state.own && !add(state.input)) return failed("`" + state.name + "` has more elements than any memory holds");
  return elements * bytes + step_bytes;
}

Outcome<Model> initial_model(Session& session) {
  const Outcome<std::int64_t> bytes = training_bytes(session, 0);
  if (!bytes) return std::unexpected(bytes.error());
  if (auto fits = check_memory(*bytes, "what the parameters hold"); !fits) return failed(fits.error());
  std::vector<NodeId> initials;
  for (const Parameter& parameter : session.program->parameters) initials.push_back(parameter.initial);
  for (const State& state : session.program->states)
    if (state.own) initials.push_back(state.initial);
  if (auto large = too_large(session.graph(), session.sizes, initials))
    return failed("the parameters' initial values: " + *large);
  Model model;
  Interpreter interpreter(session.graph(), session.sizes, session.seed);
  const auto start = [&](NodeId initial, InputId input) {
    Tensor value = laid_out(interpreter.value(initial), session.graph().input(input).axes, session.sizes);
    round_to_float(value);
    return value;
  };
  for (const Parameter& row : session.program->parameters) model.parameters.push_back(start(row.initial, row.input));
  for (const State& row : session.program->states) model.states.push_back(row.own ? start(row.initial, row.input) : Tensor{});
  return model;
}

void begin_states(Session& session, const Executable& executable, unsigned char* arena) {
  Interpreter interpreter(session.graph(), session.sizes, session.seed);
  for (const State& state : session.program->states) {
    const int slot = slot_index(executable, Slot::Role::state, state.name);
    if (state.own || slot < 0) continue;
    if (is_zero(session.graph(), state.initial)) {
      std::ranges::fill(reals(arena, executable.program.slots[static_cast<std::size_t>(slot)]), 0.0f);
    } else {
      write_slot(executable, slot, interpreter.value(state.initial), session.sizes, arena);
    }
  }
}

void write_model(const Session& session, const Model& model, const EvaluationPlan* plan, const Sizes& sizes,
                 const Executable& executable, unsigned char* arena) {
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    if (int slot = slot_index(executable, Slot::Role::parameter, session.program->parameters[i].name); slot >= 0)
      write_slot(executable, slot, model.parameters[i], sizes, arena);
  for (std::size_t i = 0; i < model.states.size(); ++i)
    if (int slot = slot_index(executable, Slot::Role::state, session.program->states[i].name);
        slot >= 0 && !model.states[i].values.empty())
      write_slot(executable, slot, model.states[i], sizes, arena);
  for (const FixedData& data : session.fixed)
    if (int slot = slot_index(executable, Slot::Role::data, data.name); slot >= 0)
      write_slot(executable, slot, data.value, sizes, arena);
  if (!plan) return;
  for (std::size_t i = 0; i < model.statistics.size(); ++i)
    if (int slot = slot_index(executable, Slot::Role::given, plan->statistics[i].name);
        slot >= 0 && !model.statistics[i].values.empty())
      write_slot(executable, slot, model.statistics[i], sizes, arena);
}

void read_model(const Session& session, const Executable& executable, const unsigned char* arena, Model& model) {
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    if (int slot = slot_index(executable, Slot::Role::parameter, session.program->parameters[i].name); slot >= 0)
      model.parameters[i] = read_slot(executable, slot, session.sizes, arena);
  for (std::size_t i = 0; i < model.states.size(); ++i)
    if (int slot = slot_index(executable, Slot::Role::state, session.program->states[i].name);
        slot >= 0 && session.program->states[i].own)
      model.states[i] = read_slot(executable, slot, session.sizes, arena);
}

void bind_model(const Session& session, const Model& model, const EvaluationPlan* plan, Interpreter& interpreter) {
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    interpreter.bind(session.program->parameters[i].input, model.parameters[i]);
  for (std::size_t i = 0; i < model.states.size(); ++i)
    if (session.program->states[i].own) interpreter.bind(session.program->states[i].input, model.states[i]);
  for (const FixedData& data : session.fixed) interpreter.bind(data.input, data.value);
  if (!plan) return;
  for (std::size_t i = 0; i < model.statistics.size(); ++i)
    if (!model.statistics[i].values.empty()) interpreter.bind(plan->statistics[i].input, model.statistics[i]);
}

void bind_noise(const Session& session, std::span<const NodeId> values, const Sizes& sizes, Interpreter& interpreter) {
  const Graph& graph = session.program->graph;
  const std::vector<NodeId> read = graph.reachable(values);
  for (const NoiseInput& noise : session.program->noise) {
    if (!std::ranges::binary_search(read, noise.node)) continue;
    const Input& input = graph.input(noise.input);
    Tensor tensor = tensor_of(input.axes, sizes);
    Slot slot{input.distribution == Op::normal ? Slot::Role::normal : Slot::Role::uniform,
              noise.name,
              ElementType::real32,
              {},
              tensor.extents,
              0};
    for (AxisId axis : input.axes) slot.axes.push_back(graph.axis(axis).name);
    std::vector<float> numbers(tensor.values.size());
    NoiseTensor(slot).fill(numbers, {session.seed, Purpose::evaluation_noise});
    tensor.values.assign(numbers.begin(), numbers.end());
    interpreter.bind(noise.input, std::move(tensor));
  }
}

Outcome<void> save_model(const Session& session, const Model& model, const EvaluationPlan* plan, RunFolder& folder,
                         const Executable& executable, const unsigned char* arena) {
  const Graph& graph = session.program->graph;
  StoredTensors stored;
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    if (const std::string& name = session.program->parameters[i].name; slot_index(executable, Slot::Role::parameter, name) < 0)
      stored.add(graph, name, model.parameters[i]);
  for (std::size_t i = 0; i < model.states.size(); ++i)
    if (session.program->states[i].own) stored.add(graph, session.program->states[i].name, model.states[i]);
  for (std::size_t i = 0; plan && i < model.statistics.size(); ++i)
    if (plan->statistics[i].of_training) stored.add(graph, plan->statistics[i].name, model.statistics[i]);
  auto saved = folder.save_weights(executable.program, arena, stored.views());
  if (!saved) return failed(saved.error());
  return {};
}

Outcome<Model> model_of(Session& session, const Weights& weights, const EvaluationPlan& plan) {
  const std::string run = "these weights";
  const std::string network = network_fingerprint(*session.program);
  if (weights.facts.program.substr(0, network.size()) != network)
    return failed(run + " are of another program: its network differs from " + session.options.file);
  for (const auto& [name, size] : facts_of(session).sizes)
    if (auto there = weights.facts.sizes.find(name); there != weights.facts.sizes.end() && there->second != size)
      return failed(run + " have " + name + " = " + std::to_string(there->second) + ", and the program has " + name + " = " +
                    std::to_string(size));
  Model model;
  for (const Parameter& parameter : session.program->parameters) {
    auto tensor = stored(session, weights.tensors, parameter.name, session.graph().input(parameter.input).axes, run);
    if (!tensor) return std::unexpected(tensor.error());
    model.parameters.push_back(std::move(*tensor));
  }
  for (const State& state : session.program->states) {
    model.states.emplace_back();
    if (!state.own) continue;
    auto tensor = stored(session, weights.tensors, state.name, session.graph().input(state.input).axes, run);
    if (!tensor) return std::unexpected(tensor.error());
    model.states.back() = std::move(*tensor);
  }
  for (const Statistic& statistic : plan.statistics) {
    model.statistics.emplace_back();
    if (!statistic.of_training) continue;
    auto tensor = stored(session, weights.tensors, statistic.name, session.graph().node(statistic.node).axes, run);
    if (!tensor) return std::unexpected(tensor.error());
    model.statistics.back() = std::move(*tensor);
  }
  if (std::string bad = not_finite_text(session, model, &plan); !bad.empty()) return failed(run + ": " + bad);
  return model;
}

}  // namespace tenet
