// The closed forms of gradients that everyone knows, as claims: proved, and the proofs replayed.
#include "compiler/prove/decide.h"
#include "tests/catch.h"
#include "tests/programs.h"

using namespace tenet;

namespace {

const std::string names = R"(
axis n, c, k, d, e, q, v
axis s = |q|, r = |n|, c2 = |c|
data Y[n] : c
data T[n] : v
param x[n, c] = normal()
param z[n] = normal()
param y[n] = normal()
param t[n, c] = normal()
param g[n, c] = normal()
param gain[c] = normal()
param bias[c] = normal()
param w[c] = normal()
param m[n] = normal()
param b[c] = normal()
param W[k, c] = normal()
param a[n, k] = normal()
param Q[q, d] = normal()
param K[s, d] = normal()
param V[s, e] = normal()
param G[q, e] = normal()
param E[v, k] = normal()
param A[n, r] = normal()
param u[n] = normal()
param H[n, k] = normal()
param tk[n, k] = normal()
param wl[k] = normal()
param yl[n] = normal()
param l = 1
param vv[n, c] = normal()
p = exp(x) / sum[c](exp(x))
)";

struct ClaimedForm {
  std::string name, definitions, claim;
};

// clang-format off
const ClaimedForm forms[] = {
  {"1a",
   R"(L1 = -sum[n](log(pm)[c = Y]) / |n|
mx = max[c](x)
nl = x - mx
cn = exp(nl)
pm = cn * sum[c](cn)^-1)",
   "grad(L1, x) == (p - (c == Y)) / |n|"},
  {"1b",
   R"(L1 = -sum[n](log(pm)[c = Y]) / |n|
mx = max[c](x)
nl = x - mx
cn = exp(nl)
pm = cn * sum[c](cn)^-1)",
   "grad(L1, mx) == 0"},
  {"2",
   R"(L = -sum[n](log(exp(x) / sum[c](exp(x)))[c = Y]) / |n|)",
   "grad(L, x) == (p - (c == Y)) / |n|"},
  {"3",
   R"(L = -sum[n, c](((1 - 0.1) * (c == Y) + 0.1 / |c|) * log(p)) / |n|)",
   "grad(L, x) == (p - (1 - 0.1) * (c == Y) - 0.1 / |c|) / |n|"},
  {"4",
   R"(L = -sum[n, c](t * log(p)) / |n|)",
   "grad(L, x) == (p * sum[c](t) - t) / |n|"},
  {"5",
   R"(L = -sum[n](w[c = Y] * log(p)[c = Y]) / sum[n](w[c = Y]))",
   "grad(L, x) == w[c = Y] / sum[n](w[c = Y]) * (p - (c == Y))"},
  {"6",
   R"(L = -sum[n](m * log(p)[c = Y]) / sum[n](m))",
   "grad(L, x) == m / sum[n](m) * (p - (c == Y))"},
  {"8",
   R"(L = sum[n](log(sum[c](exp(x))) - x[c = Y]) / |n|)",
   "grad(L, x) == (p - (c == Y)) / |n|"},
  {"9",
   R"(s0 = 1 / (1 + exp(-z))
L = -sum[n](y * log(s0) + (1 - y) * log(1 - s0)) / |n|)",
   "grad(L, z) == (sigmoid(z) - y) / |n|"},
  {"11",
   R"(L = -sum[n, c](t * log(sigmoid(x)) + (1 - t) * log(1 - sigmoid(x))) / (|n| * |c|))",
   "grad(L, x) == (sigmoid(x) - t) / (|n| * |c|)"},
  {"15",
   R"(L = sum[n, c]((x - t)^2) / (|n| * |c|))",
   "grad(L, x) == 2 * (x - t) / (|n| * |c|)"},
  {"16",
   R"(L = sum[n, c](abs(x - t)) / (|n| * |c|))",
   "grad(L, x) == sign(x - t) / (|n| * |c|)"},
  {"18",
   R"(L = sum[n](z + (y - m)^2 * exp(-z)) / (2 * |n|))",
   "grad(L, z) == (1 - (y - m)^2 * exp(-z)) / (2 * |n|)"},
  {"20",
   R"(L = -sum[n](1 + z - m^2 - exp(z)) / 2)",
   "grad(L, z) == (exp(z) - 1) / 2"},
  {"21",
   R"(L = -sum[n, c](p * log(p)))",
   "grad(L, x) == -p * (log(p) - sum[c](p * log(p)))"},
  {"23",
   R"(yy = x / sqrt(sum[c](x^2))
L = sum[n, c](g * yy))",
   "grad(L, x) == (g - yy * sum[c](g * yy)) / sqrt(sum[c](x^2))"},
  {"24a",
   R"(rr = (sum[c](x^2) / |c| + 1e-5)^-0.5
xh = x * rr
L = sum[n, c](g * gain * xh))",
   "grad(L, x) == rr * (g * gain - xh * sum[c](g * gain * xh) / |c|)"},
  {"24b",
   R"(rr = (sum[c](x^2) / |c| + 1e-5)^-0.5
xh = x * rr
L = sum[n, c](g * gain * xh))",
   "grad(L, gain) == sum[n](g * xh)"},
  {"25a",
   R"(dd = x - sum[c](x) / |c|
rr = (sum[c](dd^2) / |c| + 1e-5)^-0.5
xh = dd * rr
L = sum[n, c](g * (gain * xh + bias)))",
   "grad(L, x) == rr * (g * gain - sum[c](g * gain) / |c| - xh * sum[c](g * gain * xh) / |c|)"},
  {"25b",
   R"(dd = x - sum[c](x) / |c|
rr = (sum[c](dd^2) / |c| + 1e-5)^-0.5
xh = dd * rr
L = sum[n, c](g * (gain * xh + bias)))",
   "grad(L, gain) == sum[n](g * xh)"},
  {"26",
   R"(dd = x - sum[n](x) / |n|
rr = (sum[n](dd^2) / |n| + 1e-5)^-0.5
xh = dd * rr
L = sum[n, c](g * (gain * xh + bias)))",
   "grad(L, x) == gain * rr * (g - sum[n](g) / |n| - xh * sum[n](g * xh) / |n|)"},
  {"27",
   R"(dd = x - sum[n](x) / |n|
rr = (sum[n](dd^2) / (|n| - 1) + 1e-5)^-0.5
xh = dd * rr
L = sum[n, c](g * (gain * xh + bias)))",
   "grad(L, x) == gain * rr * (g - sum[n](g) / |n| - xh * sum[n](g * xh) / (|n| - 1))"},
  {"27b",
   R"(dd = x - sum[n](x) / |n|
rr = (sum[n](dd^2) / (|n| - 1) + 1e-5)^-0.5
xh = dd * rr
L = sum[n, c](g * (gain * xh + bias)))",
   "grad(L, x) == gain * rr / |n| * (|n| * g - sum[n](g) - |n| / (|n| - 1) * xh * sum[n](g * xh))"},
  {"28a",
   R"(xx = sum[k](a * W) + b
dd = xx - sum[n](xx) / |n|
rr = (sum[n](dd^2) / |n| + 1e-5)^-0.5
xh = dd * rr
L = sum[n, c](g * (gain * xh + bias)))",
   "grad(L, b) == 0"},
  {"28b",
   R"(xx = sum[k](a * W) + b
dd = xx - sum[n](xx) / |n|
rr = (sum[n](dd^2) / |n| + 1e-5)^-0.5
xh = dd * rr
L = sum[n, c](g * (gain * xh + bias)))",
   "grad(L, W) == sum[n](a * grad(L, xx))"},
  {"28c",
   R"(xx = sum[k](a * W) + b
dd = xx - sum[n](xx) / |n|
rr = (sum[n](dd^2) / |n| + 1e-5)^-0.5
xh = dd * rr
L = sum[n, c](g * (gain * xh + bias)))",
   "sum[n](grad(L, xx)) == 0"},
  {"30",
   R"(L = sum[n, c](p * g))",
   "grad(L, x) == p * (g - sum[c](g * p))"},
  {"31",
   R"(L = sum[n, c](log(p) * g))",
   "grad(L, x) == g - p * sum[c](g)"},
  {"31b",
   R"(L = sum[n, c](log_softmax[c](x) * g))",
   "grad(L, x) == g - p * sum[c](g)"},
  {"32v",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](S)
O = sum[s](P * V)
L = sum[q, e](O * G))",
   "grad(L, V) == sum[q](P * G)"},
  {"32s",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](S)
O = sum[s](P * V)
L = sum[q, e](O * G))",
   "grad(L, S) == P * (sum[e](G * V) - sum[e](G * O))"},
  {"32q",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](S)
O = sum[s](P * V)
L = sum[q, e](O * G))",
   "grad(L, Q) == sum[s](P * (sum[e](G * V) - sum[e](G * O)) * K) / sqrt(|d|)"},
  {"32k",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](S)
O = sum[s](P * V)
L = sum[q, e](O * G))",
   "grad(L, K) == sum[q](P * (sum[e](G * V) - sum[e](G * O)) * Q) / sqrt(|d|)"},
  {"33s",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](where(s <= q, S, -inf))
O = sum[s](P * V)
L = sum[q, e](O * G))",
   "grad(L, S) == P * (sum[e](G * V) - sum[e](G * O))"},
  {"33q",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](where(s <= q, S, -inf))
O = sum[s](P * V)
L = sum[q, e](O * G))",
   "grad(L, Q) == sum[s](P * (sum[e](G * V) - sum[e](G * O)) * K) / sqrt(|d|)"},
  {"33v",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](where(s <= q, S, -inf))
O = sum[s](P * V)
L = sum[q, e](O * G))",
   "grad(L, V) == sum[q](P * G)"},
  {"33p",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](where(s <= q, S, -inf)))",
   "P == (s <= q) * exp(S) / sum[s]((s <= q) * exp(S))"},
  {"33t",
   R"(S = sum[d](Q * K) / sqrt(|d|)
P = softmax[s](where(s <= q, S, -inf)))",
   "sum[s](P) == 1 + 0 * q"},
  {"34a",
   R"(L = sum[n, c](g * tanh(x)))",
   "grad(L, x) == g * (1 - tanh(x)^2)"},
  {"34b",
   R"(L = sum[n, c](g * sigmoid(x)))",
   "grad(L, x) == g * sigmoid(x) * (1 - sigmoid(x))"},
  {"34c",
   R"(L = sum[n, c](g * (exp(x) - exp(-x)) / (exp(x) + exp(-x))))",
   "grad(L, x) == g * (1 - tanh(x)^2)"},
  {"34d",
   R"()",
   "tanh(x) == 2 * sigmoid(2 * x) - 1"},
  {"34e",
   R"()",
   "sum[c](tanh(x)^2 + 4 * sigmoid(2 * x) * sigmoid(-2 * x)) == |c| + 0 * z"},
  {"34f",
   R"()",
   "exp(tanh(x)) == exp(2 * sigmoid(2 * x) - 1)"},
  {"34g",
   R"()",
   "sin(tanh(x)) == sin(1 - 2 * sigmoid(-2 * x))"},
  {"34h",
   R"()",
   "log(sigmoid(x)) == -softplus(-x)"},
  {"34i",
   R"()",
   "sum[c](g * sigmoid(x) * (1 - sigmoid(x))) == sum[c](g * exp(x) / (1 + exp(x))^2)"},
  {"35",
   R"(hh = 0.5 * (1 + tanh(0.8 * (z + 0.044715 * z^3)))
yy = z * hh
L = sum[n](m * yy))",
   "grad(L, z) == m * (hh + yy * (1 - hh) * (2 * 0.8 + 6 * 0.8 * 0.044715 * z^2))"},
  {"36",
   R"(yy = z * sigmoid(z)
L = sum[n](m * yy))",
   "grad(L, z) == m * (yy + sigmoid(z) * (1 - yy))"},
  {"37",
   R"(L = sum[n](m * log(1 + exp(z))))",
   "grad(L, z) == m * sigmoid(z)"},
  {"39",
   R"(yy = where(z > 0, z, 2 * (exp(z) - 1))
L = sum[n](m * yy))",
   "grad(L, z) == m * where(z > 0, 1, yy + 2)"},
  {"40",
   R"(yy = where(z > 0, z, 0.1 * z)
L = sum[n](m * yy))",
   "grad(L, z) == m * where(z > 0, 1, 0.1)"},
  {"40b",
   R"(yy = relu(z)
L = sum[n](m * yy))",
   "grad(L, z) == m * (yy > 0)"},
  {"41a",
   R"(xx = sum[k](a * W) + b
L = sum[n, c](xx * g))",
   "grad(L, a) == sum[c](g * W)"},
  {"41b",
   R"(xx = sum[k](a * W) + b
L = sum[n, c](xx * g))",
   "grad(L, W) == sum[n](g * a)"},
  {"41c",
   R"(xx = sum[k](a * W) + b
L = sum[n, c](xx * g))",
   "grad(L, b) == sum[n](g)"},
  {"42",
   R"(xx = E[v = T]
L = sum[n, k](xx * H))",
   "grad(L, E) == sum[n]((T == v) * H)"},
  {"43",
   R"(xx = sum[k](E[v = T] * W)
L = sum[n, c](xx * g)
Z = sum[n]((T == v) * g))",
   "grad(L, E) == sum[c](Z * W)"},
  {"43w",
   R"(xx = sum[k](E[v = T] * W)
L = sum[n, c](xx * g)
Z = sum[n]((T == v) * g))",
   "grad(L, W) == sum[v](E * Z)"},
  {"44",
   R"(zz = sigmoid(z)
nn = tanh(y)
hn = (1 - zz) * u + zz * m
L = sum[n](m * hn))",
   "grad(L, z) == m * (m - u) * sigmoid(z) * (1 - sigmoid(z)) * yl / yl"},
  {"46",
   R"(L = sum[n]((sum[k](a * wl) - yl)^2) / |n| + l * sum[k](wl^2))",
   "grad(L, wl) == 2 * sum[n](a * (sum[k](a * wl) - yl)) / |n| + 2 * l * wl"},
  {"47",
   R"(sg = sigmoid(sum[k](a * wl))
L = -sum[n](yl * log(sg) + (1 - yl) * log(1 - sg)) / |n|)",
   "grad(L, wl) == sum[n](a * (sigmoid(sum[k](a * wl)) - yl)) / |n|"},
  {"48",
   R"(L = -sum[n](log(p)[c = Y]) / |n|)",
   "grad(sum[n, c](grad(L, x) * vv), x) == p * (vv - sum[c](p * vv)) / |n|"},
  {"49",
   R"(L = sum[n, r](u * A * u[n = r]))",
   "grad(L, u) == sum[r](A * u[n = r]) + sum[r](A[n = r, r = n] * u[n = r])"},
  {"50a",
   R"(L = sum[n, c]((sum[k](a * W) - t)^2))",
   "grad(L, a) == 2 * sum[c]((sum[k](a * W) - t) * W)"},
  {"50b",
   R"(L = sum[n, c]((sum[k](a * W) - t)^2))",
   "grad(L, W) == 2 * sum[n]((sum[k](a * W) - t) * a)"},
  {"51",
   R"(D = E1
L = sum[n, n2, b1, b2](A2 * D[n = n2] * B2 * D[b1 = b2])
axis b1
axis b2 = |b1|
axis n2 = |n|
param A2[n, n2] = normal()
param B2[b1, b2] = normal()
param E1[n, b1] = normal())",
   "grad(L, D) == sum[n2, b2](A2 * D[n = n2, b1 = b2] * B2[b1 = b2, b2 = b1]) + sum[n2, b2](A2[n = n2, n2 = n] * D[n = n2, b1 = b2] * B2)"},
  {"52",
   R"(pairs = exp(A) / sum[r](exp(A))
L = -sum[n](log(pairs)[r = n]) / |n|)",
   "grad(L, A) == (pairs - (r == n)) / |n|"},
  {"55",
   R"(L = l * sum[k](wl^2) / 2)",
   "grad(L, wl) == l * wl"},
  {"56a",
   R"(L = sum[n]((z - sum[n](z) / |n|)^2) / |n|)",
   "grad(L, z) == 2 * (z - sum[n](z) / |n|) / |n|"},
  {"56b",
   R"(L = sum[n]((z - sum[n](z) / |n|)^2) / (|n| - 1))",
   "grad(L, z) == 2 * (z - sum[n](z) / |n|) / (|n| - 1)"},
  {"56c",
   R"(sd = sqrt(sum[n]((z - sum[n](z) / |n|)^2) / |n|))",
   "grad(sd, z) == (z - sum[n](z) / |n|) / (|n| * sd)"},
  {"58",
   R"()",
   "grad(p[c = c2][n = r], x) == p[c = c2][n = r] * ((c2 == c) - p) * (n == r)"},
};
// clang-format on

}  // namespace

TEST_CASE("well-known closed forms are proved", "[unit]") {
  for (const ClaimedForm& form : forms) {
    INFO(form.name << ": " << form.claim);
    const Program program = tests::program_from(names + form.definitions + "\nclaim c: " + form.claim + "\n");
    const Decision decision = decide(program.graph, program.claims.at(0).left, program.claims.at(0).right);
    INFO(decision.difference << decision.stop << decision.replay.stop);
    CHECK(decision.decided == Decided::proved);
    CHECK(decision.replay.points == 2);
  }
}
