#include <algorithm>
#include <filesystem>
#include <random>
#include <set>

#include "compiler/syntax/number.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/print.h"
#include "compiler/syntax/words.h"
#include "tests/catch.h"
#include "tests/golden.h"

using namespace tenet;
using namespace tenet::syntax;

namespace {

struct Parsed {
  Diagnostics diagnostics;
  Program program;
};

Parsed parsed(std::string text, std::string name = "a.tenet") {
  Parsed result;
  const std::uint32_t file = result.diagnostics.add_source(std::move(name), std::move(text));
  result.program = parse(result.diagnostics, file);
  return result;
}

// The program as it was understood, then what was wrong with it.
std::string shown(const Parsed& result) { return print(result.program) + result.diagnostics.render(false); }

ExpressionPtr expression(const std::string& text) {
  Diagnostics diagnostics;
  return parse_expression(diagnostics, diagnostics.add_source("e", text));
}

// The tree with a bracket around every operator.
std::string tree(const Expression& node) {
  std::string text = "(" + std::to_string(static_cast<int>(node.kind)) + " " + node.text + node.number.get_str();
  if (node.kind == Expression::Kind::operation) text += operation(node.op).spelling;
  if (node.kind == Expression::Kind::number) text += node.whole ? " whole" : " real";
  for (const ExpressionPtr& operand : node.operands) text += tree(*operand);
  for (const Bracket& bracket : node.brackets) {
    text += " [";
    for (const Name& name : bracket.names) text += name.text + ",";
    if (bracket.value) text += "=" + tree(*bracket.value);
    if (bracket.otherwise) text += "else" + tree(*bracket.otherwise);
  }
  for (const Argument& argument : node.arguments)
    text += (argument.name ? argument.name->text : "") + ":" + tree(*argument.value);
  return text + ")";
}

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_folder() / "tests" / "cases" / "syntax")) {
    if (entry.path().extension() == ".tenet") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  REQUIRE_FALSE(paths.empty());
  return paths;
}

// Texts that a golden file cannot hold.
std::vector<std::string> unprintable() {
  return {std::string("x = 1\0", 6), "x = \xFF", std::string((std::size_t{16} << 20) + 1, ' ')};
}

// Random expressions, with everything that one may contain.
class Grower {
 public:
  explicit Grower(unsigned seed) : random_(seed) {}

  ExpressionPtr grow(int levels) {
    auto node = std::make_unique<Expression>();
    node->kind = levels == 0 ? leaf() : branch();
    switch (node->kind) {
      case Expression::Kind::number:
        node->whole = below(2) == 0;
        node->number = mpq_class(below(2000));
        if (!node->whole) node->number /= below(2) == 0 ? 1024 : 1000;
        node->number.canonicalize();
        break;
      case Expression::Kind::name:
      case Expression::Kind::size:
        node->text = name();
        break;
      case Expression::Kind::infinity:
        node->text = "inf";
        break;
      case Expression::Kind::pi:
        node->text = "pi";
        break;
      case Expression::Kind::operation:
        grow_operation(*node, levels);
        break;
      case Expression::Kind::call:
        node->text = name();
        for (int i = below(3); i > 0; --i) node->brackets.push_back(bracket(levels, below(2) == 0, false));
        for (int i = below(3); i > 0; --i) node->arguments.push_back({std::nullopt, grow(levels - 1)});
        if (below(2) == 0) node->arguments.push_back({Name{name(), {}}, grow(levels - 1)});
        break;
      default:
        node->operands.push_back(grow(levels - 1));
        for (int i = 1 + below(2); i > 0; --i) node->brackets.push_back(bracket(levels, true, below(2) == 0));
        break;
    }
    return node;
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  std::string name() { return std::vector<std::string>{"x", "loss", "h.W", "i", "where"}[static_cast<std::size_t>(below(5))]; }

  Expression::Kind leaf() {
    static constexpr Expression::Kind kinds[] = {Expression::Kind::number, Expression::Kind::name, Expression::Kind::size,
                                                 Expression::Kind::infinity, Expression::Kind::pi};
    return kinds[below(5)];
  }
  Expression::Kind branch() {
    static constexpr Expression::Kind kinds[] = {Expression::Kind::operation, Expression::Kind::operation, Expression::Kind::call,
                                                 Expression::Kind::substitute};
    const int which = below(5);
    return which == 4 ? leaf() : kinds[which];
  }

  void grow_operation(Expression& node, int levels) {
    std::vector<Op> operators;
    for (const Operation& row : operations()) {
      if (row.notation == Notation::infix || row.notation == Notation::prefix) operators.push_back(row.op);
    }
    node.op = operators[static_cast<std::size_t>(below(static_cast<int>(operators.size())))];
    const int operands = operation(node.op).notation == Notation::prefix ? 1 : 2;
    for (int i = 0; i < operands; ++i) node.operands.push_back(grow(levels - 1));
  }

  Bracket bracket(int levels, bool binding, bool otherwise) {
    Bracket bracket;
    bracket.names.push_back({"i", {}});
    if (!binding && below(2) == 0) bracket.names.push_back({"j", {}});
    if (binding) bracket.value = grow(levels - 1);
    if (otherwise) bracket.otherwise = grow(levels - 1);
    return bracket;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("every syntax case is understood as it was recorded", "[unit]") {
  for (const std::filesystem::path& path : cases()) {
    const Parsed result = parsed(tests::read_text(path), path.filename().string());
    INFO(path.string());
    // A case says by its name whether it is meant to be right.
    CHECK(result.diagnostics.has_errors() == path.stem().string().ends_with("_errors"));
    tests::check_golden("syntax", path.stem().string(), shown(result));
  }
}

TEST_CASE("what is printed parses to the same program", "[unit]") {
  for (const std::filesystem::path& path : cases()) {
    const std::string once = print(parsed(tests::read_text(path)).program);
    INFO(path.string());
    CHECK(shown(parsed(once)) == once);
  }
}

TEST_CASE("every syntax message is produced by some case", "[unit]") {
  static constexpr std::string_view names[] = {
#define TENET_MESSAGE(id, severity, text) #id,
#include "compiler/diagnostics/messages.def"
#undef TENET_MESSAGE
  };
  std::set<Message> produced;
  const auto produce = [&](const std::string& text) {
    const Parsed result = parsed(text);
    for (const Diagnostic& diagnostic : result.diagnostics.all()) produced.insert(diagnostic.message);
  };
  for (const std::filesystem::path& path : cases()) produce(tests::read_text(path));
  for (const std::string& text : unprintable()) produce(text);
  for (int i = 0; i <= static_cast<int>(Message::statement_in_function); ++i) {
    INFO(names[i]);
    CHECK(produced.contains(static_cast<Message>(i)));
  }
}

TEST_CASE("a file that is no text is one error", "[unit]") {
  for (const std::string& text : unprintable()) {
    const Parsed result = parsed(text);
    CHECK(result.diagnostics.all().size() == 1);
    CHECK(print(result.program).empty());
  }
  CHECK(parsed("\xFF\xFE\x00 binary \x80\x81").diagnostics.all().size() == 1);
  CHECK(shown(parsed("")).empty());
  CHECK(shown(parsed("\xEF\xBB\xBFx = 1")) == "x = 1\n");  // a byte order mark is none of it
}

TEST_CASE("random expressions print to a text that parses back to them", "[unit]") {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const ExpressionPtr grown = Grower(seed).grow(1 + static_cast<int>(seed % 5));
    const std::string text = print(*grown);
    const ExpressionPtr read = expression(text);
    INFO(text);
    REQUIRE(read);
    REQUIRE(tree(*read) == tree(*grown));
    // As a side of a claim, too.
    const Parsed claim = parsed("claim " + print_side(*grown) + " == " + print_side(*grown));
    REQUIRE_FALSE(claim.diagnostics.has_errors());
    REQUIRE(tree(*claim.program.claims.at(0).left) == tree(*grown));
    REQUIRE(tree(*claim.program.claims.at(0).right) == tree(*grown));
  }
}

TEST_CASE("formulas of the operation table parse", "[unit]") {
  CHECK(print(*expression("g * (1 - y^2)")) == "g * (1 - y^2)");
  CHECK(print(*expression("where(a > b, g, where(a == b, g / 2, 0))")) == "where(a > b, g, where(a == b, g / 2, 0))");
  CHECK(print(*expression("sum[axes](x == 0)")) == "sum[axes](x == 0)");
  CHECK(print(*expression("\n  a +\n  b\n")) == "a + b");
  CHECK_FALSE(expression("a b"));
  CHECK_FALSE(expression("a\nb"));
  CHECK_FALSE(expression(""));
  for (const Operation& row : operations()) {
    for (const std::string_view formula : row.adjoint) {
      INFO(row.spelling << ": " << formula);
      if (!formula.empty()) CHECK(expression(std::string(formula)));
    }
  }
}

TEST_CASE("numbers are exact", "[unit]") {
  const auto value = [](std::string_view text) { return read_number(text).value().value; };
  CHECK(value("200_000") == 200000);
  CHECK(value("1e-5") == mpq_class(1, 100000));
  CHECK(value(".5") == mpq_class(1, 2));
  CHECK(value("0.1") == mpq_class(1, 10));
  CHECK(value("007.50") == mpq_class(15, 2));
  CHECK(value("0e999999999999") == 0);
  CHECK(value("1.7976931348623157e308") > 0);
  CHECK(value("5e-324") > 0);
  CHECK(read_number("3").value().whole);
  CHECK_FALSE(read_number("3.0").value().whole);
  CHECK_FALSE(read_number("3e2").value().whole);
  for (const std::string_view wrong :
       {"", ".", "_1", "1_", "1__0", "1_.5", "1._5", "1e", "1e+", "1e_5", "e5", "1.2.3", "0x10", "1f"}) {
    INFO(wrong);
    CHECK(read_number(wrong).error() == Message::number_malformed);
  }
  for (const std::string_view wrong : {"1e309", "1.8e308", "1e-324", "1e99999999999999999999", "1e-99999999999999999999"}) {
    INFO(wrong);
    CHECK(read_number(wrong).error() == Message::number_out_of_range);
  }
  CHECK(read_number(std::string(1001, '1')).error() == Message::number_too_long);
}

TEST_CASE("the language's own words are reserved, others are not", "[unit]") {
  for (const std::string_view word :
       {"axis", "data", "param", "fn",       "claim", "assume", "import", "train", "sample",   "and",    "or",
        "not",  "else", "where", "grad",     "stop",  "inf",    "pi",     "step",  "training", "normal", "uniform",
        "exp",  "log",  "relu",  "softplus", "sum",   "mean",   "max",    "min",   "prod",     "argmax"}) {
    INFO(word);
    CHECK(is_reserved(word));
  }
  for (const std::string_view word : {"softmax", "batch", "rate", "optimizer", "letters", "state", "x", "from", "product", ""}) {
    INFO(word);
    CHECK_FALSE(is_reserved(word));
  }
}

TEST_CASE("places in the tree are places in the text", "[unit]") {
  const std::string text = "loss = -sum[i]((a + b) * x[j = k])\n";
  const Parsed result = parsed(text);
  const auto at = [&](Span span) { return text.substr(span.begin, span.end - span.begin); };
  const Expression& negation = *result.program.definitions.at(0).value;
  CHECK(at(negation.span) == "-sum[i]((a + b) * x[j = k])");
  CHECK(at(negation.operator_span) == "-");
  const Expression& call = *negation.operands[0];
  CHECK(at(call.span) == "sum[i]((a + b) * x[j = k])");
  CHECK(at(call.name_span) == "sum");
  CHECK(at(call.brackets[0].span) == "i");
  const Expression& product = *call.arguments[0].value;
  CHECK(at(product.operands[0]->span) == "(a + b)");
  CHECK(at(product.operands[1]->span) == "x[j = k]");
  CHECK(at(product.operands[1]->brackets[0].span) == "j = k");
}

TEST_CASE("depth is bounded, and what is within the bound is read", "[unit]") {
  const auto repeated = [](std::string_view part, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += part;
    return text;
  };
  CHECK(expression(repeated("(", 256) + "x" + repeated(")", 256)));
  CHECK(expression(repeated("a + ", 100'000) + "a")->depth == 2);  // nothing is nested in a chain
  CHECK(expression(repeated("a ^ ", 255) + "a"));
  CHECK(expression(repeated("-", 255) + "a"));
  CHECK(expression("x" + repeated("[i = 1]", 255))->depth == 256);
  for (const std::string_view part : {"(", "a ^ ", "-", "not ", "f(", "f[", "x[i = ", "[", "(a + ", "f(a, b = "}) {
    const Parsed result = parsed("x = " + repeated(part, 100'000) + "1\ny = 2\n");
    INFO(part);
    CHECK(result.diagnostics.all().size() == 1);
    CHECK(print(result.program) == "y = 2\n");
  }
}

TEST_CASE("any text ends in a program or in errors", "[unit]") {
  std::mt19937 random(1);
  const std::string alphabet = "()[]{}|,:=+-*/^<>!.#\"\\\n\r\t ax1_e\xC3\xA4";
  const std::vector<std::string> words = {"fn ", "axis ", "train ", "else ", "not ", "and ", "claim ", "\n", " = ", "{\n", "}\n"};
  for (const std::filesystem::path& path : cases()) {
    const std::string text = tests::read_text(path);
    for (int round = 0; round < 300; ++round) {
      std::string changed = text.substr(0, 4000);
      for (unsigned edits = 1 + random() % 8; edits > 0; --edits) {
        const std::size_t at = random() % (changed.size() + 1);
        switch (random() % 3) {
          case 0:
            changed.erase(at, random() % 20);
            break;
          case 1:
            changed.insert(at, 1, alphabet[random() % alphabet.size()]);
            break;
          default:
            changed.insert(at, words[random() % words.size()]);
            break;
        }
      }
      const Parsed result = parsed(changed);
      // What was understood is a program in any case.
      const std::string once = print(result.program);
      INFO(changed);
      REQUIRE(shown(parsed(once)) == once);
      result.diagnostics.render(false);
    }
  }
  for (int round = 0; round < 2000; ++round) {
    std::string noise(random() % 200, ' ');
    for (char& c : noise) c = static_cast<char>(random());
    parsed(noise).diagnostics.render(false);
    for (char& c : noise) c = alphabet[random() % alphabet.size()];
    parsed(noise).diagnostics.render(false);
  }
}
