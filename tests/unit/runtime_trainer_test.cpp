#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/atomic_file.h"
#include "runtime/trainer.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

// A training of the fake program, all it needs in one place.
struct Fake {
  explicit Fake(DrawOrder order = DrawOrder::replacement)
      : arena(fake_arena(program)), drawer(*Drawer::make(program, numbers.dataset, numbers.items, order, 17)) {}

  TrainingEnd train_to(std::int64_t steps, RunFolder* folder = nullptr) {
    options.steps = steps;
    return train(program, arena.data(), &drawer, at, folder, options);
  }
  RunFolder create(const std::filesystem::path& path) {
    return std::move(*RunFolder::create(path, "text", {"p", 17, {}, {}, 0}, program, arena.data()));
  }
  std::vector<float> persistent() {
    std::vector<float> all;
    for (std::size_t i = 0; i < 2; ++i)
      for (float value : reals(arena.data(), program.slots[i])) all.push_back(value);
    return all;
  }

  NativeProgram program = fake_program();
  Numbered numbers = numbered(50, fake_positions);
  Arena arena;
  Drawer drawer;
  Progression at;
  TrainingOptions options;
};

std::vector<nlohmann::json> log_lines(const std::filesystem::path& folder) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(*read_file(folder / "log.jsonl"));
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

struct BadStep {  // spoils a step of the fake program for a while
  BadStep(std::int64_t& which, std::int64_t step) : which(which) { which = step; }
  ~BadStep() { which = -1; }
  std::int64_t& which;
};

}  // namespace

TEST_CASE("a training's result does not depend on its chunks", "[unit]") {
  for (DrawOrder order : {DrawOrder::replacement, DrawOrder::epochs}) {
    Fake one(order), other(order);
    one.options.chunk_seconds = 0;  // one step a chunk
    CHECK(one.train_to(3000).kind == TrainingEnd::Kind::finished);
    CHECK(other.train_to(3000).kind == TrainingEnd::Kind::finished);
    CHECK(one.persistent() == other.persistent());
    CHECK(one.at.step == 3000);
    CHECK(one.at.loss_sum == other.at.loss_sum);
  }
}

TEST_CASE("the log has the mean loss of every so many steps, and of what is left at the end", "[unit]") {
  const TemporaryFolder folder;
  Fake fake;
  fake.options.log_every = 400;
  RunFolder run = fake.create(folder / "run");
  CHECK(fake.train_to(1000, &run).kind == TrainingEnd::Kind::finished);
  const auto lines = log_lines(folder / "run");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["step"] == 400);
  CHECK(lines[2]["step"] == 1000);

  // By hand: the same passes, one by one.
  Fake again;
  double sum = 0;
  for (std::int64_t step = 0; step < 1000; ++step) {
    if (step % 400 == 0) sum = 0;
    float loss = 0;
    TenetFrame frame{again.arena.data(), step, 1, &loss, &again.drawer};
    again.program.run(&frame);
    sum += loss;
    if (step == 399) CHECK(lines[0]["loss"] == sum / 400);
    if (step == 999) CHECK(lines[2]["loss"] == sum / 200);
  }
}

TEST_CASE("an interrupted training goes on to the same bits and the same log", "[unit]") {
  const TemporaryFolder folder;
  Fake whole;
  whole.options.log_every = 300;
  RunFolder whole_run = whole.create(folder / "whole");
  whole.train_to(2000, &whole_run);

  volatile std::sig_atomic_t stop = 0;
  {
    Fake first;
    first.options.log_every = 300;
    first.options.chunk_seconds = 0;
    first.options.interrupt = &stop;
    first.options.report = [&](const TrainingReport& report) { stop = report.step == 777; };
    RunFolder run = first.create(folder / "parts");
    const TrainingEnd end = first.train_to(2000, &run);
    CHECK(end.kind == TrainingEnd::Kind::interrupted);
    CHECK(end.step == 777);
  }
  Fake second;
  second.options.log_every = 300;
  auto resumed = RunFolder::resume(folder / "parts");
  REQUIRE(resumed);
  auto& [run, checkpoint] = *resumed;
  REQUIRE(restore(checkpoint.tensors, second.program, second.arena.data(), true));
  second.at = checkpoint.at;
  CHECK(second.at.step == 777);
  CHECK(second.train_to(2000, &run).kind == TrainingEnd::Kind::finished);
  CHECK(second.persistent() == whole.persistent());
  auto one = log_lines(folder / "whole"), other = log_lines(folder / "parts");
  REQUIRE(one.size() == other.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(one[i]["loss"] == other[i]["loss"]);
    CHECK(one[i]["step"] == other[i]["step"]);
  }
}

TEST_CASE("a finished training goes on to more steps as if it had not stopped", "[unit]") {
  const TemporaryFolder folder;
  Fake whole, parts;
  RunFolder whole_run = whole.create(folder / "whole");
  whole.train_to(2500, &whole_run);
  {
    RunFolder run = parts.create(folder / "parts");
    parts.train_to(1200, &run);
    CHECK(log_lines(folder / "parts").size() == 2);
  }
  auto resumed = RunFolder::resume(folder / "parts");
  REQUIRE(resumed);
  parts.at = resumed->second.at;
  parts.train_to(2500, &resumed->first);
  CHECK(parts.persistent() == whole.persistent());
  CHECK(log_lines(folder / "parts").size() == log_lines(folder / "whole").size());
  CHECK(log_lines(folder / "parts")[1]["loss"] == log_lines(folder / "whole")[1]["loss"]);
}

TEST_CASE("the first step whose loss is not finite is found, with the parameters before it", "[unit]") {
  for (double chunk_seconds : {0.0, 0.02}) {
    Fake before, fake;
    before.train_to(1234);
    const BadStep bad(fake_bad_loss, 1234);
    const TemporaryFolder folder;
    fake.options.chunk_seconds = chunk_seconds;
    RunFolder run = fake.create(folder / "run");
    const TrainingEnd end = fake.train_to(100'000, &run);
    CHECK(end.kind == TrainingEnd::Kind::not_finite);
    CHECK(end.step == 1234);
    CHECK(fake.persistent() == before.persistent());
    CHECK(fake.at.step == 1234);
    CHECK(log_lines(folder / "run").size() == 1);

    float loss = 0;
    TenetFrame frame{fake.arena.data(), 1234, 1, &loss, &fake.drawer};
    fake.program.run(&frame);
    CHECK(std::isnan(loss));
  }
}

TEST_CASE("a parameter that becomes infinite ends the training where it does", "[unit]") {
  Fake before, fake;
  before.train_to(321);
  const BadStep bad(fake_bad_weight, 321);
  const TrainingEnd end = fake.train_to(100'000);
  CHECK(end.kind == TrainingEnd::Kind::not_finite);
  CHECK(end.step == 321);
  CHECK(fake.persistent() == before.persistent());
}

TEST_CASE("a training with nothing left to do is finished", "[unit]") {
  Fake fake;
  fake.train_to(10);
  const auto values = fake.persistent();
  CHECK(fake.train_to(10).kind == TrainingEnd::Kind::finished);
  CHECK(fake.persistent() == values);
}

TEST_CASE("what is not finite in a parameter or a state is seen, but for infinities that a state may have", "[unit]") {
  Fake fake;
  CHECK(finite(fake.program, fake.arena.data()));
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (std::size_t slot : {0u, 1u})
    for (float value : {inf, -inf, std::nanf(""), -std::nanf("")}) {
      float& element = reals(fake.arena.data(), fake.program.slots[slot])[23];
      element = value;
      CHECK_FALSE(finite(fake.program, fake.arena.data()));
      fake.program.slots[slot].may_be_infinite = true;
      CHECK(finite(fake.program, fake.arena.data()) == std::isinf(value));
      fake.program.slots[slot].may_be_infinite = false;
      element = std::numeric_limits<float>::max();
      CHECK(finite(fake.program, fake.arena.data()));
    }
}
