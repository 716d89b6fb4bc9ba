#include "compiler/syntax/layout.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <random>

#include "compiler/syntax/lexer.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/print.h"
#include "tests/catch.h"
#include "tests/golden.h"

using namespace tenet;
using namespace tenet::syntax;

namespace {

std::optional<std::string> layout_of(const std::string& text) {
  Diagnostics diagnostics;
  return canonical_layout(diagnostics, diagnostics.add_source("p", text));
}

std::string laid_out(const std::string& text) {
  const std::optional<std::string> result = layout_of(text);
  INFO(text);
  REQUIRE(result);
  return *result;
}

std::string meaning(const std::string& text) {
  Diagnostics diagnostics;
  return print(parse(diagnostics, diagnostics.add_source("p", text)));
}

// A token, and the text between it and the one before: white space and comments.
struct Piece {
  std::string between, text;
  TokenKind kind;
};

std::vector<Piece> pieces_of(const std::string& text) {
  Diagnostics diagnostics;
  std::vector<Piece> pieces;
  std::size_t at = 0;
  for (const Token& token : lex(diagnostics, diagnostics.add_source("p", text))) {
    pieces.push_back({text.substr(at, token.begin - at), text.substr(token.begin, token.end - token.begin), token.kind});
    at = token.end;
  }
  return pieces;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines{""};
  for (const char c : text) {
    if (c == '\n') lines.emplace_back();
    if (c != '\n') lines.back() += c;
  }
  return lines;
}

// From its `#` on, without blanks at the end.
std::string comment_in(const std::string& line) {
  const std::size_t begin = line.find('#');
  return begin == std::string::npos ? "" : line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
}

// What a layout has to keep: the tokens, and the comments between them.
std::vector<std::string> content_of(const std::string& text) {
  std::vector<std::string> content;
  for (const Piece& piece : pieces_of(text)) {
    for (const std::string& line : lines_of(piece.between))
      if (const std::string comment = comment_in(line); !comment.empty()) content.push_back(comment);
    content.push_back(piece.text);
  }
  return content;
}

// The programs of graphs/ and of tests/cases, those with errors too.
std::vector<std::filesystem::path> programs() {
  std::vector<std::filesystem::path> paths;
  for (const char* folder : {"graphs", "tests/cases"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tests::source_folder() / folder))
      if (entry.path().extension() == ".tenet") paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

// The text with other white space that says the same. Lines break where they did, and what stood round `/` stays.
class Respacing {
 public:
  explicit Respacing(unsigned seed) : random_(seed), tabs_(one_in(3)), times_(below(4)), line_end_(one_in(2) ? "\r\n" : "\n") {}

  std::string operator()(const std::string& text) {
    std::string result = lots_of("\t ") + (one_in(2) ? line_end_ : "");
    const std::vector<Piece> pieces = pieces_of(text);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const bool division = pieces[i].text == "/" || (i > 0 && pieces[i - 1].text == "/");
      const bool apart = i > 0 && is_word(pieces[i - 1]) && is_word(pieces[i]);
      const std::vector<std::string> lines = lines_of(pieces[i].between);
      if (lines.size() > 1 || pieces[i].kind == TokenKind::end) {
        result += broken(lines, i == 0, pieces[i].kind == TokenKind::end);
      } else if (i == 0 || division) {
        result += pieces[i].between;
      } else {
        result += lots_of("\t ") + (apart ? " " : "");
      }
      result += pieces[i].text;
    }
    return result;
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  bool one_in(int bound) { return below(bound) == 0; }
  std::string lots_of(const std::string& blanks) {
    std::string result;
    for (int count = one_in(2) ? 0 : below(5); count > 0; --count)
      result += blanks[static_cast<std::size_t>(below(static_cast<int>(blanks.size())))];
    return result;
  }
  static bool is_word(const Piece& piece) {
    const unsigned char first = piece.text.empty() ? '\0' : static_cast<unsigned char>(piece.text[0]);
    return std::isalnum(first) != 0 || first == '_' || first == '"' || first == '.';
  }

  // A line that was indented more than another still is: that is what a `-` at a line's start may depend on.
  std::string indent(std::size_t columns) { return tabs_ ? std::string(columns, '\t') : std::string(columns * times_, ' '); }

  std::string broken(const std::vector<std::string>& lines, bool at_start, bool at_end) {
    std::string result;
    for (std::size_t k = 0; k < lines.size(); ++k) {
      const bool last = k + 1 == lines.size();
      const std::string comment = comment_in(lines[k]);
      const bool blank = comment.empty() && !last && (k > 0 || at_start);
      if (last && !at_end) return result + indent(lines[k].size());
      result += lots_of("\t ") + comment + lots_of("\t ");
      if (!last) result += line_end_;
      if (blank)
        for (int more = below(3); more > 0; --more) result += lots_of("\t ") + line_end_;
    }
    while (result.ends_with(line_end_) && one_in(2)) result.resize(result.size() - line_end_.size());
    return result;
  }

  std::mt19937 random_;
  bool tabs_;
  std::size_t times_;
  std::string line_end_;
};

}  // namespace

TEST_CASE("a layout keeps tokens, comments and meaning, and is its own layout", "[unit]") {
  std::size_t sound = 0;
  for (const std::filesystem::path& path : programs()) {
    const std::string text = tests::read_text(path);
    INFO(path.string());
    Diagnostics diagnostics;
    parse(diagnostics, diagnostics.add_source("p", text));
    const std::optional<std::string> result = layout_of(text);
    REQUIRE(result.has_value() == !diagnostics.has_errors());
    if (!result) continue;
    CHECK(content_of(*result) == content_of(text));
    CHECK(meaning(*result) == meaning(text));
    CHECK(laid_out(*result) == *result);
    ++sound;
  }
  CHECK(sound > 100);
}

TEST_CASE("a layout does not depend on the white space there was", "[unit]") {
  for (const std::filesystem::path& path : programs()) {
    const std::string text = tests::read_text(path);
    const std::optional<std::string> expected = layout_of(text);
    if (!expected) continue;
    for (unsigned seed = 0; seed < 20; ++seed) {
      const std::string respaced = Respacing(seed)(text);
      INFO(path.string() << ", seed " << seed << "\n" << respaced);
      REQUIRE(laid_out(respaced) == *expected);
    }
  }
}

TEST_CASE("the programs of graphs are in canonical layout", "[unit]") {
  for (const std::filesystem::path& path : programs()) {
    const std::string text = tests::read_text(path);
    if (path.string().find("graphs") == std::string::npos) continue;
    INFO(path.string() << ": `tenet fmt` rewrites it");
    CHECK(laid_out(text) == text);
  }
}

TEST_CASE("spaces stand round operators, not in brackets", "[unit]") {
  CHECK(laid_out("y=a+b*-c ^ - 2<=d and not(e)") == "y = a + b * -c^-2 <= d and not (e)\n");
  CHECK(laid_out("y = - - sum [ i , j ] ( x [ i=j+1 else-1 ] )") == "y = --sum[i, j](x[i = j + 1 else -1])\n");
  CHECK(laid_out("axis i,j=| i |*2") == "axis i, j = |i| * 2\n");
  CHECK(laid_out("data X [i]:j") == "data X[i] : j\n");
  CHECK(laid_out("claim c :x==( - y )") == "claim c: x == (-y)\n");
  CHECK(laid_out("fn f [i] (x , k=2)=x") == "fn f[i](x, k = 2) = x\n");
}

TEST_CASE("a fraction stays tight where it is one", "[unit]") {
  CHECK(laid_out("y = 5/3 * -1/|n| + 1/(a - 1)") == "y = 5/3 * -1 / |n| + 1/(a - 1)\n");
  CHECK(laid_out("y = 5 / 3 + 1/ n - 1 /n") == "y = 5 / 3 + 1 / n - 1 / n\n");
  CHECK(laid_out("y = a/3 + x^2/3 + x^-2/3 + a/2/3 + a*1/n") == "y = a / 3 + x^2 / 3 + x^-2 / 3 + a / 2 / 3 + a * 1 / n\n");
}

TEST_CASE("neighbouring lines of a kind are aligned", "[unit]") {
  CHECK(laid_out("x = 1\nlonger = 2\n\nz = 3\n# apart\nlonger = 4\nw = f(a = 1,\n b = 2)\nx = 5\n") ==
        "x      = 1\nlonger = 2\n\nz = 3\n# apart\nlonger = 4\nw      = f(a = 1,\n  b = 2)\nx = 5\n");
  CHECK(laid_out("param W[i] = 0\nparam b = 0\nlogits = 1\nx = 2") == "param W[i] = 0\nparam b    = 0\nlogits = 1\nx      = 2\n");
  CHECK(laid_out("axis i = 1\naxis long = 2") == "axis i = 1\naxis long = 2\n");
  CHECK(laid_out("claim a: x == y\nclaim long: x + 1 == z\nclaim x == y") ==
        "claim a:    x     == y\nclaim long: x + 1 == z\nclaim x == y\n");
}

TEST_CASE("comments of neighbouring lines begin in one column", "[unit]") {
  CHECK(laid_out("x = 1 # one\nlonger = 22# two\ny = 3\nz = 4   # four\n\nw = 5 # five\n") ==
        "x      = 1       # one\nlonger = 22      # two\ny      = 3\nz      = 4      # four\n\nw = 5      # five\n");
  CHECK(laid_out("train l {\nfrom = letters(\"\xC3\xA4\") # one\nsteps = 100 # two\n}") ==
        "train l {\n  from  = letters(\"\xC3\xA4\")      # one\n  steps = 100               # two\n}\n");
}

TEST_CASE("blocks are indented, and stay in one line if they were", "[unit]") {
  CHECK(laid_out("fn f(x) {\ny=x\n\n\n# why\n-y\n\n}\n") == "fn f(x) {\n  y = x\n\n  # why\n  -y\n}\n");
  CHECK(laid_out("fn f(x){-x} y=f(2)") == "fn f(x) { -x }\ny = f(2)\n");
  CHECK(laid_out("train loss {steps=1\nrate=2}") == "train loss {\n  steps = 1\n  rate  = 2\n}\n");
  CHECK(laid_out("train loss {}\nsample p {\n\n}") == "train loss {}\nsample p {\n}\n");
}

TEST_CASE("lines break where they did", "[unit]") {
  CHECK(laid_out("y = f(\na,\n# first\ng(b +\nc\n))\n") == "y = f(\n  a,\n  # first\n  g(b +\n    c\n))\n");
  CHECK(laid_out("fn f(x) {\n  x +\n  1\n}") == "fn f(x) {\n  x +\n    1\n}\n");
}

TEST_CASE("a file ends with its last line", "[unit]") {
  CHECK(laid_out("").empty());
  CHECK(laid_out("\n \r\n\t").empty());
  CHECK(laid_out("\xEF\xBB\xBF\n\nx = 1\r\n\r\n\r\n# end \t") == "x = 1\n\n# end\n");
  CHECK(laid_out("  # only this") == "# only this\n");
}

TEST_CASE("a text that is no program has no layout", "[unit]") {
  CHECK_FALSE(layout_of("x = = 1"));
  CHECK_FALSE(layout_of("x = 1\n  + 2"));
  CHECK_FALSE(layout_of(std::string("x = 1\0", 6)));
}
