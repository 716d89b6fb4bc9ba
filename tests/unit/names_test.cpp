// The project's own data is what data/README.md says.
#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include "tests/catch.h"
#include "tests/golden.h"

using tenet::tests::read_text;
using tenet::tests::source_folder;

TEST_CASE("data/names.txt holds at least 2,000 different names of the letters a to z", "[unit]") {
  std::istringstream lines(read_text(source_folder() / "data" / "names.txt"));
  std::set<std::string> names;
  for (std::string name; std::getline(lines, name);) {
    INFO(name);
    CHECK(name.size() >= 2);
    CHECK(std::ranges::all_of(name, [](char letter) { return letter >= 'a' && letter <= 'z'; }));
    CHECK(names.insert(name).second);
  }
  CHECK(names.size() >= 2000);
  CHECK(read_text(source_folder() / "data" / "README.md").find("| 9,145 different") != std::string::npos);
  CHECK(names.size() == 9145);
}
