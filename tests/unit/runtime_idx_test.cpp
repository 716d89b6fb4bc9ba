#include <zlib.h>

#include <fstream>

#include "runtime/atomic_file.h"
#include "runtime/idx.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using tests::TemporaryFolder;

namespace {

std::expected<Array, DataError> idx_of(const std::string& bytes, bool whole = false) {
  const TemporaryFolder folder;
  std::ofstream(folder / "data.idx", std::ios::binary) << bytes;
  return read_idx(folder / "data.idx", whole);
}

// Two images of 2 x 3.
const std::string images("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03\x00\x01\x02\x03\x04\x05\xFA\xFB\xFC\xFD\xFE\xFF", 28);

std::string without_end(std::string bytes) {
  bytes.pop_back();
  return bytes;
}

// gzip's form of "\0\0\x08\x01\0\0\0\x02\x07\x09".
std::string packed() {
  const TemporaryFolder folder;
  const std::string path = (folder / "x.gz").string();
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, "\0\0\x08\x01\0\0\0\x02\x07\x09", 10);
  gzclose(file);
  return *read_file(path);
}

}  // namespace

TEST_CASE("idx: bytes are real numbers from 0 to 1, or whole ones", "[unit]") {
  const auto reals = idx_of(images);
  REQUIRE(reals);
  CHECK(reals->shape == std::vector<std::int64_t>{2, 2, 3});
  const auto flat = column_of(*reals, {"X", false, {"batch", "pixel"}}, "batch");
  REQUIRE(flat);
  CHECK(flat->items == 2);
  CHECK(flat->column.extents == std::vector<std::int64_t>{6});
  CHECK(item_values(flat->column, 1)[5] == 1);
  CHECK(item_values(flat->column, 0)[1] == static_cast<float>(1) / 255);
  const auto square = column_of(*reals, {"X", false, {"batch", "row", "column"}}, "batch");
  REQUIRE(square);
  CHECK(square->column.extents == std::vector<std::int64_t>{2, 3});

  const auto wholes = idx_of(images, true);
  CHECK(wholes->largest == 255);
  CHECK(wholes->largest_at == "byte 27");
  CHECK(item_values(column_of(*wholes, {"X", true, {"batch", "pixel"}}, "batch")->column, 1) ==
        std::vector<double>{250, 251, 252, 253, 254, 255});
  CHECK(wholes->fingerprint == reals->fingerprint);
  CHECK_FALSE(column_of(*reals, {"X", false, {"batch"}}, "batch"));
  CHECK_FALSE(column_of(*reals, {"X", false, {"batch", "a", "b", "c"}}, "batch"));
}

TEST_CASE("idx: a file that gzip packed is unpacked", "[unit]") {
  const auto labels = idx_of(packed(), true);
  REQUIRE(labels);
  CHECK(item_values(column_of(*labels, {"Y", true, {"batch"}}, "batch")->column, 1) == std::vector<double>{9});
}

TEST_CASE("idx: what is wrong with a file is said with its place", "[unit]") {
  const std::string huge("\0\0\x08\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16);
  const std::string large("\0\0\x08\x02\x7F\xFF\xFF\xFF\0\x01\0\0", 12);
  struct Row {
    std::string bytes, message;
  };
  const Row row = GENERATE_COPY(
      Row{"", "ends at byte 0; at least 4 are missing"}, Row{std::string("\0\0\x08", 3), "ends at byte 3"},
      Row{"P5 28 28 255", "not an IDX file"}, Row{std::string("\0\0\x08\0\x07", 5), "not an IDX file"},
      Row{std::string("\0\0\x0D\x01\0\0\0\x01\0\0\0\0", 12), "type 0x0D (byte 2)"},
      Row{std::string("\0\0\x08\x02\0\0\0\x02\0", 9), "ends at byte 9; at least 3 are missing"},
      Row{std::string("\0\0\x08\x01\0\0\0\0", 8), "no elements"},
      Row{without_end(images), "ends at byte 27; at least 1 are missing"}, Row{images + "x", "goes on after byte 28"},
      Row{huge, "is not that of an array"}, Row{large, "of memory are available"}, Row{without_end(packed()), "gzip"},
      Row{packed().substr(0, 15), "gzip"});
  const auto array = idx_of(row.bytes);
  REQUIRE_FALSE(array);
  INFO(array.error().message);
  CHECK_THAT(array.error().message, ContainsSubstring(row.message));
  const TemporaryFolder folder;
  CHECK(read_idx(folder / "none", false).error().message == "No such file or directory");
  CHECK(read_idx(folder.path(), false).error().message == "a directory, not a file");
}
