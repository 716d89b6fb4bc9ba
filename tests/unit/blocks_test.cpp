// Functions and layers: what the names in their blocks stand for, and what each use of them has of its own.
#include <algorithm>

#include "tests/elaborated.h"

using namespace tenet;
using namespace tenet::tests;

TEST_CASE("arguments, axis arguments and local names hide the file's", "[unit]") {
  Evaluated program = evaluated(R"(
axis i = 2, j = 3
data x[i, j]
y = 100
fn f[i](x, y = 2 * x) {
  j = sum[i](x)
  j + 0 * y
}
a = sum[i](f[j](x))
)");
  CHECK(program["a"] == Values{21, 21, 21});
}

TEST_CASE("axes that an argument has beyond those named pass through a function", "[unit]") {
  Evaluated program = evaluated("axis i = 2, j = 3, k = 2\ndata x[i, j, k]\np = softmax[j](x)\ns = sum[j](p)\n");
  CHECK(program["p"].size() == 12);
  for (double one : program["s"]) CHECK(one == Approx(1));
}

TEST_CASE("arguments go by place, then by name, and defaults may use earlier ones", "[unit]") {
  Evaluated program = evaluated(
      "fn f(a, b = a * 10, c = a + b) = 10000 * a + 100 * b + c\n"
      "p = f(1)\nq = f(1, 2)\nr = f(1, c = 3)\ns = f(c = 3, b = 2, a = 1)\n");
  CHECK(program["p"] == Values{11011});
  CHECK(program["q"] == Values{10203});
  CHECK(program["r"] == Values{11003});
  CHECK(program["s"] == Values{10203});
}

TEST_CASE("names inside functions are paths that can be referred to", "[unit]") {
  Evaluated program = evaluated(R"(
axis c = 3
data x[c]
p = softmax[c](x) + softmax[c](2 * x)
q = sum[c](p.softmax.counts) - sum[c](p.softmax_2.counts)
claim grad(sum[c](p), p.softmax.counts) == 0
)");
  CHECK(program["q"][0] == Approx(std::exp(-2) + std::exp(-1) - std::exp(-4) - std::exp(-2)));
  CHECK(program.program.target("p.softmax.counts").has_value());
  CHECK_FALSE(program.program.target("p.softmax.other").has_value());
}

TEST_CASE("a local axis is a new one at every use", "[unit]") {
  Evaluated program = evaluated(R"(
axis i = 3
data x[i]
fn pairs[a](z) {
  axis b = |a|
  sum[b](where(b < a, z[a = b], 0))
}
p = pairs[i](x)
q = pairs[i](pairs[i](x))
r = sum[p.pairs.b](p.pairs.b * x[i = p.pairs.b])
)");
  CHECK(program["p"] == Values{0, 1, 3});
  CHECK(program["q"] == Values{0, 0, 1});
  CHECK(program["r"] == Values{8});
}

TEST_CASE("an axis made for one call is known in its arguments alone", "[unit]") {
  Evaluated program = evaluated(R"(
axis i = 3, k = 2
data x[i]
fn total[b](z) = sum[b](z)
fn nested(z) = sum[j = |i|](j * z[i = j])
square = sum[j = |i|](x[i = j] * x)
hidden = sum[k = |i|](k * x[i = k])
inner  = sum[j = |i|](j * sum[j = 2](j + 1))
outer  = sum[j = |i|](sum[m = |j| + 1](j * m))
called = total[j = |i|](x[i = j]) + total[k](k)
most   = max[j = |i| * 2](abs(j - 4)) + mean[j = 3](j) + argmax[j = |i|](x[i = j])
twice  = nested(x) + nested(2 * x)
again  = sum[square.j](square.j * x[i = square.j]) + sum[twice.nested_2.j](1 + 0 * twice.nested_2.j)
)");
  // x = 1 2 3
  CHECK(program["square"] == Values{6, 12, 18});
  CHECK(program["hidden"] == Values{8});
  CHECK(program["inner"] == Values{9});
  CHECK(program["outer"] == Values{18});
  CHECK(program["called"] == Values{7});
  CHECK(program["most"] == Values{7});
  CHECK(program["twice"] == Values{24});
  CHECK(program["again"] == Values{11});
}

TEST_CASE("a group of axes stands for one axis of a function", "[unit]") {
  Evaluated program = evaluated(R"(
axis i = 2, j = 3, k = 2
data x[i, j, k]
fn centred[b](z) {
  mu = sum[b](z) / |b|
  z - mu
}
fn through[a, b](z) = mean[a](centred[(a, b)](z)) + 0 * sum[a, b](z)
fn shaped[b](z) {
  axis flat = |b|
  sum[flat](flat) + 0 * sum[b](z)
}
mean_of = x - centred[(i, j)](x)
rest    = sum[i, j](abs(centred[(i, j)](x) - (x - mean[i, j](x))))
nested  = sum[j, k](through[i, (j, k)](x))
size    = shaped[(i, j)](x)
alone   = centred[(k)](x)
most    = max[(i, j)](x)
)");
  // x = 1 2 / 3 4 / 5 6 and 7 8 / 9 10 / 11 12, by i, j, k
  CHECK(program["mean_of"] == Values{6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7});
  CHECK(program["rest"] == Values{0, 0});
  CHECK(program["nested"][0] == Approx(0).margin(1e-12));
  CHECK(program["size"] == Values{15, 15});
  CHECK(program["alone"][0] == -0.5);
  CHECK(program["most"] == Values{11, 12});
}

TEST_CASE("every use of a layer has parameters of its own, named by the definitions around it", "[unit]") {
  const auto names = [](const Program& program) {
    std::vector<std::string> result;
    for (const Parameter& parameter : program.parameters) result.push_back(parameter.name);
    return result;
  };
  const std::string layers = R"(
axis n = 4, a = 3, c = 2
param x[n, a] = normal()
layer linear[i, o](x) {
  param W[i, o] = normal() / sqrt(|i|)
  param b[o]    = 0
  sum[i](x * W) + b
}
layer mlp[i, o](x) {
  axis inner = 2 * |i|
  h = tanh(linear[i, inner](x))
  linear[inner, o](h) + linear[i, o](x)
}
)";
  using Names = std::vector<std::string>;
  CHECK(names(elaborated(layers + "y = tanh(linear[a, c](x))")) == Names{"x", "y.W", "y.b"});
  CHECK(names(elaborated(layers + "y = linear[a, c](x) * linear[a, c](2 * x)")) ==
        Names{"x", "y.W", "y.b", "y.linear.W", "y.linear.b"});
  const Names inner{"x", "y.h.W", "y.h.b", "y.linear.W", "y.linear.b", "y.linear_2.W", "y.linear_2.b"};
  CHECK(names(elaborated(layers + "y = mlp[a, c](x)")) == inner);
  // An instance shares them, those of the layers inside it too.
  CHECK(names(elaborated(layers + "y = mlp[a, c]\nz = y(x) + y(2 * x)\nu = y(3 * x)")) == inner);
  CHECK(names(elaborated(layers + "y = mlp[a, c]")) == Names{"x"});
}

TEST_CASE("an instance's parameters are tensors like any other", "[unit]") {
  const Program program = elaborated(R"(
axis n = 4, a = 3, c = 2
data x[n, a]
layer linear[i, o](x) {
  param W[i, o] = normal() / sqrt(|i|)
  param b[o]    = 0
  sum[i](x * W) + b
}
encode = linear[a, c]
code = tanh(encode(x))
decoded = sum[c](code * encode.W)
loss = mean[n, a]((decoded - x)^2) + mean[a, c](encode.W^2)
train loss {
  steps = 10
  rate = 0.1
  freeze = encode.b
  optimizer(encode.W) = adam()
}
)");
  REQUIRE(program.train);
  REQUIRE(program.train->rules.size() == 1);
  CHECK(program.parameters[program.train->rules[0].parameter].name == "encode.W");
  CHECK(program.target("encode.W") == program.parameters[0].node);
}

TEST_CASE("layers keep states and have axes of their own", "[unit]") {
  const Program program = elaborated(R"(
axis n = 4, a = 3
data x[n, a]
layer normed[b, i](x) {
  axis half = |i| / 1
  param gain[i] = 1
  param mix[i, half] = normal()
  state mu[i] = 0
  update mu = 0.9 * mu + 0.1 * mean[b](x)
  sum[half](mix * gain) * (x - where(training, mean[b](x), mu))
}
y = normed[n, a](x)
z = normed[n, a](y)
)");
  REQUIRE(program.states.size() == 2);
  CHECK(program.states[0].name == "y.mu");
  CHECK(program.states[1].name == "z.mu");
  CHECK(program.states[0].own);
  CHECK(program.states[0].next != program.states[0].node);
}
