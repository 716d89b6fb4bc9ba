// tenet train FILE
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "compiler/driver/assumptions.h"
#include "compiler/driver/evaluation.h"
#include "compiler/driver/first_step.h"
#include "compiler/driver/interruption.h"
#include "compiler/driver/not_finite.h"
#include "compiler/driver/origin.h"
#include "compiler/driver/session.h"
#include "compiler/driver/stepper.h"
#include "compiler/plan/evaluation.h"
#include "runtime/progress.h"
#include "runtime/run_folder.h"
#include "runtime/trainer.h"

namespace tenet {
namespace {

struct TrainOptions : Options {
  std::optional<std::int64_t> steps;
  std::optional<std::string> out, resume;
  bool verify = false;
};

// A run's folder, where its training stands, and the tensors of an earlier stop.
struct Run {
  RunFolder folder;
  Progression at;
};

// runs/<program>-<n> for the first n that is free.
std::expected<RunFolder, std::string> new_folder(const Session& session, const Stepper& stepper) {
  for (int n = 1;; ++n) {
    const std::filesystem::path path = std::filesystem::path("runs") / fmt::format("{}-{}", session.name, n);
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) continue;
    auto made = RunFolder::create(path, session.text, facts_of(session), stepper.executable.program, stepper.arena.data());
    if (made || !std::filesystem::exists(path, ignored)) return made;  // else another training took the name just now
  }
}

Outcome<Run> begin_run(const Session& session, const Stepper& stepper, const TrainOptions& options) {
  auto folder = options.out ? RunFolder::create(*options.out, session.text, facts_of(session), stepper.executable.program,
                                                stepper.arena.data())
                            : new_folder(session, stepper);
  if (!folder) return failed(folder.error());
  return Run{std::move(*folder), {}};
}

Outcome<Run> resume_run(const Session& session, Stepper& stepper, RunFolder folder, const Checkpoint& checkpoint) {
  if (auto differs = difference(checkpoint.facts, facts_of(session)))
    return failed(folder.path().string() + " cannot be resumed with this program: " + *differs);
  if (auto restored = restore(checkpoint.tensors, stepper.executable.program, stepper.arena.data(), true); !restored)
    return failed(folder.path().string() + ": " + restored.error());
  return Run{std::move(folder), checkpoint.at};
}

// As the shell reads it back.
std::string quoted(const std::string& word) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_-./=+,:").contains(c);
  };
  if (!word.empty() && std::ranges::all_of(word, plain)) return word;
  std::string result = "'";
  for (char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string resume_command(const TrainOptions& options, const RunFolder& folder) {
  std::string command = "tenet train " + quoted(options.file);
  for (const auto& [axis, size] : options.sizes) command += fmt::format(" --size {}={}", axis, size);
  if (options.data) command += " --data " + quoted(*options.data);
  if (options.steps) command += fmt::format(" --steps {}", *options.steps);
  return command + " --resume " + quoted(folder.path().string());
}

Outcome<Status> not_finite(Session& session, Stepper& stepper, const Model& initial, const Run& run, std::int64_t step) {
  const auto [text, lower_rate_may_help] = fault_of_step(session, stepper, initial, step);
  return failed(fmt::format("{}\n       the state before that step is in {}{}", text, run.folder.path().string(),
                            lower_rate_may_help ? "; a lower rate may help" : ""));
}

// The loss of each split, and what is reported of it.
std::string log_line(const Session& session, const Run& run, const std::vector<std::vector<double>>& figures) {
  std::string line = fmt::format("{{\"step\": {}", run.at.step), reports;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    line += fmt::format(", \"{}\": {}", split_names[i], json_number(figures[i][0]));
    reports += fmt::format("{}\"{}\": {{", i == 0 ? "" : ", ", split_names[i]);
    for (std::size_t k = 1; k < figures[i].size(); ++k)
      reports += fmt::format("{}\"{}\": {}", k == 1 ? "" : ", ", session.recipe().report[k - 1].name, json_number(figures[i][k]));
    reports += "}";
  }
  if (!session.recipe().report.empty()) line += ", \"report\": {" + reports + "}";
  return line + "}";
}

// Figures of the splits, words, the weights: everything after the last step.
Outcome<Status> finish(Session& session, Evaluator& evaluator, const Stepper& stepper, Model& model, Run& run) {
  read_model(session, stepper.executable, stepper.arena.data(), model);
  if (auto done = evaluator.calibrate(model); !done) return std::unexpected(done.error());
  if (auto saved = save_model(session, model, &evaluator.plan(), run.folder, stepper.executable, stepper.arena.data()); !saved)
    return std::unexpected(saved.error());
  auto figures = evaluator.figures(model);
  if (!figures) return std::unexpected(figures.error());
  note_shared_statistics(evaluator.plan());
  fmt::print("{}", figures_text(session, *figures));
  std::fflush(stdout);
  if (auto logged = run.folder.log(log_line(session, run, *figures)); !logged) return failed(logged.error());
  if (auto finite = want_finite(session, *figures); !finite) return std::unexpected(finite.error());
  if (session.program->sample) {
    const Sample& sample = *session.program->sample;
    auto words = evaluator.sample(model, {sample.count, sample.limit, sample.temperature, session.seed});
    if (!words) return std::unexpected(words.error());
    fmt::print("\n");
    for (const std::string& word : *words) fmt::print("{}\n", word);
  }
  return Status::done;
}

// A program without a source: the figures are what they are.
Outcome<Status> finish_without_data(Session& session, const Stepper& stepper, Model& model, Run& run) {
  read_model(session, stepper.executable, stepper.arena.data(), model);
  if (auto saved = save_model(session, model, nullptr, run.folder, stepper.executable, stepper.arena.data()); !saved)
    return std::unexpected(saved.error());
  std::vector<std::string> names{session.recipe().loss_name};
  std::vector<NodeId> roots{session.recipe().loss};
  for (const Reported& reported : session.recipe().report) {
    names.push_back(reported.name);
    roots.push_back(reported.value);
  }
  const Computation figures = evaluated(*session.program, roots, session.sizes);
  session.sizes = completed(session.graph(), session.sizes);
  Interpreter interpreter(session.graph(), session.sizes);
  bind_model(session, model, nullptr, interpreter);
  interpreter.bind(session.program->step, {{}, {}, {0}});
  interpreter.bind(session.program->training, {{}, {}, {0}});
  std::string wrong;
  for (std::size_t k = 0; k < names.size(); ++k) {
    const NodeId value = figures.outputs[k].value;
    bind_noise(session, std::span(&value, 1), session.sizes, interpreter);
    fmt::print("{:<12}{}\n", names[k], number_text(interpreter.value(value).values[0]));
    std::string fault = value_fault(session, interpreter, names[k], value);
    if (wrong.empty()) wrong = std::move(fault);
  }
  if (!wrong.empty()) return failed(wrong);
  return Status::done;
}

Outcome<Status> train_program(TrainOptions options) {
  Interruption interruption(options.resume ? "tenet: stopped before the first step; the run is as it was\n"
                                           : "tenet: stopped before the first step; there is nothing to save\n");
  // Open, before anything slow: the program, and the run to go on with.
  std::optional<std::pair<RunFolder, Checkpoint>> earlier;
  if (options.resume) {
    auto resumed = RunFolder::resume(*options.resume);
    if (!resumed) return failed(resumed.error());
    earlier = std::move(*resumed);
    if (!options.seed) options.seed = earlier->second.facts.seed;
  }
  auto opened = open_program(options);
  if (!opened) return std::unexpected(opened.error());
  Session& session = **opened;
  if (auto has = want_recipe(session, "train"); !has) return std::unexpected(has.error());
  if (options.steps) session.program->train->steps = *options.steps;
  if (auto loaded = load_data(session, earlier ? &earlier->second.facts : nullptr); !loaded)
    return std::unexpected(loaded.error());
  if (auto filled = want_filled_data(session, "train"); !filled) return std::unexpected(filled.error());

  // Compile.
  std::optional<Evaluator> evaluator;
  if (session.has_source()) {
    auto made = Evaluator::make(session);
    if (!made) return std::unexpected(made.error());
    evaluator = std::move(*made);
  }
  auto code = compile_step(session);
  if (!code) return std::unexpected(code.error());
  const auto bytes = training_bytes(session, code->executable.program.arena_bytes);
  if (!bytes) return std::unexpected(bytes.error());
  if (auto fits = check_memory(*bytes, "training"); !fits) return failed(fits.error());
  auto initial = session.times("initial", [&] { return initial_model(session); });
  if (!initial) return std::unexpected(initial.error());
  Model& model = *initial;
  if (auto finite = want_finite_start(session, model); !finite) return std::unexpected(finite.error());
  if (auto holds = check_assumptions(session, &model); !holds) return std::unexpected(holds.error());
  auto stepper = make_stepper(session, model, std::move(*code));
  if (!stepper) return std::unexpected(stepper.error());
  const volatile std::sig_atomic_t* interrupted = interruption.flag();
  auto run =
      earlier ? resume_run(session, *stepper, std::move(earlier->first), earlier->second) : begin_run(session, *stepper, options);
  if (!run) return std::unexpected(run.error());
  if (run->at.step < session.recipe().steps) {
    auto verified =
        session.times("verify", [&] { return verify_first_step(session, *stepper, model, run->at.step, options.verify); });
    if (!verified) return std::unexpected(verified.error());
  }
  if (options.time) fmt::print(stderr, "{}", session.times.table());

  // Train.
  Progress progress;
  TrainingOptions training;
  training.steps = session.recipe().steps;
  training.checkpoint_seconds = 1;
  training.interrupt = interrupted;
  training.report = [&](const TrainingReport& report) { progress(report); };
  const TrainingEnd end =
      train(stepper->executable.program, stepper->arena.data(), stepper->draws(), run->at, &run->folder, training);
  progress.end();
  switch (end.kind) {
    case TrainingEnd::Kind::failed:
      return failed(end.error);
    case TrainingEnd::Kind::not_finite:
      return not_finite(session, *stepper, model, *run, end.step);
    case TrainingEnd::Kind::interrupted:
    case TrainingEnd::Kind::finished:
      break;
  }
  const auto stopped = [&](std::string_view where) {
    return fmt::format("stopped after {} of {} steps{}; everything is saved. To go on:\n  {}", end.step, session.recipe().steps,
                       where, resume_command(options, run->folder));
  };
  if (end.kind == TrainingEnd::Kind::interrupted) {
    say(stopped(""));
    return Status::done;
  }
  interruption.end_at_once("tenet: " + stopped(", while evaluating") + "\n");
  auto status =
      evaluator ? finish(session, *evaluator, *stepper, model, *run) : finish_without_data(session, *stepper, model, *run);
  if (status) say("the run is in " + run->folder.path().string());
  return status;
}

}  // namespace

Command train_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("train", "Trains a program's network and leaves a run folder");
  auto options = std::make_shared<TrainOptions>();
  add_program_options(*app, *options);
  add_run_options(*app, *options);
  add_optional(*app, "--steps", options->steps, "How many steps, instead of the recipe's")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  auto* out =
      add_optional(*app, "--out", options->out, "The run's new folder (default: runs/<program>-<n>)")->type_name("FOLDER");
  add_optional(*app, "--resume", options->resume, "Goes on with a stopped run: the numbers are those of a run that never stopped")
      ->type_name("FOLDER")
      ->excludes(out);
  app->add_flag(
      "--verify", options->verify,
      "Compares the first step with the program in double precision, however long that takes; else only where it is quick");
  app->footer(
      "Progress goes to standard error; the losses in nats and the sampled words go to standard output.\n"
      "Ctrl-C saves everything, says how to go on, and ends with status 0, before the first step and after the last one too; so\n"
      "does SIGTERM.\n"
      "A run killed in any other way goes on from its last checkpoint.\n\n"
      "Examples:\n"
      "  tenet train graphs/makemore.tenet\n"
      "  tenet train graphs/makemore.tenet --data my_names.txt --seed 7 --steps 20000 --out runs/mine\n"
      "  tenet train graphs/makemore.tenet --resume runs/mine\n\n"
      "A run folder holds program.tenet, weights.safetensors, log.jsonl, and checkpoint.");
  return {app, [options] { return train_program(*options); }};
}

}  // namespace tenet
