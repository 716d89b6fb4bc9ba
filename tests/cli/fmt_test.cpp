// tenet fmt: which files it writes, what it says, how it ends.
#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using namespace tenet::tests;

namespace {

constexpr const char* programs = R"(printf 'x=1\n' >untidy.tenet
printf 'x = 1\n' >tidy.tenet
printf 'x = \n' >wrong.tenet
)";

}  // namespace

TEST_CASE("fmt rewrites the files that are not in canonical layout", "[cli]") {
  const Scratch scratch;
  const Ending ending =
      scratch.run(std::string(programs) +
                  "chmod 640 untidy.tenet; ln -s untidy.tenet link.tenet; touch -d 2001-01-01 tidy.tenet\n"
                  "tenet fmt tidy.tenet link.tenet && stat -c '%a %F' untidy.tenet link.tenet && date -r tidy.tenet +%Y; ls -A");
  INFO(ending.out << ending.err);
  CHECK(ending.status == 0);
  CHECK(ending.out.starts_with("640 regular file\n777 symbolic link\n2001\n"));
  CHECK(ending.out.find(".new") == std::string::npos);
  CHECK(ending.err == "tenet: link.tenet: rewritten from line 1 on\n");
  CHECK(read_text(scratch.folder() / "untidy.tenet") == "x = 1\n");
  CHECK(scratch.run("tenet fmt link.tenet tidy.tenet").err.empty());
}

TEST_CASE("fmt --check changes nothing and says by its status whether it would", "[cli]") {
  const Scratch scratch;
  const Ending ending = scratch.run(std::string(programs) + "tenet fmt --check tidy.tenet untidy.tenet");
  CHECK(ending.status == 1);
  CHECK(ending.out.empty());
  CHECK(ending.err == "tenet: untidy.tenet: line 1 is not in canonical layout\n");
  CHECK(read_text(scratch.folder() / "untidy.tenet") == "x=1\n");
  CHECK(scratch.run("tenet fmt --check tidy.tenet").status == 0);
  CHECK(scratch.run("tenet fmt --check - <untidy.tenet").status == 1);
}

TEST_CASE("fmt goes from standard input to standard output", "[cli]") {
  const Scratch scratch;
  const Ending ending = scratch.run(std::string(programs) + "tenet fmt - <untidy.tenet");
  CHECK(ending.status == 0);
  CHECK(ending.out == "x = 1\n");
  CHECK(ending.err.empty());
}

TEST_CASE("fmt leaves a program with an error alone, and sees to the others", "[cli]") {
  const Scratch scratch;
  const Ending ending = scratch.run(std::string(programs) + "tenet fmt wrong.tenet untidy.tenet");
  CHECK(ending.status == 2);
  CHECK_THAT(ending.err, ContainsSubstring("wrong.tenet:1:3: error: "));
  CHECK(read_text(scratch.folder() / "wrong.tenet") == "x = \n");
  CHECK(read_text(scratch.folder() / "untidy.tenet") == "x = 1\n");
  CHECK(scratch.run("tenet fmt missing.tenet wrong.tenet").status == 3);
  CHECK(scratch.run("tenet fmt - <wrong.tenet").out.empty());
  CHECK(scratch.run("tenet fmt").status == 2);
}
