#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "runtime/atomic_file.h"
#include "runtime/safetensors.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using tests::TemporaryFolder;

namespace {

const std::vector<float> weights{0, 0.5f, 1, 1.5f, 2, 2.5f};
const float bias = -1.25f;
const std::vector<std::int32_t> counts{7, -8};

std::vector<TensorView> example() {
  return {{"W1", float32.name, {2, 3}, std::as_bytes(std::span(weights)), {"context", "hidden"}},
          {"bias", float32.name, {}, std::as_bytes(std::span(&bias, 1)), {}},
          {"count", int32.name, {2}, std::as_bytes(std::span(counts)), {}}};
}

// A file of a header and data, whatever they are.
std::string raw(const std::string& header, std::size_t data_bytes) {
  std::string text(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(text.data(), &length, 8);
  return text + header + std::string(data_bytes, 'x');
}

std::string error_of(const std::string& content) {
  const TemporaryFolder folder;
  std::ofstream(folder / "w.safetensors", std::ios::binary) << content;
  const auto read = read_safetensors(folder / "w.safetensors");
  if (read) return "";
  CHECK_THAT(read.error(), ContainsSubstring("w.safetensors: "));
  return read.error();
}

constexpr int skipped = 77, no_such_command = 127;

int python(const std::string& mode, const std::filesystem::path& file) {
  const std::string script = (tests::source_folder() / "tests/python/safetensors_test.py").string();
  const int status = std::system(("python3 '" + script + "' " + mode + " '" + file.string() + "'").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("safetensors come back as they were written", "[unit]") {
  const TemporaryFolder folder;
  REQUIRE(write_safetensors(folder / "w", example(), {{"note", "größer"}}));
  const auto read = read_safetensors(folder / "w");
  REQUIRE(read);
  CHECK(read->metadata.at("note") == "größer");
  REQUIRE(read->tensors.size() == 3);
  CHECK(*read->reals("W1", std::vector<std::int64_t>{2, 3}) == weights);
  CHECK(read->reals("bias", {})->front() == bias);
  CHECK(read->find("W1")->axes == std::vector<std::string>{"context", "hidden"});
  CHECK(read->find("bias")->axes.empty());
  CHECK(std::memcmp(read->bytes(*read->find("count")).data(), counts.data(), 8) == 0);
  CHECK(read->find("W2") == nullptr);
}

TEST_CASE("a tensor of another type or shape is an error", "[unit]") {
  const TemporaryFolder folder;
  REQUIRE(write_safetensors(folder / "w", example(), {}));
  const auto read = read_safetensors(folder / "w");
  REQUIRE(read);
  CHECK(read->reals("W1", std::vector<std::int64_t>{3, 2}).error() == "tensor 'W1' is F32 [2, 3], not F32 [3, 2]");
  CHECK(read->reals("count", std::vector<std::int64_t>{2}).error() == "tensor 'count' is I32 [2], not F32 [2]");
  CHECK(read->reals("W2", std::vector<std::int64_t>{2}).error() == "there is no tensor 'W2'");
}

TEST_CASE("safetensors: each way to be damaged has its message", "[unit]") {
  const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  struct Row {
    std::string content, message;
  };
  const Row row = GENERATE_COPY(
      Row{"", "truncated"}, Row{"1234567", "truncated"},                  //
      Row{std::string(8, '\xFF') + "{}", "not a safetensors file"},       //
      Row{raw("{}", 0).substr(0, 9), "the file ends within its header"},  //
      Row{raw("{", 0), "not a JSON object"}, Row{raw("[]", 0), "not a JSON object"}, Row{raw("", 0), "not a JSON object"},
      Row{raw("{\"a\xFF\":1}", 0), "not a JSON object"},                                                           //
      Row{raw("{" + a + "," + a + "}", 8), "distinct keys"},                                                       //
      Row{raw("{" + a + "}", 7), "truncated: 7 bytes of data where the header promises 8"},                        //
      Row{raw("{" + a + "}", 9), "1 bytes after the last tensor"},                                                 //
      Row{raw("{" + a + R"(,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8), "'b' overlaps another"},  //
      Row{raw("{" + a + R"(,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})", 16), "'b' leaves a gap"},   //
      Row{raw(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8), "not the 8 bytes"},                 //
      Row{raw(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8), "not a begin and an end"},          //
      Row{raw(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8), "not a begin and an end"},            //
      Row{raw(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "not a list of whole numbers"},    //
      Row{raw(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0), "not the 0 bytes"},
      Row{raw(R"({"a":{"dtype":"F32","shape":[1e30],"data_offsets":[0,8]}})", 8), "not a list of whole numbers"},
      Row{raw(R"({"a":{"dtype":"X9","shape":[2],"data_offsets":[0,8]}})", 8), "unknown dtype X9"},  //
      Row{raw(R"({"a":{"dtype":4,"shape":[2],"data_offsets":[0,8]}})", 8), "not text"},             //
      Row{raw(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8), "has not exactly dtype"},          //
      Row{raw(R"({"a":[1,2]})", 8), "has not exactly dtype"},                                       //
      Row{raw(R"({"__metadata__":{"x":1}})", 0), "metadata 'x' is not text"},                       //
      Row{raw(R"({"__metadata__":3})", 0), "metadata are not an object"},                           //
      Row{raw(std::string(200'000, '['), 0), "not a JSON object"});
  CHECK_THAT(error_of(row.content), ContainsSubstring(row.message));
}

TEST_CASE("safetensors: every truncation and every flipped byte is noticed", "[unit]") {
  const TemporaryFolder folder;
  REQUIRE(write_safetensors(folder / "w", example(), {{"note", "x"}}));
  const std::string content = *read_file(folder / "w");
  for (std::size_t length = 0; length < content.size(); ++length) CHECK(error_of(content.substr(0, length)) != "");
  for (std::size_t i = 0; i < content.size(); ++i) {
    std::string flipped = content;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    std::ofstream(folder / "flipped", std::ios::binary) << flipped;
    const auto read = read_safetensors(folder / "flipped");
    // What is read in spite of it is what was written: only the checksum's own name was hit.
    if (read) CHECK((*read->reals("W1", std::vector<std::int64_t>{2, 3}) == weights && read->metadata.at("note") == "x"));
    if (i >= content.size() - 36) CHECK_THAT(read.error(), ContainsSubstring("do not match their checksum"));  // the data
  }
}

TEST_CASE("safetensors: missing files and directories", "[unit]") {
  const TemporaryFolder folder;
  CHECK_THAT(read_safetensors(folder / "none").error(), ContainsSubstring("none: No such file"));
  CHECK_THAT(read_safetensors(folder.path()).error(), ContainsSubstring("a directory"));
}

TEST_CASE("Python's safetensors opens what the runtime writes", "[unit]") {
  const TemporaryFolder folder;
  REQUIRE(write_safetensors(folder / "w.safetensors", example(), {{"note", "größer"}}));
  const int status = python("read", folder / "w.safetensors");
  if (status == skipped || status == no_such_command)
    WARN("skipped: Python's safetensors and numpy are not installed");
  else
    CHECK(status == 0);
}

TEST_CASE("the runtime opens what Python's safetensors writes", "[unit]") {
  const TemporaryFolder folder;
  const int status = python("write", folder / "w.safetensors");
  if (status == skipped || status == no_such_command) {
    WARN("skipped: Python's safetensors and numpy are not installed");
    return;
  }
  REQUIRE(status == 0);
  const auto read = read_safetensors(folder / "w.safetensors");
  REQUIRE(read);
  CHECK(read->metadata.at("by") == "python");
  const auto c = read->reals("C", std::vector<std::int64_t>{3, 4});
  REQUIRE(c);
  CHECK((*c)[7] == 7);
  CHECK(read->find("flag")->type == "BOOL");
  CHECK(read->reals("none", std::vector<std::int64_t>{0, 5})->empty());
}

TEST_CASE("a full disk leaves the old file as it was, and no other", "[unit]") {
  const TemporaryFolder folder;
  REQUIRE(write_atomically(folder / "file", "old"));
  const pid_t child = fork();
  if (child == 0) {  // a limit on the file's length stands for the disk's
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto written = write_atomically(folder / "file", std::string(5000, 'n'));
    const bool reported = !written && written.error().find("cannot be written: File too large") != std::string::npos;
    _exit(reported ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(*read_file(folder / "file") == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a file that is written anew keeps its permissions", "[unit]") {
  using std::filesystem::perms;
  const TemporaryFolder folder;
  REQUIRE(write_atomically(folder / "file", "old"));
  std::filesystem::permissions(folder / "file", perms::owner_read | perms::owner_write);
  REQUIRE(write_atomically(folder / "file", "new"));
  CHECK(std::filesystem::status(folder / "file").permissions() == (perms::owner_read | perms::owner_write));
}

TEST_CASE("a file cannot be written into a folder that is not there", "[unit]") {
  const TemporaryFolder folder;
  const auto written = write_atomically((folder / "no") / "file", "text");
  REQUIRE_FALSE(written);
  CHECK_THAT(written.error(), ContainsSubstring("cannot be written: No such file or directory"));
}

TEST_CASE("safetensors of each type are numbers", "[unit]") {
  const std::vector<double> doubles{0.1, -3};
  const std::vector<std::int64_t> longs{1, -(std::int64_t{1} << 40)};
  const TemporaryFolder folder;
  std::vector<TensorView> views = example();
  views.push_back({"doubles", float64.name, {2}, std::as_bytes(std::span(doubles)), {}});
  views.push_back({"longs", int64.name, {2}, std::as_bytes(std::span(longs)), {}});
  REQUIRE(write_safetensors(folder / "w", views, {}));
  const auto read = read_safetensors(folder / "w");
  REQUIRE(read);
  const auto numbers = [&](std::string_view name) { return *read->numbers(*read->find(name)); };
  CHECK(numbers("W1") == std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5});
  CHECK(numbers("doubles") == doubles);
  CHECK(numbers("count") == std::vector<double>{7, -8});
  CHECK(numbers("longs") == std::vector<double>{1, -1099511627776.0});
}
