// tenet derive: its formats, and explanations that are checked in numbers.
#include <nlohmann/json.hpp>

#include "compiler/driver/explanation_check.h"
#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using namespace tenet::tests;

TEST_CASE("every step of every explanation holds in numbers", "[cli]") {
  const Scratch scratch;
  for (const std::string name : {"ninja", "makemore", "forms/batch_norm_bessel", "forms/attention", "forms/cross_entropy",
                                 "forms/convolution", "forms/gaussian_likelihood", "forms/embedding_linear"}) {
    const std::string file = (source_folder() / "graphs" / (name + ".tenet")).string();
    const Ending ending = scratch.run("tenet derive '" + file + "' --explain --format json");
    INFO(name << "\n" << ending.err);
    REQUIRE(ending.status == 0);
    std::size_t steps = 0;
    for (const auto& line : nlohmann::json::parse(ending.out))
      for (const auto& step : line.value("steps", nlohmann::json::array())) {
        INFO(step.dump());
        CHECK(!step["law"].get<std::string>().empty());
        CHECK(!step["expression"].get<std::string>().empty());
        CHECK(step["difference"].get<double>() <= tenet::explanation_tolerance);
        ++steps;
      }
    CHECK(steps > 2);
  }
}

TEST_CASE("an explanation that is wrong in numbers is an error", "[cli]") {
  // The algebra leaves exp(x + 5); in double precision x + 1e9 - 1e9 - x is not 0.
  const Scratch scratch;
  const Ending ending = scratch.run(R"(cat >p.tenet <<'END'
axis i = 3
param x[i] = normal()
loss = sum[i](exp(1000 * ((x + 1e9) - 1e9 - x) + x + 5))
END
tenet derive p.tenet x --explain)");
  INFO(ending.out << ending.err);
  CHECK(ending.status == 3);
  CHECK(ending.err.find("differs from the gradient") != std::string::npos);
}

TEST_CASE("derive writes text, LaTeX and JSON, and says what it cannot write", "[cli]") {
  const Scratch scratch;
  CHECK(scratch.run("tenet derive ok.tenet W --format latex").out.starts_with("\\documentclass"));
  CHECK(scratch.run("tenet derive ok.tenet W --format text").out.find("dW = ") != std::string::npos);
  CHECK(scratch.run("tenet derive ok.tenet W --format html").status == 2);
  CHECK(scratch.run("tenet derive ok.tenet W --explain --raw").status == 2);
}

TEST_CASE("laws are listed and explained by name", "[cli]") {
  const Scratch scratch;
  const Ending list = scratch.run("tenet laws");
  CHECK(list.status == 0);
  for (const auto name : {"sum over an indicator", "common denominator", "double negation", "scales of a quotient cancel"})
    CHECK(list.out.find(name) != std::string::npos);
  const Ending one = scratch.run("tenet explain sum over an indicator");
  CHECK(one.status == 0);
  CHECK(one.out.find("sum[i]((i == k) * x) = x[i = k]") != std::string::npos);
  CHECK(one.out.find("exact") != std::string::npos);
  CHECK_THAT(scratch.run("tenet explain tanh").out, ContainsSubstring("y = tanh(a): da = g * (1 - y^2)"));
  const Ending unknown = scratch.run("tenet explain double negatoin");
  CHECK(unknown.status == 2);
  CHECK(unknown.err.find("did you mean `double negation`?") != std::string::npos);
}

TEST_CASE("of which of several scalars the gradients are is said, beside them", "[cli]") {
  const Scratch scratch;
  const std::string program = "axis n = 3\nparam w[n] = 1\ntotal = sum[n](w)\nloss = sum[n](w^2)\n";
  const auto run = [&](const std::string& text, const std::string& options) {
    return scratch.run("tenet derive - w " + options + " <<'END'\n" + text + "END\n");
  };
  const Ending first = run(program, "");
  CHECK(first.status == 0);
  CHECK(first.out == "dw = 1 + 0 * n\n");
  CHECK(first.err == "derive: gradients of total; --of NAME for those of another value\n");
  CHECK(run(program, "--of loss").err.empty());
  CHECK(run("axis n = 3\nparam w[n] = 1\nloss = sum[n](w^2)\n", "").err.empty());
  // What no value changes is not meant.
  const Ending constant = run("axis n = 3\neps = 1e-5\nscale = 2 * |n|\nparam w[n] = 1\nloss = sum[n](w^2)\n", "");
  CHECK(constant.out == "dw = 2 * w\n");
  CHECK(constant.err.empty());
  const Ending parameter = run(program, "--of w");
  CHECK(parameter.status == 2);
  CHECK_THAT(parameter.err, ContainsSubstring("`w` is a parameter"));
}

TEST_CASE("derive takes the sizes of axes, which change no formula", "[cli]") {
  const Scratch scratch;
  const auto run = [&](const std::string& options) {
    return scratch.run("tenet derive - w --explain " + options +
                       " <<'END'\naxis n, m = 4\nparam w[n, m] = 1\nloss = sum[n, m](w^2)\nEND\n");
  };
  CHECK(run("--size n=7").status == 0);
  CHECK(run("--size n=7").out == run("").out);
  const Ending declared = run("--size m=7");
  CHECK(declared.status == 2);
  CHECK_THAT(declared.err, ContainsSubstring("`m`"));
  CHECK_THAT(run("--size k=7").err, ContainsSubstring("`k`"));
}

TEST_CASE("an explanation is checked only at sizes that the program allows", "[cli]") {
  const Scratch scratch;
  const Ending ending = scratch.run(
      "tenet derive - x --explain <<'END'\naxis n, row = 8, half = |row| / 2, two = 2\ndata x[n, row]\n"
      "loss = sum[n, half](max[two](x[row = 2 * half + two]))\nEND\n");
  INFO(ending.out << ending.err);
  CHECK(ending.status == 0);
}

TEST_CASE("what an explanation calls a law is one", "[cli]") {
  const Scratch scratch;
  const std::string file = (source_folder() / "graphs" / "ninja.tenet").string();
  for (const auto& line : nlohmann::json::parse(scratch.run("tenet derive '" + file + "' --explain --format json").out))
    for (const auto& step : line.value("steps", nlohmann::json::array())) {
      CHECK(scratch.run("tenet explain " + step["law"].get<std::string>()).status == 0);
    }
}
