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

std::string run(const Scratch& scratch, const std::string& script) {
  const Ending ending = scratch.run(script, 300);
  INFO(script << "\n" << ending.err);
  REQUIRE(ending.status == 0);
  return ending.out;
}

// Runs a script of data/ in the scratch folder, beside which it leaves what it draws. False, and said so, without Python.
bool draw(const Scratch& scratch, const std::string& script) {
  if (scratch.run("python3 --version").status != 0) {
    WARN("skipped: this machine has no python3");
    return false;
  }
  run(scratch, "cp '" + (source_folder() / "data" / script).string() + "' . && python3 " + script);
  return true;
}

std::string program(const std::string& name) { return "'" + (source_folder() / "graphs" / (name + ".tenet")).string() + "'"; }

// The losses of the splits after training; `options` may be empty.
nlohmann::json trained(const Scratch& scratch, const std::string& name, const std::string& options) {
  const std::string command = program(name) + " " + options;
  return nlohmann::json::parse(run(scratch, "tenet train " + command + " --out " + name + " >&2 && tenet eval " + command +
                                                " --from " + name + " --format json"));
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
  for (const fs::directory_entry& entry : fs::directory_iterator(source_folder() / "graphs")) {
    const std::string name = entry.path().stem();
    if (!entry.is_regular_file() || name == "std") continue;
    const Scratch scratch;
    if (name == "digits" && !draw(scratch, "digits.py")) continue;
    const nlohmann::json found = nlohmann::json::parse(
        run(scratch, "tenet check " + program(name) + " --format json" + (name == "digits" ? " --data ." : "")));
    INFO(name << "\n" << found.dump(2));
    for (const nlohmann::json& claim : found["claims"]) CHECK(claim["verdict"] == "proved");
    CHECK(!found["gradients"].empty());
  }
}

TEST_CASE("the tables of data/ are what the scripts draw", "[cli]") {
  for (const std::string name : {"flowers", "points", "ratings", "rings"}) {
    const Scratch scratch;
    if (!draw(scratch, name + ".py")) return;
    INFO(name);
    CHECK(read_text(scratch.folder() / (name + ".csv")) == read_text(source_folder() / "data" / (name + ".csv")));
  }
}

TEST_CASE("logistic regression comes to the least loss", "[cli]") {
  const Scratch scratch;
  run(scratch, "sed '/split/d; s|../data/||' " + program("logistic") + " >all.tenet && cp '" + source_folder().string() +
                   "'/data/flowers.csv . && tenet train all.tenet --out r");
  const nlohmann::json losses = nlohmann::json::parse(run(scratch, "tenet eval all.tenet --from r --format json"));
  CHECK(std::abs(losses["train"].get<double>() - least_logistic_loss()) < 1e-5);
}

TEST_CASE("the programs on numbers learn what carries over to items not seen", "[cli]") {
  struct Row {
    std::string name, options;
    double validation;  // at most
  };
  // Without learning: log 3 for three kinds, log 10 for ten digits, the ratings' variance of about 1.
  for (const Row& row : {Row{"softmax", "", 0.6}, Row{"mixture", "", 2.65}, Row{"ratings", "", 0.3},
                         Row{"digits", "--data . --steps 1000", 0.2}}) {
    const Scratch scratch;
    if (row.name == "digits" && !draw(scratch, "digits.py")) continue;
    const nlohmann::json losses = trained(scratch, row.name, row.options);
    INFO(row.name << "\n" << losses.dump(2));
    CHECK(losses["validation"] < row.validation);
  }
}
