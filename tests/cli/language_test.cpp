// Forms of the language from end to end: programs of several files, axes made on the way, groups of axes, assumptions, indices.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/catch.h"
#include "tests/cli/command.h"

using namespace tenet::tests;

namespace {

void write(const Scratch& scratch, const std::string& file, const std::string& text) {
  std::filesystem::create_directories((scratch.folder() / file).parent_path());
  std::ofstream(scratch.folder() / file) << text;
}

// Every value, claim and gradient of a program is as it should be; and what is derived by `targets`, pasted into the program, is
// the gradient, in numbers at least.
void check_program(const std::string& text, const std::vector<std::string>& targets) {
  const Scratch scratch;
  write(scratch, "p.tenet", text);
  const Ending checked = scratch.run("tenet check p.tenet");
  INFO(text << checked.out << checked.err);
  CHECK(checked.status == 0);
  std::string names;
  for (const std::string& target : targets) names += " " + target;
  const Ending derived = scratch.run("tenet derive p.tenet --of loss" + names);
  INFO(derived.out << derived.err);
  REQUIRE(derived.status == 0);
  std::string pasted = text + derived.out;
  for (const std::string& target : targets) pasted += fmt::format("claim again_{0}: grad(loss, {0}) == d{0}\n", target);
  write(scratch, "q.tenet", pasted);
  const Ending again = scratch.run("tenet check q.tenet --format json");
  INFO(again.out << again.err);
  REQUIRE(again.status < 2);
  const nlohmann::json verdicts = nlohmann::json::parse(again.out);
  for (const auto& claim : verdicts["claims"]) {
    CHECK(claim["verdict"] != "refuted");
    CHECK(claim["difference"].get<double>() < 1e-9);
  }
}

}  // namespace

TEST_CASE("a program of several files is checked and trained like one", "[cli]") {
  const Scratch scratch;
  write(scratch, "models/layers/linear.tenet", "import \"../shared.tenet\"\nfn linear[i, o](x, W) = sum[i](x * W)\n");
  write(scratch, "models/shared.tenet", "import \"layers/linear.tenet\"\naxis batch, vocab, context = 2, embed = 3\n");
  std::filesystem::create_symlink("shared.tenet", scratch.folder() / "models" / "again.tenet");
  write(scratch, "p.tenet", R"(
import "models/again.tenet"
import "models/layers/linear.tenet"
import "models/../p.tenet"
data X[batch, context] : vocab
data Y[batch] : vocab
param C[vocab, embed] = normal()
param W[context, embed, vocab] = normal()
logits = linear[(context, embed), vocab](C[vocab = X], W)
loss = mean[batch](cross_entropy[vocab](logits, Y))
claim dlogits: grad(loss, logits) == (softmax[vocab](logits) - (vocab == Y)) / |batch|
train loss {
  from = letters("names.txt", window = X, next = Y)
  batch = 8
  steps = 20
  rate = 0.1
}
)");
  const Ending ending = scratch.run("tenet check p.tenet && tenet train p.tenet --out r && tenet eval p.tenet --from r");
  INFO(ending.out << ending.err);
  CHECK(ending.status == 0);
}

TEST_CASE("what an imported file claims and trains stays there", "[cli]") {
  const Scratch scratch;
  write(scratch, "wrong.tenet", "axis n = 3\nparam w[n] = 1\nclaim w == 2\nloss = sum[n](w)\ntrain loss { steps = 1 }\n");
  write(scratch, "p.tenet", "import \"wrong.tenet\"\nown = sum[n](w^2)\nclaim grad(own, w) == 2 * w\n");
  const Ending ending = scratch.run("tenet check p.tenet");
  INFO(ending.out << ending.err);
  CHECK(ending.status == 0);
  CHECK(ending.out.find("gradients of own") != std::string::npos);
  CHECK(scratch.run("tenet train p.tenet").status == 2);
}

TEST_CASE("axes made for a call and in a block are differentiated through, and what is printed pastes back", "[cli]") {
  check_program(R"(
axis time, key = 2
param x[time, key] = normal()
fn spread[t](z) {
  axis s = |t|
  sum[s](where(s < t, z[t = s], 0))
}
running = sum[j = |time|](where(j <= time, x[time = j], 0))
loss    = sum[time, key](running * x) + sum[time, key](spread[time](x) * running)
)",
                {"x", "running"});
  check_program(R"(
axis i, j
param x[i, j] = normal()
gram = sum[j](x * x[i = k])
axis k = |i|
peak = max[m = |i|](sum[j](x[i = m]))
loss = sum[i, k](gram^2) + peak + sum[m = |i|](m * sum[j](x[i = m]))
)",
                {"x", "gram"});
}

TEST_CASE("groups of axes are differentiated through", "[cli]") {
  check_program(R"(
axis batch, time, channel
param x[batch, time, channel] = normal()
param g[channel] = 1
fn normed[b](z) = (z - mean[b](z)) / sqrt(mean[b]((z - mean[b](z))^2) + 0.1)
y    = normed[(batch, time)](x)
p    = softmax[(time, channel)](g * y)
loss = sum[batch, time, channel](p * y)
claim mean: sum[batch, time](y) == 0
claim total: sum[time, channel](p) == 1
)",
                {"g"});
}

TEST_CASE("strides, dilations, shapes and diagonals have gradients", "[cli]") {
  check_program(R"(
axis batch, in, out = |in| / 2, k = 2
param x[batch, in] = normal()
most = max[k](x[in = 2 * out + k])
some = sum[k](x[in = 2 * out + k]) / |k|
loss = sum[batch, out](most * some)
)",
                {"x"});
  check_program(R"(
axis n, k = 3, out = |n| - 2 * (|k| - 1)
param x[n] = normal()
param w[k] = normal()
y    = sum[k](x[n = out + 2 * k] * w)
loss = sum[out](y^2)
claim dw: grad(loss, w) == 2 * sum[out](y * x[n = out + 2 * k])
)",
                {"x", "w"});
  check_program(R"(
axis i, j, ij = |i| * |j|
param x[i, j] = normal()
param w[ij] = normal()
flat = x[i = floor(ij / |j|), j = ij - |j| * floor(ij / |j|)]
loss = sum[ij](flat^2 * w)
)",
                {"x", "w"});
  check_program(R"(
axis i, j = |i|
param e[i, j] = normal()
loss = sum[j](e[i = j])^2
claim de: grad(loss, e) == 2 * sum[j](e[i = j]) * (i == j)
)",
                {"e"});
  check_program(R"(
axis h, w, kh = 3, kw = 3, oh = floor((|h| - 1) / 2) + 1, ow = floor((|w| - 1) / 2) + 1
param image[h, w] = normal()
param kernel[kh, kw] = normal()
y    = sum[kh, kw](image[h = 2 * oh + kh - 1 else 0, w = 2 * ow + kw - 1 else 0] * kernel)
loss = sum[oh, ow](y^2)
)",
                {"kernel"});
}

TEST_CASE("what is assumed is used by proofs and derivations, and obeyed by what is drawn", "[cli]") {
  const Scratch scratch;
  write(scratch, "p.tenet", R"(
axis n, c
data q[n, c]
data s[n]
data half[n]
assume sum[c](q) == 1
assume s > 0
assume 1 / 2 == mean[n](half)
assume s <= 3
param z[n, c] = normal()
p    = exp(z) / sum[c](exp(z))
loss = -sum[n, c](q * log(p)) / |n|
claim soft: grad(loss, z) == (p - q) / |n|
claim moved: sum[c](2 * q + p) == 3
claim root: sqrt(s^2) == s
claim parted: log(s * exp(z)) == log(s) + z
claim halves: sum[n](half * 4) == 2 * |n|
claim not_both: sum[n](half^2) == |n| / 4
claim wrong: sum[c](q) == 2
)");
  const Ending ending = scratch.run("tenet check p.tenet --format json");
  INFO(ending.out << ending.err);
  REQUIRE(ending.status == 1);
  const nlohmann::json verdicts = nlohmann::json::parse(ending.out);
  for (const auto& claim : verdicts["claims"]) {
    INFO(claim.dump(2));
    const std::string name = claim["name"];
    CHECK(claim["verdict"] == (name == "wrong" || name == "not_both" ? "refuted" : "proved"));
    if (claim["verdict"] == "proved") CHECK(claim["difference"].get<double>() < 1e-9);
  }
  CHECK(scratch.run("tenet derive p.tenet z --explain").out.find("sum[c](q) = 1, as is assumed") != std::string::npos);
  const Ending derived = scratch.run("tenet derive p.tenet z");
  INFO(derived.out << derived.err);
  CHECK(derived.status == 0);
  CHECK(derived.out.find("dz = (p - q) / |n|") != std::string::npos);
}

TEST_CASE("a proof says that it rests on an assumption", "[cli]") {
  const Scratch scratch;
  write(scratch, "p.tenet",
        "axis c\ndata q[c]\nassume sum[c](q) == 1\nclaim a: sum[c](q) == 1\nclaim b: 2 * sum[c](q) == sum[c](q + q)\n");
  const auto claims = nlohmann::json::parse(scratch.run("tenet check p.tenet --format json").out)["claims"];
  CHECK(claims[0]["conditions"] == nlohmann::json{"what the program assumes holds"});
  CHECK(claims[1]["conditions"].empty());
}

TEST_CASE("an assumption about a definition is used, and about functions is obeyed", "[cli]") {
  const Scratch scratch;
  write(scratch, "p.tenet", R"(
axis c
param x[c] = normal()
norm = sqrt(sum[c](x^2))
assume norm == 1
unit = x / norm
claim unit == x
claim sum[c](unit * x) == 1
)");
  const Ending ending = scratch.run("tenet check p.tenet --format json");
  INFO(ending.out << ending.err);
  const auto claims = nlohmann::json::parse(ending.out)["claims"];
  CHECK(claims[0]["verdict"] == "proved");
  CHECK(claims[1]["verdict"] != "refuted");
}

TEST_CASE("data and initial values that meet the assumptions train", "[cli]") {
  const Scratch scratch;
  const Ending ending = scratch.run(
      "printf 'assume X < |vocab|\\nassume sum[vocab](b) == 0\\nassume sum[context](X) >= 0\\n' >>ok.tenet\n"
      "tenet train ok.tenet --out r && tenet eval ok.tenet --from r");
  INFO(ending.err);
  CHECK(ending.status == 0);
}
