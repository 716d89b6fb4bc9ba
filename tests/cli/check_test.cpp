// `tenet check` says what is true, soon, and why.
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/cli/command.h"

using tenet::tests::Ending;
using tenet::tests::Scratch;

namespace {

Ending ending_of(const std::string& program, const std::string& options, int seconds = 120) {
  return Scratch().run("cat >p.tenet <<'END'\n" + program + "\nEND\ntenet check p.tenet " + options, seconds);
}

nlohmann::json checked(const std::string& program, const std::string& options = "") {
  const Ending ending = ending_of(program, "--format json " + options);
  INFO(program << "\n" << ending.err);
  REQUIRE(ending.status <= 1);
  return nlohmann::json::parse(ending.out);
}

std::string verdict(const std::string& program, const std::string& options = "") {
  return checked(program, options)["claims"].at(0)["verdict"];
}

}  // namespace

TEST_CASE("a proof of what is nowhere finite is none", "[cli]") {
  for (const std::string claim : {"x / (x - x) == x / (x - x)", "log(-x^2 - 1) == log(-x^2 - 1)", "(x - x)^-1 - (x - x)^-1 == 0",
                                  "sqrt(-1 - x^2) - sqrt(-1 - x^2) == 0"}) {
    INFO(claim);
    const nlohmann::json row = checked("param x = 1\nclaim " + claim)["claims"].at(0);
    CHECK(row["verdict"] == "undecided");
    CHECK_THAT(row["unmeasured"].get<std::string>(), ContainsSubstring("no drawn point has both sides finite"));
  }
  // What is only too large for doubles is proved.
  CHECK(verdict("param x = 1000\nclaim ((x^40)^40)^2 == x^3200") == "proved");
}

TEST_CASE("a claim that holds at some sizes alone is refuted, and the sizes are said", "[cli]") {
  const std::string program = "axis n, m\naxis k = 3\nparam x[n, m] = normal()\nparam z[k] = normal()\n";
  for (const std::string claim : {"|n| * sum[n](x) == 3 * sum[n](x)", "(|n| - 3) * x == 0", "(|m| - 4) * (|m| - 5) * x == 0",
                                  "max[n](x) == min[n](x) + (|n| - 1) * (max[n](x) - min[n](x)) / 2"}) {
    INFO(claim);
    const nlohmann::json row = checked(program + "claim " + claim)["claims"].at(0);
    CHECK(row["verdict"] == "refuted");
    CHECK_THAT(row["counterexample"]["where"].get<std::string>(), ContainsSubstring("|n| = "));
  }
  // A size that is written, or given, is the claim's.
  CHECK(verdict(program + "claim |k| * sum[k](z) == 3 * sum[k](z)") == "proved");
  CHECK(verdict(program + "claim (|n| - 3) * x == 0", "--size n=3") != "refuted");
  CHECK(verdict(program + "claim sum[n](x + 1) == sum[n](x) + |n|") == "proved");
}

TEST_CASE("a batch may have any size in a claim", "[cli]") {
  const Scratch scratch;
  const Ending ending = scratch.run("{ cat ok.tenet; echo 'claim (|batch| - 8) * loss == 0'; } >p.tenet\ntenet check p.tenet");
  CHECK(ending.status == 1);
  CHECK_THAT(ending.out, ContainsSubstring("refuted"));
  CHECK_THAT(ending.out, ContainsSubstring("|batch| = "));
}

TEST_CASE("an axis that is too long is checked at a shorter size, which is said", "[cli]") {
  const Ending ending = ending_of("axis i = 100000000\nparam x[i] = 1\nloss = sum[i](x^2)\nclaim grad(loss, x) == 2 * x", "", 60);
  INFO(ending.out << ending.err);
  CHECK(ending.status == 0);
  CHECK_THAT(ending.out, ContainsSubstring("proved"));
  CHECK_THAT(ending.out, ContainsSubstring("too large to be checked as they are: from here on i = "));
  CHECK_THAT(ending.out, ContainsSubstring("|i| = 100000000 is too large"));
  // What is open is looked at in numbers at other sizes.
  CHECK(verdict("axis i\nparam x[i] = 1\nclaim sum[i](x^2) == sum[i](x)", "--size i=100000000") == "refuted");
}

TEST_CASE("a proof gives up in time", "[cli]") {
  for (const std::string step : {"(3 * y)^2", "(3 * y + x)^2", "y^2 + 1", "sqrt(y + x) * (y + 1)^2", "log(1 + y^2) * y"}) {
    std::string program = "param x = 1\ny1 = x\n";
    for (int i = 2; i <= 40; ++i) {
      std::string next = step;
      for (std::size_t at = 0; (at = next.find('y', at)) != std::string::npos; at += 2)
        next.replace(at, 1, "y" + std::to_string(i - 1));
      program += "y" + std::to_string(i) + " = " + next + "\n";
    }
    INFO(step);
    CHECK(ending_of(program + "claim grad(y40, x) == 7 * x", "", 30).status == 1);
  }
}

TEST_CASE("what `grad` holds is held in the differences", "[cli]") {
  for (const std::string loss :
       {"sum[i](stop(x) * x + s * stop(s * x))", "sum[i](sign(x) * x + floor(3 * x) * x)", "sum[i](where(x > s, x, s * x))",
        "sum[i](stop(h) * x) + sum[i](h)", "sum[i](max(x, x) * x + relu(x - x) * i)", "sum[i](abs(x - x)) + max[i](0 * x + s)"}) {
    const nlohmann::json json = checked("axis i = 4\nparam x[i] = normal()\nparam s = 1\nh = x^2\nloss = " + loss +
                                        "\ntrain loss { steps = 1\nrate = 1 }");
    INFO(loss << json.dump(2));
    for (const nlohmann::json& row : json["gradients"]) CHECK(row["passes"] == true);
    CHECK(json["gradients"][0]["at_tie"] == (loss.find("x - x") != std::string::npos || loss.find("max") != std::string::npos));
  }
}

TEST_CASE("a gradient that is near zero by cancellation passes", "[cli]") {
  for (const std::string definitions :
       {"h = layer_norm[i](s * x, 1, 0)\nloss = sum[i](h * sin(i + 1))", "h = softmax[i](x + s)\nloss = sum[i](h * i)",
        "h = s * (x - sum[i](x) / |i|)\nloss = sum[i](h)", "h = batch_norm[i](x + 100 * s, 1, 0)\nloss = sum[i](h^3)"}) {
    const nlohmann::json json =
        checked("axis i = 4\nparam x[i] = normal()\nparam s = 3\n" + definitions + "\ntrain loss { steps = 1\nrate = 1 }");
    INFO(definitions << json.dump(2));
    for (const nlohmann::json& row : json["gradients"]) CHECK(row["passes"] == true);
    for (const nlohmann::json& row : json["values"]) CHECK(row["native_error"].get<double>() < 1e-5);
  }
}

TEST_CASE("the first value that is not finite where training starts is named, with its coordinate and line", "[cli]") {
  const std::string softmax = "axis i = 4\nparam x[i] = 1000 + i\ne = exp(x)\np = e / sum[i](e)\nloss = -log(p[i = 1])";
  const std::string training = "\ntrain loss { steps = 1\nrate = 1 }";
  CHECK(ending_of(softmax + training, "").status == 0);  // what is trained has no such exponentials
  const Ending negative = ending_of("axis i = 4\nparam d[i] = i - 2\nlogs = log(d)\nloss = sum[i](logs)" + training, "");
  CHECK(negative.status == 1);
  CHECK_THAT(negative.out, ContainsSubstring("`logs` is the first named value that is not finite: "));
  CHECK_THAT(negative.out, ContainsSubstring("(line 3)"));
  const Ending library = ending_of("axis i = 4\nparam x[i] = i - 9\np = softmax[i](log(x))\nloss = sum[i](p * i)" + training, "");
  CHECK_THAT(library.out, ContainsSubstring("`p.softmax.counts` is the first named value that is not finite: nan at i = 0"));
  CHECK_THAT(library.out, ContainsSubstring("std.tenet, line "));
  // Beyond single precision alone; and a mask's infinity is none.
  const Ending single = ending_of("param x = 100\ne = exp(x)\nloss = e" + training, "");
  CHECK_THAT(single.out, ContainsSubstring("`e` is the first named value that is not finite: inf (line 2), in single precision"));
  const Ending mask =
      ending_of("axis i = 4\nparam x[i] = normal()\nm = where(i < 2, x, -inf)\nloss = sum[i](exp(m))" + training, "");
  INFO(mask.out);
  CHECK(mask.status == 0);
}
