// Training from each source of data.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>

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

TEST_CASE("the transformer is better than any bigram model, on names that it was not trained on too", "[train]") {
  const Scratch scratch;
  const std::string text = run(scratch, "tenet train " + graphs + "/transformer.tenet --out r").out;
  CHECK(loss_in(text, "train") < bigram_optimum() - 0.15);
  CHECK(loss_in(text, "validation") < bigram_optimum() - 0.05);
  CHECK(std::ranges::count(text, '\n') == 3 + 1 + 20);
}

TEST_CASE("a text is learnt letter by letter, and goes on from there", "[train]") {
  const Scratch scratch;
  std::string corpus;
  for (int i = 0; i < 200; ++i) corpus += "the cat sat on the mat.\n";
  write(scratch, "corpus.txt", corpus);
  write(scratch, "p.tenet", R"(
axis batch, time = 4, vocab, previous = |vocab|, embed = 16
data X[batch, time] : vocab
data Y[batch, time] : vocab
param C[vocab, embed] = normal()
param A[embed] = 0
param V[embed, vocab] = normal() * 0.1
x      = C[vocab = X]
before = x[time = time - 1 else 0] + x[time = time - 2 else 0] * A
logits = sum[embed]((x + 2 * before) * V)
probs  = softmax[vocab](logits)
loss   = mean[batch, time](cross_entropy[vocab](logits, Y))
train loss {
  from  = text("corpus.txt", inputs = X, targets = Y)
  split = 80, 20
  batch = 32
  steps = 3000
  rate  = 0.5
}
sample probs {
  count = 2
  limit = 40
}
)");
  const std::string text = run(scratch, R"(tenet train p.tenet --out r && tenet eval p.tenet --from r >again &&
tenet sample p.tenet --from r --count 2 --temperature 0.2 >drawn)")
                               .out;
  CHECK(loss_in(text, "train") < 1);
  CHECK(loss_in(read_text(scratch.folder() / "again"), "validation") == loss_in(text, "validation"));
  CHECK_THAT(read_text(scratch.folder() / "drawn"), ContainsSubstring("the "));
}

namespace {

// Softmax regression of two numbers on three classes: which of the three points (0, 0), (3, 0), (0, 3) is nearest.
std::string three_classes(const std::string& source) {
  return R"(
axis batch, feature, class
data x[batch, feature]
data y[batch] : class
param W[feature, class] = 0
param b[class] = 0
logits = sum[feature](x * W) + b
loss   = mean[batch](cross_entropy[class](logits, y))
train loss {
  from  = )" +
         source + R"(
  split = 80, 20
  batch = 16
  steps = 2000
  rate  = 0.3
}
)";
}

struct Point {
  float a, b;
  std::int32_t nearest;
};

std::vector<Point> points() {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 0.4f);
  std::vector<Point> result;
  for (int i = 0; i < 300; ++i)
    result.push_back({normal(random) + (i % 3 == 1 ? 3.0f : 0.0f), normal(random) + (i % 3 == 2 ? 3.0f : 0.0f), i % 3});
  return result;
}

std::string npy(const std::string& type, const std::string& shape, const std::string& elements) {
  std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(text.size()) + '\0' + text + elements;
}

template <class T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

TEST_CASE("a csv file and npy files with the same numbers train the same", "[train]") {
  const Scratch scratch;
  std::string csv = "b,class,a\n", x, y;
  for (const Point& point : points()) {
    csv += fmt::format("{},{},{}\n", point.b, point.nearest, point.a);
    append(x, double{point.a});
    append(x, double{point.b});
    append(y, std::int64_t{point.nearest});
  }
  write(scratch, "points.csv", csv);
  write(scratch, "x.npy", npy("<f8", "(300, 2)", x));
  write(scratch, "y.npy", npy("<i8", "(300,)", y));
  write(scratch, "csv.tenet", three_classes(R"(csv("points.csv", x = ["a", "b"], y = "class"))"));
  write(scratch, "npy.tenet", three_classes(R"(npy(x = "x.npy", y = "y.npy"))"));
  const std::string text = run(scratch, R"(tenet train csv.tenet --out c && tenet train npy.tenet --out n >of_npy &&
tenet eval csv.tenet --from c >again && tenet check csv.tenet >checked)")
                               .out;
  CHECK(loss_in(text, "train") < 0.02);
  CHECK(loss_in(text, "validation") < 0.05);
  CHECK(text == read_text(scratch.folder() / "of_npy"));
  CHECK(text == read_text(scratch.folder() / "again"));
}

TEST_CASE("images and labels of idx files, packed or not, train a classifier", "[train]") {
  const Scratch scratch;
  // Images of 4 x 4: a bright row or a bright column somewhere, and noise.
  std::mt19937 random(3);
  std::string images("\0\0\x08\x03\0\0\x01\x2C\0\0\0\x04\0\0\0\x04", 16), labels("\0\0\x08\x01\0\0\x01\x2C", 8);
  for (int i = 0; i < 300; ++i) {
    const unsigned line = random() % 4, kind = random() % 2;
    for (unsigned row = 0; row < 4; ++row)
      for (unsigned column = 0; column < 4; ++column)
        images += static_cast<char>((kind == 0 ? row : column) == line ? 255 - random() % 50 : random() % 50);
    labels += static_cast<char>(kind);
  }
  write(scratch, "images", images);
  write(scratch, "labels", labels);
  write(scratch, "p.tenet", R"(
axis batch, row, column, kind, hidden = 16
data x[batch, row, column]
data y[batch] : kind
param W[row, column, hidden] = normal() * 0.5
param b[hidden] = 0
param V[hidden, kind] = normal() * 0.3
logits = sum[hidden](relu(sum[row, column](x * W) + b) * V)
loss   = mean[batch](cross_entropy[kind](logits, y))
train loss {
  from  = idx("images", "labels", x = x, y = y)
  split = 80, 20
  batch = 16
  steps = 2000
  rate  = 0.2
}
)");
  const std::string text = run(scratch, R"(tenet train p.tenet --out r && mkdir packed && gzip -c images >packed/images &&
gzip -c labels >packed/labels && tenet eval p.tenet --from r --data packed >of_packed)")
                               .out;
  CHECK(loss_in(text, "train") < 0.05);
  CHECK(loss_in(text, "validation") < 0.2);
  CHECK(text == read_text(scratch.folder() / "of_packed"));
}

TEST_CASE("a tensor that is loaded stays as it is, and trains the others", "[train]") {
  const Scratch scratch;
  // The layer `first` of one run, read by the next; its file names the axes, which the program lists the other way round.
  const auto program = [](const std::string& first, const std::string& steps) {
    return R"(
axis batch, context = 2, vocab, embed = 4
data X[batch, context] : vocab
data Y[batch] : vocab
)" + first +
           R"(
param W[context, embed, vocab] = normal() * 0.1
logits = sum[context, embed](first[vocab = X] * W)
loss   = mean[batch](cross_entropy[vocab](logits, Y))
train loss {
  from  = letters("names.txt", window = X, next = Y)
  batch = 8
  rate  = 0.1
  steps = )" +
           steps + "\n}\n";
  };
  write(scratch, "free.tenet", program("param first[vocab, embed] = normal()", "300"));
  write(scratch, "fixed.tenet", program("data first[embed, vocab] = load(\"a/weights.safetensors\", \"first\")", "300"));
  const std::string text = run(scratch, R"(tenet train free.tenet --out a >of_free && tenet train fixed.tenet --out b &&
tenet eval fixed.tenet --from b >again && tenet check fixed.tenet >checked)")
                               .out;
  CHECK(loss_in(text, "train") < 2);
  CHECK(read_text(scratch.folder() / "again") == text);
  CHECK(read_text(scratch.folder() / "b/weights.safetensors").find("\"first\"") == std::string::npos);
}

TEST_CASE("without a shuffle the splits keep the file's order", "[train]") {
  const Scratch scratch;
  write(scratch, "d.csv", "x\n1\n1\n1\n1\n5\n9\n");
  write(scratch, "p.tenet", R"(
axis batch
data x[batch]
param w = 1
loss = mean[batch]((x - w)^2)
train loss {
  from    = csv("d.csv", x = "x")
  split   = 4, 1, 1
  shuffle = no
  steps   = 1
  rate    = 0
}
)");
  const std::string text = run(scratch, "tenet train p.tenet --out r").out;
  CHECK(loss_in(text, "train") == 0);
  CHECK(loss_in(text, "validation") == 16);
  CHECK(loss_in(text, "test") == 64);
}
