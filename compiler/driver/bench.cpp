// tenet bench FILE
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "compiler/driver/stepper.h"
#include "runtime/threads.h"
#include "runtime/trainer.h"

namespace tenet {
namespace {

constexpr int rounds = 7;
constexpr double round_seconds = 0.5;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Seconds that `steps` steps take, from the first one on; past the recipe's last step from the first one again, so that what is
// timed is what is trained. Negative if the training was not finite.
double seconds_of(Session& session, const Model& model, Stepper& stepper, std::int64_t steps) {
  double seconds = 0;
  for (std::int64_t left = steps; left > 0;) {
    restart(session, model, stepper);
    Progression at;
    TrainingOptions training;
    training.steps = std::min(left, std::max<std::int64_t>(session.recipe().steps, 1));
    training.report = [](const TrainingReport&) {};
    const double begin = now();
    const TrainingEnd end = train(stepper.executable.program, stepper.arena.data(), stepper.draws(), at, nullptr, training);
    seconds += now() - begin;
    if (end.kind != TrainingEnd::Kind::finished) return -1;
    left -= training.steps;
  }
  return seconds;
}

Outcome<Status> bench_program(const Options& options) {
  auto opened = open_program(options);
  if (!opened) return std::unexpected(opened.error());
  Session& session = **opened;
  if (auto has = want_recipe(session, "bench"); !has) return std::unexpected(has.error());
  if (auto loaded = load_data(session); !loaded) return std::unexpected(loaded.error());
  if (auto filled = want_filled_data(session, "bench"); !filled) return std::unexpected(filled.error());
  const auto model = initial_model(session);
  if (!model) return std::unexpected(model.error());
  auto stepper = make_stepper(session, *model);
  if (!stepper) return std::unexpected(stepper.error());

  // A round is as many steps as take half a second; warming up finds how many.
  std::int64_t steps = 1;
  double seconds = seconds_of(session, *model, *stepper, steps);
  while (seconds >= 0 && seconds < round_seconds / 2 && steps < (std::int64_t{1} << 40)) {
    steps = std::max(2 * steps, static_cast<std::int64_t>(static_cast<double>(steps) * round_seconds / std::max(seconds, 1e-3)));
    seconds = seconds_of(session, *model, *stepper, steps);
  }
  std::vector<double> times;
  for (int round = 0; round < rounds && seconds >= 0; ++round) {
    seconds = seconds_of(session, *model, *stepper, steps);
    times.push_back(seconds * 1e6 / static_cast<double>(steps));
  }
  if (seconds < 0) return failed("the training does not stay finite: there is no step to time");
  std::ranges::sort(times);
  const double step_us = times[times.size() / 2];
  if (options.json) {
    nlohmann::ordered_json json;
    json["step_us"] = step_us;
    json["steps_per_second"] = 1e6 / step_us;
    json["threads"] = threads_for(stepper->executable.program);
    json["peak_share"] = nullptr;
    json["kernels"] = nlohmann::ordered_json::array();
    json["rounds"] = times;
    fmt::print("{}\n", json.dump());
  } else {
    fmt::print("step       {:.2f} us (median of {} rounds of {} steps; {:.2f} to {:.2f})\n", step_us, rounds, steps,
               times.front(), times.back());
    fmt::print("steps/s    {:.0f}\nthreads    {}\n", 1e6 / step_us, threads_for(stepper->executable.program));
  }
  if (options.time) fmt::print(stderr, "{}", session.times.table());
  return Status::done;
}

}  // namespace

Command bench_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("bench", "How long a training step takes");
  auto options = std::make_shared<Options>();
  add_program_options(*app, *options);
  add_run_options(*app, *options);
  add_json_option(*app, *options);
  app->footer(
      "Runs the trainer over real batches, draws, updates and checks included, and writes nothing.\n\n"
      "Examples:\n"
      "  tenet bench graphs/makemore.tenet\n"
      "  tenet bench graphs/ninja.tenet --format json");
  return {app, [options] { return bench_program(*options); }};
}

}  // namespace tenet
