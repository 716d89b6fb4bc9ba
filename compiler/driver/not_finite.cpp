#include "compiler/driver/not_finite.h"

#include <fmt/format.h>

#include <cmath>

#include "compiler/plan/inspection.h"
#include "compiler/plan/simplified.h"

namespace tenet {
namespace {

// Names may repeat (an inlined function's): outputs have numbers.
std::string numbered(std::size_t output) { return "value." + std::to_string(output); }

// A program that leaves every named value, with an arena that has the step's data and random numbers.
struct Inspector {
  Executable executable;
  Arena arena;

  // One value for each output.
  std::vector<Tensor> values(const Session& session, const Model& model, std::size_t count, std::int64_t step) {
    write_model(session, model, nullptr, session.sizes, executable, arena.data());
    float loss = 0;
    TenetFrame frame{arena.data(), step, 1, &loss, nullptr};
    executable.program.run(&frame);
    std::vector<Tensor> result;
    for (std::size_t i = 0; i < count; ++i)
      result.push_back(
          read_slot(executable, slot_index(executable, Slot::Role::output, numbered(i)), session.sizes, arena.data()));
    return result;
  }
};

bool has_infinity(const Tensor& tensor) {
  for (double value : tensor.values)
    if (std::isinf(value)) return true;
  return false;
}

}  // namespace

std::string not_finite_text(const Graph& graph, const std::string& name, const Tensor& tensor, bool usually_infinite) {
  std::size_t bad = 0, first = 0;
  for (std::size_t i = tensor.values.size(); i-- > 0;)
    if (std::isnan(tensor.values[i]) || (std::isinf(tensor.values[i]) && !usually_infinite)) {
      ++bad;
      first = i;
    }
  if (bad == 0) return {};
  std::string text = fmt::format("`{}` is the first named value that is not finite: {}", name,
                                 std::isnan(tensor.values[first]) ? "nan"
                                 : tensor.values[first] > 0       ? "inf"
                                                                  : "-inf");
  if (!tensor.axes.empty())
    text += fmt::format(" at {}, in {} of {} elements", place_of(graph, tensor, first), bad, tensor.values.size());
  return text;
}

std::string first_not_finite(Session& session, const Stepper& stepper, const Model& initial, std::int64_t step) {
  const Computation named = inspection(*session.program);
  Computation computation = named;
  for (std::size_t i = 0; i < named.outputs.size(); ++i) computation.outputs[i].name = numbered(i);
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
  Model model = initial;
  read_model(session, stepper.executable, stepper.arena.data(), model);
  const std::vector<Tensor> usual = inspector.values(session, initial, named.outputs.size(), step);
  const std::vector<Tensor> values = inspector.values(session, model, named.outputs.size(), step);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool usually_infinite = step > 0 && has_infinity(usual[i]);
    std::string text = not_finite_text(session.graph(), named.outputs[i].name, values[i], usually_infinite);
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace tenet
