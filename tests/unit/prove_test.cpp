// Claims that look right and are not, and the replay that stands between a wrong law and a proof.
#include "compiler/prove/decide.h"
#include "tests/catch.h"
#include "tests/programs.h"

using namespace tenet;

namespace {

const std::string names = R"(
axis n, c, k = |n|, fixed = 3
data Y[n] : c
data Z[n] : c
param x[n, c] = normal()
param y[n] = normal()
param z[n] = normal()
param a[n, k] = normal()
param b[k, n] = normal()
param s = 1
)";

Program program_with(const std::string& claim) { return tests::program_from(names + "claim c: " + claim + "\n"); }

Decision decision(const std::string& claim) {
  const Program program = program_with(claim);
  return decide(program.graph, program.claims.at(0).left, program.claims.at(0).right);
}

}  // namespace

TEST_CASE("an equality holds in sums under powers too", "[unit]") {
  CHECK(decision("(y == z) / (y^2 + 1) == (y == z) / (z^2 + 1)").decided == Decided::proved);
  CHECK(decision("(y == z) * y / (1 + y) == (y == z) - (y == z) / (1 + z)").decided == Decided::proved);
  CHECK(decision("where(max(y, z) == y, 1 / (y + 1), 0) == 0").decided == Decided::difference);
  const Decision tie = decision("(y == z) / (y + 1) == 0");
  CHECK(std::ranges::count(tie.conditions, "y[n] - z[n] != 0") + std::ranges::count(tie.conditions, "z[n] - y[n] != 0") == 1);
  // Equalities that solve each other's atoms end with a reason.
  CHECK(decision("(y + z * s == 0) * (z + y * s == 0) * y == 7").decided != Decided::proved);
}

TEST_CASE("numbers under roots meet in their prime factors", "[unit]") {
  for (const std::string claim :
       {"sqrt(8) * y == 2 * sqrt(2) * y", "sqrt(2 * pi) * y == sqrt(2) * sqrt(pi) * y", "1 / sqrt(2) == sqrt(2) / 2",
        "exp(-(y / sqrt(2))^2) == exp(-y^2 / 2)", "sqrt(3 / 50) == sqrt(6) / 10", "sqrt(1000003)^2 == 1000003"})
    CHECK(decision(claim).decided == Decided::proved);
  for (const std::string claim : {"sqrt(8) == 2.0000000000000000001 * sqrt(2)",
                                  "y * pi == y * 3.141592653589793238462643383279502884197", "sqrt(2) + sqrt(3) == sqrt(5)"})
    CHECK(decision(claim).decided != Decided::proved);
}

TEST_CASE("the shares of a sum add up to 1", "[unit]") {
  CHECK(decision("sum[n, c](exp(x) * y / sum[c](exp(x))) == sum[n](y)").decided == Decided::proved);
  CHECK(decision("sum[n, c](exp(x + y) * z / sum[c](exp(x + y))^2) == sum[n](z / sum[c](exp(x + y)))").decided ==
        Decided::proved);
  CHECK(decision("sum[n, c](exp(2 * x) * y / sum[c](exp(x))) == sum[n](y)").decided != Decided::proved);
  CHECK(decision("sum[n, c](exp(x) * y * x / sum[c](exp(x))) == sum[n](y)").decided != Decided::proved);
}

TEST_CASE("a sum of quotients does not depend on the order of factors", "[unit]") {
  for (const std::string claim :
       {"sum[n](exp(y) * sigmoid(y + s)) == sum[n](sigmoid(y + s) * exp(y))",
        "sum[n](y * (1 - tanh(y + z)^2) * exp(z)) == sum[n](exp(z) * (1 - tanh(z + y)^2) * y)",
        "sum[n](exp(2 * y + s) * z / (1 + exp(y) * s)) == sum[n](z / (1 + s * exp(y)) * exp(s + 2 * y))",
        "sum[n](exp(y) / (1 + exp(y + z))^2) == sum[n]((1 + exp(z + y))^-2 * exp(y))",
        "sum[n](sigmoid(y + s) * sigmoid(s)) == sum[n](sigmoid(y + s)) * sigmoid(s)",
        "sum[n](1 / (1 + exp(y))^8 * z) == sum[n](z / (1 + exp(y))^8)"})
    CHECK(decision(claim).decided == Decided::proved);
  // Nothing is divided by what may be 0.
  CHECK(decision("sum[n](s * y^2 / (1 + s * y)) == s * sum[n](y^2 / (1 + y * s))").conditions.empty());
}

TEST_CASE("what is almost true is not proved", "[unit]") {
  for (const std::string claim : {
           // sums and their names
           "sum[n](y) * sum[n](z) == sum[n](y * z)",
           "sum[n](y)^2 == sum[n](y^2)",
           "sum[n, k](a * b) == sum[n, k](a * a)",
           "sum[n, k](a * b) == sum[n, k](a * b[k = n, n = k])",
           "sum[k](a[n = k, k = n]) == sum[k](a)",
           "sum[k](a * y[n = k]) == sum[k](a) * y",
           "sum[n](y) == |n| * y",
           "sum[n](1 + y) == 1 + sum[n](y)",
           "sum[k](a[n = k]) + 0 * y == a[k = n] * |n|",
           "sum[n](x[c = Y]) + 0 * y == x[c = Y]",
           // indicators
           "(Y == Z) * x[c = Y] == x[c = Z]",
           "sum[c]((c == Y) * (c == Z) * x) == x[c = Y]",
           "sum[n]((c == Y) * y) == y[n = c else 0]",
           "(c == Y) + (c == Z) == (c == Y) * (c == Z)",
           "x[c = Y] * x[c = Z] == x[c = Y]^2",
           "y[n = n + 1 else 0] == y",
           "y[n = n + 1 else 0][n = n - 1 else 0] == y",
           // powers, roots, quotients
           "sqrt(y^2) == y",
           "(y^2)^0.5 == y",
           "(y * z)^0.5 == y^0.5 * z^0.5 + 1e-9",
           "1 / (y + z) == 1 / y + 1 / z",
           "|n| / (|n| - 1) == 1 + 1 / |n|",
           "(y + z)^-2 == 1 / (y^2 + z^2)",
           "(1 + 2 * exp(y) + exp(2 * y))^0.5 == 1 - exp(y)",
           "(1 - 2 * exp(y) + exp(2 * y))^0.5 == 1 - exp(y)",
           "1 / (1 + exp(y)) - 1 / (1 + 2 * exp(y)) == 1 / (1 + exp(y)) / (1 + 2 * exp(y))",
           // functions
           "exp(y + z) == exp(y) + exp(z)",
           "exp(sum[c](x)) == sum[c](exp(x))",
           "log(y + z) == log(y) + log(z)",
           "tanh(y) == 2 * sigmoid(y) - 1",
           "tanh(2 * y) == 2 * tanh(y)",
           "sigmoid(y) == sigmoid(-y)",
           "softplus(y) == y + softplus(y)",
           "sin(y + z) == sin(y) + sin(z)",
           "sum[c](sigmoid(x) * (1 - sigmoid(x))) == sum[c](sigmoid(x)^2)",
           // choices
           "max(y, z) == y",
           "relu(y) - relu(-y) == abs(y)",
           "abs(y) * abs(z) == y * z",
           "where(y > z, y, z) == min(y, z)",
           "where(n <= k, exp(a), 0) == exp(where(n < k, a, -inf))",
           "exp(where(n <= k, a, -inf)) == exp(a)",
           "sum[k](exp(where(k <= n, a, -inf))) == sum[k](exp(a)) - 1",
           "max[k](a) == max[n](a)",
           "max(y, z) + min(y, z) == y - z",
           "max(y, z) == max(y, -z)",
           "abs(y + z) == abs(y) + abs(z)",
           "sqrt(y^2 + z^2) == abs(y) + abs(z)",
           "(y < z) == (y < z + 1)",
           "(y < z) + (z < y) == 0 * y",
           "2^y * 2^z == 2^(y * z)",
           "(-2)^y * (-2)^z == (-2)^(y + z)",
           "log(12) == 2 * log(2) + log(5)",
           // what is always at a tie somewhere
           "(x == max[c](x)) * x == 0 * x",
           "sum[n](y == y[n = k]) == 0 * k",
           "(n * y == 0) * z == 0 * z",
           "(Y == Z) * y == 0 * y",
           "sum[c]((c == Y) * y) == 0 * y",
           "max[c](x) * s == max[c](x * s)",
           "argmax[c](x) == argmax[c](-x)",
           // a digit
           "y / 3 == 0.3333333333 * y",
           "sum[c](exp(x)) == sum[c](exp(x)) + 1e-30",
           "(sum[c](x^2) + 1e-12)^-0.5 == (sum[c](x^2))^-0.5",
       }) {
    INFO(claim);
    const Decided decided = decision(claim).decided;
    CHECK((decided == Decided::difference || decided == Decided::stopped));
  }
}

TEST_CASE("what holds by cases of a sign is proved, and replayed", "[unit]") {
  for (const std::string claim :
       {"sqrt(y^2) == abs(y)", "relu(y) - relu(-y) == y", "relu(y) == (y + abs(y)) / 2", "max(y, z) + min(y, z) == y + z",
        "max(y, z) - min(y, z) == abs(y - z)", "abs(y) * sign(y) == y", "where(y > 0, z, s) + where(y <= 0, z, s) == z + s",
        "sum[n](abs(y) * sign(y)) == sum[n](y)", "sqrt(y^2 * z^2) == sqrt(y^2) * abs(z)", "(y^2)^1.5 == abs(y)^3",
        "exp(abs(y)) == where(y > 0, exp(y), exp(-y))", "2^y * 2^z == 2^(y + z)", "0.5^y == 2^-y", "4^y == (2^y)^2",
        "log(12) == 2 * log(2) + log(3)", "grad(sum[n](2^y), y) == log(2) * 2^y", "grad(sum[n](abs(y)), y) == sign(y)"}) {
    INFO(claim);
    const Decision found = decision(claim);
    INFO(found.difference << found.stop << found.replay.stop);
    CHECK(found.decided == Decided::proved);
    CHECK(found.replay.points == 2);
  }
}

TEST_CASE("what holds but at a tie is proved, and the tie is said", "[unit]") {
  for (const std::string claim :
       {"grad(sum[n](max(0, 1 - y * z)), y) == (y * z < 1) * -z", "grad(sum[n](relu(y - s)), y) == (y >= s)", "sign(y)^2 == 1"}) {
    INFO(claim);
    const Decision found = decision(claim);
    INFO(found.difference << found.stop << found.replay.stop);
    CHECK(found.decided == Decided::proved);
    REQUIRE(found.conditions.size() == 1);
    INFO(found.conditions[0]);
    CHECK(found.conditions[0].ends_with(" != 0"));
  }
}

TEST_CASE("a replay sees what is not equal", "[unit]") {
  const auto replay = [](const std::string& claim) {
    const Program program = program_with(claim);
    return Prover(program.graph).replayed(program.claims[0].left, program.claims[0].right);
  };
  for (const std::string claim :
       {"y + z == z + y + 1e-30", "sum[n](y) * sum[n](z) == sum[n](y * z)", "sum[c]((c == Y) * x) == x[c = Z]",
        "(y^2 + z^2)^-1.5 == (y^2 + z^2)^-0.5", "|n| / (|n| - 1) == 1", "exp(y) * exp(z) == exp(y) + exp(z)",
        "y[n = n + 1 else 0] == y", "where(n <= k, a, 0) == a", "prod[c](x) == sum[c](x)", "max[c](x) == x[c = Y]",
        "|fixed| * s == 4 * s"}) {
    INFO(claim);
    const Decision decision = replay(claim);
    CHECK(decision.decided == Decided::disagreed);
    CHECK(decision.replay.differs);
  }
  for (const std::string claim :
       {"y + z == z + y", "sum[n](y) * sum[n](z) == sum[n, k](y * z[n = k])", "sum[c]((c == Y) * x) == x[c = Y]",
        "(y^2 + z^2)^-1.5 * (y^2 + z^2) == (y^2 + z^2)^-0.5", "exp(y) * exp(z) == exp(y + z)", "|fixed| * s == 3 * s",
        "y[n = n + 1 else 0] == where(n + 1 < |n|, y[n = n + 1 else 7], 0)",
        "(max[c](x) == x) * x == (max[c](x) == x) * max[c](x)"}) {
    INFO(claim);
    const Decision decision = replay(claim);
    CHECK(decision.decided == Decided::proved);
    CHECK(decision.replay.points == 2);
  }
}

TEST_CASE("many claims are decided as each alone", "[unit]") {
  const std::string claims[] = {"sum[n](y / sum[n](y)) == 1", "sum[n](y / sum[n](y)) * s == s", "exp(y)^2 == exp(2 * y)",
                                "sum[n](y)^2 == sum[n](y^2)", "sum[c](exp(x) / sum[c](exp(x))) == 1 + 0 * y"};
  std::string text = names;
  for (const std::string& claim : claims) text += "claim " + claim + "\n";
  const Program program = tests::program_from(text);
  Prover prover(program.graph);
  for (std::size_t k = 0; k < std::size(claims); ++k) {
    INFO(claims[k]);
    const Decision alone = decision(claims[k]);
    const Decision shared = prover.decide(program.claims[k].left, program.claims[k].right);
    CHECK(shared.decided == alone.decided);
    CHECK(shared.conditions == alone.conditions);
    CHECK(shared.steps > 0);
  }
}
