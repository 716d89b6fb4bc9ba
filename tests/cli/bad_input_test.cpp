// What a user can get wrong, a row each in tests/cases/command: the command ends with status 2 (the program or the command
// line) or 3 (a file or the machine), says what is wrong in few words, and loses nothing. Behind the status stands a pattern
// that standard error matches.
#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using tenet::tests::Ending;
using tenet::tests::Row;
using tenet::tests::rows_in;
using tenet::tests::Scratch;

namespace {

constexpr std::size_t longest_message = 10'000;

void check_rows(const std::string& table) {
  for (const Row& row : rows_in(tenet::tests::source_folder() / "tests" / "cases" / "command" / (table + ".rows"))) {
    DYNAMIC_SECTION(row.name) {
      const Scratch scratch;
      const Ending ending = scratch.run(row.script);
      if (ending.err.starts_with("skipped: ")) {
        WARN(row.name << ": " << ending.err);
        continue;
      }
      const std::string said = ending.err.substr(0, longest_message);
      INFO("script:\n" << row.script << "ended with " << ending.status << " and said:\n" << said);
      CHECK((row.status == 2 || row.status == 3));
      CHECK(ending.status == row.status);
      INFO("pattern: " << row.expected);
      CHECK(tenet::tests::matches(said, row.expected));
      CHECK(ending.err.size() < longest_message);
    }
  }
}

}  // namespace

TEST_CASE("files that are no programs get an error", "[cli]") { check_rows("files"); }
TEST_CASE("programs that are wrong get an error with its place", "[cli]") { check_rows("programs"); }
TEST_CASE("data and command lines that are wrong get an error", "[cli]") { check_rows("data"); }
TEST_CASE("runs that are wrong get an error and stay as they are", "[cli]") { check_rows("runs"); }
