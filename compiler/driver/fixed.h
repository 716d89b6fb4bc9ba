// Data that the program loads themselves, whole and once for the run: data C[vocab, embed] = load("w.safetensors", "C").
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "compiler/driver/outcome.h"
#include "compiler/elaborate/program.h"
#include "compiler/graph/interpreter.h"

namespace tenet {

struct FixedData {
  std::string name;
  InputId input;
  Span span;     // of what loads it
  Tensor value;  // along the axes in the order in which the file has them
};

// Reads what the program loads; `folder` is what its paths are relative to. Failure: a file or a tensor is missing, another
// number of axes, a value that is not finite in single precision, one that is no whole number where these are wanted.
Outcome<std::vector<FixedData>> read_fixed(const Program& program, const std::filesystem::path& folder);

// Sizes that they have for axes that are open.
void add_sizes_of(std::span<const FixedData> fixed, const Graph& graph, std::map<std::string, std::int64_t>& given);

// Holds them against the program's sizes and lays them out with ascending axes. Errors go to the sink. Failure: a whole number is
// no coordinate of its axis.
Outcome<void> fit(std::vector<FixedData>& fixed, const Graph& graph, const Sizes& sizes, Diagnostics& diagnostics);

}  // namespace tenet
