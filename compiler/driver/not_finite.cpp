#include "compiler/driver/not_finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "compiler/driver/hyperparameters.h"
#include "compiler/driver/infinities.h"
#include "compiler/driver/origin.h"
#include "compiler/driver/sizes_to_check.h"
#include "compiler/plan/inspection.h"
#include "compiler/plan/rewriting.h"
#include "compiler/plan/simplified.h"
#include "runtime/threads.h"
#include "runtime/trainer.h"

namespace tenet {
namespace {

constexpr double most_elements = 1e8;  // of a step that is looked into by the interpreter

// A program that leaves every named value, with an arena that has the step's data and random numbers.
struct Inspector {
  Executable executable;
  Arena arena;

  // One value for each output.
  std::vector<Tensor> values(const Session& session, const Model& model, std::size_t count, std::int64_t step) {
    write_model(session, model, nullptr, session.sizes, executable, arena.data());
    return outputs_of_pass(executable, count, step, session.sizes, arena.data());
  }
};

// "nan at batch = 3, in 2 of 64 elements" in single precision; empty: all is finite.
std::string bad_elements(const Graph& graph, Tensor tensor, bool may_be_infinite) {
  round_to_float(tensor);
  std::size_t bad = 0, first = 0;
  for (std::size_t i = tensor.values.size(); i-- > 0;)
    if (std::isnan(tensor.values[i]) || (std::isinf(tensor.values[i]) && !may_be_infinite)) {
      ++bad;
      first = i;
    }
  if (bad == 0) return {};
  std::string text = number_text(tensor.values[first]);
  if (!tensor.axes.empty())
    text += fmt::format(" at {}, in {} of {} elements", place_of(graph, tensor, first), bad, tensor.values.size());
  return text;
}

// A parameter, or a state of the program.
struct Kept {
  std::string name;
  NodeId initial;
  const Tensor& value;
  bool may_be_infinite;
};

std::vector<Kept> kept_in(const Session& session, const Model& model) {
  const Program& program = *session.program;
  std::vector<Kept> result;
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    result.push_back({program.parameters[i].name, program.parameters[i].initial, model.parameters[i], false});
  for (std::size_t i = 0; i < model.states.size(); ++i)
    if (const State& state = program.states[i]; state.own)
      result.push_back({state.name, state.initial, model.states[i], may_be_infinite(program, state.node)});
  return result;
}

// ", made by 0 / 0"
std::string made_by(const Origin& origin) { return origin.made_by.empty() ? "" : ", made by " + origin.made_by; }

// Looks into a step in double precision.
class StepInspection {
 public:
  StepInspection(Session& session, const Stepper& stepper, const Model& model, std::int64_t step);

  // The first value with a name that is to blame for `root`, which may have none; empty: `root` is finite.
  std::string named_fault(NodeId root, const std::string& name);
  // Of what a step leaves, as native code does: "the state `rv` becomes nan at h = 0, in 4 of 4 elements (line 9), made by 0 /
  // 0".
  std::string left_fault(const std::string& what, NodeId next, Span span, const Tensor& left, bool may_be_infinite);
  // Whether it would be finite at a rate of 0.
  bool finite_without_rate(NodeId next);
  // Gives the optimizers the gradients.
  void bind_gradients(std::span<const NodeId> gradients);

 private:
  std::optional<Origin> overflow_below(NodeId root);

  Session& session_;
  const Graph& graph_;
  Sizes sizes_;
  Interpreter interpreter_;
};

StepInspection::StepInspection(Session& session, const Stepper& stepper, const Model& model, std::int64_t step)
    : session_(session),
      graph_(session.graph()),
      sizes_(completed(graph_, session.sizes)),
      interpreter_(graph_, sizes_, session.seed) {
  const Program& program = *session.program;
  const auto bind = [&](InputId input, Slot::Role role, const std::string& name) {
    const int slot = slot_index(stepper.executable, role, name);  // none: its value does not matter
    interpreter_.bind(input, slot >= 0 ? read_slot(stepper.executable, slot, sizes_, stepper.arena.data())
                                       : tensor_of(graph_.input(input).axes, sizes_));
  };
  for (const DataInput& data : program.data) bind(data.input, Slot::Role::data, data.name);
  bind_model(session, model, nullptr, interpreter_);
  for (const NoiseInput& noise : program.noise)
    bind(noise.input, graph_.input(noise.input).distribution == Op::normal ? Slot::Role::normal : Slot::Role::uniform,
         noise.name);
  for (const State& state : program.states)
    if (!state.own) bind(state.input, Slot::Role::state, state.name);
  interpreter_.bind(program.step, {{}, {}, {static_cast<double>(step)}});
  interpreter_.bind(program.training, {{}, {}, {1}});
}

std::string StepInspection::named_fault(NodeId root, const std::string& name) {
  const auto origin = origin_of(graph_, sizes_, interpreter_, root);
  if (!origin) return {};
  const NodeId node = origin->innermost.value_or(root);
  const std::string& subject = origin->innermost ? graph_.name_of(node) : name;
  const std::string text = not_finite_text(graph_, subject, interpreter_.value(node), may_be_infinite(*session_.program, node));
  return text.empty() ? "" : text + place_text(session_, subject) + made_by(*origin);
}

// A value that double precision has and single precision has not.
std::optional<Origin> StepInspection::overflow_below(NodeId root) {
  for (NodeId id : graph_.reachable(std::span(&root, 1))) {
    const Node& node = graph_.node(id);
    const Form form = operation(node.op).form;
    if (node.kind != Kind::real || node.open || (form != Form::pointwise && form != Form::reduction)) continue;
    const auto overflows = [](double value) {
      return std::isfinite(value) && std::abs(value) > std::numeric_limits<float>::max();
    };
    if (std::ranges::any_of(interpreter_.value(id).values, overflows)) return origin_of(graph_, sizes_, interpreter_, id);
  }
  return {};
}

std::string StepInspection::left_fault(const std::string& what, NodeId next, Span span, const Tensor& left,
                                       bool may_be_infinite) {
  std::string text =
      fmt::format("{} becomes {}{}", what, bad_elements(graph_, left, may_be_infinite), place_text(session_, span));
  auto origin = origin_of(graph_, sizes_, interpreter_, next);
  if (!origin) origin = overflow_below(next);
  if (!origin) return text;
  text += made_by(*origin);
  if (!origin->innermost || origin->made_by.empty()) return text;
  const std::string& name = graph_.name_of(*origin->innermost);
  return text + fmt::format(" in `{}`{}", name, place_text(session_, name));
}

bool StepInspection::finite_without_rate(NodeId next) {
  Graph& graph = session_.graph();
  const NodeId still = rewritten(graph, std::span(&next, 1), {{session_.recipe().rate, graph.constant(0)}})[0];
  return bad_elements(graph_, interpreter_.value(still), false).empty();
}

void StepInspection::bind_gradients(std::span<const NodeId> gradients) {
  const Train& train = session_.recipe();
  double squares = 0, factor = 1;
  for (const Rule& rule : train.rules)
    for (double value : interpreter_.value(gradients[rule.parameter]).values) squares += value * value;
  if (train.clip) factor = std::min(1.0, interpreter_.value(*train.clip).values[0] / std::sqrt(squares));
  for (const Rule& rule : train.rules) {
    Tensor gradient = laid_out(interpreter_.value(gradients[rule.parameter]), graph_.input(rule.gradient).axes, sizes_);
    for (double& value : gradient.values) value *= factor;
    interpreter_.bind(rule.gradient, std::move(gradient));
  }
}

// The first of the values with a name that native code, compiled to leave all of them, finds not finite.
std::string native_fault(Session& session, const Stepper& stepper, const Model& model, const Computation& named,
                         std::int64_t step) {
  Computation computation = named;
  for (std::size_t i = 0; i < named.outputs.size(); ++i) computation.outputs[i].name = output_name(i);
  computation = simplified(session.graph(), computation);
  auto executable = executable_of(session.graph(), session.sizes, computation, session.times);
  if (!executable) return {};
  auto arena = Arena::allocate(executable->program.arena_bytes);
  if (!arena) return {};
  Inspector inspector{std::move(*executable), std::move(*arena)};
  for (std::size_t i = 0; i < stepper.executable.program.slots.size(); ++i) {
    const Slot& slot = stepper.executable.program.slots[i];
    const bool drawn = slot.role == Slot::Role::normal || slot.role == Slot::Role::uniform;
    if (slot.role != Slot::Role::data && !drawn) continue;
    const Tensor data = read_slot(stepper.executable, static_cast<int>(i), session.sizes, stepper.arena.data());
    if (int to = slot_index(inspector.executable, slot.role, slot.name); to >= 0)
      write_slot(inspector.executable, to, data, session.sizes, inspector.arena.data());
  }
  const std::vector<Tensor> values = inspector.values(session, model, named.outputs.size(), step);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& [name, node] = named.outputs[i];
    std::string text = not_finite_text(session.graph(), name, values[i], may_be_infinite(*session.program, node));
    if (text.empty()) continue;
    if (session.graph().node(node).kind == Kind::whole) text += "; a whole is exact up to 2^53, and infinite beyond";
    return text + place_text(session, name);
  }
  return {};
}

// What a step left that is not finite.
struct Left {
  bool loss;
  std::map<std::string, Tensor> kept;  // parameters and states
  bool any() const { return loss || !kept.empty(); }
};

Left run_step(const Session& session, Stepper& stepper, std::int64_t step) {
  float loss = 0;
  TenetFrame frame{stepper.arena.data(), step, 1, &loss, stepper.draws()};
  run_program(stepper.executable.program, frame);
  Left result{!std::isfinite(loss), {}};
  for (std::size_t i = 0; i < stepper.executable.program.slots.size(); ++i) {
    const Slot& slot = stepper.executable.program.slots[i];
    const bool kept = slot.role == Slot::Role::parameter || slot.role == Slot::Role::state;
    if (kept && !finite(slot, stepper.arena.data()))
      result.kept[slot.name] = read_slot(stepper.executable, static_cast<int>(i), session.sizes, stepper.arena.data());
  }
  return result;
}

struct Found {
  std::string text;                              // empty: nothing was found
  std::optional<bool> lower_rate_may_help = {};  // none: if the step is finite from the initial values
};

// Whether a state is worked out of parameters, through other states too.
bool reads_parameters(const Program& program, const State& state) {
  const Graph& graph = program.graph;
  std::vector<NodeId> roots{state.next};
  for (std::size_t before = 0; before != roots.size();) {
    before = roots.size();
    const std::vector<NodeId> read = graph.reachable(roots);
    const std::set<NodeId> nodes(read.begin(), read.end());
    const auto reads = [&](const auto& row) { return nodes.contains(row.node); };
    if (std::ranges::any_of(program.parameters, reads)) return true;
    for (const State& other : program.states)
      if (reads(other) && std::ranges::find(roots, other.next) == roots.end()) roots.push_back(other.next);
  }
  return false;
}

// The fault of a step that left `left`, looked for where it is likely to have begun: in the loss, the program's states, the
// gradients, what the optimizers make of these.
Found fault_in(Session& session, const Stepper& stepper, const Model& model, const Computation& named, const Left& left,
               std::int64_t step) {
  Program& program = *session.program;
  const Graph& graph = session.graph();
  std::vector<NodeId> roots{program.train->loss}, gradients;
  for (const State& state : program.states) roots.push_back(state.next);
  for (const Rule& rule : program.train->rules) roots.push_back(rule.next);
  roots = with_training(program, roots, true);
  const std::size_t first_gradient = named.outputs.size() - program.parameters.size();
  for (std::size_t i = first_gradient; i < named.outputs.size(); ++i) gradients.push_back(named.outputs[i].value);
  std::vector<NodeId> all = roots;
  all.insert(all.end(), gradients.begin(), gradients.end());
  session.sizes = completed(graph, session.sizes);
  if (elements_of(graph, session.sizes, all) > most_elements || too_large(graph, session.sizes, all)) return {};

  StepInspection inspection(session, stepper, model, step);
  if (left.loss) return {inspection.named_fault(roots[0], program.train->loss_name)};
  const auto state_fault = [&](bool own) -> Found {
    for (std::size_t i = 0; i < program.states.size(); ++i) {
      const State& state = program.states[i];
      const auto bad = left.kept.find(state.name);
      if (state.own != own || bad == left.kept.end()) continue;
      const std::string what = fmt::format("the {} `{}`", own ? "state" : "optimizer's state", state.name);
      const std::string text =
          inspection.left_fault(what, roots[1 + i], state.span, bad->second, may_be_infinite(program, state.node));
      return {text, own && !reads_parameters(program, state) ? std::optional(false) : std::nullopt};
    }
    return Found();
  };
  if (Found found = state_fault(true); !found.text.empty()) return found;
  for (const Rule& rule : program.train->rules)
    if (std::string text = inspection.named_fault(gradients[rule.parameter], named.outputs[first_gradient + rule.parameter].name);
        !text.empty())
      return {text};
  inspection.bind_gradients(gradients);
  if (Found found = state_fault(false); !found.text.empty()) return found;
  for (std::size_t i = 0; i < program.train->rules.size(); ++i) {
    const Parameter& parameter = program.parameters[program.train->rules[i].parameter];
    const auto bad = left.kept.find(parameter.name);
    if (bad == left.kept.end()) continue;
    const NodeId next = roots[1 + program.states.size() + i];
    return {inspection.left_fault(fmt::format("the parameter `{}`", parameter.name), next, parameter.span, bad->second, false),
            inspection.finite_without_rate(next)};
  }
  return {};
}

}  // namespace

std::string not_finite_text(const Graph& graph, const std::string& name, const Tensor& tensor, bool may_be_infinite) {
  const std::string elements = bad_elements(graph, tensor, may_be_infinite);
  return elements.empty() ? "" : fmt::format("`{}` is the first named value that is not finite: {}", name, elements);
}

std::string place_text(const Session& session, Span span) {
  const std::string file = span.file == session.file ? "" : session.diagnostics.source(span.file).name + ", ";
  return fmt::format(" ({}line {})", file, line_of(session, span));
}

std::string place_text(const Session& session, const std::string& name) {
  const Program& program = *session.program;
  const auto in = [&](const auto& rows) -> std::string {
    const auto row = std::ranges::find_if(rows, [&](const auto& candidate) { return candidate.name == name; });
    return row == rows.end() ? "" : place_text(session, row->span);
  };
  if (std::string place = in(program.definitions); !place.empty()) return place;
  if (std::string place = in(program.parameters); !place.empty()) return place;
  return in(program.states);
}

std::string not_finite_text(const Session& session, const Model& model, const EvaluationPlan* plan) {
  const auto text = [&](const std::string& name, const Tensor& value, bool may_be_infinite) {
    const std::string elements = bad_elements(session.program->graph, value, may_be_infinite);
    return elements.empty() ? "" : fmt::format("`{}` is {}", name, elements);
  };
  for (const Kept& kept : kept_in(session, model))
    if (std::string bad = text(kept.name, kept.value, kept.may_be_infinite); !bad.empty()) return bad;
  for (std::size_t i = 0; plan && i < model.statistics.size(); ++i)
    if (std::string bad = text(plan->statistics[i].name, model.statistics[i], true); !bad.empty()) return bad;
  return {};
}

Outcome<void> want_finite_start(Session& session, const Model& initial) {
  const Graph& graph = session.graph();
  const Sizes sizes = completed(graph, session.sizes);
  for (const Kept& kept : kept_in(session, initial)) {
    const std::string elements = bad_elements(graph, kept.value, kept.may_be_infinite);
    if (elements.empty()) continue;
    Interpreter interpreter(graph, sizes, session.seed);
    const auto origin = origin_of(graph, sizes, interpreter, kept.initial);
    return failed(fmt::format("the initial value of `{}` is {}{}{}", kept.name, elements, place_text(session, kept.name),
                              origin ? made_by(*origin) : ""));
  }
  return {};
}

std::string value_fault(const Session& session, Interpreter& interpreter, const std::string& name, NodeId value) {
  const Graph& graph = session.program->graph;
  const double number = interpreter.value(value).values[0];
  if (std::isfinite(number) || (std::isinf(number) && may_be_infinite(*session.program, value))) return {};
  const auto origin = origin_of(graph, session.sizes, interpreter, value);
  return fmt::format("`{}` is {}{}{}", name, number_text(number), place_text(session, name), origin ? made_by(*origin) : "");
}

// A lower rate is of no use where there is none, where what is not finite does not come of it, or where it is so at the initial
// values too.
StepFault fault_of_step(Session& session, Stepper& stepper, const Model& initial, std::int64_t step) {
  if (std::string text = hyperparameter_fault(session, step); !text.empty()) return {text, false};
  Model model = initial;
  read_model(session, stepper.executable, stepper.arena.data(), model);
  const Computation named = inspection(*session.program);
  // The inspection reads the optimizers' states as they were before.
  std::vector<unsigned char> before(stepper.arena.data(), stepper.arena.data() + stepper.executable.program.arena_bytes);
  const Left left = run_step(session, stepper, step);
  std::ranges::copy(before, stepper.arena.data());
  Found found = fault_in(session, stepper, model, named, left, step);
  if (found.text.empty()) found.text = native_fault(session, stepper, model, named, step);
  if (found.text.empty() && left.kept.empty()) found.text = fmt::format("`{}` overflows", session.recipe().loss_name);
  if (found.text.empty())
    found.text =
        fmt::format("`{}` becomes {}", left.kept.begin()->first, bad_elements(session.graph(), left.kept.begin()->second, false));
  bool lower = rate_at(session, step) != 0;
  if (lower && found.lower_rate_may_help)
    lower = *found.lower_rate_may_help;
  else if (lower) {
    restart(session, initial, stepper);
    lower = !run_step(session, stepper, step).any();
  }
  return {fmt::format("the training is not finite at step {}: {}", step, found.text), lower};
}

}  // namespace tenet
