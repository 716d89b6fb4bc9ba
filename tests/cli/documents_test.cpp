// What README.md and the language guide show is what the command does.
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using tenet::tests::Ending;
using tenet::tests::read_text;
using tenet::tests::Scratch;
using tenet::tests::source_folder;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The text of the first code block after `heading`.
std::string first_block(const std::string& document, const std::string& heading) {
  const std::size_t begin = document.find("```\n", document.find(heading));
  REQUIRE(begin != std::string::npos);
  const std::size_t end = document.find("```", begin + 4);
  return document.substr(begin + 4, end - begin - 4);
}

// A command as a README shows it, and the lines it is said to print; `...` stands for lines left out.
struct Shown {
  std::string command;
  std::vector<std::string> lines;
};

std::vector<Shown> commands_in(const std::string& block) {
  std::vector<Shown> shown;
  for (const std::string& line : lines_of(block)) {
    if (line.starts_with("$ ")) {
      shown.push_back({line.substr(2), {}});
    } else if (!shown.empty() && !line.empty() && line != "...") {
      shown.back().lines.push_back(line);
    }
  }
  return shown;
}

}  // namespace

TEST_CASE("the README's picture shows what the commands print", "[cli]") {
  const std::vector<Shown> shown = commands_in(first_block(read_text(source_folder() / "README.md"), "# Tenet"));
  REQUIRE(shown.size() == 3);
  for (const auto& [command, lines] : shown) {
    if (command.find(" train ") != std::string::npos) continue;  // takes too long, and its last digits are the processor's
    const Scratch scratch;
    std::string script = command;
    if (command.starts_with("./tenet ")) script = "tenet " + command.substr(8);
    const Ending ending = scratch.run("cd '" + source_folder().string() + "' && " + script);
    INFO(command << "\n" << ending.err);
    REQUIRE(ending.status == 0);
    const std::vector<std::string> printed = lines_of(ending.out);
    for (const std::string& line : lines) {
      INFO(line);
      CHECK(std::ranges::find(printed, line) != printed.end());
    }
  }
}

TEST_CASE("the language guide's first program trains", "[cli]") {
  const Scratch scratch;
  const std::string program = first_block(read_text(source_folder() / "docs" / "language.md"), "## A program");
  const Ending ending = scratch.run(
      "cat >guide.tenet <<'END'\n" + program +
      "END\ntenet train guide.tenet --data names.txt --steps 100 --out r && tenet check guide.tenet --data names.txt");
  INFO(ending.out << ending.err);
  CHECK(ending.status == 0);
}
