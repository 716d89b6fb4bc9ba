#include "compiler/prove/decide.h"
#include "tests/catch.h"
#include "tests/programs.h"

using namespace tenet;

namespace {

const std::string names = R"(
axis batch, vocab, feature
data Y[batch] : vocab
param x[batch, vocab] = normal()
param g[batch, vocab] = normal()
param u[batch, feature] = normal()
param t[batch, feature] = normal()
param gain[feature] = normal()
param w[feature, vocab] = normal()
param a[vocab] = normal()
p = exp(x) / sum[vocab](exp(x))
entropy = -1/|batch| * sum[batch](log(p)[vocab = Y])
naive = 1/|batch| * sum[batch](log(sum[vocab](exp(x))) - x[vocab = Y])
squares = sum[batch, feature]((u - t)^2) / |batch|
centred = u - sum[batch](u) / |batch|
deviation = (sum[batch](centred^2) / (|batch| - 1) + 1/100)^-0.5
norm = centred * deviation
soft = sum[batch, vocab](p * g)
logsoft = sum[batch, vocab](log(p) * g)
ball = sum[batch, feature](u * (sum[feature](u^2))^-0.5 * t)
scaled = sum[batch, feature](norm * t * gain)
)";

Decision decision(const std::string& left, const std::string& right) {
  const Program program = tests::program_from(names + "claim c: " + left + " == " + right + "\n");
  return decide(program.graph, program.claims.at(0).left, program.claims.at(0).right);
}

void proved(const std::string& left, const std::string& right) {
  const Decision result = decision(left, right);
  INFO(left << " == " << right << "\n" << result.difference << result.stop);
  CHECK(result.decided == Decided::proved);
}

void differs(const std::string& left, const std::string& right) {
  INFO(left << " == " << right);
  CHECK(decision(left, right).decided == Decided::difference);
}

}  // namespace

TEST_CASE("sums are equal up to order, names and components", "[unit]") {
  proved("sum[batch](sum[vocab](x * g))", "sum[vocab](sum[batch](g * x))");
  proved("sum[batch](x) * sum[feature](u * t)", "sum[feature](t * u) * sum[batch](x)");
  proved("sum[feature](sum[vocab](w) * gain)", "sum[vocab](sum[feature](gain * w))");
  proved("sum[vocab](a)^2", "sum[vocab](a * sum[vocab](a))");
  differs("sum[vocab](a^2)", "sum[vocab](a)^2");
  differs("sum[batch](x * g)", "sum[batch](x) * sum[batch](g)");
}

TEST_CASE("indicators select, and deviations and probabilities add up", "[unit]") {
  proved("sum[vocab]((vocab == Y) * x)", "x[vocab = Y]");
  proved("sum[vocab](vocab == Y)", "1 + 0 * Y");
  proved("(vocab == Y)^2 * x", "(vocab == Y) * x[vocab = Y]");
  proved("sum[batch](centred)", "0");
  proved("sum[vocab](p)", "1 + 0 * Y");
  proved("|batch| / (|batch| - 1) - 1 / (|batch| - 1)", "1");
  differs("|batch| / (|batch| - 1)", "1");
  const Decision cancelled = decision("sum[vocab](a) / sum[vocab](a)", "1");
  CHECK(cancelled.decided == Decided::proved);
  CHECK(cancelled.conditions.size() == 1);
}

TEST_CASE("closed forms of gradients are proved and their mutants are not", "[unit]") {
  for (const std::string loss : {"entropy", "naive"}) {
    proved("grad(" + loss + ", x)", "(p - (vocab == Y)) / |batch|");
    differs("grad(" + loss + ", x)", "(p + (vocab == Y)) / |batch|");
    differs("grad(" + loss + ", x)", "2 * (p - (vocab == Y)) / |batch|");
    differs("grad(" + loss + ", x)", "p / |batch|");
  }
  proved("grad(squares, u)", "2 * (u - t) / |batch|");
  proved("grad(soft, x)", "p * (g - sum[vocab](g * p))");
  differs("grad(soft, x)", "p * (g + sum[vocab](g * p))");
  proved("grad(logsoft, x)", "g - p * sum[vocab](g)");
  differs("grad(logsoft, x)", "g - 2 * p * sum[vocab](g)");
  proved("grad(ball, u)", "(sum[feature](u^2))^-0.5 * (t - u * sum[feature](u * t) / sum[feature](u^2))");
  const std::string batch_norm = "gain * deviation * (t - sum[batch](t) / |batch| - norm * sum[batch](t * norm) / (|batch| - 1))";
  proved("grad(scaled, u)", batch_norm);
  differs("grad(scaled, u)", "2 * " + batch_norm);
  differs("grad(scaled, u)", "gain * deviation * (t - sum[batch](t) / |batch|)");
}
