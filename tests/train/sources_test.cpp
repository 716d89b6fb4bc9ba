// Training from each source of data.
#include <algorithm>
#include <fstream>

#include "tests/train/losses.h"

using namespace tenet::tests;

namespace {

void write(const Scratch& scratch, const std::string& name, const std::string& text) {
  std::ofstream(scratch.folder() / name, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("on sequences the bigram model comes to the same optimum as on windows", "[train]") {
  const Scratch scratch;
  write(scratch, "p.tenet",
        R"(
axis batch, time, vocab, previous = |vocab|
data X[batch, time] : vocab
data Y[batch, time] : vocab
data mask[batch, time]
param W[previous, vocab] = 0
logits = W[previous = X]
probs  = softmax[vocab](logits)
loss   = sum[batch, time](mask * cross_entropy[vocab](logits, Y)) / sum[batch, time](mask)
train loss {
  from      = letters(")" +
            names + R"(", inputs = X, targets = Y, weight = mask)
  batch     = 512
  steps     = 3000
  rate      = 20 * (1 - step / 3000)
  optimizer = sgd(momentum = 0.9)
}
sample probs {
  count = 20
}
)");
  const double optimum = bigram_optimum();
  const std::string text = run(scratch, "tenet train p.tenet --out r && tenet eval p.tenet --from r >again").out;
  CHECK(loss_in(text, "train") > optimum - 5e-5);  // four decimals are printed
  CHECK(loss_in(text, "train") < optimum + 0.005);
  CHECK(loss_in(read_text(scratch.folder() / "again"), "train") == loss_in(text, "train"));
  CHECK(std::ranges::count(text, '\n') == 1 + 1 + 20);
}

TEST_CASE("attention over whole items learns, and words are drawn from it", "[train]") {
  const Scratch scratch;
  write(scratch, "p.tenet", R"(
axis batch, time, vocab, embed = 16, key = 16, source = |time|
data X[batch, time] : vocab
data Y[batch, time] : vocab
data mask[batch, time]
param C[vocab, embed] = normal()
param P[time, embed]  = normal() * 0.5
param Q[embed, key]   = normal() / sqrt(|embed|)
param K[embed, key]   = normal() / sqrt(|embed|)
param V[embed, key]   = normal() / sqrt(|embed|)
param O[embed, vocab] = normal() * 0.1
param U[key, vocab]   = normal() * 0.1
x      = C[vocab = X] + P
q      = sum[embed](x * Q)
k      = sum[embed](x * K)[time = source]
v      = sum[embed](x * V)[time = source]
a      = softmax[source](where(source <= time, sum[key](q * k) / sqrt(|key|), -inf))
logits = sum[embed](x * O) + sum[key](tanh(sum[source](a * v)) * U)
probs  = softmax[vocab](logits)
loss   = sum[batch, time](mask * cross_entropy[vocab](logits, Y)) / sum[batch, time](mask)
train loss {
  from      = letters("names.txt", inputs = X, targets = Y, weight = mask)
  split     = 80, 20
  batch     = 8
  steps     = 400
  rate      = 0.2
}
sample probs {
  count = 5
}
)");
  run(scratch, "tenet train p.tenet --out r >first && tenet sample p.tenet --from r >second && tenet check p.tenet >checked");
  const std::string first = read_text(scratch.folder() / "first"), second = read_text(scratch.folder() / "second");
  CHECK(loss_in(first, "train") < 2);
  CHECK(first.ends_with("\n\n" + second));
  CHECK(std::ranges::count(second, '\n') == 5);
}
