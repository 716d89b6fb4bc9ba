// Recurrence and repetition by the command: values and gradients in numbers, claims, what derive prints.
#include <fstream>
#include <string>

#include "tests/catch.h"
#include "tests/cli/command.h"

using namespace tenet::tests;

namespace {

constexpr const char* network = R"(
axis batch = 3, time = 5, embed = 2, hidden = 4, before = |hidden|
data x[batch, time, embed]
param start[hidden] = 0
param Wx[embed, hidden] = normal()
param Wh[before, hidden] = normal()
previous = h[time = time - 1 else start, hidden = before]
pre = sum[embed](x * Wx) + sum[before](previous * Wh)
h = tanh(pre)
loss = sum[batch, time, hidden](h^2 * time)
)";

Ending run(const std::string& command, const std::string& program) {
  const Scratch scratch;
  std::ofstream(scratch.folder() / "program.tenet") << program;
  return scratch.run("tenet " + command);
}

}  // namespace

TEST_CASE("a recurrence's gradients agree with differences and native code, and its claims are proved", "[cli]") {
  const std::string program = std::string(network) + R"(
claim grad(loss, h) == 2 * h * time + grad(loss, previous)[time = time + 1 else 0, before = hidden]
claim grad(loss, pre) == (1 - h^2) * grad(loss, h)
claim grad(loss, previous) == sum[hidden](Wh * grad(loss, pre))
claim grad(loss, Wh) == sum[batch, time](previous * grad(loss, pre))
claim h == tanh(sum[embed](x * Wx) + sum[before](previous * Wh))
)";
  const Ending result = run("check program.tenet", program);
  INFO(result.out << result.err);
  CHECK(result.status == 0);
}

TEST_CASE("a wrong claim about a recurrence is refuted", "[cli]") {
  for (const char* claim : {"grad(loss, h) == 2 * h * time", "grad(loss, pre) == (1 + h^2) * grad(loss, h)",
                            "grad(loss, Wh) == sum[batch, time](previous * grad(loss, h))"}) {
    const Ending result = run("check program.tenet", std::string(network) + "claim " + claim + "\n");
    INFO(result.out << result.err);
    CHECK(result.status == 1);
    CHECK(result.out.find("refuted") != std::string::npos);
  }
}

TEST_CASE("the derivative of a recurrence prints as a recurrence", "[cli]") {
  const Ending result = run("derive program.tenet h pre Wh", network);
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(result.out.find("dprevious[time = time + 1 else 0, before = hidden]") != std::string::npos);
  CHECK(result.out.find("dWh = sum[batch, time](previous * dpre)") != std::string::npos);
}

TEST_CASE("recurrences go backwards, by more than one place, through several definitions, and one after another", "[cli]") {
  for (const char* program : {R"(
axis time = 6, n = 3
data x[time, n]
param w[n] = normal()
a = tanh(x + w * a[time = time + 2 else w])
loss = sum[time, n](a^3)
)",
                              R"(
axis time = 7, n = 2
data x[time, n]
param w[n] = 0.5 + 0.1 * normal()
cell = 0.9 * cell[time = time - 1 else w] + sigmoid(gate) * x
gate = w * out[time = time - 1 else 0] + x
out = gate * tanh(cell)
loss = sum[time, n](out * cell)
)",
                              R"(
axis time = 4, n = 2
data x[time, n]
layer cell(y) {
  param w[n] = normal()
  memory = tanh(y + w * memory[time = time - 1 else 0])
  y + memory
}
z = cell(cell(x))
loss = sum[time, n](z^2)
)"}) {
    const Ending result = run("check program.tenet", program);
    INFO(program << result.out << result.err);
    CHECK(result.status == 0);
  }
}

namespace {

constexpr const char* stack = R"(
axis batch = 2, time = 4, depth = 3, hidden = 3, before = |hidden|
data x[batch, time, hidden]
param W[depth, before, hidden] = normal() * 0.3
param U[depth, before, hidden] = normal() * 0.3
below = h[depth = depth - 1 else x, hidden = before]
earlier = h[time = time - 1 else 0, hidden = before]
pre = sum[before](below * W) + sum[before](earlier * U)
h = tanh(pre)
out = h[depth = |depth| - 1]
loss = mean[batch, time, hidden](out^2)
)";

}  // namespace

TEST_CASE("recurrences stand within recurrences", "[cli]") {
  const std::string claimed = stack + std::string("claim grad(loss, pre) == (1 - h^2) * grad(loss, h)");
  for (const char* program : {claimed.c_str(), R"(
axis i = 3, j = 4
param a[i, j] = normal()
param w = 0.3
s = tanh(a + w * s[i = i - 1 else 0.1] + w^2 * s[j = j - 1 else 0.2])
loss = sum[i, j](s^2)
claim grad(loss, a) == (1 - s^2) * grad(loss, s)
)",
                              R"(
axis batch = 2, time = 4, hidden = 3, depth = 2, before = |hidden|
data x[batch, time, hidden]
layer cell(y) {
  param W[before, hidden] = normal() * 0.3
  param U[before, hidden] = normal() * 0.3
  h = tanh(sum[before](y[hidden = before] * W) + sum[before](h[time = time - 1 else 0, hidden = before] * U))
  h - mean[time](h)
}
out = repeat[depth](cell, x)
loss = mean[batch, time, hidden](out^3)
)",
                              R"(
axis time = 3, n = 2, depth = 2, stage = 2
data x[time, n]
layer cell(y) {
  param w[n] = normal()
  memory = tanh(y + w * memory[time = time + 1 else 0.5])
  memory * y
}
layer block(y) {
  param v[n] = normal()
  repeat[depth](cell, v * y)
}
out = repeat[stage](block, x)
loss = sum[time, n](out^2)
)",
                              R"(
axis i = 3, j = 4, n = 2, m = |n|
param a[i, j, n] = normal()
param W[m, n] = normal()
p = s[i = i - 1 else 0] + s[j = j - 1 else 0]
gate = sigmoid(sum[m](W * p[n = m]))
s = tanh(a + gate * p - mean[n](0.5 * s[i = i - 1 else 0]))
loss = sum[i, j, n](s^2)
)"}) {
    const Ending result = run("check program.tenet", program);
    INFO(program << result.out << result.err);
    CHECK(result.status == 0);
  }
}

TEST_CASE("the derivative of recurrences within one another reads later places of each axis", "[cli]") {
  const Ending result = run("derive program.tenet", stack);
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  for (const char* line :
       {"dbelow[depth = depth + 1 else 0, before = hidden] + dearlier[time = time + 1 else 0, before = hidden]\n",
        "\ndpre = dh * (1 - h^2)\n", "\ndW = sum[batch, time](dpre * below)\n"})
    CHECK(result.out.find(line) != std::string::npos);
}

TEST_CASE("a component of a derivative that comes to 0 leaves no trace: the forward algorithm's gradient is the posterior",
          "[cli]") {
  const Ending result = run("derive program.tenet T", R"(
axis n = 3, t = 4, k = 3, p = |k|
data e[n, t, k]
param T[p, k] = normal()
a = e + logsumexp[p](prev + T)
prev = a[t = t - 1 else 0, k = p]
loss = sum[n](logsumexp[k](a[t = |t| - 1]))
)");
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  CHECK(result.out.find("\ndT = sum[n, t](da / sum[p](shared_2) * shared_2)\n") != std::string::npos);
  CHECK(result.out.find("dhighest") == std::string::npos);
}

TEST_CASE("a repeated layer is the layer used again and again", "[cli]") {
  const Ending result = run("check program.tenet", R"(
axis n = 3, m = |n|, depth = 2
data x[n]
layer block(y) {
  param W[m, n] = normal()
  y + tanh(sum[m](y[n = m] * W))
}
z = repeat[depth](block, x)
first = x + tanh(sum[m](x[n = m] * z.W[depth = 0]))
second = first + tanh(sum[m](first[n = m] * z.W[depth = 1]))
loss = sum[n]((z - second)^2) + sum[n](z)
claim sum[n](z^2) == sum[n](z^2)
)");
  INFO(result.out << result.err);
  CHECK(result.status == 0);
  const Ending difference = run("check program.tenet", R"(
axis n = 3, depth = 2
data x[n]
layer block(y) {
  param w[n] = normal()
  y + w
}
z = repeat[depth](block, x)
loss = sum[n](z)
claim grad(loss, z.w) == grad(loss, z.repeat)
)");
  INFO(difference.out << difference.err);
  CHECK(difference.status == 0);
}
