// The table of contents: a program's text in, a compiled step out, one line a stage.
#pragma once

#include <array>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/elaborate/program.h"
#include "compiler/kernel/work.h"
#include "compiler/native/native.h"
#include "compiler/plan/computation.h"
#include "runtime/abi.h"

namespace tenet {

// The stages whose value `dump` prints.
inline constexpr std::array<std::string_view, 8> stage_names{"tokens",     "tree",    "graph", "grad",
                                                             "simplified", "kernels", "llvm",  "asm"};

// How long each stage took, in the order they first ran. A stage that runs several times is one row.
class StageTimes {
 public:
  // Runs `stage` and adds its time to the row.
  template <class Stage>
  auto operator()(std::string_view name, Stage stage) {
    const Running running(*this, name);
    return stage();
  }
  std::string table() const;  // one line a stage: name, milliseconds

 private:
  class Running {
   public:
    Running(StageTimes& times, std::string_view name);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    StageTimes& times_;
    std::string_view name_;
    double start_;
  };
  struct Row {
    std::string name;
    double seconds;
  };
  std::vector<Row> rows_;
};

// Source text to the resolved program. `file` is a source of the sink, `read` reads what it imports; errors go to the sink and
// give nothing.
std::optional<Program> program_of(Diagnostics& diagnostics, std::uint32_t file, const ReadFile& read, StageTimes& times);

// The program's training step, derived and simplified for these sizes. The program has a recipe.
Computation step_of(Program& program, const Sizes& sizes, StageTimes& times);

// A computation as native code in this process. Move-only; owns the code.
struct Executable {
  std::unique_ptr<NativeCode> code;
  NativeProgram program;
  std::vector<std::vector<AxisId>> axes;  // of each of the program's slots
  std::vector<Work> work;                 // by kernel, where the code is timed
};

// The sizes with those of the axes that derivation and simplification made since they were closed.
Sizes completed(const Graph& graph, Sizes sizes);

// Loop nests, then machine code. `computation` is simplified. Error: it exceeds the machine, as a sentence.
std::expected<Executable, std::string> executable_of(const Graph& graph, const Sizes& sizes, const Computation& computation,
                                                     StageTimes& times, Runs runs = Runs::often, Timing timing = Timing::none);

}  // namespace tenet
