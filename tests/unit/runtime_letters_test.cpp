#include <cmath>
#include <filesystem>
#include <fstream>
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

namespace {

const WindowNames names{"X", "Y", "batch", "context"};

// A column's values for the items of a split, one after the other.
std::vector<std::int32_t> column(const SplitData& data, std::size_t column, std::size_t split) {
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < data.splits[split].size(); ++i)
    for (double value : item_values(data.dataset.columns[column], data.splits[split][i]))
      values.push_back(static_cast<std::int32_t>(value));
  return values;
}

}  // namespace

TEST_CASE("letters: a window slides over each item padded with '.'", "[unit]") {
  const auto letters = letters_of("ab\nc\n");
  const auto data = letter_windows(*letters, {}, 3, names);
  REQUIRE(data);
  CHECK(data->splits[0].size() == 5);
  CHECK(column(*data, 0, 0) == std::vector<std::int32_t>{0, 0, 0, /**/ 0, 0, 1, /**/ 0, 1, 2, /**/ 0, 0, 0, /**/ 0, 0, 3});
  CHECK(column(*data, 1, 0) == std::vector<std::int32_t>{1, 2, 0, 3, 0});
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

std::set<std::int32_t> first_letters(const std::vector<std::int32_t>& next) {
  std::set<std::int32_t> letters;
  for (std::size_t i = 0; i < next.size(); i += 3) letters.insert(next[i]);
  return letters;
}

}  // namespace

TEST_CASE("a split cuts shuffled items, never an item", "[unit]") {
  const Letters letters = hundred();
  const auto data = letter_windows(letters, {{80, 10, 10}, 42}, 2, names);
  REQUIRE(data);
  REQUIRE(data->splits.size() == 3);
  CHECK(data->splits[0].size() == 80 * 3);
  CHECK(data->splits[1].size() == 10 * 3);
  CHECK(data->splits[2].size() == 10 * 3);
  std::set<std::int32_t> all;
  std::size_t sum = 0;
  for (std::size_t split = 0; split < 3; ++split) {
    const std::vector<std::int32_t> next = column(*data, 1, split);
    const std::set<std::int32_t> letters_here = first_letters(next);
    sum += letters_here.size();
    all.insert(letters_here.begin(), letters_here.end());
    for (std::size_t i = 0; i < next.size(); i += 3)  // an item's three pairs stand together
      CHECK(next[i] + 100 == next[i + 1]);
  }
  CHECK(sum == 100);
  CHECK(all.size() == 100);

  const auto again = letter_windows(letters, {{0.8, 0.1, 0.1}, 42}, 2, names);
  CHECK(column(*again, 1, 1) == column(*data, 1, 1));  // shares, not absolute numbers
  const auto in_order = split_items(10, {{80, 20}, 42, false});
  CHECK(*in_order == std::vector<std::vector<std::int64_t>>{{0, 1, 2, 3, 4, 5, 6, 7}, {8, 9}});
  const auto other = letter_windows(letters, {{80, 10, 10}, 43}, 2, names);
  CHECK(column(*other, 1, 1) != column(*data, 1, 1));
}

TEST_CASE("without parts there is one split, in the file's order", "[unit]") {
  const Letters letters = hundred();
  const auto data = letter_windows(letters, {}, 2, names);
  REQUIRE(data);
  REQUIRE(data->splits.size() == 1);
  std::vector<std::int32_t> next;
  for (std::int32_t i = 0; i < 100; ++i) next.insert(next.end(), {1 + i, 101 + i, 0});
  CHECK(column(*data, 1, 0) == next);
}

TEST_CASE("a split without items and parts that are no shares are errors", "[unit]") {
  const auto empty = split_items(2, {{80, 10, 10}, 42});
  REQUIRE_FALSE(empty);
  CHECK_THAT(empty.error().message, ContainsSubstring("split 2 of 3 gets no item: there are 2 items"));
  CHECK_FALSE(split_items(2, {{1, 0}, 42}));
  CHECK_FALSE(split_items(2, {{1, -1}, 42}));
  CHECK_FALSE(split_items(2, {{1, std::nan("")}, 42}));
}

TEST_CASE("windows that do not fit into the memory are an error", "[unit]") {
  const auto letters = letters_of("ab\ncd\n");
  const auto data = letter_windows(*letters, {}, std::int64_t{1} << 50, names);
  REQUIRE_FALSE(data);
  CHECK_THAT(data.error().message, ContainsSubstring("of memory are available"));
}

TEST_CASE("letters: a sequence has an item between '.' and '.', and a weight that ends with it", "[unit]") {
  const auto letters = letters_of("ab\nc\nabc\n");
  const auto data = letter_sequences(*letters, {}, 0, {"X", "Y", "mask", "batch", "time"});
  REQUIRE(data);
  REQUIRE(data->splits[0].size() == 3);
  CHECK(data->dataset.columns[0].extents == std::vector<std::int64_t>{4});  // the longest item's letters and one
  CHECK(column(*data, 0, 0) == std::vector<std::int32_t>{0, 1, 2, 0, /**/ 0, 3, 0, 0, /**/ 0, 1, 2, 3});
  CHECK(column(*data, 1, 0) == std::vector<std::int32_t>{1, 2, 0, 0, /**/ 3, 0, 0, 0, /**/ 1, 2, 3, 0});
  CHECK(column(*data, 2, 0) == std::vector<std::int32_t>{1, 1, 1, 0, /**/ 1, 1, 0, 0, /**/ 1, 1, 1, 1});
  CHECK(data->dataset.columns[2].storage == Storage::unit8);

  const auto wider = letter_sequences(*letters, {}, 6, {"X", "Y", "", "batch", "time"});
  REQUIRE(wider);
  CHECK(wider->dataset.columns.size() == 2);
  CHECK(column(*wider, 1, 0) == std::vector<std::int32_t>{1, 2, 0, 0, 0, 0, /**/ 3, 0, 0, 0, 0, 0, /**/ 1, 2, 3, 0, 0, 0});
}

TEST_CASE("letters: a sequence that does not fit says so with its line", "[unit]") {
  const auto letters = letters_of("ab\n\nabc\n");
  const SequenceNames sequence{"X", "Y", "mask", "batch", "time"};
  CHECK(letter_sequences(*letters, {}, 4, sequence));
  const auto longer = letter_sequences(*letters, {}, 3, sequence);
  REQUIRE_FALSE(longer);
  CHECK(longer.error().message == "an item of 3 letters takes 4 positions; the axis time has 3");
  CHECK(longer.error().line == 3);
  const auto huge = letter_sequences(*letters, {}, std::int64_t{1} << 60, sequence);
  REQUIRE_FALSE(huge);
  CHECK_THAT(huge.error().message, ContainsSubstring("of memory are available"));
  CHECK_FALSE(letter_sequences(*letters, {{80, 10, 10}, 42}, 0, sequence));
}
