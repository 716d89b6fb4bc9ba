#include "compiler/driver/not_finite.h"

#include <fmt/format.h>

#include <cmath>

#include "compiler/plan/inspection.h"
#include "compiler/plan/simplified.h"

namespace tenet {
namespace {

// A program that leaves every named value, with an arena that has the step's data.
struct Inspector {
  Executable executable;
  Arena arena;

  // One value for each output.
  std::vector<Tensor> values(const Session& session, const Model& model, const Computation& computation, std::int64_t step) {
    write_model(session, model, nullptr, session.sizes, executable, arena.data());
    float loss = 0;
    TenetFrame frame{arena.data(), step, 1, &loss, nullptr};
    executable.program.run(&frame);
    std::vector<Tensor> result;
    for (const Computation::Output& output : computation.outputs)
      result.push_back(
          read_slot(executable, slot_index(executable, Slot::Role::output, output.name), session.sizes, arena.data()));
    return result;
  }
};

std::string place(const Graph& graph, const Tensor& tensor, std::size_t element) {
  std::string result;
  for (std::size_t i = tensor.axes.size(); i-- > 0;) {
    const auto extent = static_cast<std::size_t>(tensor.extents[i]);
    result = graph.axis(tensor.axes[i]).name + " = " + std::to_string(element % extent) + (result.empty() ? "" : ", ") + result;
    element /= extent;
  }
  return result;
}

// The values that count: NaN always, an infinity unless the value usually has some.
std::string described(const Graph& graph, const std::string& name, const Tensor& tensor, bool usually_infinite) {
  std::size_t bad = 0, first = 0;
  for (std::size_t i = tensor.values.size(); i-- > 0;)
    if (std::isnan(tensor.values[i]) || (std::isinf(tensor.values[i]) && !usually_infinite)) {
      ++bad;
      first = i;
    }
  if (bad == 0) return {};
  std::string text = fmt::format("`{}` is the first named value that is not finite: {}", name, tensor.values[first]);
  if (!tensor.axes.empty())
    text += fmt::format(" at {}, in {} of {} elements", place(graph, tensor, first), bad, tensor.values.size());
  return text;
}

bool has_infinity(const Tensor& tensor) {
  for (double value : tensor.values)
    if (std::isinf(value)) return true;
  return false;
}

}  // namespace

std::string first_not_finite(Session& session, const Stepper& stepper, const Model& initial, std::int64_t step) {
  const Computation computation = simplified(session.graph(), inspection(*session.program));
  auto executable = executable_of(session.graph(), session.sizes, computation, session.times);
  if (!executable) return {};
  auto arena = Arena::allocate(executable->program.arena_bytes);
  if (!arena) return {};
  Inspector inspector{std::move(*executable), std::move(*arena)};
  for (std::size_t i = 0; i < stepper.executable.program.slots.size(); ++i) {
    const Slot& slot = stepper.executable.program.slots[i];
    if (slot.role != Slot::Role::data) continue;
    const Tensor data = read_slot(stepper.executable, static_cast<int>(i), session.sizes, stepper.arena.data());
    if (int to = slot_index(inspector.executable, Slot::Role::data, slot.name); to >= 0)
      write_slot(inspector.executable, to, data, session.sizes, inspector.arena.data());
  }
  Model model = initial;
  read_parameters(session, stepper.executable, stepper.arena.data(), model);
  const std::vector<Tensor> usual = inspector.values(session, initial, computation, step);
  const std::vector<Tensor> values = inspector.values(session, model, computation, step);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool usually_infinite = step > 0 && has_infinity(usual[i]);
    std::string text = described(session.graph(), computation.outputs[i].name, values[i], usually_infinite);
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace tenet
