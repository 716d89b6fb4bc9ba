// The counts of closed forms as a person writes them.
#include "tests/counts.h"

#include "tests/property/algebra.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// Everything that a backward pass finds computed: inputs under the names that the forms use.
const std::string forward =
    "axis n = 4, c = 5, j = |c|, v = 6, d = 2, o = 3, q = 4, k = 5\n"
    "data Y[n] : c\ndata X[n] : v\ndata t\ndata e\ndata w[n]\ndata gain[c]\ndata r[n]\ndata s[c]\n"
    "data p[n, c]\ndata g[n, c]\ndata xh[n, c]\ndata y[n, c]\ndata x[n, c]\ndata z[n, c]\ndata H[n]\n"
    "data u[c]\ndata A[q, k]\ndata dO[q, d]\ndata O[q, d]\ndata V[k, d]\ndata K[k, d]\ndata Q[q, d]\n"
    "data T[n, d]\ndata G[n, o]\ndata W[d, o]\ndata C[v, d]\ndata m[d]\n";

// The sum of what the lines add, `lines` being definitions over those names.
Counts counts_of(const std::string& lines) {
  const Algebra algebra(forward + lines);
  Diagnostics sink;
  std::vector<NodeId> nodes;
  for (const auto& definition : syntax::parse(sink, sink.add_source("test", lines)).definitions)
    nodes.push_back(algebra[definition.name.text]);
  Counter counter(algebra.graph, nodes, [&](NodeId id) { return algebra.graph.node(id).op == Op::input; });
  return total(counter, nodes);
}

struct Row {
  std::string lines;
  Counts counts;  // per element, indicators, reductions, contractions, sweeps
};

void check(std::span<const Row> rows) {
  for (const auto& [lines, counts] : rows) {
    INFO(lines);
    CHECK(counts_of(lines) == counts);
  }
}

}  // namespace

TEST_CASE("losses count what happens to each score", "[unit]") {
  check(std::vector<Row>{
      {"dx = (p - (c == Y)) / |n|", {1, 1, 0, 0, 1}},
      {"dx = p / |n| - (c == Y) / |n|", {1, 1, 0, 0, 1}},
      {"dx = (p - (1 - e) * (c == Y) - e / |c|) / |n|", {2, 1, 0, 0, 1}},
      {"dx = (p * sum[c](y) - y) / |n|", {3, 0, 1, 0, 2}},
      {"dx = (p - y) / |n|", {2, 0, 0, 0, 1}},
      {"dx = w / sum[n](w) * (p - (c == Y))", {1, 1, 0, 0, 1}},
      {"dx = 2 * y / (|n| * |c|)", {1, 0, 0, 0, 1}},
      {"dx = -y * (y * z < 1) / |n|", {3, 0, 0, 0, 1}},
      {"dx = min(max(y, -e), e) / |n|", {2, 0, 0, 0, 1}},
      {"dx = -p * (x + H)", {2, 0, 0, 0, 1}},
      {"dx = p * (y - sum[c](p * y)) / |n|", {3, 0, 1, 0, 2}},
      {"dx = (y - 1) / 2", {2, 0, 0, 0, 1}},
      {"dx = y", {0, 0, 0, 0, 0}},
      {"dx = 0 * (p - y)", {0, 0, 0, 0, 0}},
  });
}

TEST_CASE("norms count operations, reductions and sweeps", "[unit]") {
  check(std::vector<Row>{
      {"dx = (g - y * sum[c](g * y)) / H", {3, 0, 1, 0, 2}},
      {"dy = gain * g\ndx = r * (dy - xh * sum[c](dy * xh) / |c|)", {4, 0, 1, 0, 2}},
      {"dx = r * (gain * g - xh * sum[c](gain * g * xh) / |c|)\ndgain = sum[n](g * xh)", {4, 0, 2, 0, 2}},
      {"dx = r * (gain * g - sum[c](gain * g) / |c| - xh * sum[c](gain * g * xh) / |c|)\n"
       "dgain = sum[n](g * xh)\ndbias = sum[n](g)",
       {5, 0, 4, 0, 2}},
      {"dx = gain * s * (g - sum[n](g) / |n| - xh * sum[n](g * xh) / (|n| - 1))\ndgain = sum[n](g * xh)\ndbias = sum[n](g)",
       {4, 0, 2, 0, 2}},
      {"dx = gain * s / |n| * (|n| * g - sum[n](g) - |n| / (|n| - 1) * xh * sum[n](g * xh))", {5, 0, 2, 0, 2}},
      {"dx = 2 * g * gain / |n|", {1, 0, 0, 0, 1}},
      {"dx = p * (g - sum[c](g * p))", {2, 0, 1, 0, 2}},
      {"dx = g - p * sum[c](g)", {2, 0, 1, 0, 2}},
  });
}

TEST_CASE("functions count one operation a result", "[unit]") {
  check(std::vector<Row>{
      {"dx = g * (1 - y^2)", {3, 0, 0, 0, 1}},
      {"dx = g * y * (1 - y)", {3, 0, 0, 0, 1}},
      {"dx = g * (y + z * (1 - y))", {4, 0, 0, 0, 1}},
      {"dx = g * sigmoid(x)", {2, 0, 0, 0, 1}},
      {"dx = g * where(x > 0, 1, y + e)", {3, 0, 0, 0, 1}},
      {"dx = g * where(x > 0, 1, e)", {2, 0, 0, 0, 1}},
      {"dx = g * (y > 0)", {1, 0, 0, 0, 1}},
      {"dx = -g", {1, 0, 0, 0, 1}},
      {"dx = -1 / g", {1, 0, 0, 0, 1}},
      {"dx = g^-2", {2, 0, 0, 0, 1}},
      {"dx = e / g^2", {2, 0, 0, 0, 1}},
      {"dx = e * w / |n| * g", {1, 0, 0, 0, 1}},
      {"dx = w * gain * g", {2, 0, 0, 0, 1}},
      {"e1 = g * z\ndan = e1 * (1 - y^2)\ndaz = e1 * (x - y) * p\ndar = dan * xh * (1 - p)\ndhn = dan * p\ndh = g * p",
       {12, 0, 0, 0, 1}},
  });
}

TEST_CASE("contractions take their constant factors in", "[unit]") {
  check(std::vector<Row>{
      {"dX = sum[o](G * W)\ndW = sum[n](T * G)\ndb = sum[n](G)", {0, 0, 1, 2, 1}},
      {"dA = 2 * sum[o](G * W)\ndB = -2 * sum[n](T * G) / |n|", {0, 0, 0, 2, 1}},
      {"dW = sum[n](T * w * G)", {1, 0, 0, 1, 1}},
      {"dm = 2 * sum[n](T * w) / |n| + 2 * e * m", {0, 0, 0, 1, 1}},
      {"dy = 2 * w\ndW = sum[n](w * H[n = n - q else 0])", {1, 0, 0, 1, 1}},
      {"dC = sum[n]((X == v) * T)", {0, 1, 0, 0, 1}},
      {"dC = sum[n, o]((X == v) * G * W)", {0, 1, 0, 1, 1}},
      {"dB = sum[d, o](T * W * G[n = q])", {0, 0, 0, 2, 1}},
      {"Z = sum[n]((X == v) * G)\ndC = sum[o](Z * W)\ndW = sum[v](C * Z)", {0, 1, 0, 2, 1}},
      {"dV = sum[q](A * dO)\ndS = A * (sum[d](dO * V) - sum[d](dO * O))\n"
       "dQ = sum[k](dS * K) / sqrt(|d|)\ndK = sum[q](dS * Q) / sqrt(|d|)",
       {2, 0, 1, 4, 2}},
      {"dx = u * ((c == j) - u[c = j])", {1, 1, 0, 0, 1}},
      {"dx = (c == j) * u - u * u[c = j]", {1, 1, 0, 0, 1}},
  });
}
