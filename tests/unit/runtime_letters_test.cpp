#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "runtime/letters.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using tests::TemporaryFolder;

namespace {

struct File {
  explicit File(std::string_view text) : path(folder / "data.txt") { std::ofstream(path, std::ios::binary) << text; }
  TemporaryFolder folder;
  std::filesystem::path path;
};

std::expected<Letters, DataError> letters_of(std::string_view text, std::vector<std::string> alphabet = {}) {
  return read_letters(File(text).path, alphabet);
}

std::string item(const Letters& letters, std::size_t index) {
  std::string text;
  for (std::int64_t i = letters.starts[index]; i < letters.starts[index + 1]; ++i)
    text += letters.alphabet[static_cast<std::size_t>(letters.codes[static_cast<std::size_t>(i)])];
  return text;
}

}  // namespace

TEST_CASE("letters: one item a line, ends stripped, empty lines skipped", "[unit]") {
  const auto letters = letters_of("emma\r\n\n  ava \t\n   \nzo e");
  REQUIRE(letters);
  REQUIRE(letters->items() == 3);
  CHECK(item(*letters, 0) == "emma");
  CHECK(item(*letters, 1) == "ava");
  CHECK(item(*letters, 2) == "zo e");  // white space within an item is a letter
}

TEST_CASE("letters: the alphabet is '.' and then the letters in code-point order", "[unit]") {
  const auto letters = letters_of("zoë\nähm\nБ\n\U0001F600a\n");
  REQUIRE(letters);
  CHECK(letters->alphabet == std::vector<std::string>{".", "a", "h", "m", "o", "z", "ä", "ë", "Б", "\U0001F600"});
}

TEST_CASE("letters: a byte order mark is no letter", "[unit]") {
  const auto letters = letters_of(
      "\xEF\xBB\xBF"
      "ab\n");
  REQUIRE(letters);
  CHECK(letters->alphabet == std::vector<std::string>{".", "a", "b"});
}

TEST_CASE("letters: a window slides over each item padded with '.'", "[unit]") {
  const auto letters = letters_of("ab\nc\n");
  const auto pairs = make_pairs(*letters, std::vector<std::int64_t>{0, 1}, 3);
  REQUIRE(pairs);
  CHECK(pairs->size() == 5);
  CHECK(pairs->windows == std::vector<std::int32_t>{0, 0, 0, /**/ 0, 0, 1, /**/ 0, 1, 2, /**/ 0, 0, 0, /**/ 0, 0, 3});
  CHECK(pairs->next == std::vector<std::int32_t>{1, 2, 0, 3, 0});
}

TEST_CASE("letters: what is wrong with a file is said with its line", "[unit]") {
  struct Row {
    std::string text, message;
    std::int64_t line;
  };
  const Row row = GENERATE(Row{"", "no items", 0},                           //
                           Row{"\n \n\r\n", "no items", 0},                  //
                           Row{"emma\nj.r.\n", "a '.' in an item", 2},       //
                           Row{"emma\n\xFF\xFE\n", "not valid UTF-8", 2},    //
                           Row{"a\nb\n\xC0\xAF", "not valid UTF-8", 3},      // an overlong '/'
                           Row{"\xED\xA0\x80\n", "not valid UTF-8", 1},      // a surrogate
                           Row{"\xF4\x90\x80\x80\n", "not valid UTF-8", 1},  // past U+10FFFF
                           Row{"ab\xE2\x82\n", "not valid UTF-8", 1},        // cut short
                           Row{std::string("x\ny\0z\n", 6), "a zero byte", 2});
  const auto letters = letters_of(row.text);
  REQUIRE_FALSE(letters);
  CHECK_THAT(letters.error().message, ContainsSubstring(row.message));
  CHECK(letters.error().line == row.line);
}

TEST_CASE("letters: a missing file and a directory are errors with the file's name", "[unit]") {
  const TemporaryFolder folder;
  const auto missing = read_letters(folder / "names.txt");
  REQUIRE_FALSE(missing);
  CHECK(format(missing.error(), folder / "names.txt") == (folder / "names.txt").string() + ": No such file or directory");
  const auto directory = read_letters(folder.path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().message == "a directory, not a file");
  CHECK(format({"bad", 12}, "names.txt") == "names.txt:12: bad");
}

TEST_CASE("letters: under a run's alphabet other letters are errors", "[unit]") {
  const std::vector<std::string> alphabet{".", "a", "b", "ë"};
  const auto within = letters_of("ba\nëb\n", alphabet);
  REQUIRE(within);
  CHECK(within->alphabet == alphabet);
  CHECK(within->codes == std::vector<std::int32_t>{2, 1, 3, 2});
  const auto outside = letters_of("ba\nab\n\nbça\n", alphabet);
  REQUIRE_FALSE(outside);
  CHECK(outside.error().message == "'ç' is not in the run's alphabet");
  CHECK(outside.error().line == 4);
}

TEST_CASE("letters: a fingerprint tells items apart", "[unit]") {
  CHECK(letters_of("ab\nc\n")->fingerprint == letters_of("ab\n\nc")->fingerprint);
  CHECK(letters_of("ab\nc\n")->fingerprint != letters_of("a\nbc\n")->fingerprint);
  CHECK(letters_of("ab\n")->fingerprint != letters_of("ac\n")->fingerprint);
}

namespace {

// 100 items, each of two letters; pair 2 of an item has the item's second letter to follow.
Letters hundred() {
  Letters letters;
  letters.alphabet.resize(201);
  letters.starts = {0};
  for (std::int32_t i = 0; i < 100; ++i) {
    letters.codes.insert(letters.codes.end(), {1 + i, 101 + i});
    letters.starts.push_back(2 * (i + 1));
  }
  return letters;
}

std::set<std::int32_t> first_letters(const Pairs& pairs) {
  std::set<std::int32_t> letters;
  for (std::int64_t i = 0; i < pairs.size(); i += 3) letters.insert(pairs.next[static_cast<std::size_t>(i)]);
  return letters;
}

}  // namespace

TEST_CASE("a split cuts shuffled items, never an item", "[unit]") {
  const Letters letters = hundred();
  const auto splits = split_pairs(letters, std::vector<double>{80, 10, 10}, 42, 2);
  REQUIRE(splits);
  REQUIRE(splits->size() == 3);
  CHECK((*splits)[0].size() == 80 * 3);
  CHECK((*splits)[1].size() == 10 * 3);
  CHECK((*splits)[2].size() == 10 * 3);
  std::set<std::int32_t> all;
  std::size_t sum = 0;
  for (const Pairs& split : *splits) {
    const std::set<std::int32_t> letters_here = first_letters(split);
    sum += letters_here.size();
    all.insert(letters_here.begin(), letters_here.end());
    for (std::int64_t i = 0; i < split.size(); i += 3)  // an item's three pairs stand together
      CHECK(split.next[static_cast<std::size_t>(i)] + 100 == split.next[static_cast<std::size_t>(i + 1)]);
  }
  CHECK(sum == 100);
  CHECK(all.size() == 100);

  const auto again = split_pairs(letters, std::vector<double>{0.8, 0.1, 0.1}, 42, 2);
  CHECK((*again)[1].next == (*splits)[1].next);  // shares, not absolute numbers
  const auto other = split_pairs(letters, std::vector<double>{80, 10, 10}, 43, 2);
  CHECK((*other)[1].next != (*splits)[1].next);
}

TEST_CASE("without parts there is one split, in the file's order", "[unit]") {
  const Letters letters = hundred();
  const auto splits = split_pairs(letters, {}, 42, 2);
  REQUIRE(splits);
  REQUIRE(splits->size() == 1);
  std::vector<std::int64_t> order(100);
  std::iota(order.begin(), order.end(), 0);
  CHECK((*splits)[0].next == make_pairs(letters, order, 2)->next);
}

TEST_CASE("a split without items and parts that are no shares are errors", "[unit]") {
  const auto letters = letters_of("ab\ncd\n");
  const auto empty = split_pairs(*letters, std::vector<double>{80, 10, 10}, 42, 2);
  REQUIRE_FALSE(empty);
  CHECK_THAT(empty.error().message, ContainsSubstring("split 2 of 3 gets no item: there are 2 items"));
  CHECK_FALSE(split_pairs(*letters, std::vector<double>{1, 0}, 42, 2));
  CHECK_FALSE(split_pairs(*letters, std::vector<double>{1, -1}, 42, 2));
  CHECK_FALSE(split_pairs(*letters, std::vector<double>{1, std::nan("")}, 42, 2));
}

TEST_CASE("windows that do not fit into the memory are an error", "[unit]") {
  const auto letters = letters_of("ab\ncd\n");
  const auto pairs = make_pairs(*letters, std::vector<std::int64_t>{0, 1}, std::int64_t{1} << 50);
  REQUIRE_FALSE(pairs);
  CHECK_THAT(pairs.error().message, ContainsSubstring("of memory are available"));
}
