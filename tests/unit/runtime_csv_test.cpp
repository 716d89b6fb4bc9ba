#include <fstream>

#include "runtime/csv.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using tests::TemporaryFolder;

namespace {

const std::vector<CsvSelection> both = {{{"a", "b"}, false, false}, {{"c"}, true, true}};

std::expected<std::vector<Array>, DataError> csv_of(const std::string& text, std::span<const CsvSelection> selections = both) {
  const TemporaryFolder folder;
  std::ofstream(folder / "data.csv", std::ios::binary) << text;
  return read_csv(folder / "data.csv", selections);
}

std::vector<double> row(const Array& array, std::int64_t item) {
  const ArrayTarget target{"X", array.storage == Storage::whole32,
                           array.shape.size() == 1 ? std::vector<std::string>{"batch"} : std::vector<std::string>{"batch", "i"}};
  return item_values(column_of(array, target, "batch")->column, item);
}

}  // namespace

TEST_CASE("csv: columns are found by name, whatever their order and what else there is", "[unit]") {
  const auto arrays = csv_of("c,name,b,a\n1,x,2.5,-3e2\n0,\"y, z\",+4, 5 \n");
  REQUIRE(arrays);
  CHECK((*arrays)[0].shape == std::vector<std::int64_t>{2, 2});
  CHECK((*arrays)[1].shape == std::vector<std::int64_t>{2});
  CHECK(row((*arrays)[0], 0) == std::vector<double>{-300, 2.5});
  CHECK(row((*arrays)[0], 1) == std::vector<double>{5, 4});
  CHECK(row((*arrays)[1], 0) == std::vector<double>{1});
  CHECK((*arrays)[1].largest == 1);
  CHECK((*arrays)[1].largest_at == "line 2");
}

TEST_CASE("csv: line ends, a byte order mark, quotes", "[unit]") {
  const auto plain = csv_of("a,b,c\n1,2,3\n4,5,6\n");
  REQUIRE(plain);
  for (const std::string text : {"a,b,c\r\n1,2,3\r\n4,5,6\r\n", "a,b,c\r1,2,3\r4,5,6\r",
                                 "\xEF\xBB\xBF"
                                 "a,b,c\n1,2,3\n4,5,6",
                                 "a,b,c\n1,2,3\n4,5,6\n\r\n\n", "\"a\",\"b\",c\r\n\"1\",2,\"3\"\r\n4,5,\"6\"",
                                 "a,n,b,c\n1,\"two\nlines \"\"\",2,3\n4,,5,6\n"}) {
    const auto arrays = csv_of(text);
    REQUIRE(arrays);
    CHECK((*arrays)[0].fingerprint == (*plain)[0].fingerprint);
    CHECK((*arrays)[1].fingerprint == (*plain)[1].fingerprint);
  }
  const std::vector<CsvSelection> odd = {{{"a,\"b\""}, false, true}};
  CHECK(row((*csv_of("\"a,\"\"b\"\"\",c\n7,8\n", odd))[0], 0) == std::vector<double>{7});
}

TEST_CASE("csv: what is wrong with a file is said with line and column", "[unit]") {
  struct Row {
    std::string text, message;
    std::int64_t line;
  };
  const Row row = GENERATE(
      Row{"", "empty", 0}, Row{"\n\n", "empty", 0}, Row{"a,b,c\n", "no rows", 0},
      Row{"a,b\n1,2\n", "no column `c`; the header has `a`, `b`", 1}, Row{"a,b,c,b\n1,2,3,4\n", "the column `b` twice", 1},
      Row{"a,b,c\n1,2,3\n1,2\n", "the row has 2 fields, the header 3", 3},
      Row{"a,b,c\n1,2,3,4\n", "the row has 4 fields, the header 3", 2}, Row{"a,b,c\n\n1,2,3\n", "the line is empty", 2},
      Row{"a,b,c\n1,,3\n", "column `b`: the value is missing", 2},
      Row{"a,b,c\n1,2,3\n \t,2,3\n", "column `a`: the value is missing", 3},
      Row{"a,b,c\n1,\"\",3\n", "column `b`: the value is missing", 2},
      Row{"a,b,c\n1,two,3\n", "column `b`: `two` is not a number", 2}, Row{"a,b,c\n1,2x,3\n", "`2x` is not a number", 2},
      Row{"a,b,c\n1,0x10,3\n", "`0x10` is not a number", 2}, Row{"a,b,c\n1,+-2,3\n", "`+-2` is not a number", 2},
      Row{"a,b,c\n1,nan,3\n", "`nan` is not finite", 2}, Row{"a,b,c\n1,inf,3\n", "`inf` is not finite", 2},
      Row{"a,b,c\n1,1e39,3\n", "`1e39` is not finite in single precision", 2},
      Row{"a,b,c\n1,1e999,3\n", "`1e999` is not finite", 2}, Row{"a,b,c\n1,2,-1\n", "column `c`: `-1` is not a whole number", 2},
      Row{"a,b,c\n1,2,1.5\n", "`1.5` is not a whole number", 2},
      Row{"a,b,c\n1,2,2147483648\n", "`2147483648` is not a whole number from 0 to 2147483647", 2},
      Row{"a,b,c\n1,2\"x\",3\n", "a quote within a field", 2}, Row{"a,b,c\n1,\"2\"x,3\n", "after a field's closing quote", 2},
      Row{"a,b,c\n1,2,3\n1,\"2,3\n4,5,6\n", "a quote that is never closed", 3},
      Row{"n,a,b,c\n\"x\ny\",1,2,3\n\"z\",1,?,3\n", "column `b`: `?` is not a number", 4},
      Row{"a,b,\xFF\n1,2,3\n", "not valid UTF-8", 1});
  const auto arrays = csv_of(row.text);
  INFO(row.text);
  REQUIRE_FALSE(arrays);
  INFO(arrays.error().message);
  CHECK_THAT(arrays.error().message, ContainsSubstring(row.message));
  CHECK(arrays.error().line == row.line);
  const TemporaryFolder folder;
  CHECK(read_csv(folder / "none.csv", both).error().message == "No such file or directory");
}
