#include <algorithm>
#include <filesystem>
#include <fstream>

#include "runtime/corpus.h"
#include "runtime/utf8.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using tests::TemporaryFolder;

namespace {

std::expected<Corpus, DataError> corpus_of(std::string_view text, std::vector<std::string> alphabet = {}) {
  const TemporaryFolder folder;
  std::ofstream(folder / "corpus.txt", std::ios::binary) << text;
  return read_corpus(folder / "corpus.txt", alphabet);
}

std::string spelled(const Corpus& corpus, const Column& column, std::int64_t item) {
  std::string text;
  for (double code : item_values(column, item)) text += corpus.alphabet[static_cast<std::size_t>(code)];
  return text;
}

const CorpusNames names{"X", "Y", "batch", "time"};

}  // namespace

TEST_CASE("text: the alphabet is the file's code points in their order", "[unit]") {
  const auto corpus = corpus_of("zë a.\nБ\n");
  REQUIRE(corpus);
  CHECK(corpus->alphabet == std::vector<std::string>{"\n", " ", ".", "a", "z", "ë", "Б"});
  CHECK(corpus->size == 8);
  CHECK(corpus->storage == Storage::whole8);
}

TEST_CASE("text: a line's end is a newline, and a byte order mark is no letter", "[unit]") {
  const auto dos = corpus_of(
                 "\xEF\xBB\xBF"
                 "a\r\nb\r\n"),
             unix = corpus_of("a\nb\n");
  REQUIRE(dos);
  CHECK(dos->alphabet == unix->alphabet);
  CHECK(dos->fingerprint == unix->fingerprint);
  CHECK(corpus_of("a\rb\r")->fingerprint == unix->fingerprint);
  CHECK(corpus_of("ab")->fingerprint != corpus_of("ba")->fingerprint);
}

TEST_CASE("text: targets are inputs one letter later, from every place", "[unit]") {
  const auto corpus = corpus_of("hello");
  const auto data = corpus_windows(*corpus, {}, 3, names);
  REQUIRE(data);
  REQUIRE(data->splits[0].size() == 2);
  CHECK(spelled(*corpus, data->dataset.columns[0], data->splits[0][0]) == "hel");
  CHECK(spelled(*corpus, data->dataset.columns[1], data->splits[0][0]) == "ell");
  CHECK(spelled(*corpus, data->dataset.columns[0], data->splits[0][1]) == "ell");
  CHECK(spelled(*corpus, data->dataset.columns[1], data->splits[0][1]) == "llo");
}

TEST_CASE("text: splits are stretches of the text, and no letter is in two", "[unit]") {
  std::string text;
  for (char32_t letter = 0x4E00; letter < 0x4E00 + 300; ++letter) text += encode_code_point(letter);
  const auto corpus = corpus_of(text);
  REQUIRE(corpus);
  CHECK(corpus->storage == Storage::whole32);  // more than 256 letters
  const auto data = corpus_windows(*corpus, std::vector<double>{80, 10, 10}, 4, names);
  REQUIRE(data);
  std::vector<int> split_of(300, -1);
  for (int split = 0; split < 3; ++split) {
    const Items& items = data->splits[static_cast<std::size_t>(split)];
    CHECK(items.size() == (split == 0 ? 240 : 30) - 4);
    for (std::int64_t i = 0; i < items.size(); ++i)
      for (const Column& column : data->dataset.columns)
        for (double letter : item_values(column, items[i])) {
          int& of = split_of[static_cast<std::size_t>(letter)];
          CHECK((of == -1 || of == split));
          of = split;
        }
  }
  CHECK(std::ranges::count(split_of, -1) == 0);
}

TEST_CASE("text: what is wrong with a file is said with its line", "[unit]") {
  struct Row {
    std::string text, message;
    std::int64_t line;
  };
  const Row row = GENERATE(Row{"", "empty", 0}, Row{"\xEF\xBB\xBF", "empty", 0}, Row{"a\nb\n\xFF", "not valid UTF-8", 3},
                           Row{"ab\xE2\x82", "not valid UTF-8", 1}, Row{std::string("x\r\ny\0", 5), "a zero byte", 2});
  const auto corpus = corpus_of(row.text);
  REQUIRE_FALSE(corpus);
  CHECK_THAT(corpus.error().message, ContainsSubstring(row.message));
  CHECK(corpus.error().line == row.line);
  const TemporaryFolder folder;
  CHECK(read_corpus(folder / "none.txt").error().message == "No such file or directory");
  CHECK(read_corpus(folder.path()).error().message == "a directory, not a file");
}

TEST_CASE("text: under a run's alphabet other letters are errors", "[unit]") {
  const std::vector<std::string> alphabet{"\n", "a", "b", "ë"};
  const auto within = corpus_of("ba\nb", alphabet);
  REQUIRE(within);
  CHECK(within->alphabet == alphabet);
  const auto outside = corpus_of("ba\nab\nbç", alphabet);
  REQUIRE_FALSE(outside);
  CHECK(outside.error().message == "U+00E7 is not in the run's alphabet");
  CHECK(outside.error().line == 3);
}

TEST_CASE("text: a stretch shorter than a window is an error", "[unit]") {
  const auto corpus = corpus_of("abcdefghij");
  CHECK(corpus_windows(*corpus, {}, 9, names));
  CHECK_THAT(corpus_windows(*corpus, {}, 10, names).error().message, ContainsSubstring("take 11"));
  const auto short_split = corpus_windows(*corpus, std::vector<double>{80, 20}, 3, names);
  REQUIRE_FALSE(short_split);
  CHECK(short_split.error().message == "split 2 of 2 gets 2 letters; a window of 3 and the letter that follows take 4");
  CHECK_FALSE(corpus_windows(*corpus, {}, std::int64_t{1} << 60, names));
  CHECK_FALSE(corpus_windows(*corpus, std::vector<double>{1, -1}, 3, names));
}
