#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <random>

#include "runtime/atomic_file.h"
#include "runtime/run_folder.h"
#include "runtime/trainer.h"
#include "tests/catch.h"
#include "tests/unit/fake_program.h"

using namespace tenet;
using namespace tenet::tests;

namespace {

const RunFacts facts{"fingerprint", 18'000'000'000'000'000'000u, {{"hidden", 6}, {"embed", 4}}, {".", "a", "ë"}, 77};

// Runs `body` in a process of its own and kills it after so many microseconds. True if it ended by itself before.
template <class Body>
bool run_and_kill(int microseconds, Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  if (microseconds >= 0) {
    usleep(static_cast<useconds_t>(microseconds));
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) CHECK(WEXITSTATUS(status) == 0);
  return WIFEXITED(status);
}

}  // namespace

TEST_CASE("a run folder comes back as it was saved", "[unit]") {
  const TemporaryFolder folder;
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  const std::filesystem::path path = folder / "runs" / "first";
  {
    auto run = RunFolder::create(path, "the program's text", facts, program, arena.data());
    REQUIRE(run);
    CHECK(run->log(R"({"step": 1})"));
    reals(arena.data(), program.slots[1])[5] = 0.125f;
    CHECK(run->save_checkpoint({1000, 0.1 + 0.2, 3, 1.5}, program, arena.data()));
    CHECK(run->log(R"({"step": 2})"));
  }
  CHECK(*read_file(path / "program.tenet") == "the program's text");
  auto resumed = RunFolder::resume(path);
  REQUIRE(resumed);
  const Checkpoint& checkpoint = resumed->second;
  CHECK_FALSE(difference(checkpoint.facts, facts));
  CHECK(checkpoint.facts.seed == facts.seed);
  CHECK(checkpoint.facts.alphabet == facts.alphabet);
  CHECK(checkpoint.at.step == 1000);
  CHECK(checkpoint.at.loss_sum == 0.1 + 0.2);
  CHECK(checkpoint.at.loss_count == 3);
  CHECK(*read_file(path / "log.jsonl") == "{\"step\": 1}\n{\"step\": 2}\n");  // opening changes nothing
  CHECK(resumed->first.log(R"({"step": 3})"));
  CHECK(*read_file(path / "log.jsonl") == "{\"step\": 1}\n{\"step\": 3}\n");
  Arena other = *Arena::allocate(program.arena_bytes);
  REQUIRE(restore(checkpoint.tensors, program, other.data(), true));
  CHECK(std::memcmp(other.data(), arena.data(), 256) == 0);
}

TEST_CASE("a run folder that exists is left alone", "[unit]") {
  const TemporaryFolder folder;
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  std::filesystem::create_directory(folder / "empty");
  std::ofstream(folder / "file") << "text";
  for (const char* name : {"empty", "file", "empty/"}) {
    const auto run = RunFolder::create(folder / name, "", facts, program, arena.data());
    REQUIRE_FALSE(run);
    CHECK_THAT(run.error(), ContainsSubstring("exists already"));
  }
  CHECK(*read_file(folder / "file") == "text");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("two trainings cannot have one run folder open", "[unit]") {
  const TemporaryFolder folder;
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  {
    const auto run = RunFolder::create(folder / "run", "", facts, program, arena.data());
    REQUIRE(run);
    const auto second = RunFolder::resume(folder / "run");
    REQUIRE_FALSE(second);
    CHECK_THAT(second.error(), ContainsSubstring("another training has this run open"));
  }
  CHECK(RunFolder::resume(folder / "run"));
}

TEST_CASE("a folder to resume has to be a run's", "[unit]") {
  const TemporaryFolder folder;
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  CHECK_THAT(RunFolder::resume(folder / "none").error(), ContainsSubstring("no such run folder"));
  CHECK_THAT(RunFolder::resume(folder.path()).error(), ContainsSubstring("not a run folder"));
  REQUIRE(RunFolder::create(folder / "run", "", facts, program, arena.data()));

  const std::string whole = *read_file(folder / "run" / "checkpoint");
  REQUIRE(write_atomically(folder / "run" / "checkpoint", whole.substr(0, whole.size() - 1)));
  CHECK_THAT(RunFolder::resume(folder / "run").error(), ContainsSubstring("truncated"));
  const float value = 1;
  REQUIRE(write_safetensors(folder / "run" / "checkpoint",
                            std::vector<TensorView>{{"W", float32.name, {1}, std::as_bytes(std::span(&value, 1)), {}}}, {}));
  CHECK_THAT(RunFolder::resume(folder / "run").error(), ContainsSubstring("not a training's checkpoint"));
}

TEST_CASE("a log shorter than the checkpoint knows is an error", "[unit]") {
  const TemporaryFolder folder;
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  {
    auto run = RunFolder::create(folder / "run", "", facts, program, arena.data());
    REQUIRE(run->log("{}"));
    REQUIRE(run->save_checkpoint({}, program, arena.data()));
  }
  std::filesystem::resize_file(folder / "run" / "log.jsonl", 1);
  CHECK_THAT(RunFolder::resume(folder / "run").error(), ContainsSubstring("has 1 bytes; the checkpoint was made when it had 3"));
}

TEST_CASE("weights come back with their statistics, and say what is wrong with them", "[unit]") {
  const TemporaryFolder folder;
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  auto run = RunFolder::create(folder / "run", "", facts, program, arena.data());
  REQUIRE(run);
  CHECK_THAT(load_weights(folder / "run").error(), ContainsSubstring("has no weights yet"));
  CHECK_THAT(load_weights(folder / "none").error(), ContainsSubstring("No such file"));
  CHECK_THAT(load_weights(folder.path()).error(), ContainsSubstring("not a run folder"));

  const std::vector<float> mean{1, 2, 3};
  REQUIRE(run->save_weights(program, arena.data(),
                            std::vector<TensorView>{{"mean", float32.name, {3}, std::as_bytes(std::span(mean)), {"hidden"}}}));
  const auto weights = load_weights(folder / "run");
  REQUIRE(weights);
  CHECK_FALSE(difference(weights->facts, facts));
  CHECK(weights->tensors.find("W.momentum") == nullptr);  // state is the checkpoint's
  CHECK(*weights->tensors.reals("mean", std::vector<std::int64_t>{3}) == mean);
  CHECK(load_weights(folder / "run" / "weights.safetensors"));
  REQUIRE(write_safetensors(folder / "w", std::vector<TensorView>{}, {}));
  CHECK_THAT(load_weights(folder / "w").error(), ContainsSubstring("not written by a training"));
}

TEST_CASE("weights of another shape or another program do not go in", "[unit]") {
  const TemporaryFolder folder;
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  REQUIRE(write_safetensors(folder / "w", tensors_of(program, arena.data(), false), {}));
  const auto tensors = read_safetensors(folder / "w");
  const NativeProgram wider =
      lay_out(nullptr, {{Slot::Role::parameter, "W", ElementType::real32, {"embed", "hidden"}, {4, 7}, 0}});
  const NativeProgram renamed =
      lay_out(nullptr, {{Slot::Role::parameter, "V", ElementType::real32, {"embed", "hidden"}, {4, 6}, 0}});
  const NativeProgram whole =
      lay_out(nullptr, {{Slot::Role::parameter, "W", ElementType::whole32, {"embed", "hidden"}, {4, 6}, 0}});
  const NativeProgram turned =
      lay_out(nullptr, {{Slot::Role::parameter, "W", ElementType::real32, {"hidden", "embed"}, {6, 4}, 0}});
  Arena other = *Arena::allocate(1024);
  CHECK_THAT(restore(*tensors, wider, other.data(), false).error(), ContainsSubstring("'W' is [embed = 4, hidden = 6] there"));
  CHECK_THAT(restore(*tensors, renamed, other.data(), false).error(), ContainsSubstring("no tensor 'V'"));
  CHECK_THAT(restore(*tensors, whole, other.data(), false).error(), ContainsSubstring("type F32, not I32"));
  REQUIRE(restore(*tensors, turned, other.data(), false));
  CHECK(reals(other.data(), turned.slots[0])[1] == reals(arena.data(), program.slots[0])[6]);
}

TEST_CASE("the difference between a run and a program is named", "[unit]") {
  RunFacts now = facts;
  now.sizes["hidden"] = 7;
  CHECK(*difference(facts, now) == "the run has hidden = 6, the program has hidden = 7");
  now = facts;
  now.sizes["more"] = 1;
  CHECK(*difference(facts, now) == "the program has an axis more that the run lacks");
  CHECK(*difference(now, facts) == "the run has an axis more that the program lacks");
  now = facts;
  now.seed = 3;
  CHECK_THAT(*difference(facts, now), ContainsSubstring("seed"));
  now = facts;
  now.data = 3;
  CHECK(*difference(facts, now) == "the run had other data");
  now = facts;
  now.alphabet.push_back("z");
  CHECK_THAT(*difference(facts, now), ContainsSubstring("alphabet"));
  now = facts;
  now.program = "other";
  CHECK(*difference(facts, now) == "the run is of another program");
}

TEST_CASE("a full disk is reported, and checkpoint and log stay whole", "[unit]") {
  const TemporaryFolder folder;
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  {
    auto run = RunFolder::create(folder / "run", "", facts, program, arena.data());
    REQUIRE(run);
    REQUIRE(run->log("{}"));
    REQUIRE(run->save_checkpoint({5, 0, 0, 0}, program, arena.data()));
    CHECK(run_and_kill(-1, [&] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{100, 100};  // a limit on the file's length stands for the disk's
      setrlimit(RLIMIT_FSIZE, &limit);
      const auto logged = run->log(std::string(300, 'x'));
      const auto saved = run->save_checkpoint({6, 0, 0, 0}, program, arena.data());
      const auto contains = [](const auto& result, const char* text) {
        return !result && result.error().find(text) != std::string::npos;
      };
      _exit(contains(logged, "log.jsonl: cannot be written") && contains(saved, "checkpoint: cannot be written") ? 0 : 1);
    }));
  }
  CHECK(*read_file(folder / "run" / "log.jsonl") == "{}\n");
  const auto resumed = RunFolder::resume(folder / "run");
  REQUIRE(resumed);
  CHECK(resumed->second.at.step == 5);
}

TEST_CASE("killed in the middle of a save, the last good state is there whole", "[unit]") {
  const NativeProgram program = lay_out(nullptr, {{Slot::Role::parameter, "W", ElementType::real32, {"i"}, {50'000}, 0}});
  const TemporaryFolder folder;
  Arena arena = *Arena::allocate(program.arena_bytes);
  REQUIRE(RunFolder::create(folder / "run", "", facts, program, arena.data()));
  std::mt19937 random(3);
  std::int64_t last = 0;
  for (int attempt = 0; attempt < 25; ++attempt) {
    run_and_kill(static_cast<int>(random() % 20'000), [&] {
      auto resumed = RunFolder::resume(folder / "run");
      if (!resumed) _exit(1);
      for (std::int64_t step = resumed->second.at.step + 1;; ++step) {
        std::ranges::fill(reals(arena.data(), program.slots[0]), static_cast<float>(step));
        if (!resumed->first.log("{}") || !resumed->first.save_checkpoint({step, 0, 0, 0}, program, arena.data())) _exit(1);
      }
    });
    const auto resumed = RunFolder::resume(folder / "run");
    REQUIRE(resumed);
    const std::int64_t step = resumed->second.at.step;
    CHECK(step >= last);
    CHECK(resumed->second.log_bytes == 3 * step);
    REQUIRE(restore(resumed->second.tensors, program, arena.data(), true));
    const auto values = reals(arena.data(), program.slots[0]);
    CHECK(std::ranges::all_of(values, [&](float value) { return value == static_cast<float>(step); }));
    last = step;
  }
  CHECK(last > 0);
}

TEST_CASE("killed while the folder is made, it is there whole or not at all", "[unit]") {
  const NativeProgram program = fake_program();
  Arena arena = fake_arena(program);
  const TemporaryFolder folder;
  std::mt19937 random(4);
  for (int attempt = 0; attempt < 25; ++attempt) {
    std::filesystem::remove_all(folder / "run");
    run_and_kill(static_cast<int>(random() % 4'000), [&] {
      if (!RunFolder::create(folder / "run", "text", facts, program, arena.data())) _exit(1);
    });
    if (std::filesystem::exists(folder / "run"))
      CHECK(RunFolder::resume(folder / "run"));
    else  // and what was left under the other name does no harm
      CHECK(RunFolder::create(folder / "run", "text", facts, program, arena.data()));
  }
}

TEST_CASE("killed at random moments and resumed, a training gives the bits of one that was not", "[unit]") {
  const NativeProgram program = fake_program();
  const Numbered numbers = numbered(50, fake_positions);
  const TemporaryFolder folder;
  TrainingOptions options;
  options.steps = 600'000;
  options.log_every = 14'000;
  options.chunk_seconds = 0.002;
  options.checkpoint_seconds = 0;
  const auto go_on = [&](const std::filesystem::path& path) {
    Arena arena = *Arena::allocate(program.arena_bytes);
    Drawer drawer = *Drawer::make(program, numbers.dataset, numbers.items, DrawOrder::replacement, 17);
    auto resumed = RunFolder::resume(path);
    if (!resumed || !restore(resumed->second.tensors, program, arena.data(), true)) _exit(1);
    if (train(program, arena.data(), &drawer, resumed->second.at, &resumed->first, options).kind != TrainingEnd::Kind::finished)
      _exit(1);
  };
  Arena initial = fake_arena(program);
  for (const char* name : {"whole", "killed"}) REQUIRE(RunFolder::create(folder / name, "", facts, program, initial.data()));
  REQUIRE(run_and_kill(-1, [&] { go_on(folder / "whole"); }));

  std::mt19937 random(5);
  int kills = 0;
  while (kills < 20 && !run_and_kill(static_cast<int>(random() % 30'000), [&] { go_on(folder / "killed"); })) ++kills;
  CHECK(kills >= 5);
  run_and_kill(-1, [&] { go_on(folder / "killed"); });

  // Alike but for the time it took.
  const auto state = [&](const char* name) {
    const auto resumed = RunFolder::resume(folder / name);
    REQUIRE(resumed);
    CHECK(resumed->second.at.step == options.steps);
    return std::tuple(resumed->second.tensors.data, resumed->second.at.loss_sum, resumed->second.at.loss_count);
  };
  CHECK(state("whole") == state("killed"));
  const auto losses = [&](const char* name) {
    std::string text = *read_file(folder / name / "log.jsonl");
    std::vector<std::string> lines;
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      lines.push_back(text.substr(begin, text.find(", \"seconds\"", begin) - begin));
    return lines;
  };
  CHECK(losses("whole").size() == 43);
  CHECK(losses("whole") == losses("killed"));
}
