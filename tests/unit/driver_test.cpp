// The command as a person or a script meets it: what goes where, and what it means.
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using tenet::tests::Ending;
using tenet::tests::read_text;
using tenet::tests::Scratch;

namespace {

const nlohmann::json& named(const nlohmann::json& rows, const std::string& name) {
  for (const nlohmann::json& row : rows)
    if (row["name"] == name) return row;
  FAIL("no row " << name << " in " << rows.dump(2));
  return rows;
}

}  // namespace

TEST_CASE("--help teaches by examples and --version says the version", "[unit]") {
  const Scratch scratch;
  const Ending help = scratch.run("tenet --help");
  CHECK(help.status == 0);
  CHECK_THAT(help.out, ContainsSubstring("tenet train graphs/makemore.tenet"));
  CHECK_THAT(help.out, ContainsSubstring("Exit status"));
  for (const std::string command : {"train", "derive", "check", "sample", "eval", "dump", "build", "bench"}) {
    CHECK_THAT(help.out, ContainsSubstring(command));
    const Ending one = scratch.run("tenet " + command + " --help");
    CHECK(one.status == 0);
    CHECK_THAT(one.out, ContainsSubstring("Example"));
  }
  const Ending version = scratch.run("tenet --version");
  CHECK(version.status == 0);
  CHECK_THAT(version.out, ContainsSubstring("tenet 0."));
}

TEST_CASE("train prints losses and words, leaves a run, and eval and sample use it", "[unit]") {
  const Scratch scratch;
  const Ending train = scratch.run("tenet train ok.tenet");
  INFO(train.err);
  REQUIRE(train.status == 0);
  CHECK_THAT(train.out, ContainsSubstring("train       "));
  CHECK_THAT(train.out, ContainsSubstring("validation  "));
  CHECK_THAT(train.out, ContainsSubstring("test        "));
  CHECK_THAT(train.err, ContainsSubstring("runs/ok-1"));
  CHECK(read_text(scratch.folder() / "runs" / "ok-1" / "program.tenet") == read_text(scratch.folder() / "ok.tenet"));
  CHECK_THAT(read_text(scratch.folder() / "runs" / "ok-1" / "log.jsonl"), ContainsSubstring("\"validation\""));
  CHECK_THAT(scratch.run("tenet train ok.tenet").err, ContainsSubstring("runs/ok-2"));

  const Ending eval = scratch.run("tenet eval ok.tenet --from runs/ok-1 --format json");
  REQUIRE(eval.status == 0);
  const nlohmann::json losses = nlohmann::json::parse(eval.out);
  for (const char* split : {"train", "validation", "test"}) CHECK(losses[split].get<double>() > 0);

  // Weights carry their alphabet: sampling reads no data.
  const Ending sample = scratch.run("rm names.txt; tenet sample ok.tenet --from runs/ok-1/weights.safetensors --count 5");
  CHECK(sample.status == 0);
  CHECK(std::count(sample.out.begin(), sample.out.end(), '\n') == 5);
}

TEST_CASE("a program may come from standard input, its paths then from the current folder", "[unit]") {
  const Scratch scratch;
  const Ending train = scratch.run("tenet train - --steps 5 --out r <ok.tenet");
  INFO(train.err);
  CHECK(train.status == 0);
}

TEST_CASE("Ctrl-C saves everything and says how to go on", "[unit]") {
  const Scratch scratch;
  const Ending ending = scratch.run("timeout -s INT 1 tenet train ok.tenet --steps 100000000 --out r; [ $? = 124 ]");
  INFO(ending.err);
  CHECK(ending.status == 0);  // `timeout` had to stop it
  CHECK_THAT(ending.err, ContainsSubstring("everything is saved"));
  CHECK_THAT(ending.err, ContainsSubstring("tenet train ok.tenet --steps 100000000 --resume r"));
  CHECK_THAT(scratch.run("tenet sample ok.tenet --from r").err, ContainsSubstring("resume"));
}

TEST_CASE("a value that stops being finite is named, and the state before it is kept", "[unit]") {
  const Scratch scratch;
  const Ending ending = scratch.run(
      "edit 'emb * W)' 'emb * W * where(sum[batch, context, embed](emb) > 1e30, 0, 1))' >p.tenet\n"
      "sed -i 's/rate  = 0.1/rate = where(step == 12, 1e38, 0.1)/' p.tenet; tenet train p.tenet --out r");
  CHECK(ending.status == 3);
  CHECK_THAT(ending.err, ContainsSubstring("not finite at step 1"));
  // What is kept is finite, and leads to the same step.
  const Ending again = scratch.run("tenet train p.tenet --resume r");
  CHECK(again.status == 3);
  CHECK_THAT(again.err, ContainsSubstring(ending.err.substr(0, ending.err.find(':', 10))));
}

TEST_CASE("check compares every gradient with finite differences and with native code", "[unit]") {
  const Scratch scratch;
  const Ending ending = scratch.run("tenet check ok.tenet --format json");
  INFO(ending.err);
  REQUIRE(ending.status == 0);
  const nlohmann::json checks = nlohmann::json::parse(ending.out);
  for (const std::string name : {"C", "W", "b", "emb", "logits", "logprobs", "loss"}) {
    const nlohmann::json& row = named(checks["gradients"], name);
    CHECK(row["finite_difference_error"].get<double>() < 1e-6);
    CHECK(row["native_error"].get<double>() < 1e-5);
  }
  const Ending text = scratch.run("tenet check ok.tenet");
  CHECK_THAT(text.out, ContainsSubstring("emb[batch, context, embed]"));
  CHECK_THAT(text.out, ContainsSubstring("8 x 2 x 4"));
}

TEST_CASE("a claim is proved, refuted with a counterexample, or not decided", "[unit]") {
  const Scratch scratch;
  const Ending ending = scratch.run(R"(cat >p.tenet <<'END'
axis n = 3
param w[n] = normal()
loss = sum[n](w^2)
claim same: w + 0 == w
claim false: grad(loss, w) == 3 * w
claim hidden: sum[n](w)^2 == loss + 2 * (w[n = 0] * w[n = 1] + w[n = 0] * w[n = 2] + w[n = 1] * w[n = 2])
END
tenet check p.tenet --format json)");
  INFO(ending.err);
  CHECK(ending.status == 1);
  const nlohmann::json claims = nlohmann::json::parse(ending.out)["claims"];
  CHECK(named(claims, "same")["verdict"] == "proved");
  CHECK(named(claims, "same")["line"] == 4);
  const nlohmann::json refuted = named(claims, "false");
  CHECK(refuted["verdict"] == "refuted");
  CHECK_THAT(refuted["counterexample"]["where"].get<std::string>(), ContainsSubstring("n = "));
  CHECK(refuted["counterexample"]["left"].get<double>() * 1.5 == Approx(refuted["counterexample"]["right"].get<double>()));
  CHECK(refuted["remainder"].get<std::string>().find("w") != std::string::npos);
  CHECK(named(claims, "hidden")["verdict"] == "undecided");
  CHECK(named(claims, "hidden")["difference"].get<double>() < 1e-9);
}

TEST_CASE("a claim is tried where both sides are defined", "[unit]") {
  const Scratch scratch;
  const Ending ending = scratch.run(R"(cat >p.tenet <<'END'
axis n = 9
data x[n]
y = log(x) + log(1 - x)
claim y == log(x * (1 - x)) + 1
END
tenet check p.tenet --format json)");
  CHECK(ending.status == 1);
  const nlohmann::json claim = nlohmann::json::parse(ending.out)["claims"][0];
  CHECK(claim["verdict"] == "refuted");
  CHECK(claim["counterexample"]["left"].is_number());
  CHECK(claim["counterexample"]["right"].is_number());
}

TEST_CASE("every stage can be dumped", "[unit]") {
  const Scratch scratch;
  const std::vector<std::pair<std::string, std::string>> stages{
      {"tokens", "axis batch"}, {"tree", "loss = "}, {"graph", "exp"},   {"grad", "exp"},
      {"simplified", "exp"},    {"kernels", "sum"},  {"llvm", "define"}, {"asm", "ret"}};
  for (const auto& [stage, part] : stages) {
    const Ending ending = scratch.run("tenet dump ok.tenet --stage " + stage);
    INFO(stage << ": " << ending.err);
    CHECK(ending.status == 0);
    CHECK_THAT(ending.out, ContainsSubstring(part));
  }
  CHECK(scratch.run("tenet dump ok.tenet --stage nothing").status == 2);
}

TEST_CASE("bench times steps", "[unit]") {
  const Scratch scratch;
  const Ending ending = scratch.run("tenet bench ok.tenet --format json");
  REQUIRE(ending.status == 0);
  const nlohmann::json bench = nlohmann::json::parse(ending.out);
  CHECK(bench["step_us"].get<double>() > 0);
  CHECK(bench["steps_per_second"].get<double>() == Approx(1e6 / bench["step_us"].get<double>()));
  CHECK(bench["threads"] == 1);
  CHECK(bench["peak_flops"].get<double>() > 1e8);
  CHECK(bench["bandwidth"].get<double>() > 1e8);
  CHECK(bench["peak_share"].get<double>() > 0);
  double us = 0;
  REQUIRE(bench["kernels"].size() > 1);
  for (const nlohmann::json& kernel : bench["kernels"]) {
    us += kernel["us"].get<double>();
    CHECK(kernel["peak_share"].get<double>() < 1.5);
  }
  CHECK(us == Approx(bench["step_us"].get<double>()).epsilon(0.01));
}

TEST_CASE("--time prints a row for each stage on standard error", "[unit]") {
  const Scratch scratch;
  const Ending ending = scratch.run("tenet train ok.tenet --steps 1 --out r --time");
  for (const std::string stage : {"front", "grad", "simplify", "kernel", "native", "all"})
    CHECK_THAT(ending.err, ContainsSubstring(stage));
}

TEST_CASE("what is asked of derive and sample has to be in the program", "[unit]") {
  const Scratch scratch;
  CHECK(scratch.run("tenet derive ok.tenet nothing").status == 2);
  const Ending none = scratch.run(
      "tenet train ok.tenet --steps 1 --out r >o && sed '/sample/,$d' ok.tenet >p.tenet && tenet sample p.tenet --from r");
  CHECK(none.status == 2);
  CHECK_THAT(none.err, ContainsSubstring("`sample` wants a program with `sample probs { ... }`"));
}
