#include "compiler/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "compiler/kernel/kernels.h"
#include "compiler/library.h"
#include "compiler/plan/training.h"

namespace tenet {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// The buffers that the runtime reads and writes, by name.
void add_slots(Executable& executable, const Kernels& kernels, const Graph& graph) {
  for (const Buffer& buffer : kernels.buffers) {
    Slot slot{};
    if (buffer.role == BufferRole::output) {
      slot.role = Slot::Role::output;
    } else if (buffer.role == BufferRole::input && buffer.input) {
      switch (graph.input(*buffer.input).role) {
        case InputRole::parameter:
          slot.role = Slot::Role::parameter;
          break;
        case InputRole::data:
          slot.role = Slot::Role::data;
          break;
        case InputRole::state:
          slot.role = Slot::Role::state;
          break;
        case InputRole::given:
          slot.role = Slot::Role::given;
          break;
        case InputRole::noise:
          slot.role = graph.input(*buffer.input).distribution == Op::normal ? Slot::Role::normal : Slot::Role::uniform;
          break;
        case InputRole::step:      // compiled code sets it itself
        case InputRole::training:  // rewritten away
        case InputRole::previous:  // read where its component is
          continue;
      }
    } else {
      continue;
    }
    slot.name = buffer.name;
    slot.type = buffer.kind == Kind::real ? ElementType::real32 : ElementType::whole32;
    for (AxisId axis : buffer.axes) slot.axes.push_back(graph.axis(axis).name);
    slot.extents = buffer.extents;
    slot.offset = buffer.offset;
    executable.program.slots.push_back(std::move(slot));
    executable.axes.push_back(buffer.axes);
  }
}

}  // namespace

StageTimes::Running::Running(StageTimes& times, std::string_view name) : times_(times), name_(name), start_(now()) {}

StageTimes::Running::~Running() {
  const double seconds = now() - start_;
  const auto row = std::ranges::find(times_.rows_, name_, &Row::name);
  if (row != times_.rows_.end())
    row->seconds += seconds;
  else
    times_.rows_.push_back({std::string(name_), seconds});
}

std::string StageTimes::table() const {
  std::string result;
  double total = 0;
  for (const Row& row : rows_) {
    result += fmt::format("{:<12}{:>10.2f} ms\n", row.name, row.seconds * 1e3);
    total += row.seconds;
  }
  return result + fmt::format("{:<12}{:>10.2f} ms\n", "all", total * 1e3);
}

std::optional<Program> program_of(Diagnostics& diagnostics, std::uint32_t file, const ReadFile& read, StageTimes& times) {
  const std::uint32_t library = diagnostics.add_source("std.tenet", std::string(library_text));
  return times("front", [&] { return elaborate(diagnostics, file, library, read); });
}

Computation step_of(Program& program, const Sizes& sizes, StageTimes& times) {
  const TrainingValues raw = times("grad", [&] { return training_values(program, sizes); });
  const SimplifiedGradients values = times("simplify", [&] { return training_forms(program, raw, sizes); });
  return times("plan", [&] { return training_step(program, raw, values.given, values.gradients, sizes); });
}

Sizes completed(const Graph& graph, Sizes sizes) {
  AxisId failed{};
  sizes.complete(graph, &failed);  // such an axis is a copy of one that has its size
  return sizes;
}

std::expected<Executable, std::string> executable_of(const Graph& graph, const Sizes& sizes, const Computation& computation,
                                                     StageTimes& times, Runs runs, Timing timing) {
  const Lowered lowered = times("kernel", [&] { return lower(graph, completed(graph, sizes), computation, host_target()); });
  if (!lowered.error.empty()) return std::unexpected(lowered.error);
  auto code = times("native", [&] { return compile(lowered.kernels, runs, timing); });
  if (!code) return std::unexpected(code.error());
  Executable result{std::move(*code), {}, {}, {}};
  result.program.run = result.code->function();
  result.program.arena_bytes = lowered.kernels.arena_bytes;
  result.program.shared = has_shares(lowered.kernels);
  if (timing == Timing::by_kernel) result.work = work_of(lowered.kernels);
  add_slots(result, lowered.kernels, graph);
  return result;
}

}  // namespace tenet
