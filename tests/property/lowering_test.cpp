// Graphs lowered to loop nests and compiled give what the interpreter gives.
#include "tests/property/algebra.h"
#include "tests/property/native_values.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

struct Case {
  const char* name;
  const char* text;
};

const Case cases[] = {
    {"a matrix product", R"(
axis b = 32, k = 30, h = 200
param x[b, k] = 0
param w[k, h] = 0
y = sum[k](x * w)
)"},
    {"a product by the transposed matrix", R"(
axis b = 9, h = 37, v = 27
param x[b, v] = 0
param w[v, h] = 0
param u[h, v] = 0
y = sum[v](x * w)
z = sum[h](y * w)
q = sum[h](y * u) + 1
)"},
    {"outer products and sums of them", R"(
axis b = 33, h = 20, v = 27
param x[b, v] = 0
param y[b, h] = 0
g = sum[b](x * y)
s = sum[b, v](x * y)
t = sum[v, h](g * g)
)"},
    {"products large enough to be packed and gone through in blocks", R"(
axis b = 150, h = 300, o = 270
param x[b, h] = 0
param w[h, o] = 0
param g[b, o] = 0
y = sum[h](x * w) + 1
dx = sum[o](g * w)
dw = w - sum[b](x * g)
)"},
    {"products over several axes, one of them between those of the output", R"(
axis b = 5, t = 33, e = 70, d = 3, c = 5, k = 40
param x[b, t, e] = 0
param w[e, c, k] = 0
param u[b, t, d, e] = 0
param g[b, t, c, k] = 0
y = sum[e](x * w)
z = sum[b, t](u * g)
dw = sum[b, t](x * g)
dx = sum[c, k](w * g)
)"},
    {"a softmax by rows and by columns", R"(
axis b = 5, c = 27
param x[b, c] = 0
m = max[c](x)
e = exp(x - m)
p = e / sum[c](e)
columns = exp(x - max[b](x)) / sum[b](exp(x - max[b](x)))
loss = -sum[b, c](p * log(p)) / |b|
)"},
    {"rows picked by an index, and the sum that goes back", R"(
axis b = 11, t = 3, v = 7, d = 10
param table[v, d] = 0
param g[b, t, d] = 0
data X[b, t] : v
rows = table[v = X]
back = sum[b, t]((v == X) * g)
scaled = sum[b, t](2 * g * (v == X) / |b|) + table
counts = sum[b, t](v == X)
)"},
    {"shifts, diagonals, coordinates", R"(
axis i = 19, j = |i|, k = 4
param x[i, j] = 0
param y[i] = 0
before = y[i = i - 1 else 0]
window = sum[k](y[i = i + k - 1 else 0] * (k + 1))
diagonal = x[j = i]
mask = where(j <= i, x, 0)
transposed = x[i = j, j = i]
place = argmax[j](x)
lowest = argmax[i](-x)
)"},
    {"a long sum", R"(
axis n = 30000, k = 3
param x[n, k] = 0
s = sum[n](x)
t = sum[n, k](x * x)
m = max[n](x)
)"},
    {"truths and wholes", R"(
axis i = 21
param x[i] = 0
data n[i] : i
small = x < 0.5
both = x < 0.5 and not (n == i)
count = sum[i](x < 0.5)
twice = 2 * n - i
chosen = where(x < 0, -x, x) * (n < 4)
down = floor(x * 3)
)"},
    {"powers", R"(
axis i = 23
param x[i] = 0
a = x^2
b = (x^2 + 1)^-0.5
c = x^-1
d = (x^2 + 1)^1.5
e = (x^2 + 1)^x
)"},
    {"the largest sizes of one", R"(
axis i = 1, j = 1
param x[i, j] = 0
s = sum[i](x)
t = sum[i, j](x * x)
u = x + 1
)"},
};

}  // namespace

TEST_CASE("compiled nests give what the interpreter gives", "[property]") {
  for (const Case& row : cases) {
    DYNAMIC_SECTION(row.name) {
      Algebra algebra(row.text);
      Interpreter interpreter = algebra.interpreter(3);
      const Computation computation = named_outputs(algebra.graph);
      const NativeValues native(algebra.graph, algebra.sizes, computation, interpreter);
      for (const auto& output : computation.outputs) {
        INFO(output.name);
        CHECK(difference(native[output.name], interpreter.value(output.value).values) < 1e-5);
      }
    }
  }
}

TEST_CASE("assignments read the inputs as they were", "[property]") {
  Algebra algebra(R"(
axis i = 21, j = |i|
param p[i] = 0
param q[i] = 0
param m[i, j] = 0
swap_p = q + 1
swap_q = p * 2
turned = m[i = j, j = i] + m
loss = sum[i](p * q)
)");
  Graph& graph = algebra.graph;
  Interpreter interpreter = algebra.interpreter(5);
  const auto input = [&](const char* name) { return graph.input_of(algebra[name]); };
  Computation computation;
  computation.assignments = {{input("p"), algebra["swap_p"]}, {input("q"), algebra["swap_q"]}, {input("m"), algebra["turned"]}};
  computation.loss = algebra["loss"];
  const NativeValues native(graph, algebra.sizes, computation, interpreter);
  CHECK(difference(native["p"], interpreter.value(algebra["swap_p"]).values) < 1e-6);
  CHECK(difference(native["q"], interpreter.value(algebra["swap_q"]).values) < 1e-6);
  CHECK(difference(native["m"], interpreter.value(algebra["turned"]).values) < 1e-6);
  CHECK(std::abs(native.loss - interpreter.value(algebra["loss"]).values[0]) < 1e-4);
}
