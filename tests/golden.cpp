#include "tests/golden.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "tests/catch.h"

namespace tenet::tests {

std::filesystem::path source_folder() { return TENET_SOURCE_FOLDER; }

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  INFO("reading " << path.string());
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

namespace {

bool recording() {
  const char* value = std::getenv("TENET_RECORD");
  return value != nullptr && std::string_view(value) == "1";
}

// The first line in which the two texts differ, as a message.
std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream expected_lines(expected), actual_lines(actual);
  for (int number = 1;; ++number) {
    std::string expected_line, actual_line;
    const bool more_expected = static_cast<bool>(std::getline(expected_lines, expected_line));
    const bool more_actual = static_cast<bool>(std::getline(actual_lines, actual_line));
    if (!more_expected && !more_actual) return "they differ in the last line's end";
    if (more_expected == more_actual && expected_line == actual_line) continue;
    std::ostringstream message;
    message << "line " << number << "\n  expected: " << (more_expected ? expected_line : "(the end)")
            << "\n  actual:   " << (more_actual ? actual_line : "(the end)");
    return message.str();
  }
}

}  // namespace

void check_golden(std::string_view stage, std::string_view name, std::string_view actual_text) {
  const std::filesystem::path path = source_folder() / "tests" / "cases" / stage / (std::string(name) + ".expected");
  const std::string actual(actual_text);
  if (recording()) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << actual;
    file.close();
    INFO("recording " << path.string());
    REQUIRE(file.good());
    return;
  }
  INFO("golden file " << path.string() << "; `./run-tests --record` records it anew");
  REQUIRE(std::filesystem::exists(path));
  const std::string expected = read_text(path);
  if (expected == actual) {
    SUCCEED();
  } else {
    FAIL_CHECK(first_difference(expected, actual));
  }
}

std::optional<std::filesystem::path> shared_data(std::string_view name) {
  std::filesystem::path path = source_folder().parent_path() / "shared" / "data" / name;
  if (std::filesystem::exists(path)) return path;
  std::cerr << "skipped: " << path.string() << " is not here\n";
  return {};
}

}  // namespace tenet::tests
