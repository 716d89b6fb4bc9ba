// What training comes to, on the project's own names.
#include <cmath>
#include <regex>
#include <sstream>

#include "tests/train/losses.h"

using namespace tenet::tests;

TEST_CASE("the bigram model comes within 0.005 of its optimum, and never below it", "[train]") {
  const Scratch scratch;
  const double optimum = bigram_optimum();
  const double loss = loss_in(run(scratch, "tenet train " + graphs + "/bigram.tenet --out r").out, "train");
  CHECK(loss > optimum - 5e-5);  // four decimals are printed
  CHECK(loss < optimum + 0.005);
}

TEST_CASE("a few thousand steps of makemore are better than any bigram model", "[train]") {
  const Scratch scratch;
  const std::string text = run(scratch, "tenet train " + graphs + "/makemore.tenet --steps 12000 --out r && tenet eval " +
                                            graphs + "/makemore.tenet --from r >again")
                               .out;
  CHECK(loss_in(text, "train") < bigram_optimum() - 0.05);
  CHECK(loss_in(text, "validation") < bigram_optimum());
  CHECK(loss_in(text, "validation") > loss_in(text, "train") - 0.05);
  const std::string again = read_text(scratch.folder() / "again");
  for (const std::string split : {"train", "validation", "test"}) CHECK(loss_in(again, split) == loss_in(text, split));
  // Twenty names follow the losses.
  CHECK(std::count(text.begin(), text.end(), '\n') == 3 + 1 + 20);
}

TEST_CASE("the seed, and nothing else, tells two trainings apart", "[train]") {
  const Scratch scratch;
  run(scratch, R"(
tenet train ok.tenet --seed 5 --out a >a.out && tenet train ok.tenet --seed 5 --out b >b.out &&
tenet train ok.tenet --seed 6 --out c >c.out && tenet sample ok.tenet --from a --count 7 >a.words &&
tenet sample ok.tenet --from b --count 7 >b.words && tenet sample ok.tenet --from a --count 7 --seed 9 >other.words)");
  const auto text = [&](const std::string& file) { return read_text(scratch.folder() / file); };
  CHECK(text("a.out") == text("b.out"));
  CHECK(text("a/weights.safetensors") == text("b/weights.safetensors"));
  CHECK(text("a/weights.safetensors") != text("c/weights.safetensors"));
  CHECK(text("a.words") == text("b.words"));
  CHECK(text("a.words") != text("other.words"));
}

TEST_CASE("a training in two parts ends with the bits of one in one", "[train]") {
  const Scratch scratch;
  for (const std::string momentum : {"", "momentum = 0.9"}) {
    run(scratch, "rm -rf one two; sed 's/sgd()/sgd(" + momentum + R"()/' ok.tenet >p.tenet
tenet train p.tenet --steps 500 --out one >one.out && tenet train p.tenet --steps 137 --out two >two.out &&
tenet train p.tenet --steps 500 --resume two >two.out)");
    CHECK(read_text(scratch.folder() / "one.out") == read_text(scratch.folder() / "two.out"));
    CHECK(read_text(scratch.folder() / "one" / "weights.safetensors") ==
          read_text(scratch.folder() / "two" / "weights.safetensors"));
  }
}

TEST_CASE("the whole split as one batch descends at every step", "[train]") {
  const Scratch scratch;
  run(scratch, "sed '/batch = 8/d' ok.tenet >p.tenet && tenet train p.tenet --steps 3000 --out r");
  std::istringstream log(read_text(scratch.folder() / "r" / "log.jsonl"));
  double previous = INFINITY;
  int lines = 0;
  for (std::string line; std::getline(log, line);) {
    std::smatch found;
    if (!std::regex_search(line, found, std::regex("\"loss\": ([0-9.e+-]+)"))) continue;
    CHECK(std::stod(found[1]) < previous);
    previous = std::stod(found[1]);
    ++lines;
  }
  CHECK(lines == 3);
}
