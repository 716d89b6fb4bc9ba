#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "compiler/graph/print.h"
#include "tests/elaborated.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// The sizes that a case's first lines give: `# --size time=8`.
std::map<std::string, std::int64_t> given_sizes(const std::string& text) {
  std::map<std::string, std::int64_t> given;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && line.starts_with("# --size ");) {
    const std::size_t equals = line.find('=');
    given[line.substr(9, equals - 9)] = std::stoll(line.substr(equals + 1));
  }
  return given;
}

std::vector<fs::path> cases(std::string_view stage) {
  std::vector<fs::path> result;
  for (const fs::directory_entry& entry : fs::directory_iterator(source_folder() / "tests" / "cases" / stage))
    if (entry.path().extension() == ".tenet") result.push_back(entry.path());
  std::ranges::sort(result);
  REQUIRE_FALSE(result.empty());
  return result;
}

// What is wrong with a case, its sizes included.
void find_errors(Diagnostics& diagnostics, const fs::path& path) {
  const std::string text = read_text(path);
  if (std::optional<Program> program = elaborated(diagnostics, path.filename().string(), text))
    close_sizes(*program, diagnostics, given_sizes(text));
}

}  // namespace

TEST_CASE("what is wrong with a program is said as recorded", "[unit]") {
  for (const fs::path& path : cases("errors")) {
    Diagnostics diagnostics;
    find_errors(diagnostics, path);
    INFO(path);
    CHECK(diagnostics.has_errors());
    check_golden("errors", path.stem().string(), diagnostics.render(false));
  }
}

TEST_CASE("every message of elaboration, sizes and recipe is produced by some case", "[unit]") {
  std::set<Message> produced;
  for (const fs::path& path : cases("errors")) {
    Diagnostics diagnostics;
    find_errors(diagnostics, path);
    for (const Diagnostic& row : diagnostics.all()) produced.insert(row.message);
  }
  for (int i = static_cast<int>(Message::import_unreadable); i <= static_cast<int>(Message::sample_reads_next); ++i) {
    INFO("message " << i << ", number " << i - static_cast<int>(Message::import_unreadable) << " of its sections");
    CHECK(produced.contains(static_cast<Message>(i)));
  }
}

TEST_CASE("a program's graph is as recorded", "[unit]") {
  for (const fs::path& path : cases("graph")) {
    Diagnostics diagnostics;
    std::optional<Program> program = elaborated(diagnostics, path.filename().string(), read_text(path));
    INFO(path << "\n" << diagnostics.render(false));
    REQUIRE(program);
    std::vector<NodeId> roots;
    std::string text;
    for (const Parameter& row : program->parameters) roots.push_back(row.initial);
    for (const Definition& row : program->definitions) roots.push_back(row.node);
    for (const Claim& row : program->claims) roots.insert(roots.end(), {row.left, row.right});
    check_golden("graph", path.stem().string(), to_text(program->graph, roots));
  }
}

TEST_CASE("every program of graphs/ elaborates", "[unit]") {
  for (const fs::directory_entry& entry : fs::directory_iterator(source_folder() / "graphs")) {
    if (!entry.is_regular_file()) continue;
    Diagnostics diagnostics;
    const bool is_library = entry.path().filename() == "std.tenet";
    std::optional<Program> program = elaborated(diagnostics, entry.path().filename(), is_library ? "" : read_text(entry.path()));
    INFO(entry.path() << "\n" << diagnostics.render(false));
    REQUIRE(program);
    if (is_library) continue;
    for (const std::string& file : program->train->source->files) {
      const fs::path data = entry.path().parent_path() / file;
      const std::string name = data.filename();
      INFO(data);
      // What is not kept is drawn by the script of that name.
      CHECK((fs::exists(data) || fs::exists(data.parent_path() / (name.substr(0, name.find_first_of("-.")) + ".py"))));
    }
    std::map<std::string, std::int64_t> given;
    for (const auto& [name, axis] : program->axes)
      if (name == "vocab") given[name] = 27;
    CHECK(close_sizes(*program, diagnostics, given, 5));
    CHECK(diagnostics.render(false).empty());
  }
}

TEST_CASE("an import brings everything but claims and recipes, each file once", "[unit]") {
  const std::map<std::string, std::string> files = {
      {"models/a.tenet", R"(
import "b.tenet"
import "../shared.tenet"
param w[n] = 1
h = scaled(w) + x
claim h == 0
train h { steps = 0 }
)"},
      {"models/b.tenet", "import \"a.tenet\"\nimport \"../main.tenet\"\ndata x[n]\nfn scaled(z) = relu(2 * z)\n"},
      {"shared.tenet", "axis n = 2\nfn softmax[c](z) = 0 * z\n"}};
  const auto read = [&](const std::string& path) -> std::expected<std::string, std::string> {
    if (!files.contains(path)) return std::unexpected("there is none: " + path);
    return files.at(path);
  };
  Diagnostics diagnostics;
  std::optional<Program> program = elaborated(diagnostics, "main.tenet", R"(
import "models/a.tenet"
import "models/../shared.tenet"
import "./models/b.tenet"
y = sum[n](softmax[n](h) + w)
claim y == sum[n](w)
)",
                                              read);
  INFO(diagnostics.render(false));
  REQUIRE(program);
  CHECK(names(*program) == std::vector<std::string>{"h", "y"});
  CHECK(program->axes.size() == 1);
  CHECK(program->data.size() == 1);
  CHECK(program->parameters.size() == 1);
  CHECK(program->claims.size() == 1);
  CHECK_FALSE(program->train);
}

TEST_CASE("definitions may stand in any order", "[unit]") {
  Evaluated program = evaluated("c = b * 2\nb = a + 1\nfn f(x) {\n v = u + 1\n u = x * 10\n v\n}\na = f(4)\n");
  CHECK(program["c"] == Values{84});
  CHECK(names(program.program) == std::vector<std::string>{"a.f.u", "a.f.v", "a", "b", "c"});
}

TEST_CASE("a chain of a hundred thousand definitions elaborates", "[unit]") {
  std::string text = "axis i = 4\ndata x[i]\n";
  constexpr int length = 100'000;
  for (int k = length; k > 0; --k) text += fmt::format("a{} = a{} + 1\n", k, k - 1);
  text += fmt::format("a0 = x[i = i]\nb = x[i = min(max(floor(a{}), 0), 3)]\n", length);
  Diagnostics diagnostics;
  std::optional<Program> program = elaborated(diagnostics, "test.tenet", text);
  INFO(diagnostics.render(false));
  REQUIRE(program);
  CHECK(program->definitions.size() == length + 2);
}

TEST_CASE("a file's own name wins over the library's, but not inside the library", "[unit]") {
  Evaluated program = evaluated(R"(
axis c = 3
data x[c]
data k[c] : c
fn log_softmax[c](z) = 7 * z
mine = log_softmax[c](x)
loss = sum[c](cross_entropy[c](x, k))
)");
  CHECK(program["mine"] == Values{7, 14, 21});
  const double denominator = std::log(std::exp(1) + std::exp(2) + std::exp(3));
  CHECK(program["loss"][0] == Approx(3 * denominator - 2 - 1 - 3));  // k = 1, 0, 2
}

TEST_CASE("substitution is simultaneous, pairs by shared axes and takes diagonals", "[unit]") {
  Evaluated program = evaluated(R"(
axis i = 2, j = 2, k = 2
data x[i, j]
data place[i] : j
swapped = x[i = j, j = i]
paired = x[j = place]
diagonal = x[i = j]
looked = x[i = place, j = 0]
nested = sum[i](x)[j = i]
)");
  // x = 1 2 / 3 4, place = 1 1
  CHECK(program["swapped"] == Values{1, 3, 2, 4});
  CHECK(program["paired"] == Values{2, 4});
  CHECK(program["diagonal"] == Values{1, 4});
  CHECK(program["looked"] == Values{3, 3});
  CHECK(program["nested"] == Values{4, 6});
}

TEST_CASE("an else value extends a value past its axis, the other replacements with it", "[unit]") {
  Evaluated program = evaluated(R"(
axis t = 3, i = 2, j = 2
data x[t, i]
data start[i]
before = x[t = t - 1 else start]
moved  = x[t = t - 1 else start, i = j]
same   = x[t = t - 1 else start, i = 1 - i]
both   = x[t = t - 1 else -1, i = i - 1 else -2]
equal  = x[t = t - 1 else 0, i = i - 1 else 0]
with_axes = x[t = t - 1 else 10 * i, i = i - 1 else 100 * t]
)");
  // x = 1 2 / 3 4 / 5 6, start = 1 2
  CHECK(program["before"] == Values{1, 2, 1, 2, 3, 4});
  CHECK(program["moved"] == Values{1, 2, 1, 2, 3, 4});
  CHECK(program["same"] == Values{2, 1, 2, 1, 4, 3});
  CHECK(program["both"] == Values{-2, -1, -2, 1, -2, 3});
  CHECK(program["equal"] == Values{0, 0, 0, 1, 0, 3});
  const Values values = program["with_axes"];
  CHECK(Values(values.begin() + 1, values.end()) == Values{0, 0, 1, 100, 3});  // at (0, 0) both leave
}

TEST_CASE("numbers, kinds and reductions mean what the language says", "[unit]") {
  Evaluated program = evaluated(R"(
axis i = 4
data x[i]
total = sum[i](x)
average = mean[i](x)
product = prod[i](x)
most = max[i](x) + min[i](x)
place = argmax[i](min(x, 3))
counted = sum[i](x > 2) * 10
exact = 1/3 + 1/6
half_turn = sin(pi / 2)
power = -2^2 + 2^-1 + 2^3^2
)");
  CHECK(program["total"] == Values{10});
  CHECK(program["average"] == Values{2.5});
  CHECK(program["product"] == Values{24});
  CHECK(program["most"] == Values{5});
  CHECK(program["place"] == Values{2});
  CHECK(program["counted"] == Values{20});
  CHECK(program["exact"][0] == Approx(0.5));
  CHECK(program["half_turn"][0] == Approx(1));
  CHECK(program["power"][0] == Approx(508.5));
}

TEST_CASE("an index that provably stays inside takes no else", "[unit]") {
  for (const std::string index : {"t", "s", "|t| - 1 - t", "min(t, 2)", "max(t - 1, 0)", "floor(t / 2)", "where(t > 2, 0, t)",
                                  "t - t", "argmax[s](1.0 * s)", "k", "abs(t - s)", "min(abs(t - 3), |t| - 1)", "t * (t > 0)",
                                  "sum[b](0 * b)", "(t + s) - s", "floor((t + s) / 2)"}) {
    INFO(index);
    CHECK(errors("axis t, s = |t|, b = 2\ndata x[t]\ndata k[b] : t\na = x[t = " + index + "]") == "");
    CHECK_THAT(errors("axis t = 5, s = |t|, b = 2\ndata x[t]\ndata k[b] : t\na = x[t = " + index + " else 0]"),
               ContainsSubstring("never taken"));
  }
  CHECK(errors("axis a, b, flat = |a| * |b|\ndata x[flat]\ny = x[flat = a * |b| + b]") == "");
  CHECK(errors("axis w = 3, out, t = |out| + |w| - 1\ndata x[t]\ny = x[t = out + w]") == "");
  // A quotient and its remainder, as a tensor takes another shape; cyclic indices.
  CHECK(errors("axis a, b, flat = |a| * |b|\ndata x[a, b]\ny = x[a = floor(flat / |b|), b = flat - |b| * floor(flat / |b|)]") ==
        "");
  CHECK(errors("axis h, r = 3, t = |h| * |r|\ndata x[h]\ny = x[h = floor(t / |r|)]\nz = x[h = floor((t + 2) / 3) else 0]") == "");
  CHECK(errors("axis t, s\ndata x[t]\ny = x[t = t + s - |t| * floor((t + s) / |t|)]") == "");
  CHECK(errors("axis t, s = |t|\ndata x[t]\ny = x[t = s - 2 * floor(s / 2)]\naxis u = 2, v = 7\ndata z[u]\n"
               "w = z[u = v - 2 * floor(v / 2)]") == "");
  CHECK_THAT(errors("axis t = 4, s\ndata x[t]\ny = x[t = s - 5 * floor(s / 5)]"), ContainsSubstring("from 0 to 4"));
  CHECK_THAT(errors("axis t = 4, s = 9\ndata x[t]\ny = x[t = s - 5 * floor(s / 4)]"), ContainsSubstring("may leave"));
  CHECK(errors("axis t, half = floor((|t| + 1) / 2)\ndata x[half]\ny = 1") == "");
}

TEST_CASE("an index that leaves its axis for all sizes wants an else at once", "[unit]") {
  for (const std::string index : {"t - 1", "t + 1", "-1", "2 * t + 1", "t - |t|", "floor(x)", "|t|", "max(t, |t|)", "-t - 1"}) {
    INFO(index);
    CHECK_THAT(errors("axis t\ndata x[t]\na = x[t = " + index + "]"), ContainsSubstring("the index may leave axis `t`"));
    CHECK(errors("axis t\ndata x[t]\na = x[t = " + index + " else 0]") == "");
  }
}

TEST_CASE("what open sizes leave undecided is decided when they are closed", "[unit]") {
  const auto closed = [](const std::string& index, std::int64_t t, std::int64_t s) {
    Program program = elaborated("axis t, s\ndata x[t]\ndata y[s]\na = x[t = " + index + "] + 0 * y");
    CHECK(program.obligations.size() == 1);
    Diagnostics diagnostics;
    close_sizes(program, diagnostics, {{"t", t}, {"s", s}});
    return diagnostics.render(false);
  };
  CHECK(closed("s", 4, 4) == "");
  CHECK(closed("s", 4, 3) == "");
  CHECK_THAT(closed("s", 3, 4), ContainsSubstring("the index may leave axis `t`: it goes from 0 to 3, the axis from 0 to 2"));
  CHECK(closed("3", 4, 1) == "");
  CHECK_THAT(closed("3", 3, 1), ContainsSubstring("the index may leave axis `t`"));
  CHECK(closed("s else 0", 3, 4) == "");
  CHECK_THAT(closed("s else 0", 4, 4), ContainsSubstring("never taken"));
}

TEST_CASE("small sizes are found for axes that nothing closes", "[unit]") {
  Program program = elaborated("axis embed, heads, key = |embed| / |heads|, t\ndata x[key, t]\na = x[t = 5]");
  Diagnostics diagnostics;
  std::optional<Sizes> sizes = close_sizes(program, diagnostics, {}, 2);
  REQUIRE(sizes);
  const auto size = [&](std::size_t i) { return (*sizes)[program.axes[i].second]; };
  CHECK(size(0) == size(1) * size(2));
  CHECK(size(3) > 5);
}

TEST_CASE("small sizes obey what is assumed of them", "[unit]") {
  Program program = elaborated("axis n, m, k\ndata x[n, m, k]\nassume |n| > 3 * |m|\nassume |k| == |m|\nassume 1 <= |k|\ny = x");
  Diagnostics diagnostics;
  std::optional<Sizes> sizes = close_sizes(program, diagnostics, {}, 1);
  REQUIRE(sizes);
  const auto size = [&](std::size_t i) { return (*sizes)[program.axes[i].second]; };
  CHECK(size(0) > 3 * size(1));
  CHECK(size(1) == size(2));
}

TEST_CASE("the recipe's batch closes the axis of items, and a given size goes before it", "[unit]") {
  Program program = elaborated(R"(
axis n, context = 2, vocab
data X[n, context] : vocab
data Y[n] : vocab
param W[vocab] = 0
loss = mean[n](cross_entropy[vocab](W, Y)) + 0 * sum[n, context](X)
train loss {
  from = letters("names.txt", window = X, next = Y)
  batch = 32
  steps = 2 * 1_000
  rate = where(step < 100, 1, 1 / 10) * |context|
  optimizer = sgd(momentum = 9 / 10)
  order = epochs
  split = 8, 1
}
)");
  REQUIRE(program.train);
  const Train& train = *program.train;
  CHECK(train.batch == 32);
  CHECK(train.steps == 2000);
  CHECK(train.order == BatchOrder::epochs);
  CHECK(train.split == Values{8, 1});
  CHECK(train.source->items == program.axes[0].second);
  CHECK(train.source->positions == program.axes[1].second);
  CHECK(train.source->alphabet == program.axes[2].second);
  REQUIRE(train.rules.size() == 1);
  REQUIRE(program.states.size() == 1);
  CHECK(program.states[0].name == "W.m");
  Diagnostics diagnostics;
  CHECK((*close_sizes(program, diagnostics, {{"vocab", 27}}))[train.source->items] == 32);
  CHECK((*close_sizes(program, diagnostics, {{"vocab", 27}, {"n", 5}}))[train.source->items] == 5);
}

TEST_CASE("an initial value reads sizes and other initial values", "[unit]") {
  Evaluated program = evaluated(R"(
axis i = 2, j = 3
scale = |i| / 4
param a[i, j] = 3 * scale
param b[i] = sum[j](a) + i
param c[i, j] = b * 10
fn spread(s) = s * uniform() + 5
param d[i, j] = spread(1) - spread(0)
)");
  CHECK(program["b"] == Values{4.5, 5.5});
  CHECK(program["c"] == Values{45, 55});
  const Values d = program["d"];
  CHECK(std::set<double>(d.begin(), d.end()).size() == 6);
  CHECK(std::ranges::all_of(d, [](double x) { return 0 <= x && x < 1; }));
}

TEST_CASE("random numbers are named by the parameter and the place of the call", "[unit]") {
  Evaluated program =
      evaluated("axis i = 3\nparam a[i] = normal() - normal()\nparam b[i] = a\nparam c[i] = normal() - normal()\n");
  CHECK(program["a"] == program["b"]);
  CHECK(program["a"] != program["c"]);
  CHECK(std::ranges::none_of(program["a"], [](double x) { return x == 0; }));
}

TEST_CASE("a draw of a definition is an input named by its path, one for each call", "[unit]") {
  const Program program = elaborated(R"(
axis i = 2, j = 3
data x[i]
fn dropout[c](v, q) {
  mask = uniform[c]() >= q
  where(training, v * mask, v)
}
layer noisy[c](v) {
  param scale = 1
  v + scale * normal[c]()
}
eps   = normal[i, j]()
pair  = normal[i]() * eps - normal[i]() * eps
y     = dropout[i](x, 0.5) + dropout[i](x, 0.5)
layer_of = noisy[i]
both  = layer_of(x) * layer_of(x)
again = eps + y.dropout.mask.uniform
)");
  std::vector<std::string> names;
  for (const NoiseInput& noise : program.noise) {
    const Input& input = program.graph.input(noise.input);
    names.push_back(noise.name + (input.distribution == Op::uniform ? "" : " normal"));
    CHECK(input.role == InputRole::noise);
    CHECK(input.axes.size() == (noise.name == "eps.normal" ? 2 : 1));
  }
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"both.noisy.normal normal", "both.noisy_2.normal normal", "eps.normal normal",
                                          "pair.normal normal", "pair.normal_2 normal", "y.dropout.mask.uniform",
                                          "y.dropout_2.mask.uniform"});
}

TEST_CASE("a draw below a size is a coordinate", "[unit]") {
  const std::string names = "axis i = 2, n, m = 3\ndata x[n]\n";
  for (const std::string line : {"y = x[n = floor(uniform[i]() * |n|)]", "y = x[n = floor(|n| * uniform[i]() * 1)]",
                                 "u = uniform[i]()\ny = x[n = floor(u * |n|)]"})
    CHECK_NOTHROW(elaborated(names + line + "\n"));
  for (const std::string line : {"y = x[n = floor(uniform[i]() * |n| + uniform[i]())]", "y = x[n = floor(normal[i]() * |n|)]",
                                 "y = x[n = floor((1 - uniform[i]()) * |n|)]", "y = x[n = floor(|n| * (|m| * uniform[i]() / 3))]",
                                 "u = uniform[i]()\ny = x[n = floor((u * 10000000001 - u * 10000000000) * |n|)]",
                                 "u = uniform[i]()\ny = x[n = floor(sum[i](u)) * |n| / 2]"}) {
    Diagnostics diagnostics;
    CHECK_FALSE(elaborated(diagnostics, "p.tenet", names + line + "\n"));
  }
}

TEST_CASE("grad goes through the name, not through equal expressions", "[unit]") {
  Evaluated program = evaluated(R"(
axis i = 2
param x[i] = 0
y = x^2
through = grad(sum[i](y * 3), y)
held = grad(sum[i](x^2 * 3), y)
by_x = grad(sum[i](x^2 * y), x)
stopped = grad(sum[i](stop(y) * x), x)
hessian = grad(grad(sum[i](x^3), x)[i = 0], x)
fn slope(f, z) = grad(f, z)
inside = slope(sum[i](y * 5), y)
fn own(z) = grad(sum[i](z^2), z)
of_argument = own(3 * x)
unrelated = grad(sum[i](x), y)
)");
  // x = 1 2
  CHECK(program["through"] == Values{3, 3});
  CHECK(program["held"] == Values{0, 0});
  CHECK(program["by_x"] == Values{4, 32});
  CHECK(program["stopped"] == Values{1, 4});
  CHECK(program["hessian"] == Values{6, 0});
  CHECK(program["inside"] == Values{5, 5});
  CHECK(program["of_argument"] == Values{6, 12});
  CHECK(program["unrelated"] == Values{0, 0});
}

TEST_CASE("claims keep what was written and where", "[unit]") {
  const Program program = elaborated("axis i = 2\nparam x[i] = 0\nclaim x * 2 == x + x\nclaim bessel: x == x\n");
  REQUIRE(program.claims.size() == 2);
  CHECK(program.claims[0].name == "x * 2");
  CHECK(program.claims[1].name == "bessel");
}

TEST_CASE("the library's functions are what their names say", "[unit]") {
  Evaluated program = evaluated(R"(
axis b = 3, c = 4, t = 3, s = |t|, key = 2
data x[b, c]
data q[t, key]
data k[s, key]
data y[b] : c
soft     = sum[c](softmax[c](x) - exp(log_softmax[c](x)))
lse      = logsumexp[c](x) - log(sum[c](exp(x)))
ce       = cross_entropy[c](x, y) + log(softmax[c](x)[c = y])
soft_ce  = soft_cross_entropy[c](x, c == y) - cross_entropy[c](x, y)
bce      = binary_cross_entropy(x, 1) + log(sigmoid(x))
kl       = kl_divergence[c](softmax[c](x), softmax[c](x))
bn_mean  = mean[b](batch_norm[b](x, 1, 0))
bn_var   = sum[b](batch_norm[b](x, 1, 0)^2) / (|b| - 1) - 1
ln_var   = mean[c](layer_norm[c](x)^2) - 1
rms      = mean[c](rms_norm[c](x)^2) - 1
gelus    = gelu(x / 10) - gelu_tanh(x / 10)
silus    = silu(x) - x / (1 + exp(-x))
leaky    = leaky_relu(-x) + 0.01 * x
elus     = elu(-x) - exp(-x) + 1
clipped  = clip(x, 2, 3) - min(max(x, 2), 3)
squared  = squared_error(x, 1) - (x - 1)^2
hubered  = huber(x, 0) - x + 1/2
attended = attention[s, key](q, k, 1) - 1
masked   = masked_attention[s, key](q, k, s, s <= t)[t = 0]
)");
  for (const Definition& row : std::vector(program.program.definitions)) {
    if (row.inner) continue;
    INFO(row.name);
    for (double value : program[row.name]) CHECK(std::abs(value) < 1e-3);
  }
}
