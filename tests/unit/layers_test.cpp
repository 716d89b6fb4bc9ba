// The arrows between folders go one way: a stage includes what stands before it in the order below, itself, and of the
// runtime only the ABI; the runtime includes nothing of the compiler. `driver/` and `compile.*` see everything.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.h"
#include "tests/golden.h"

namespace fs = std::filesystem;
using tenet::tests::source_folder;

namespace {

constexpr std::array stage_order = {"diagnostics", "ops",   "syntax", "graph",  "grad",   "elaborate", "normal_form",
                                    "simplify",    "prove", "plan",   "kernel", "native", "render"};

struct Include {
  std::string file;      // relative to the project
  std::string included;  // as written between the quotes
};

std::vector<Include> includes_below(std::string_view folder) {
  std::vector<Include> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(source_folder() / folder)) {
    const std::string extension = entry.path().extension();
    if (extension != ".h" && extension != ".cpp" && extension != ".def") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      constexpr std::string_view directive = "#include \"";
      if (!line.starts_with(directive)) continue;
      const std::size_t end = line.find('"', directive.size());
      found.push_back(
          {fs::relative(entry.path(), source_folder()).string(), line.substr(directive.size(), end - directive.size())});
    }
  }
  return found;
}

// "grad" for compiler/grad/adjoint.cpp; "driver" for what may see everything, as compiler/compile.h does.
std::string stage_of(const std::string& path) {
  constexpr std::string_view root = "compiler/";
  const std::size_t slash = path.find('/', root.size());
  return slash == std::string::npos ? "driver" : path.substr(root.size(), slash - root.size());
}

std::size_t place_of(const std::string& stage) {
  return static_cast<std::size_t>(std::ranges::find(stage_order, stage) - stage_order.begin());
}

}  // namespace

TEST_CASE("every folder of the compiler is a stage in the order", "[unit]") {
  for (const fs::directory_entry& entry : fs::directory_iterator(source_folder() / "compiler")) {
    const std::string folder = entry.path().filename();
    if (!entry.is_directory() || folder == "driver") continue;
    INFO("compiler/" << folder);
    CHECK(place_of(folder) < stage_order.size());
  }
}

TEST_CASE("a stage includes only stages before it and the runtime's ABI", "[unit]") {
  const std::vector<Include> includes = includes_below("compiler");
  REQUIRE_FALSE(includes.empty());
  for (const auto& [file, included] : includes) {
    const std::string stage = stage_of(file);
    if (stage == "driver") continue;
    INFO(file << " includes " << included);
    if (included.starts_with("compiler/")) {
      CHECK(stage_of(included) != "driver");
      CHECK(place_of(stage_of(included)) <= place_of(stage));
    } else {
      CHECK(included == "runtime/abi.h");
    }
  }
}

TEST_CASE("the runtime includes nothing of the compiler", "[unit]") {
  const std::vector<Include> includes = includes_below("runtime");
  REQUIRE_FALSE(includes.empty());
  for (const auto& [file, included] : includes) {
    INFO(file << " includes " << included);
    CHECK(included.starts_with("runtime/"));
  }
}

TEST_CASE("every include names a file from the project's folder", "[unit]") {
  for (const std::string folder : {"compiler", "runtime", "tests"})
    for (const auto& [file, included] : includes_below(folder)) {
      INFO(file << " includes " << included);
      CHECK(fs::exists(source_folder() / included));
    }
}
