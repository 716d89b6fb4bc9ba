#include "compiler/diagnostics/diagnostics.h"

#include "compiler/diagnostics/utf8.h"
#include "tests/catch.h"

using namespace tenet;

namespace {

std::string rendered(std::string text, std::uint32_t begin, std::uint32_t end, bool colour = false) {
  Diagnostics diagnostics;
  const std::uint32_t file = diagnostics.add_source("a.tenet", std::move(text));
  diagnostics.report(Message::statement_expected, Span{file, begin, end});
  return diagnostics.render(colour);
}

}  // namespace

TEST_CASE("an error shows its place, its line and carets", "[unit]") {
  CHECK(rendered("x = 1\ny = foo\n", 10, 13) ==
        "a.tenet:2:5: error: this is not a statement\n"
        "  y = foo\n"
        "      ^^^\n");
}

TEST_CASE("a hint and related places follow the error", "[unit]") {
  Diagnostics diagnostics;
  const std::uint32_t file = diagnostics.add_source("a.tenet", "x = 1\nx = 2\n");
  Diagnostic& diagnostic = diagnostics.report(Message::expected, Span{file, 6, 7}, "a new name", "`x`");
  diagnostic.hint = "rename one";
  diagnostic.related.emplace_back(Span{file, 0, 1}, "the first");
  CHECK(diagnostics.render(false) ==
        "a.tenet:2:1: error: expected a new name, found `x`\n"
        "  x = 2\n"
        "  ^\n"
        "  hint: rename one\n"
        "a.tenet:1:1: note: the first\n"
        "  x = 1\n"
        "  ^\n");
}

TEST_CASE("columns and carets count characters, and a tab is one", "[unit]") {
  CHECK(rendered("\tä = ö ß\r\n", 9, 11) ==
        "a.tenet:1:8: error: this is not a statement\n"
        "   ä = ö ß\n"
        "         ^\n");
}

TEST_CASE("a place at the end of a line or of the file has a caret", "[unit]") {
  CHECK(rendered("x =\n", 3, 3) == "a.tenet:1:4: error: this is not a statement\n  x =\n     ^\n");
  CHECK(rendered("x =", 3, 3) == "a.tenet:1:4: error: this is not a statement\n  x =\n     ^\n");
  CHECK(rendered("", 0, 0) == "a.tenet:1:1: error: this is not a statement\n  \n  ^\n");
  CHECK(rendered("x", 700, 900) == "a.tenet:1:2: error: this is not a statement\n  x\n   ^\n");
}

TEST_CASE("carets of a span over several lines stay below its first", "[unit]") {
  CHECK(rendered("x = (\n1)\n", 4, 8) == "a.tenet:1:5: error: this is not a statement\n  x = (\n      ^\n");
}

TEST_CASE("a long line is clipped around the carets", "[unit]") {
  const std::string text = rendered(std::string(5'000'000, 'a') + "!" + std::string(5'000'000, 'b'), 5'000'000, 5'000'001);
  CHECK(text == "a.tenet:1:5000001: error: this is not a statement\n  ..." + std::string(40, 'a') + "!" + std::string(79, 'b') +
                    "...\n  " + std::string(43, ' ') + "^\n");
}

TEST_CASE("bytes that are no text do not reach the terminal", "[unit]") {
  CHECK(rendered("\x1b[31m\xff\n", 5, 6) == "a.tenet:1:6: error: this is not a statement\n   [31m?\n       ^\n");
}

TEST_CASE("colours are there on request only", "[unit]") {
  CHECK(rendered("x", 0, 1, true).find("\x1b[1;31merror:\x1b[0m") != std::string::npos);
  CHECK(rendered("x", 0, 1, false).find('\x1b') == std::string::npos);
}

TEST_CASE("an error without a place has none", "[unit]") {
  Diagnostics diagnostics;
  diagnostics.report(Message::statement_expected, nowhere).hint = "look elsewhere";
  CHECK(diagnostics.render(false) == "error: this is not a statement\n  hint: look elsewhere\n");
}

TEST_CASE("errors come in the order of the text", "[unit]") {
  Diagnostics diagnostics;
  const std::uint32_t file = diagnostics.add_source("a", "x\ny\n");
  diagnostics.report(Message::name_reserved, Span{file, 2, 3}, "y");
  diagnostics.report(Message::name_reserved, Span{file, 0, 1}, "x");
  const std::string text = diagnostics.render(false);
  CHECK(text.find("`x`") < text.find("`y`"));
}

TEST_CASE("past fifty errors the others are counted", "[unit]") {
  Diagnostics diagnostics;
  const std::uint32_t file = diagnostics.add_source("a", "x");
  for (int i = 0; i < 53; ++i) diagnostics.report(Message::statement_expected, Span{file, 0, 1}).hint = "stay";
  CHECK(diagnostics.all().size() == 50);
  CHECK(diagnostics.has_errors());
  CHECK(diagnostics.render(false).ends_with("and 3 more errors\n"));
}

TEST_CASE("a message shortens what it quotes, between characters", "[unit]") {
  Diagnostics diagnostics;
  const std::uint32_t file = diagnostics.add_source("a", "x");
  std::string name;
  for (int i = 0; i < 1'000'000; ++i) name += "é";
  const std::string text = diagnostics.report(Message::name_reserved, Span{file, 0, 1}, name).text;
  CHECK(text.size() < 500);
  CHECK(first_invalid_utf8(text) == std::string_view::npos);
  CHECK(text.ends_with("` is a word of the language and cannot be defined"));
}

TEST_CASE("the nearest name is the one with the fewest slips", "[unit]") {
  const std::vector<std::string> names = {"hprebn", "hpreact", "h", "logits", "W1", "param"};
  CHECK(nearest("hprebm", names) == "hprebn");
  CHECK(nearest("lgoits", names) == "logits");  // a swap is one slip
  CHECK(nearest("parm", names) == "param");
  CHECK(nearest("w1", names) == "W1");  // case does not count
  CHECK(nearest("gain", names).empty());
  CHECK(nearest("k", names).empty());  // a third of one letter is none
  CHECK(nearest("", names).empty());
  CHECK(nearest(std::string(1'000'000, 'a'), {std::string(1'000'001, 'a')}).empty());
}

TEST_CASE("UTF-8 has no surrogates, no overlong forms and ends at U+10FFFF", "[unit]") {
  CHECK(utf8_character("a", 0) == 1);
  CHECK(utf8_character("ä", 0) == 2);
  CHECK(utf8_character("€", 0) == 3);
  CHECK(utf8_character("𝄞", 0) == 4);
  CHECK(utf8_character("\xF4\x8F\xBF\xBF", 0) == 4);
  for (const std::string_view wrong : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                                       "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98"}) {
    CHECK(utf8_character(wrong, 0) == 0);
  }
  CHECK(utf8_character("", 0) == 0);
  CHECK(first_invalid_utf8("ab\xFFz") == 2);
}
