#include "tests/cli/command.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/catch.h"
#include "tests/golden.h"

namespace tenet::tests {
namespace {

namespace fs = std::filesystem;

fs::path cases() { return source_folder() / "tests" / "cases" / "command"; }

// Every `...` as a regular expression for any text.
std::string with_gaps(std::string pattern) {
  constexpr std::string_view gap = "...", any = "[^]*";
  for (std::size_t at = 0; (at = pattern.find(gap, at)) != std::string::npos; at += any.size())
    pattern.replace(at, gap.size(), any);
  return pattern;
}

}  // namespace

Scratch::Scratch() {
  std::string name = (fs::temp_directory_path() / "tenet-test-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  folder_ = name;
  for (const char* file : {"ok.tenet", "names.txt"}) fs::copy_file(cases() / file, folder_ / file);
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Ending Scratch::run(const std::string& script, int seconds) const {
  std::ofstream file(folder_ / ".script");
  file << read_text(cases() / "prelude.sh") << script;
  file.close();
  REQUIRE(file.good());
  const fs::path command(TENET_COMMAND);
  const std::string line = "cd '" + folder_.string() + "' && PATH='" + command.parent_path().string() + "':\"$PATH\" timeout " +
                           std::to_string(seconds) + " sh .script >.out 2>.err </dev/null";
  const int ending = std::system(line.c_str());
  REQUIRE(ending != -1);
  const int status = WIFEXITED(ending) ? WEXITSTATUS(ending) : 128 + WTERMSIG(ending);
  return {status, read_text(folder_ / ".out"), read_text(folder_ / ".err")};
}

std::vector<Row> rows_of(std::string_view table) {
  std::istringstream lines(read_text(cases() / (std::string(table) + ".rows")));
  std::vector<Row> rows;
  bool in_row = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("== ")) {
      rows.push_back({line.substr(3), "", 0, ""});
      in_row = true;
    } else if (line.starts_with("=> ")) {
      REQUIRE(in_row);
      std::istringstream ending(line.substr(3));
      ending >> rows.back().status;
      REQUIRE(ending.get() == ' ');
      std::getline(ending, rows.back().pattern);
      rows.back().pattern = with_gaps(rows.back().pattern);
      in_row = false;
    } else if (in_row) {
      rows.back().script += line + "\n";
    } else {
      INFO(table << ".rows: " << line);
      REQUIRE((line.empty() || line.starts_with("#")));
    }
  }
  REQUIRE_FALSE(in_row);
  return rows;
}

}  // namespace tenet::tests
