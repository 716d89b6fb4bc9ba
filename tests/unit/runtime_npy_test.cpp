#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "runtime/npy.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using tests::TemporaryFolder;

namespace {

std::expected<Array, DataError> npy_of(const std::string& bytes, bool whole = false) {
  const TemporaryFolder folder;
  std::ofstream(folder / "data.npy", std::ios::binary) << bytes;
  return read_npy(folder / "data.npy", whole);
}

std::string header(const std::string& dictionary, int version = 1) {
  std::string text = dictionary + "\n", bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) bytes += static_cast<char>(text.size() >> (8 * i) & 0xFF);
  return bytes + text;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string described(const std::string& type, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
}

const ArrayTarget pair{"X", false, {"batch", "i"}};

}  // namespace

TEST_CASE("npy: each type and each version is read", "[unit]") {
  const std::vector<double> expected{1, 2, 3};
  const auto second = [&](const std::string& type, const std::string& elements, int version, bool whole) {
    const auto array = npy_of(header(described(type, "(2, 3)"), version) + elements, whole);
    REQUIRE(array);
    return item_values(column_of(*array, pair, "batch")->column, 1);
  };
  for (const int version : {1, 2, 3})
    for (const bool whole : {false, true}) {
      CHECK(second("<f4", bytes_of<float>({0, 0, 0, 1, 2, 3}), version, whole) == expected);
      CHECK(second("<f8", bytes_of<double>({0, 0, 0, 1, 2, 3}), version, whole) == expected);
      CHECK(second("<i4", bytes_of<std::int32_t>({0, 0, 0, 1, 2, 3}), version, whole) == expected);
      CHECK(second("<i8", bytes_of<std::int64_t>({0, 0, 0, 1, 2, 3}), version, whole) == expected);
    }
}

TEST_CASE("npy: Fortran's order, the items' axis in any place, one axis and none", "[unit]") {
  const std::string fortran = header(described("<f4", "(2, 3)", true)) + bytes_of<float>({1, 4, 2, 5, 3, 6});
  const auto rows = column_of(*npy_of(fortran), pair, "batch");
  REQUIRE(rows);
  CHECK(item_values(rows->column, 1) == std::vector<double>{4, 5, 6});
  const auto columns = column_of(*npy_of(fortran), {"X", false, {"i", "batch"}}, "batch");
  REQUIRE(columns);
  CHECK(columns->items == 3);
  CHECK(item_values(columns->column, 1) == std::vector<double>{2, 5});

  const auto one = npy_of(header(described("<i8", "(3,)")) + bytes_of<std::int64_t>({7, 9, 8}), true);
  CHECK(one->shape == std::vector<std::int64_t>{3});
  CHECK(one->largest == 9);
  CHECK(one->largest_at == "element 1");
  CHECK(npy_of(header("{\"shape\":(), \"descr\":\"<f4\",\"fortran_order\":False}") + bytes_of<float>({2}))->shape.empty());
}

TEST_CASE("npy: what is wrong with a file is said", "[unit]") {
  const std::string good = header(described("<f4", "(2,)"));
  struct Row {
    std::string bytes, message;
    bool whole = false;
  };
  const double infinity = std::numeric_limits<double>::infinity();
  const Row row = GENERATE_COPY(
      Row{"", "not an NPY file"}, Row{"1,2,3\n4,5,6\n", "not an NPY file"}, Row{header("{}", 4), "the version 4"},
      Row{header("{}"), "not NumPy's"}, Row{header("{'descr': '<f4', 'fortran_order': False, 'shape': (2"), "not NumPy's"},
      Row{header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }"), "not NumPy's"},
      Row{header(described("<f4", "(99999999999999999999,)")), "not NumPy's"},
      Row{header(described(">f4", "(2,)")) + bytes_of<float>({1, 2}), "of type '>f4'"},
      Row{header(described("|O", "(2,)")), "of type '|O'"}, Row{header(described("<f4", "(0, 3)")), "no elements"},
      Row{header(described("<f4", "(-2, -3)")), "not that of an array"},
      Row{header(described("<f4", "(4611686018427387904, 4)")), "not that of an array"},
      Row{header(described("<f4", "(1099511627776, 16)")), "of memory are available"},
      Row{good + bytes_of<float>({1}), "at least 4 are missing"}, Row{good + bytes_of<float>({1, 2, 3}), "goes on after"},
      Row{good.substr(0, 20), "missing"}, Row{good + bytes_of<float>({1, NAN}), "element 1 is nan, not finite"},
      Row{header(described("<f8", "(2,)")) + bytes_of<double>({-infinity, 2}), "element 0 is -inf"},
      Row{header(described("<f8", "(2,)")) + bytes_of<double>({1, 1e39}), "element 1 is 1e+39, not finite in single"},
      Row{good + bytes_of<float>({1, 2.5f}), "element 1 is 2.5, not a whole number", true},
      Row{good + bytes_of<float>({NAN, 2}), "element 0 is nan, not a whole number", true},
      Row{header(described("<i8", "(2,)")) + bytes_of<std::int64_t>({0, -1}), "element 1 is -1, not a whole number", true},
      Row{header(described("<i8", "(2,)")) + bytes_of<std::int64_t>({std::int64_t{1} << 31, 0}), "element 0 is 2147483648",
          true});
  const auto array = npy_of(row.bytes, row.whole);
  REQUIRE_FALSE(array);
  INFO(array.error().message);
  CHECK_THAT(array.error().message, ContainsSubstring(row.message));
  const TemporaryFolder folder;
  CHECK(read_npy(folder / "none", false).error().message == "No such file or directory");
}
