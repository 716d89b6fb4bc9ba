// A run that is stopped and killed over and over, and resumed each time, ends with the bits of the run that was not.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <sstream>

#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using tenet::tests::Ending;
using tenet::tests::read_text;
using tenet::tests::Scratch;

TEST_CASE("a run killed at many moments and resumed ends with the same bits", "[cli]") {
  const Scratch scratch;
  // An interrupt saves, a kill does not; moments are a third of a second and less apart, the whole run takes longer.
  const Ending ending = scratch.run(R"(
steps=4000000
tenet train ok.tenet --steps $steps --out whole >whole.out || exit 11
how() { [ -d killed ] && echo --resume || echo --out; }  # a slow machine may not have begun before it is killed
for stop in 'KILL 0.05' 'INT 0.2' 'KILL 0.1' 'INT 0.25' 'KILL 0.3' 'KILL 0.15' 'INT 0.1' 'KILL 0.2' 'INT 0.35' 'KILL 0.25'; do
  timeout -s ${stop% *} ${stop#* } tenet train ok.tenet --steps $steps $(how) killed >o
  echo $? >>endings
done
tenet train ok.tenet --steps $steps $(how) killed >killed.out || exit 12
for run in whole killed; do sed 's/, "seconds".*//' $run/log.jsonl >$run.log; done
)");
  INFO(ending.err);
  REQUIRE(ending.status == 0);
  const std::filesystem::path& folder = scratch.folder();
  INFO("how the stopped runs ended:\n" << read_text(folder / "endings"));
  std::istringstream endings(read_text(folder / "endings"));
  CHECK(std::count(std::istream_iterator<int>(endings), {}, 137) >= 3);  // 128 + SIGKILL
  CHECK(read_text(folder / "whole" / "weights.safetensors") == read_text(folder / "killed" / "weights.safetensors"));
  CHECK(read_text(folder / "whole.log") == read_text(folder / "killed.log"));
  CHECK(read_text(folder / "whole.out") == read_text(folder / "killed.out"));
}
