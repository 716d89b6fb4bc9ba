// How products are gone through, for targets that are given: decisions, printed as `dump --stage kernels` prints them.
#include "compiler/kernel/kernels.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/property/algebra.h"
#include "tests/property/native_values.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

constexpr Target avx2{8, 16, true}, avx512{16, 32, true};

std::string kernels_of(const char* text, const Target& target) {
  Algebra algebra(text);
  const Lowered lowered = lower(algebra.graph, algebra.sizes, named_outputs(algebra.graph), target);
  REQUIRE(lowered.error.empty());
  return to_text(lowered.kernels);
}

// A layer, and what its backward pass needs of it: the left operand, the right one and both transposed.
const char* const layer = R"(
axis batch = 512, i = 384, o = 640
param x[batch, i] = 0
param W[i, o] = 0
param dy[batch, o] = 0
y = sum[i](x * W)
dx = sum[o](dy * W)
dW = sum[batch](x * dy)
)";

const char* const heads = R"(
axis batch = 4, time = 64, embed = 128, heads = 4, key = 32
param x[batch, time, embed] = 0
param W[embed, heads, key] = 0
param dy[batch, time, heads, key] = 0
y = sum[embed](x * W)
dW = sum[batch, time](x * dy)
)";

}  // namespace

TEST_CASE("products are gone through in blocks, on packed operands", "[unit]") {
  check_golden("kernels", "layer_avx2", kernels_of(layer, avx2));
  check_golden("kernels", "layer_avx512", kernels_of(layer, avx512));
  check_golden("kernels", "heads_avx2", kernels_of(heads, avx2));
}

TEST_CASE("a small product is gone through as it is", "[unit]") {
  const std::string text = kernels_of(R"(
axis batch = 32, i = 30, o = 27
param x[batch, i] = 0
param W[i, o] = 0
y = sum[i](x * W)
)",
                                      avx2);
  CHECK(text.find("packed") == std::string::npos);
  CHECK(text.find("blocks") == std::string::npos);
}
