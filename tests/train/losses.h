// What the tests of training share: running the command, and the losses that it prints.
#pragma once

#include <array>
#include <cmath>
#include <regex>
#include <sstream>
#include <string>

#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

namespace tenet::tests {

inline const std::string graphs = source_folder() / "graphs";
inline const std::string names = source_folder() / "data" / "names.txt";

// The least mean loss of any bigram model on all pairs of the names: that of the observed frequencies.
inline double bigram_optimum() {
  std::array<std::array<double, 27>, 27> counts{};
  std::istringstream lines(read_text(names));
  for (std::string name; std::getline(lines, name);) {
    std::size_t previous = 0;
    for (char letter : name + '`') {  // the character before 'a' stands for the end
      const auto code = static_cast<std::size_t>(letter - '`');
      ++counts[previous][code];
      previous = code;
    }
  }
  double loss = 0, all = 0;
  for (const auto& row : counts) {
    double sum = 0;
    for (double count : row) sum += count;
    for (double count : row)
      if (count > 0) loss -= count * std::log(count / sum);
    all += sum;
  }
  return loss / all;
}

// A split's loss from what `train` or `eval` printed.
inline double loss_in(const std::string& text, const std::string& split) {
  std::smatch found;
  REQUIRE(std::regex_search(text, found, std::regex("(^|\n)" + split + " +([0-9.]+)\n")));
  return std::stod(found[2]);
}

inline Ending run(const Scratch& scratch, const std::string& script) {
  Ending ending = scratch.run(script, 120);
  INFO(script << "\n" << ending.err);
  REQUIRE(ending.status == 0);
  return ending;
}

}  // namespace tenet::tests
