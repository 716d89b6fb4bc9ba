// Wholes worked out natively are exactly those of the interpreter: sums, products, floors of quotients of any sign, remainders
// as indices, counts, comparisons; within 32 bits and beyond.
#include <fmt/format.h>

#include <random>

#include "tests/property/algebra.h"
#include "tests/property/native_values.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

class RandomWholes {
 public:
  explicit RandomWholes(std::uint32_t seed) : random_(seed) {}

  // A program whose definitions are wholes, truths and elements that wholes pick.
  std::string text() {
    std::string result =
        fmt::format("axis i = {}, j = {}, k = {}, few = {}\n", size(), size(), draw(3) ? size() : 30'000, 1 + draw(9));
    result += "param x[few] = 0\nparam y[i] = 0\ndata n[j] : i\ndata m[i] : k\n";
    for (int d = 0; d < 4; ++d) result += fmt::format("w{} = {}\n", d, whole(2));
    for (int d = 0; d < 3; ++d) result += fmt::format("t{} = {} {} {}\n", d, whole(2), relation(), whole(2));
    for (int d = 0; d < 3; ++d) {
      const std::string dividend = whole(2);
      result += fmt::format("e{} = x[few = {} - |few| * floor({} / |few|)]\n", d, dividend, dividend);
    }
    result += fmt::format("s = sum[k]({})\n", whole(1));
    result += fmt::format("r = sum[i, j](x[few = min(max({}, 0), |few| - 1)]) / 7\n", whole(2));
    result += fmt::format("p = floor({} * ({}) - {})\n", draw(2) ? "0.375" : "-1.25", whole(1), draw(2) ? "7 / 2" : "0.5");
    const std::string a = whole(1), b = whole(1), c = divisor(), d = divisor();
    result += fmt::format("holds = floor({0} / {2} + {1} / {3}) == floor(({0} * {3} + {1} * {2}) / ({2} * {3}))\n", a, b, c, d);
    return result;
  }

 private:
  std::uint32_t draw(std::uint32_t below) { return static_cast<std::uint32_t>(random_()) % below; }
  std::uint32_t size() { return draw(2) ? 1 + draw(5) : 1 + draw(90); }
  const char* relation() {
    constexpr const char* all[] = {"<", "<=", "==", "!=", ">", ">="};
    return all[draw(6)];
  }
  // Never 0.
  std::string divisor() {
    constexpr const char* all[] = {"41",   "|i|", "7",           "8",         "|k|",   "(n + 1)",
                                   "(-3)", "47",  "(m * m + 1)", "(j - |j|)", "1_000", "49"};
    return all[draw(std::size(all))];
  }
  std::string whole(int depth) {
    if (depth == 0) {
      constexpr const char* leaves[] = {"i", "j", "n", "m", "|k|", "|i|", "3", "41", "1_000", "(-5)"};
      return leaves[draw(std::size(leaves))];
    }
    const std::string a = whole(depth - 1), b = whole(depth - 1);
    switch (draw(10)) {
      case 0:
      case 1:
        return fmt::format("({} + {})", a, b);
      case 2:
        return fmt::format("({} - {})", a, b);
      case 3:
      case 4:
        return fmt::format("({} * {})", a, b);
      case 5:
        return fmt::format("max({}, {})", a, b);
      case 6:
        return fmt::format("where({} < {}, {}, -{})", a, b, b, a);
      case 7: {
        const std::string by = divisor();
        return fmt::format("({} - {} * floor({} / {}))", a, by, a, by);
      }
      default:
        return fmt::format("floor({} / {})", a, divisor());
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("wholes are exact, whatever they are worked out of", "[property]") {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    const std::string text = RandomWholes(seed).text();
    Algebra algebra(text);
    Interpreter interpreter = algebra.interpreter(seed);
    const Computation computation = named_outputs(algebra.graph);
    const NativeValues native(algebra.graph, algebra.sizes, computation, interpreter);
    for (const auto& output : computation.outputs) {
      std::vector<double> expected = interpreter.value(output.value).values;
      if (output.name == "holds") std::ranges::fill(expected, 1);  // the interpreter rounds
      const std::vector<double>& found = native[output.name];
      INFO("seed " << seed << ", " << output.name << " of\n" << text);
      REQUIRE(found.size() == expected.size());
      const bool exact = algebra.graph.node(output.value).kind != Kind::real;
      std::size_t wrong = found.size();
      for (std::size_t e = found.size(); e-- > 0;) {
        const double precise = exact && std::abs(expected[e]) < 0x1p24 ? 0 : 1e-6 * std::abs(expected[e]) + 1e-5;
        if (std::abs(expected[e]) < 0x1p53 && std::abs(found[e] - expected[e]) <= precise) continue;
        if (std::abs(expected[e]) < 0x1p53) wrong = e;
      }
      if (wrong < found.size()) FAIL_CHECK("element " << wrong << ": " << found[wrong] << ", not " << expected[wrong]);
    }
  }
}
