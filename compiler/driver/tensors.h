// Between the interpreter's tensors and an executable's arena.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/compile.h"
#include "compiler/graph/interpreter.h"

namespace tenet {

// A value for every input.
using Point = std::vector<std::pair<InputId, Tensor>>;

// The index of the slot of that name and role; -1: the computation has none.
int slot_index(const Executable& executable, Slot::Role role, std::string_view name);

// `values`, laid out along `from`, laid out along `to` instead. `to` may have axes that `from` lacks: repeated along them.
Tensor laid_out(const Tensor& tensor, std::span<const AxisId> to, const Sizes& sizes);

// Rounds to the slot's element type. The tensor may lack axes of the slot.
void write_slot(const Executable& executable, int slot, const Tensor& tensor, const Sizes& sizes, unsigned char* arena);

// Axes ascending, as the interpreter has them.
Tensor read_slot(const Executable& executable, int slot, const Sizes& sizes, const unsigned char* arena);

// The same for `values` in the slot's layout.
Tensor tensor_in_layout_of(const Executable& executable, int slot, std::vector<double> values, const Sizes& sizes);

// The name of an output by its place among those of a computation; names of values may repeat.
std::string output_name(std::size_t place);

// Runs a pass as that step, drawing nothing; the outputs called output_name(0) to output_name(count - 1).
std::vector<Tensor> outputs_of_pass(const Executable& executable, std::size_t count, std::int64_t step, const Sizes& sizes,
                                    unsigned char* arena);

// Every value rounded to single precision.
void round_to_float(Tensor& tensor);

// An element's coordinates: "batch = 3, vocab = 5".
std::string place_of(const Graph& graph, const Tensor& tensor, std::size_t element);

// As a message shows it: NaN has no sign.
std::string number_text(double value, int digits = 6);

}  // namespace tenet
