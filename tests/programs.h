// Programs elaborated for tests: those of graphs/, and others from text.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/elaborate/program.h"
#include "tests/catch.h"
#include "tests/golden.h"

namespace tenet::tests {

// For programs in one file.
inline std::expected<std::string, std::string> no_files(const std::string&) { return std::unexpected("there is no file"); }

struct ReadProgram {
  // `name`: without its extension, below graphs/.
  explicit ReadProgram(const std::string& name) : ReadProgram(name, read_text(source_folder() / "graphs" / (name + ".tenet"))) {}

  ReadProgram(const std::string& name, const std::string& text) {
    const std::uint32_t library = sink.add_source("std.tenet", read_text(source_folder() / "graphs" / "std.tenet"));
    program = elaborate(sink, sink.add_source(name, text), library, no_files);
    INFO(text << "\n" << sink.render(false));
    REQUIRE(program);
  }

  NodeId operator[](const std::string& value) const { return *program->target(value); }

  Diagnostics sink;
  std::optional<Program> program;
};

inline Program program_from(const std::string& text) { return std::move(*ReadProgram("test", text).program); }

// All of them but the library, in a fixed order.
inline std::vector<std::string> program_names() {
  const std::filesystem::path folder = source_folder() / "graphs";
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".tenet" && entry.path().stem() != "std")
      names.push_back(std::filesystem::relative(entry.path(), folder).replace_extension().string());
  std::ranges::sort(names);
  return names;
}

}  // namespace tenet::tests
