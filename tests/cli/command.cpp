#include "tests/cli/command.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/catch.h"
#include "tests/golden.h"

namespace tenet::tests {
namespace {

namespace fs = std::filesystem;

fs::path cases() { return source_folder() / "tests" / "cases" / "command"; }

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

std::vector<Row> rows_in(const fs::path& file) {
  std::istringstream lines(read_text(file));
  std::vector<Row> rows;
  enum class In { none, script, expected } in = In::none;
  for (std::string line; std::getline(lines, line);) {
    INFO(file << ": " << line);
    if (line.starts_with("== ")) {
      REQUIRE(in != In::script);
      rows.push_back({line.substr(3), "", 0, ""});
      in = In::script;
    } else if (line.starts_with("=> ")) {
      REQUIRE(in == In::script);
      std::istringstream ending(line.substr(3));
      REQUIRE(ending >> rows.back().status);
      std::getline(ending >> std::ws, rows.back().expected);
      in = In::expected;
    } else if (in == In::script) {
      rows.back().script += line + "\n";
    } else if (line.empty()) {
      in = In::none;
    } else if (in == In::expected) {
      rows.back().expected += "\n" + line;
    } else {
      REQUIRE(line.starts_with("#"));
    }
  }
  REQUIRE(in != In::script);
  return rows;
}

bool matches(const std::string& text, std::string pattern) {
  constexpr std::string_view gap = "...", any = "[^]*";
  for (std::size_t at = 0; (at = pattern.find(gap, at)) != std::string::npos; at += any.size())
    pattern.replace(at, gap.size(), any);
  return std::regex_search(text, std::regex(pattern));
}

}  // namespace tenet::tests
