#include <cstdio>
#include <string>

#include "runtime/progress.h"
#include "tests/catch.h"

using namespace tenet;

namespace {

// What the reports print.
std::string printed(bool terminal, std::initializer_list<TrainingReport> reports) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  Progress progress(stream, terminal);
  for (const TrainingReport& report : reports) progress(report);
  progress.end();
  std::fclose(stream);
  const std::string result(text, size);
  std::free(text);
  return result;
}

}  // namespace

TEST_CASE("the progress line tells step, loss, speed and time left", "[unit]") {
  CHECK(format({31'000, 200'000, 2.5, 2.29134, 4, 8312}) == " 31,000 / 200,000  loss 2.2913  8,312 steps/s  21 s left");
  CHECK(format({1, 1000, 2.5, 2.5, 4, 0.25}) == "    1 / 1,000  loss 2.5000  0.25 steps/s  1 h 06 min left");
  CHECK(format({0, 1'234'567, 3, 3, 4, 10'000}) == "        0 / 1,234,567  loss 3.0000  10,000 steps/s  2 min 04 s left");
}

TEST_CASE("a training of under a second prints nothing", "[unit]") {
  CHECK(printed(true, {{1, 10, 1, 1, 0.2, 5}, {9, 10, 1, 1, 0.9, 5}}) == "");
  CHECK(printed(false, {{1, 10, 1, 1, 0.9, 5}}) == "");
}

TEST_CASE("on a terminal the line is rewritten, elsewhere one comes every few seconds", "[unit]") {
  const std::string line = "    1 / 1,000  loss 2.5000  500 steps/s  2 s left";
  const TrainingReport first{1, 1000, 2.5, 2.5, 5, 500}, soon{2, 1000, 2.5, 2.5, 5.05, 500}, later{3, 1000, 2.5, 2.5, 5.2, 500};
  CHECK(printed(true, {first, soon, later}) == "\r" + line + "\r    3 / 1,000  loss 2.5000  500 steps/s  2 s left\n");
  CHECK(printed(false, {first, soon, later}) == line + "\n");
}
