#include "compiler/driver/c_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>

#include "compiler/plan/meaning.h"
#include "compiler/plan/rewriting.h"

namespace tenet {
namespace {

// Of a file's name: what cannot end a comment, or its line.
std::string in_comment(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '*' || static_cast<unsigned char>(c) < ' '; }, '?');
  return text;
}

std::string in_string(std::string_view text) {
  std::string result;
  for (char c : text)
    if (c == '"' || c == '\\')
      result += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      result += fmt::format("\\{:03o}", c);
    else
      result += c;
  return result;
}

class HeaderWriter {
 public:
  HeaderWriter(const Session& session, const PlannedObject& planned)
      : session_(session), program_(*session.program), planned_(planned), prefix_(planned.program.prefix), capitals_(prefix_) {
    std::ranges::transform(capitals_, capitals_.begin(), [](unsigned char c) { return std::toupper(c); });
  }

  std::string text(const std::string& object, const std::string& machine) {
    begin(object, machine);
    sizes();
    data();
    noise();
    functions();
    if (!session_.alphabet.empty()) letters();
    tensors();
    put("#ifdef __cplusplus\n}}\n#endif\n\n#endif\n");
    return std::move(text_);
  }

 private:
  // {p} and {P} stand for the prefix.
  template <class... Arguments>
  void put(std::string_view format, const Arguments&... arguments) {
    fmt::format_to(std::back_inserter(text_), fmt::runtime(format), arguments..., fmt::arg("p", prefix_),
                   fmt::arg("P", capitals_));
  }
  const Buffer* buffer_of(InputId input) const {
    const auto found = std::ranges::find(planned_.program.kernels.buffers, std::optional(input), &Buffer::input);
    return found == planned_.program.kernels.buffers.end() ? nullptr : &*found;
  }
  const std::string& axis_name(AxisId axis) const { return program_.graph.axis(axis).name; }

  void begin(const std::string& object, const std::string& machine);
  void sizes();
  void data();
  void noise();
  void accessor(std::string_view name, std::string_view function, const Buffer& buffer, std::string_view values);
  void functions();
  void letters();
  void tensors();

  const Session& session_;
  const Program& program_;
  const PlannedObject& planned_;
  const std::string prefix_;
  std::string capitals_, text_;
};

void HeaderWriter::begin(const std::string& object, const std::string& machine) {
  put(R"(/* {}: a step of training and the evaluation of {},
   compiled by tenet {} for {}.

   A network is one block of memory, its arena: parameters, states, a batch of data, and what is worked out on
   the way. It is aligned to {P}_ALIGNMENT bytes and starts as zeros. The functions keep nothing elsewhere, so two
   arenas are two networks, and calls on different ones may run at the same time. They call nothing but C's
   library: link with -lm. */
#ifndef {P}_H
#define {P}_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#define {P}_ARENA_BYTES {}
#define {P}_ALIGNMENT 64

)",
      in_comment(object), in_comment(session_.options.file), TENET_VERSION, machine, arena_bytes(planned_.program));
}

void HeaderWriter::sizes() {
  std::vector<std::string> rows;
  for (const auto& [name, axis] : program_.axes)
    if (session_.sizes[axis] > 0) rows.push_back(fmt::format("  {}_size_{} = {}", prefix_, name, session_.sizes[axis]));
  if (!rows.empty()) put("/* How long the axes are. */\nenum {{\n{}\n}};\n\n", fmt::join(rows, ",\n"));
}

void HeaderWriter::data() {
  put("/* The data of a step, row-major, the first axis outermost. Coordinates outside their axis are not caught. */\n\n");
  for (const DataInput& data : program_.data) {
    const Buffer* buffer = buffer_of(data.input);
    if (!buffer) continue;
    const std::optional<AxisId>& typed_by = program_.graph.input(data.input).typed_by;
    std::string values = "real numbers";
    if (typed_by)
      values = fmt::format("coordinates of axis {}, from 0 to {}", axis_name(*typed_by), session_.sizes[*typed_by] - 1);
    if (data.source)
      values +=
          fmt::format("; for the whole run, tensor {} of {}", in_comment(data.source->tensor), in_comment(data.source->file));
    accessor(data.name, "data_" + data.name, *buffer, values);
  }
}

void HeaderWriter::noise() {
  std::set<std::string> taken;
  for (const NoiseInput& noise : program_.noise) {
    const Buffer* buffer = buffer_of(noise.input);
    if (!buffer) continue;
    if (taken.empty())
      put(R"(/* Random numbers, which the caller draws: anew before every step, and for an evaluation where it fills in the
   items. */

)");
    std::string name = c_identifier(noise.name);
    while (!taken.insert(name).second) name += '_';
    accessor(noise.name, "noise_" + name, *buffer,
             program_.graph.input(noise.input).distribution == Op::normal ? "standard normal numbers"
                                                                          : "uniform numbers from 0 to below 1");
  }
}

// `name`: in the program; the function that gives the place is called `function`, after the prefix.
void HeaderWriter::accessor(std::string_view name, std::string_view function, const Buffer& buffer, std::string_view values) {
  std::vector<std::string> axes;
  for (std::size_t i = 0; i < buffer.axes.size(); ++i)
    axes.push_back(fmt::format("{} = {}", axis_name(buffer.axes[i]), buffer.extents[i]));
  put("/* {}{}: {} */\n", name, axes.empty() ? "" : fmt::format("[{}]", fmt::join(axes, ", ")), values);
  put("static inline {0}* {p}_{1}(void* arena) {{ return ({0}*)((char*)arena + {2}); }}\n\n",
      buffer.kind == Kind::real ? "float" : "int32_t", function, buffer.offset);
}

void HeaderWriter::functions() {
  put(R"(/* One step of training on the data in the arena: changes parameters and states. `step` counts from 0; it is
   what the recipe's expressions read. Gives the loss that the step started from. */
float {p}_step(void* arena, int64_t step);

)");
  if (!planned_.plan) return put("/* There is no evaluation: {}. */\n\n", planned_.without_evaluation);
  put(R"(/* Writes `count` items of a split, from number `first` on, to the first rows of the data, along axis {}.
   Further rows count for nothing; their coordinates have to be within their axes, as those of the batch before
   are. `context` is the caller's. */
typedef void (*{p}_fill)(void* context, void* arena, int64_t first, int64_t count);

)",
      axis_name(planned_.plan->items));
  if (const std::size_t passes = planned_.plan->calibration.size())
    put(R"(/* Takes the statistics over the training split, which has `items` items; `fill` goes over it as often as there
   are levels of them: {}. To be called before an evaluation where steps have changed the parameters; the weights
   of a run come with their statistics. */
void {p}_calibrate(void* arena, int64_t items, {p}_fill fill, void* context);

)",
        passes);
  put(R"(/* The loss over a split of `items` items, at least 1, as `tenet eval` has it. */
float {p}_evaluate(void* arena, int64_t items, {p}_fill fill, void* context);

)");
}

void HeaderWriter::letters() {
  put("/* The letters (UTF-8) that coordinates of axis {} stand for. */\n", axis_name(*session_.recipe().source->alphabet));
  put("static const char* const {p}_letters[{}] = {{", session_.alphabet.size());
  for (std::size_t i = 0; i < session_.alphabet.size(); ++i)
    put("{}\"{}\",", i % 16 == 0 ? "\n    " : " ", in_string(session_.alphabet[i]));
  put("\n}};\n\n");
}

void HeaderWriter::tensors() {
  std::vector<std::string> rows;
  std::size_t rank = 1;
  const auto add = [&](const std::string& name, InputId input, std::string_view kind, std::string_view note = "") {
    const Buffer* buffer = buffer_of(input);
    if (!buffer) return;
    std::vector<std::string> axes;
    for (AxisId axis : buffer->axes) axes.push_back(axis_name(axis));
    rows.push_back(fmt::format("    {{\"{}\", {}_{}, {}, {}, {}, \"{}\", {{{}}}}},{}\n", name, prefix_, kind, buffer->offset,
                               buffer->bytes / 4, axes.size(), fmt::join(axes, ","),
                               axes.empty() ? "0" : fmt::format("{}", fmt::join(buffer->extents, ", ")), note));
    rank = std::max(rank, axes.size());
  };
  for (const Parameter& row : program_.parameters) add(row.name, row.input, "parameter");
  for (const State& row : program_.states) {
    const bool zero = is_zero(program_.graph, row.initial);
    add(row.name, row.input, row.own ? "state" : "optimizer_state",
        row.own || zero ? "" : " /* does not begin as zeros: take it from a checkpoint */");
  }
  if (planned_.plan)
    for (const Statistic& row : planned_.plan->statistics) add(row.name, row.input, "statistic");
  if (rows.empty()) return;
  put(R"(/* What is kept from step to step: 32-bit floats, row-major, as in the files of a run. Its weights.safetensors
   has parameters, states and statistics; its checkpoint has parameters and states, those of optimizers too, which
   begin as zeros. The files list a tensor's axes in their metadata's "axes". */
enum {{ {p}_parameter, {p}_state, {p}_optimizer_state, {p}_statistic }};

typedef struct {{
  const char* name;
  int kind;         /* of the four above */
  int64_t offset;   /* from the arena's start, in bytes */
  int64_t count;    /* of its elements */
  int rank;         /* how many axes it has */
  const char* axes; /* outermost first */
  int64_t shape[{}];
}} {p}_tensor;

static const {p}_tensor {p}_tensors[] = {{
{}}};
enum {{ {p}_tensor_count = {} }};

/* The network's fingerprint, which stands in the header of its files. */
#define {P}_NETWORK "{}"

)",
      rank, fmt::join(rows, ""), rows.size(), network_fingerprint(program_));
}

}  // namespace

std::string c_header(const Session& session, const PlannedObject& planned, const std::string& object,
                     const std::string& machine) {
  return HeaderWriter(session, planned).text(object, machine);
}

std::string c_identifier(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(
      result, [](unsigned char c) { return !(c < 0x80 && (std::isalnum(c) || c == '_')); }, '_');
  if (result.empty() || std::isdigit(static_cast<unsigned char>(result[0]))) result = "n" + result;
  return result;
}

}  // namespace tenet
