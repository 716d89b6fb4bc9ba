// Random numbers within a step, from the outside.
#include <nlohmann/json.hpp>

#include "tests/train/losses.h"

using namespace tenet::tests;

namespace {

// A normal code of a number, its mean and log variance by parameters: a reparameterised draw, with dropout before it.
constexpr std::string_view program = R"(axis batch, latent = 3
data x[batch]
param a[latent] = normal()
param c[latent] = 0
param w[latent] = normal()
kept         = where(training, x * (uniform[batch]() >= 0.25) / 0.75, x)
mu           = kept * a
log_variance = kept * c
eps          = normal[batch, latent]()
z            = mu + exp(log_variance / 2) * eps
divergence   = mean[batch](sum[latent](mu^2 + exp(log_variance) - log_variance - 1)) / 2
error        = mean[batch]((x - sum[latent](z * w))^2)
loss         = error + divergence
claim dmu: grad(loss, mu) == (mu - 2 * (x - sum[latent](z * w)) * w) / |batch|
claim dlog_variance: grad(loss, log_variance) ==
    ((exp(log_variance) - 1) / 2 - (x - sum[latent](z * w)) * w * exp(log_variance / 2) * eps) / |batch|
claim constant: grad(sum[batch, latent](eps), mu) == 0
train loss {
  from   = csv("p.csv", x = "x")
  split  = 75, 25
  batch  = 8
  steps  = 400
  rate   = 0.01
  report = error, divergence
}
)";

// Leaves it in p.tenet, with its data.
void bring(const Scratch& scratch) {
  run(scratch, "cat >p.tenet <<'END'\n" + std::string(program) +
                   "END\nawk 'BEGIN { print \"x\"; for (i = 0; i < 2000; ++i) print (i % 41) / 20 - 1 }' >p.csv");
}

}  // namespace

TEST_CASE("claims about draws are proved, and gradients through them are right in numbers", "[cli]") {
  const Scratch scratch;
  bring(scratch);
  const auto json = nlohmann::json::parse(run(scratch, "tenet check p.tenet --format json").out);
  CHECK(json["claims"].size() == 3);
  for (const auto& claim : json["claims"]) {
    INFO(claim.dump());
    CHECK(claim["verdict"] == "proved");
    CHECK(claim["difference"] < 1e-9);
  }
}

TEST_CASE("a killed run that draws goes on with the draws of one that was not", "[cli]") {
  const Scratch scratch;
  bring(scratch);
  run(scratch, R"(
steps=1000000
tenet train p.tenet --steps $steps --out whole >whole.out || exit 11
for stop in KILL INT KILL; do
  how=--out
  [ ! -d killed ] || how=--resume
  tenet train p.tenet --steps $steps $how killed >o 2>&1 &
  until [ -e killed/checkpoint ]; do sleep 0.05; done
  sleep 0.2
  kill -$stop $! && wait $!
  echo $? >>endings
done
tenet train p.tenet --steps $steps --resume killed >killed.out || exit 12
grep -q 137 endings || exit 13
tenet train p.tenet --steps $steps --seed 2 --out other >other.out
for run in whole killed; do sed 's/, "seconds".*//' $run/log.jsonl >$run.log; done)");
  const auto text = [&](const char* name) { return read_text(scratch.folder() / name); };
  CHECK(text("whole/weights.safetensors") == text("killed/weights.safetensors"));
  CHECK(text("whole.log") == text("killed.log"));
  CHECK(text("whole.out") == text("killed.out"));
  CHECK(text("whole.out") != text("other.out"));
}

TEST_CASE("an evaluation draws by the run's seed, and reports what it is asked for", "[cli]") {
  const Scratch scratch;
  bring(scratch);
  const std::string trained = run(scratch, "tenet train p.tenet --seed 5 --out r").out;
  CHECK(run(scratch, "tenet eval p.tenet --from r").out == trained);
  CHECK(run(scratch, "tenet eval p.tenet --from r --seed 6").out != trained);
  const auto json = nlohmann::json::parse(run(scratch, "tenet eval p.tenet --from r --format json").out);
  const auto logged = nlohmann::json::parse(run(scratch, "tail -n 1 r/log.jsonl").out);
  std::string lines;
  for (const std::string split : {"train", "validation"}) {
    const double loss = json[split], error = json["report"][split]["error"], divergence = json["report"][split]["divergence"];
    CHECK(loss == Approx(error + divergence).epsilon(1e-6));
    CHECK(logged[split] == json[split]);
    CHECK(logged["report"][split] == json["report"][split]);
    char line[200];
    std::snprintf(line, sizeof line, "%-12s%.4f   error %.4f   divergence %.4f\n", split.c_str(), loss, error, divergence);
    lines += line;
  }
  CHECK(trained == lines);
  CHECK(json["test"].is_null());
}

TEST_CASE("outside of training there is no dropout, and nothing is drawn for it", "[cli]") {
  const Scratch scratch;
  bring(scratch);
  const std::string kernels = run(scratch,
                                  "sed '/report/d; s/ + exp(log_variance \\/ 2) \\* eps//; /^claim/d; /^    ((exp/d' p.tenet "
                                  ">q.tenet && tenet train q.tenet --out r && tenet eval q.tenet --from r --seed 9")
                                  .out;
  const std::size_t half = kernels.size() / 2;
  CHECK(kernels.substr(0, half) == kernels.substr(half));  // whatever the seed
}

TEST_CASE("a program without data draws too, anew in every step", "[cli]") {
  const Scratch scratch;
  // The mean of z^2 is found by steps that each see one draw: with the same draw in all of them it would not be 1.
  const std::string out = run(scratch, R"(cat >q.tenet <<'END'
axis i = 16
param m = 0
z = normal[i]()
loss = mean[i]((z^2 - m)^2)
train loss {
  steps  = 20_000
  rate   = 0.5 / (1 + step / 2)
  report = m_again
}
m_again = m
END
tenet train q.tenet --out r && tenet check q.tenet)")
                              .out;
  CHECK(loss_in(out, "m_again") == Approx(1).margin(0.02));
}

TEST_CASE("an accuracy is reported", "[cli]") {
  const Scratch scratch;
  const std::string out = run(scratch, R"(sed 's/steps = 200/steps = 200\n  report = accuracy, hits/' ok.tenet >q.tenet
printf 'accuracy = mean[batch](argmax[vocab](logits) == Y)\nhits = sum[batch](argmax[vocab](logits) == Y)\n' >>q.tenet
printf 'aa\naa\naa\naa\naa\naa\naa\naa\naa\naa\n' >a.txt
sed -i 's/normal() \* 0.1/0/; s/param b.vocab. = 0/param b[vocab] = vocab/' q.tenet
tenet train q.tenet --data a.txt --steps 0 --out r)")
                              .out;
  CHECK(out.find("train       0.6466   accuracy 0.6667   hits 16.0000\n") != std::string::npos);
}
