// What use has found to go wrong, a row each in tests/cases/faults, a file a kind, each with its right outcome.
//
//   == name
//   shell text
//   => status
//   out PATTERN        standard output matches; `err PATTERN`: standard error does (command.h says how patterns are written)
//   no PATTERN         neither of them matches
//   x == 1 2 -0.5      the values of tensor `x` in r/weights.safetensors, to 1e-4 of the largest of them or of 1
//
// The test prints a table of all rows with their outcomes: build-tests/tests/tenet_tests "[faults]"
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "runtime/safetensors.h"
#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using tenet::tests::Ending;
using tenet::tests::matches;
using tenet::tests::Row;
using tenet::tests::rows_in;
using tenet::tests::Scratch;

namespace {

namespace fs = std::filesystem;

constexpr double tolerance = 1e-4;

// What is wrong with the tensor; empty: nothing.
std::string difference(const fs::path& weights, const std::string& name, const std::vector<double>& expected) {
  const auto file = tenet::read_safetensors(weights);
  if (!file) return file.error();
  const auto* tensor = file->find(name);
  if (!tensor) return "there is no tensor " + name;
  const std::vector<double> found = file->numbers(*tensor).value();
  double scale = 1;
  for (double value : expected) scale = std::max(scale, std::abs(value));
  const auto equal = [&](double a, double b) { return std::abs(a - b) <= tolerance * scale; };
  if (std::ranges::equal(found, expected, equal)) return {};
  std::string text = name + " is";
  for (double value : found) text += fmt::format(" {}", value);
  return text;
}

// What is wrong with one line of what a row expects; empty: nothing.
std::string fault(const Ending& ending, const fs::path& folder, const std::string& expectation) {
  std::istringstream words(expectation);
  std::string first, second, rest;
  words >> first;
  if (first == "out" || first == "err" || first == "no") {
    std::getline(words >> std::ws, rest);
    const bool found = first == "no" ? matches(ending.out, rest) || matches(ending.err, rest)
                                     : matches(first == "out" ? ending.out : ending.err, rest);
    return found == (first != "no") ? "" : expectation;
  }
  words >> second;
  if (second != "==") return "this says nothing: " + expectation;
  std::vector<double> numbers;
  for (double number; words >> number;) numbers.push_back(number);
  if (!words.eof() || numbers.empty()) return "these are no numbers: " + expectation;
  return difference(folder / "r" / "weights.safetensors", first, numbers);
}

// A line of the table: kind, case, outcome.
void print_outcome(const std::string& kind, const Row& row, const std::string& wrong) {
  fmt::print("{:<12} {:<70} {}\n", kind, row.name, wrong.empty() ? "right" : "WRONG: " + wrong);
}

// The address sanitizer itself takes more of the address space than such a limit leaves.
bool limits_addresses(const Row& row) { return row.script.find("ulimit -v") != std::string::npos; }
#ifdef __SANITIZE_ADDRESS__
constexpr bool has_large_addresses = true;
#else
constexpr bool has_large_addresses = false;
#endif

void check_kind(const std::string& kind) {
  for (const Row& row : rows_in(tenet::tests::source_folder() / "tests" / "cases" / "faults" / (kind + ".rows"))) {
    DYNAMIC_SECTION(row.name) {
      if (has_large_addresses && limits_addresses(row)) {
        fmt::print("{:<12} {:<70} skipped under the address sanitizer\n", kind, row.name);
        continue;
      }
      const Scratch scratch;
      const Ending ending = scratch.run(row.script);
      INFO(kind << ": " << row.name << "\n" << row.script << "ended with " << ending.status);
      INFO("standard output:\n" << ending.out.substr(0, 4000) << "\nstandard error:\n" << ending.err.substr(0, 4000));
      std::istringstream lines(row.expected);
      std::string wrong = ending.status == row.status ? "" : fmt::format("status {}", ending.status);
      for (std::string line; wrong.empty() && std::getline(lines, line);)
        if (!line.empty()) wrong = fault(ending, scratch.folder(), line);
      print_outcome(kind, row, wrong);
      CHECK(wrong == "");
    }
  }
}

std::vector<std::string> kinds() {
  std::vector<std::string> result;
  for (const auto& entry : fs::directory_iterator(tenet::tests::source_folder() / "tests" / "cases" / "faults"))
    result.push_back(entry.path().stem());
  std::ranges::sort(result);
  return result;
}

}  // namespace

TEST_CASE("what went wrong in use comes out right", "[cli][faults]") {
  for (const std::string& kind : kinds()) check_kind(kind);
}
