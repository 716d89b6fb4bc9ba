// A whole program with its names resolved: the typed graph, what the names mean in it, and the recipe beside it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/graph.h"

namespace tenet {

struct Definition {  // a named value of the file, or of an inlined function (`probs.softmax.z`)
  std::string name;
  NodeId node;  // a `named` node
  Span span;
  bool inner;                   // from inside a function
  bool differentiates = false;  // its expression has `grad`
};

struct Parameter {
  std::string name;
  InputId input;
  NodeId node;
  NodeId initial;  // reads sizes and random numbers only; may lack axes of the parameter
  Span span;
};

// Where data come from that are the same for the whole run: load("w.safetensors", "C").
struct TensorSource {
  std::string file;  // relative to the program's folder
  std::string tensor;
  std::vector<AxisId> axes;  // in the order in which the program lists them
  Span span;
};

struct DataInput {
  std::string name;
  InputId input;
  NodeId node;
  Span span;
  std::optional<TensorSource> source = {};  // none: the recipe's source fills them, or nothing does
};

// Random numbers that a definition draws, new in every step: `eps = normal[batch, latent]()` draws `eps.normal`.
struct NoiseInput {
  std::string name;
  InputId input;
  NodeId node;
  Span span;
};

struct Assumption {  // the graph's Assumed, and where it stands
  Op relation;
  NodeId left, right;
  Span span;
};

// A value that training keeps from step to step: `state running[hidden] = 0`, an optimizer's momentum.
struct State {
  std::string name;
  InputId input;
  NodeId node;
  NodeId initial;  // as a parameter's
  NodeId next;     // of the values before the step; `node` itself where nothing updates it
  bool own;        // the program's: kept with the weights. Else an optimizer's
  Span span;
};

// What a step makes of one parameter, by its optimizer's program.
struct Rule {
  std::size_t parameter;
  InputId gradient;  // role given: stands for the gradient of the loss
  NodeId next;       // over the parameter, its gradient, the step, states
};

struct Claim {
  std::string name;  // given, or the left side as written
  NodeId left, right;
  Span span;
  std::vector<NodeId> targets = {};  // by which it differentiates
};

// A grad(value, target) of the program, as reverse mode leaves it.
struct WrittenGradient {
  NodeId value, target, result;
};

// An index that has to stay within an axis; decided when the sizes are closed unless intervals decided it for all sizes.
struct RangeObligation {
  NodeId index;
  AxisId axis;
  bool has_else;
  Span span;
  std::vector<std::pair<Span, std::string>> calls;  // from inside a function: the calls, as a diagnostic's related places
};

enum class SourceKind : std::uint8_t { letter_windows, letter_sequences, text, idx, csv, npy };

// A data input that a source fills.
struct SourceColumn {
  InputId input;
  std::vector<AxisId> axes;        // in the order in which the program lists them
  std::vector<std::string> names;  // of what fills it, where the file has names
};

// Where data come from, such as letters("names.txt", window = X, next = Y).
struct DataSource {
  SourceKind kind;
  std::vector<std::string> files;     // relative to the program's folder
  std::vector<SourceColumn> columns;  // letter_windows: window, next; others of letters: inputs, targets, or weight too
  AxisId items;
  std::optional<AxisId> positions, alphabet;  // of letters: along which they follow one another, what they are coordinates of
  Span span;

  bool fills(InputId data) const {
    for (const SourceColumn& column : columns)
      if (column.input == data) return true;
    return false;
  }
};

// A number of the recipe that may change from step to step: an expression in `step` and sizes.
struct Hyperparameter {
  std::string name;  // as the recipe calls it: `rate`, `clip`, an optimizer's `momentum`
  NodeId value;
  Span span;
  bool negative;  // whether it may be below 0
};

// A further scalar that training shows beside the loss.
struct Reported {
  std::string name;
  NodeId value;
};

enum class BatchOrder : std::uint8_t { replacement, epochs };

struct Train {
  NodeId loss;  // scalar
  std::string loss_name;
  std::optional<DataSource> source;
  std::vector<double> split;  // one part: everything is training data; two or three parts
  std::uint64_t split_seed;
  std::optional<std::int64_t> batch;  // none: the whole split each step
  BatchOrder order;
  std::int64_t steps;
  NodeId rate;                 // an expression in `step` and sizes
  std::optional<NodeId> clip;  // the same: what the gradients' joint norm is at most
  std::vector<Rule> rules;     // of the parameters that are trained, in the program's order
  Span span;
  bool shuffle = true;  // the items, before they are split
  std::vector<Reported> report = {};
  std::vector<Hyperparameter> hyperparameters = {};  // all that the recipe writes
};

struct Sample {
  NodeId distribution;  // over the alphabet's axis
  std::int64_t count;
  std::int64_t limit;
  double temperature;
  Span span;
};

struct Program {
  Graph graph;
  std::vector<std::pair<std::string, AxisId>> axes;  // declared in the file, in its order, after those of imported ones
  std::vector<Span> axis_spans;                      // where each of them is declared
  std::vector<DataInput> data;
  std::vector<Parameter> parameters;
  std::vector<State> states;
  std::vector<NoiseInput> noise;
  std::vector<Definition> definitions;  // operands before users
  std::vector<Assumption> assumptions;
  std::vector<Claim> claims;
  std::vector<RangeObligation> obligations;
  std::vector<WrittenGradient> gradients;  // inner before outer
  std::optional<Train> train;
  std::optional<Sample> sample;
  InputId step;      // the input that `step` reads
  InputId training;  // a truth: whether this is a step of training

  // The node that `name` means as a target of `grad`: a definition's, parameter's or real data's.
  std::optional<NodeId> target(std::string_view name) const;
};

// The text of a file that a program imports; or why there is none.
using ReadFile = std::function<std::expected<std::string, std::string>(const std::string& path)>;

// Parses and elaborates the sink's source `file` together with what it imports, which `read` reads, and the library
// (`library_file`: std.tenet's text, a source of the same sink). Nothing if there were errors; they are in the sink.
std::optional<Program> elaborate(Diagnostics& diagnostics, std::uint32_t file, std::uint32_t library_file, const ReadFile& read);

// The axis that the recipe's `batch` closes: the source's axis of items; without a source the axis named `batch`.
std::optional<AxisId> batch_axis(const Program& program, const Train& train);

// The sizes with the program's expressions in them; nothing where one does not come out, an index leaves its axis without an
// `else` or stays within it with one, or what is assumed of sizes does not hold.
std::optional<Sizes> allowed_sizes(const Program& program, Sizes sizes);

// Gives sizes: `given` by axis name (--size, the recipe's batch, what data says), then the expressions. Checks that each comes
// out whole and at least 1 and decides the range obligations. With `open_default` above 0, axes that stay open take that size
// (distinct axes distinct small sizes: `check`, `derive`); with 0 an open axis that a value uses is an error that says what
// closes it.
std::optional<Sizes> close_sizes(Program& program, Diagnostics& diagnostics, const std::map<std::string, std::int64_t>& given,
                                 std::int64_t open_default = 0);

}  // namespace tenet
