#include "compiler/driver/first_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <ranges>
#include <set>

#include "compiler/driver/sizes_to_check.h"
#include "compiler/plan/training.h"
#include "runtime/slots.h"
#include "runtime/threads.h"

namespace tenet {
namespace {

constexpr double nothing = 1e-12, last_digits = 1e-5;  // as shares of the largest value
constexpr double most_elements = 1 << 20;              // in all nodes, where it has to be quick
constexpr double tolerance = 1e-2;  // of how far a value moves: a miscompilation misses by more, rounding by less
constexpr std::uint64_t draws = 8;  // of rounding: whether something jumps there (1 / 49 * 49 is not 1)
constexpr double single_precision = 0x1p-24, disturbance = 1e-6;

bool is_kept(const Slot& slot) { return slot.role == Slot::Role::parameter || slot.role == Slot::Role::state; }

// Parameters and states, to be put back.
class Kept {
 public:
  explicit Kept(Stepper& stepper) : stepper_(stepper) {
    each([&](unsigned char* at, std::size_t bytes) { bytes_.insert(bytes_.end(), at, at + bytes); });
  }
  ~Kept() {
    const unsigned char* from = bytes_.data();
    each([&](unsigned char* at, std::size_t bytes) {
      std::memcpy(at, from, bytes);
      from += bytes;
    });
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

 private:
  template <class Visit>
  void each(Visit visit) const {
    for (const Slot& slot : stepper_.executable.program.slots)
      if (is_kept(slot)) visit(stepper_.arena.data() + slot.offset, 4 * static_cast<std::size_t>(elements(slot)));
  }
  Stepper& stepper_;
  std::vector<unsigned char> bytes_;
};

double norm(const std::vector<double>& values) {
  double squares = 0;
  for (double value : values) squares += value * value;
  return std::sqrt(squares);
}

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  std::ranges::transform(a, b, result.begin(), std::minus());
  return result;
}

// A whole that double precision may round.
bool beyond_double(double whole) { return std::abs(whole) > 0x1p53; }

// Whether native code misses the exact value by more than rounding explains: measured against how far the step moves the value,
// how far rounding everything coarser moves it, the last digit of what it was before, and what is flushed to zero.
bool misses(const std::vector<double>& native, const std::vector<double>& exact, const std::vector<double>& before,
            const std::function<const std::vector<double>&()>& rounded) {
  const double miss = norm(difference(native, exact));
  const double flushed = std::numeric_limits<float>::min() * std::sqrt(static_cast<double>(exact.size()));
  const double allowed =
      tolerance * norm(difference(exact, before)) + 8 * single_precision * (norm(before) + norm(exact)) + flushed;
  return miss > allowed && miss > allowed + 10 * norm(difference(rounded(), exact));
}

}  // namespace

Outcome<void> verify_first_step(Session& session, Stepper& stepper, const Model& model, std::int64_t step, bool always) {
  Graph& graph = session.graph();
  const TrainingValues raw = training_values(*session.program);
  const Computation computation = training_step(*session.program, raw, raw.given, raw.backward.gradients, session.sizes);
  session.sizes = completed(graph, session.sizes);
  const std::vector<NodeId> roots = computation.roots();
  if (!always && elements_of(graph, session.sizes, roots) > most_elements) return {};
  if (auto large = too_large(graph, session.sizes, roots))
    return always ? failed("verifying the first step: " + *large) : Outcome<void>{};

  const Kept kept(stepper);
  const std::vector<Slot>& slots = stepper.executable.program.slots;
  const auto read = [&](std::size_t i) {
    return read_slot(stepper.executable, static_cast<int>(i), session.sizes, stepper.arena.data());
  };
  std::map<std::string, Tensor> before;
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (is_kept(slots[i])) before[slots[i].name] = read(i);
  float loss = 0;
  TenetFrame frame{stepper.arena.data(), step, 1, &loss, stepper.draws()};
  run_program(stepper.executable.program, frame);

  // Training itself says what is not finite.
  const auto finite = [&](std::size_t i) { return !is_kept(slots[i]) || std::isfinite(norm(read(i).values)); };
  if (!std::isfinite(loss) || !std::ranges::all_of(std::views::iota(std::size_t{0}, slots.size()), finite)) return {};

  // The interpreters see what native code saw.
  Interpreter exact(graph, session.sizes, session.seed), coarser(graph, session.sizes, session.seed);
  std::set<InputId> unbound;
  for (NodeId id : graph.all_below(roots))
    if (graph.node(id).op == Op::input && graph.input(graph.input_of(id)).role != InputRole::previous)
      unbound.insert(graph.input_of(id));
  const auto bind = [&](InputId input, const Tensor& value) {
    if (unbound.erase(input) == 0) return;
    exact.bind(input, value);
    coarser.bind(input, value);
  };
  const std::set<InputId> inputs = unbound;
  for (InputId input : inputs) {
    const std::string& name = graph.input(input).name;
    if (graph.input(input).role == InputRole::step) bind(input, {{}, {}, {static_cast<double>(step)}});
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (slots[i].name == name && slots[i].role != Slot::Role::output)
        bind(input, is_kept(slots[i]) ? before.at(name) : read(i));
  }
  for (std::size_t i = 0; i < model.parameters.size(); ++i) bind(session.program->parameters[i].input, model.parameters[i]);
  for (std::size_t i = 0; i < model.states.size(); ++i)
    if (session.program->states[i].own) bind(session.program->states[i].input, model.states[i]);
  for (const FixedData& data : session.fixed) bind(data.input, data.value);
  const auto left_out = [&](const std::string& why) {
    return always ? failed("the first step cannot be verified: " + why) : Outcome<void>{};
  };
  if (!unbound.empty())  // what the step does not read has no batch
    return left_out("nothing that is computed reads `" + graph.input(*unbound.begin()).name + "`, which its formulas read");
  for (NodeId id : graph.reachable(roots))
    if (graph.node(id).kind == Kind::whole && graph.node(id).op != Op::constant &&
        std::ranges::any_of(exact.value(id).values, beyond_double))
      return left_out("it has wholes beyond 2^53, which double precision may round");
  coarser.disturb(disturbance, 1);

  // Where the step comes to nothing by terms that cancel, native code may leave the last digits of such terms.
  const auto comes_to_nothing = [&](const std::vector<double>& found, const std::vector<double>& expected,
                                    const std::vector<double>& from) {
    if (elements_of(graph, session.sizes, roots) > most_elements) return false;
    double largest = 1;
    for (NodeId id : graph.reachable(roots))
      if (graph.node(id).kind == Kind::real && !graph.node(id).open)
        for (double value : exact.value(id).values)
          if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    const double scale = largest * std::sqrt(static_cast<double>(expected.size()));
    return norm(difference(expected, from)) <= nothing * scale && norm(difference(found, expected)) <= last_digits * scale;
  };
  const auto fault = [&](const std::string& name, const std::vector<double>& native, NodeId value,
                         const std::vector<double>& from) -> std::string {
    const Tensor expected = exact.value(value);
    const auto rounded = [&]() -> const std::vector<double>& { return coarser.value(value).values; };
    const auto wrong = [&] { return misses(native, expected.values, from, rounded); };
    for (std::uint64_t seed = 2; seed <= draws && wrong(); ++seed) coarser.disturb(disturbance, seed);
    if (wrong()) coarser.round_to_single();
    if (!wrong() || comes_to_nothing(native, expected.values, from)) return {};
    std::size_t worst = 0;
    const auto error = [&](std::size_t i) { return std::abs(native[i] - expected.values[i]); };
    for (std::size_t i = 0; i < native.size(); ++i)
      if (error(i) > error(worst)) worst = i;
    const std::string where = expected.axes.empty() ? "" : " at " + place_of(graph, expected, worst);
    return fmt::format("`{}`{} is {}, and {} in double precision", name, where, number_text(native[worst], 7),
                       number_text(expected.values[worst], 7));
  };
  const auto first_fault = [&]() -> std::string {
    if (std::string text = fault(session.recipe().loss_name, {loss}, *computation.loss, {0}); !text.empty()) return text;
    for (const Computation::Assignment& assignment : computation.assignments)
      for (std::size_t i = 0; i < slots.size(); ++i) {
        if (!is_kept(slots[i]) || slots[i].name != graph.input(assignment.target).name) continue;
        const Tensor& from = before.at(slots[i].name);
        if (!std::ranges::equal(from.axes, graph.node(assignment.value).axes)) continue;  // it is the same along an axis
        if (std::string text = fault(slots[i].name, read(i).values, assignment.value, from.values); !text.empty()) return text;
      }
    return {};
  };
  const std::string text = first_fault();
  if (text.empty()) return {};
  return failed(fmt::format(
      "step {} of native code is not that of the program: {}\n"
      "       Tenet compiled this step wrongly, or the processor is at fault: please report the program and the processor",
      step, text));
}

}  // namespace tenet
