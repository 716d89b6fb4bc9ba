// Runs the built command from shell scripts, in a folder of their own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tenet::tests {

struct Ending {
  int status;  // of the script: 128 + the signal's number where one ended its last command, 124 where its time ran out
  std::string out, err;
};

// A folder that goes away with this object. It holds ok.tenet and names.txt of tests/cases/command.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Runs POSIX shell text here after prelude.sh, with the built `tenet` first on its path and nothing on standard input.
  Ending run(const std::string& script, int seconds = 120) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

// A row of a table of scripts:
//
//   == name
//   shell text
//   => status
//   further lines, up to an empty one: what else is expected
struct Row {
  std::string name, script;
  int status;
  std::string expected;  // the rest of the line with the status, then the lines below
};
std::vector<Row> rows_in(const std::filesystem::path& file);

// Patterns are regular expressions (ECMAScript's); in them `...` stands for any text, line ends included.
bool matches(const std::string& text, std::string pattern);

}  // namespace tenet::tests
