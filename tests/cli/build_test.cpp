// Object files from the outside: a program in C, linked to one and to nothing of Tenet's, has the numbers that the command has.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
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

const std::string compile_c = "cc -std=c99 -Wall -Wextra -Wpedantic -Werror -O1 -Wl,--fatal-warnings ";

// False, and said so, where the machine lacks a C compiler's tools.
bool has_tools(const Scratch& scratch) {
  const bool has = scratch.run("command -v cc && command -v c++ && command -v nm").status == 0;
  if (!has) WARN("skipped: this machine has no C compiler (cc, c++, nm)");
  return has;
}

std::string run(const Scratch& scratch, const std::string& script) {
  const Ending ending = scratch.run(script);
  INFO(script << "\n" << ending.err);
  REQUIRE(ending.status == 0);
  return ending.out;
}

// Copies files of tests/cases/build to the scratch folder.
void bring(const Scratch& scratch, const std::string& files) {
  run(scratch, "cp '" + source_folder().string() + "'/tests/cases/build/" + files + " .");
}

// Leaves makemore.tenet, small and without splits, and makemore.c in the scratch folder. `edits`: sed's, of the program.
void bring_makemore(const Scratch& scratch, const std::string& edits) {
  const std::string source = source_folder().string();
  run(scratch, "sed -e '/split/d; s/embed = 10, hidden = 200/embed = 4, hidden = 9/; s|../data/||' -e '" + edits + "' '" +
                   source + "/graphs/makemore.tenet' >makemore.tenet && cp '" + source + "/examples/makemore.c' .");
}

double train_loss(const Scratch& scratch, const std::string& program, const std::string& folder) {
  return nlohmann::json::parse(run(scratch, "tenet eval " + program + " --from " + folder + " --format json"))["train"];
}

std::vector<double> numbers(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<double>(stream), {}};
}

}  // namespace

TEST_CASE("the example in C evaluates weights as eval does, and trains", "[cli]") {
  const Scratch scratch;
  if (!has_tools(scratch)) return;
  bring_makemore(scratch, "s/batch     = 32/batch = 8/");
  const std::string build =
      "tenet build makemore.tenet -o makemore.o && " + compile_c + "-o makemore makemore.c makemore.o -lm && ";
  const std::string out = run(scratch, "tenet train makemore.tenet --steps 300 --out r >/dev/null && " + build +
                                           "./makemore r/weights.safetensors names.txt 500");
  INFO(out);
  std::smatch found;
  REQUIRE(std::regex_match(out, found, std::regex("loss +([0-9.]+)\nsteps +([0-9.]+) \\(mean of 500\\)\nloss +([0-9.]+)\n")));
  const double loss = std::stod(found[1]), steps = std::stod(found[2]), after = std::stod(found[3]);
  CHECK(loss == Approx(train_loss(scratch, "makemore.tenet", "r")).epsilon(1e-6));
  CHECK(steps < loss + 0.5);
  CHECK(after < loss);
}

TEST_CASE("steps in C have the bits of train's", "[cli]") {
  const Scratch scratch;
  if (!has_tools(scratch)) return;
  bring(scratch, "steps.c");
  // The whole split each step: the data of every step are the same, and in the file's order.
  bring_makemore(scratch, "/batch     = 32/d; s/sgd()/adam()/; s/where(step < 100_000, 0.1, 0.01)/0.05 + 0.01 * step/");
  const std::vector<double> printed = numbers(run(scratch, R"(
for n in 0 1 2 3; do tenet train makemore.tenet --steps $n --out r$n >/dev/null || exit 10; done
tenet build makemore.tenet -o makemore.o && cc -O1 -Wno-unused -o steps steps.c makemore.o -lm && ./steps)"));
  REQUIRE(printed.size() == 4);
  double sum = 0;
  for (int step = 0; step < 3; ++step) {
    sum += static_cast<float>(printed[static_cast<std::size_t>(step)]);
    const std::string log = read_text(scratch.folder() / ("r" + std::to_string(step + 1)) / "log.jsonl");
    const nlohmann::json line = nlohmann::json::parse(log.substr(0, log.find('\n')));
    REQUIRE(line["step"] == step + 1);
    CHECK(sum / (step + 1) == line["loss"].get<double>());  // the mean of all so far
  }
  CHECK(printed[3] == Approx(train_loss(scratch, "makemore.tenet", "r3")).epsilon(1e-6));
}

TEST_CASE("every reduction over items is put together in C as in eval", "[cli]") {
  const Scratch scratch;
  if (!has_tools(scratch)) return;
  bring(scratch, "reductions.*");
  const std::string out = run(scratch, R"(
tenet train reductions.tenet --steps 0 --out r >/dev/null || exit 10
tenet build reductions.tenet -o reductions.o --prefix net || exit 10
cc -O1 -o reductions reductions.c reductions.o -lm && tail -n +2 reductions.csv | ./reductions)");
  INFO(out);
  const std::vector<double> printed = numbers(out);
  REQUIRE(printed.size() == 3);
  CHECK(printed[0] == Approx(train_loss(scratch, "reductions.tenet", "r")).epsilon(1e-6));
  CHECK(printed[1] != Approx(printed[0]));
  CHECK(printed[2] == 3 * 3 + 3 + 1);  // three levels of statistics, and a split that fits into one batch
}

TEST_CASE("a program in C fills the random numbers that a step draws", "[cli]") {
  const Scratch scratch;
  if (!has_tools(scratch)) return;
  bring(scratch, "noise.*");
  const std::string out =
      run(scratch, "tenet build noise.tenet -o noise.o && cc -Wall -Wextra -Werror -O1 -o noise noise.c noise.o -lm && ./noise");
  INFO(out);
  // The values x + noise are 1, 3, 5; in the step 1 and 3, with the gradient 2 (1 * 1 + 3 * 2) / 2.
  const std::vector<double> printed = numbers(out);
  REQUIRE(printed.size() == 3);
  CHECK(printed[0] == Approx(35.0 / 3).epsilon(1e-6));
  CHECK(printed[1] == 5);
  CHECK(printed[2] == 1 - 0.5 * 7);
}

TEST_CASE("an object refers to C's library alone, for any processor", "[cli]") {
  const Scratch scratch;
  if (!has_tools(scratch)) return;
  bring_makemore(scratch, "");
  for (const std::string processor : {"", "--cpu generic", "--cpu x86-64-v4"}) {
    if (processor.ends_with("v4") && run(scratch, "uname -m") != "x86_64\n") continue;
    const std::string symbols = run(scratch, "tenet build makemore.tenet -o step.o " + processor + " && nm -P step.o");
    std::vector<std::string> exported;
    std::istringstream lines(symbols);
    for (std::string line; std::getline(lines, line);) {
      std::string name, kind;
      std::istringstream(line) >> name >> kind;
      INFO(processor << ": " << line);
      if (kind == "U") CHECK(std::regex_match(name, std::regex("mem(set|cpy|move)|fmaf|floorf?|nearbyintf")));
      if (kind != "U" && std::isupper(static_cast<unsigned char>(kind[0]))) exported.push_back(name);
    }
    CHECK(exported == std::vector<std::string>{"step_calibrate", "step_evaluate", "step_step"});
  }
}

TEST_CASE("a header is C99 and C++ whatever a program is called and calls its values", "[cli]") {
  const Scratch scratch;
  if (!has_tools(scratch)) return;
  bring(scratch, "odd_names.*");
  run(scratch, R"(printf 'a"b\\c\nd*/e\nf\303\251?/\n' >odd.txt && tenet build odd_names.tenet -o '2 odd-names.o')");
  run(scratch, compile_c + "odd_names.c '2 odd-names.o' -lm");
  run(scratch, "cp odd_names.c odd_names.cpp && c++ -Wall -Wextra -Wpedantic -Werror odd_names.cpp '2 odd-names.o' -lm");
  const std::string header = read_text(scratch.folder() / "2 odd-names.h");
  for (const std::string text : {"n2_odd_names_step", "n2_odd_names_evaluate", "n2_odd_names_size_vocab",
                                 "N2_ODD_NAMES_ARENA_BYTES", "{\"h.W\", n2_odd_names_parameter", "\"\\\"\"", "\"\\\\\""})
    CHECK_THAT(header, ContainsSubstring(text));
}

TEST_CASE("a program that is evaluated only whole, or has no data, is built without an evaluation", "[cli]") {
  const Scratch scratch;
  const Ending ending = scratch.run(R"(
edit 'loss     = ' 'loss     = 0.1 * sum[batch](batch * b[vocab = Y]) ' >p.tenet
tenet build p.tenet -o p.o || exit 10
printf 'axis i = 3\nparam w[i] = 1\nloss = sum[i](w^2)\ntrain loss {\nsteps = 3\nrate = 0.1\n}\n' >q.tenet
tenet build q.tenet -o q.o && cat p.h q.h)");
  INFO(ending.err);
  CHECK(ending.status == 0);
  CHECK_THAT(ending.err, ContainsSubstring("no evaluation: a split would have to be there whole"));
  CHECK_THAT(ending.err, ContainsSubstring("no evaluation: the recipe has no source of data"));
  CHECK_THAT(ending.out, ContainsSubstring("There is no evaluation"));
  CHECK_THAT(ending.out, ContainsSubstring("float q_step("));
  CHECK_THAT(ending.out, !ContainsSubstring("_evaluate("));
}

TEST_CASE("the example says what is wrong with a weights file", "[cli]") {
  const Scratch scratch;
  if (!has_tools(scratch)) return;
  bring_makemore(scratch, "s/batch     = 32/batch = 8/");
  run(scratch, "tenet train makemore.tenet --steps 5 --out r >/dev/null && tenet build makemore.tenet -o makemore.o && " +
                   compile_c + "-o makemore makemore.c makemore.o -lm && tenet train ok.tenet --out other >/dev/null");
  const std::string weights = read_text(scratch.folder() / "r" / "weights.safetensors");
  const auto says = [&](const std::string& script, const std::string& pattern) {
    const Ending ending = scratch.run(script + "\n./makemore w names.txt");
    INFO(script << "\nended with " << ending.status << ": " << ending.err);
    CHECK(ending.status == 3);
    CHECK(std::regex_search(ending.err, std::regex("^makemore: .*(" + pattern + ")")));
  };
  says(": >w", "too short");
  says("cp other/weights.safetensors w", "another program");
  says("sed 's/F32/F16/' r/weights.safetensors >w", "another type or shape");
  says("sed 's/\"W1\":/\"V1\":/' r/weights.safetensors >w", "`W1` is missing");
  says("sed 's/data_offsets/data_offsetz/' r/weights.safetensors >w", "unknown key");
  const std::size_t header = weights.find("}}");
  for (std::size_t size : {std::size_t{7}, std::size_t{8}, header / 2, header, header + 3, weights.size() - 1})
    says("head -c " + std::to_string(size) + " r/weights.safetensors >w", "too short|truncated|no safetensors");
}
