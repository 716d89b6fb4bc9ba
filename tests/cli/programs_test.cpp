// The programs of graphs/ from the outside: what they claim is proved, their data are what the scripts draw, and they train.
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/cli/command.h"
#include "tests/golden.h"

using tenet::tests::Ending;
using tenet::tests::read_text;
using tenet::tests::Scratch;
using tenet::tests::source_folder;
namespace fs = std::filesystem;

namespace {

std::string command(const Scratch& scratch, const std::string& script) {
  const Ending ending = scratch.run(script, 300);
  INFO(script << "\n" << ending.err);
  REQUIRE(ending.status == 0);
  return ending.out;
}

// Copies of the programs and their data, which they leave what they make beside.
struct Programs : Scratch {
  Programs() {
    const std::string root = source_folder().string();
    command(*this, "cp -r '" + root + "/graphs' '" + root + "/data' .");
  }
};

// Runs a script of data/, which draws beside itself. False, and said so, without Python.
bool draw(const Scratch& scratch, const std::string& script) {
  if (scratch.run("python3 --version").status != 0) {
    WARN("skipped: this machine has no python3");
    return false;
  }
  command(scratch, "rm -f data/" + script + ".csv data/" + script + ".txt && python3 data/" + script + ".py");
  return true;
}

// Makes what a program reads and the project does not keep; false if it cannot be made here.
bool prepare(const Scratch& scratch, const std::string& name) {
  if (name == "lora") command(scratch, "tenet train graphs/mlp.tenet --steps 0 --out runs/mlp");
  return name != "digits" || draw(scratch, name);
}

std::string program(const std::string& name) { return "graphs/" + name + ".tenet"; }

// The losses of the splits after training.
nlohmann::json trained(const Scratch& scratch, const std::string& name) {
  return nlohmann::json::parse(command(
      scratch, "tenet train " + program(name) + " --out r >&2 && tenet eval " + program(name) + " --from r --format json"));
}

// The least loss of logistic regression on all flowers, by descent in double precision.
double least_logistic_loss() {
  constexpr int measures = 4;
  std::istringstream lines(read_text(source_folder() / "data" / "flowers.csv"));
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::vector<double> row;
    for (std::string field; std::getline(fields, field, ',');) row.push_back(std::stod(field));
    y.push_back(row.back());
    row.resize(measures);
    row.push_back(1);
    x.push_back(row);
  }
  const double count = static_cast<double>(x.size());
  for (int k = 0; k < measures; ++k) {
    double mean = 0, variance = 0;
    for (const auto& row : x) mean += row[k] / count;
    for (const auto& row : x) variance += (row[k] - mean) * (row[k] - mean) / count;
    for (auto& row : x) row[k] = (row[k] - mean) / std::sqrt(variance);
  }
  std::vector<double> w(measures + 1, 0);
  double loss = 0;
  for (int step = 0; step < 3000; ++step) {
    std::vector<double> gradient(w.size(), 0);
    loss = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      double z = 0;
      for (std::size_t k = 0; k < w.size(); ++k) z += w[k] * x[i][k];
      loss += (std::log1p(std::exp(z)) - y[i] * z) / count;
      for (std::size_t k = 0; k < w.size(); ++k) gradient[k] += (1 / (1 + std::exp(-z)) - y[i]) * x[i][k] / count;
    }
    for (std::size_t k = 0; k < w.size(); ++k) w[k] -= gradient[k];
  }
  return loss;
}

}  // namespace

TEST_CASE("every claim of the programs is proved, and their gradients pass", "[cli]") {
  const Programs programs;
  for (const fs::directory_entry& entry : fs::directory_iterator(programs.folder() / "graphs")) {
    const std::string name = entry.path().stem();
    if (!entry.is_regular_file() || name == "std" || !prepare(programs, name)) continue;
    const nlohmann::json found = nlohmann::json::parse(command(programs, "tenet check " + program(name) + " --format json"));
    INFO(name << "\n" << found.dump(2));
    CHECK(!found["claims"].empty());
    CHECK(!found["gradients"].empty());
  }
}

TEST_CASE("the tables of data/ are what the scripts draw", "[cli]") {
  const Programs programs;
  for (const fs::directory_entry& entry : fs::directory_iterator(source_folder() / "data")) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() != ".py" || name == "digits") continue;
    if (!draw(programs, name)) return;
    INFO(name);
    for (const std::string& kept : {name + ".csv", name + ".txt"})
      if (fs::exists(source_folder() / "data" / kept))
        CHECK(read_text(programs.folder() / "data" / kept) == read_text(source_folder() / "data" / kept));
  }
}

TEST_CASE("logistic regression comes to the least loss", "[cli]") {
  const Programs programs;
  command(programs, "sed -i /split/d " + program("logistic"));
  CHECK(std::abs(trained(programs, "logistic")["train"].get<double>() - least_logistic_loss()) < 1e-5);
}

TEST_CASE("the programs on numbers learn what carries over to items not seen", "[cli]") {
  struct Row {
    std::string name;
    double validation;  // at most
  };
  // Without learning: log 3 for three kinds, log 10 for ten digits, the ratings' variance of about 1, 6 log 2.
  for (const Row& row :
       {Row{"softmax", 0.6}, Row{"mixture", 2.65}, Row{"ratings", 0.3}, Row{"digits", 0.1}, Row{"word2vec", 2.4}}) {
    const Programs programs;
    if (!prepare(programs, row.name)) continue;
    const nlohmann::json losses = trained(programs, row.name);
    INFO(row.name << "\n" << losses.dump(2));
    CHECK(losses["validation"] < row.validation);
  }
}
