// Programs in tests: elaborated from text, and their values in numbers.
#pragma once

#include <cmath>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/elaborate/program.h"
#include "compiler/graph/interpreter.h"
#include "tests/catch.h"
#include "tests/golden.h"

namespace tenet::tests {

namespace fs = std::filesystem;

// What a case imports stands beside it.
inline std::expected<std::string, std::string> beside_cases(const std::string& name) {
  const fs::path path = source_folder() / "tests" / "cases" / "errors" / name;
  if (!fs::exists(path)) return std::unexpected("No such file or directory");
  return read_text(path);
}

inline std::optional<Program> elaborated(Diagnostics& diagnostics, const std::string& name, const std::string& text,
                                         const ReadFile& read = beside_cases) {
  const std::uint32_t file = diagnostics.add_source(name, text);
  const std::uint32_t library = diagnostics.add_source("std.tenet", read_text(source_folder() / "graphs" / "std.tenet"));
  return elaborate(diagnostics, file, library, read);
}

inline Program elaborated(const std::string& text) {
  Diagnostics diagnostics;
  std::optional<Program> program = elaborated(diagnostics, "test.tenet", text);
  INFO(text << "\n" << diagnostics.render(false));
  REQUIRE(program);
  return std::move(*program);
}

inline std::string errors(const std::string& text) {
  Diagnostics diagnostics;
  elaborated(diagnostics, "test.tenet", text);
  return diagnostics.render(false);
}

// A program's values at small sizes; data x[..] and parameters hold what `fill` gives for (input's name, place).
struct Evaluated {
  Program program;
  Sizes sizes;
  std::vector<double> operator[](const std::string& name) {
    Interpreter interpreter(program.graph, sizes, 1);
    for (std::uint32_t i = 0; i < program.graph.input_count(); ++i) {
      const Input& input = program.graph.input(InputId{i});
      Tensor tensor = tensor_of(input.axes, sizes);
      for (std::size_t k = 0; k < tensor.values.size(); ++k) {
        const double place = static_cast<double>(k);
        tensor.values[k] = input.typed_by ? std::fmod(place * 2 + 1, static_cast<double>(sizes[*input.typed_by])) : place + 1;
      }
      interpreter.bind(InputId{i}, std::move(tensor));
    }
    for (const Definition& row : program.definitions)
      if (row.name == name) return interpreter.value(row.node).values;
    for (const Parameter& row : program.parameters)
      if (row.name == name) return interpreter.value(row.initial).values;
    FAIL("no value " << name);
    return {};
  }
};

inline Evaluated evaluated(const std::string& text) {
  Evaluated result{elaborated(text), {}};
  Diagnostics diagnostics;
  std::optional<Sizes> sizes = close_sizes(result.program, diagnostics, {}, 3);
  INFO(diagnostics.render(false));
  REQUIRE(sizes);
  result.sizes = *sizes;
  return result;
}

inline std::vector<std::string> names(const Program& program) {
  std::vector<std::string> result;
  for (const Definition& row : program.definitions) result.push_back(row.name);
  return result;
}

using Values = std::vector<double>;

}  // namespace tenet::tests
