// tenet bench FILE
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "compiler/driver/limits.h"
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

// A kernel in a step.
struct Row {
  std::string name;
  double us;
  double operations = 0, bytes = 0;
  double peak_share = 0, bandwidth_share = 0;  // of what it could do in that time

  // What keeps it from being faster, where one thing does: half of what the machine can do, or more.
  std::string_view bound() const {
    if (std::max(peak_share, bandwidth_share) < 0.5) return "";
    return peak_share >= bandwidth_share ? "arithmetic" : "memory";
  }
};

// The kernels' parts of a step of `step_us`, longest first, then what is none of theirs. Of the first thread, which has a share
// of all that is shared and does the rest.
Outcome<std::vector<Row>> rows_of(Session& session, const Model& model, double step_us, std::int64_t steps,
                                  const Limits& limits) {
  auto code = compile_step(session, Timing::by_kernel);
  if (!code) return std::unexpected(code.error());
  auto stepper = make_stepper(session, model, std::move(*code));
  if (!stepper) return std::unexpected(stepper.error());
  const std::vector<Work>& work = stepper->executable.work;
  std::vector<std::int64_t> ticks((work.size() + 2) * static_cast<std::size_t>(threads_for(stepper->executable.program)));
  stepper->executable.program.ticks = ticks.data();
  seconds_of(session, model, *stepper, 1);  // the first step gets its memory from the system
  std::ranges::fill(ticks, 0);
  seconds_of(session, model, *stepper, steps);
  const double us_per_tick = step_us / static_cast<double>(std::max<std::int64_t>(1, ticks[work.size() + 1]));
  std::vector<Row> rows;
  double rest = step_us;
  const auto add = [&](std::string name, double us) -> Row& {
    rest -= us;
    return rows.emplace_back(Row{std::move(name), us});
  };
  for (std::size_t i = 0; i < work.size(); ++i) {
    Row& row = add(work[i].name, static_cast<double>(ticks[i]) * us_per_tick);
    row.operations = work[i].operations;
    row.bytes = work[i].bytes;
    const double seconds = std::max(row.us, 1e-3) * 1e-6;
    row.peak_share = row.operations / seconds / limits.operations_per_second;
    row.bandwidth_share = row.bytes / seconds / limits.bytes_per_second;
  }
  std::ranges::stable_sort(rows, std::greater{}, &Row::us);
  if (ticks[work.size()] > 0) add("(waiting for threads)", static_cast<double>(ticks[work.size()]) * us_per_tick);
  add("(outside kernels)", std::max(0.0, rest));
  return rows;
}

// The rows that take a hundredth of the step or more, and one for all others.
void print_rows(const std::vector<Row>& rows, double step_us) {
  fmt::print("\n{:<32} {:>10} {:>7} {:>9} {:>8} {:>7} {:>13}  {}\n", "kernel", "us", "of step", "GFLOP/s", "of peak", "GB/s",
             "of bandwidth", "limit");
  double others = 0;
  int count = 0;
  for (const Row& row : rows) {
    if (row.us < step_us / 100) {
      others += row.us;
      ++count;
      continue;
    }
    fmt::print("{:<32} {:>10.2f} {:>6.1f}%", row.name, row.us, 100 * row.us / step_us);
    if (row.bytes > 0)
      fmt::print(" {:>9.2f} {:>7.1f}% {:>7.1f} {:>12.1f}%  {}", row.operations / row.us * 1e-3, 100 * row.peak_share,
                 row.bytes / row.us * 1e-3, 100 * row.bandwidth_share, row.bound());
    fmt::print("\n");
  }
  if (count > 0) fmt::print("{:<32} {:>10.2f} {:>6.1f}%\n", fmt::format("({} others)", count), others, 100 * others / step_us);
}

nlohmann::ordered_json json_of(const Row& row, double step_us) {
  nlohmann::ordered_json json;
  json["name"] = row.name;
  json["us"] = row.us;
  json["share"] = row.us / step_us;
  json["operations"] = row.operations;
  json["bytes"] = row.bytes;
  json["peak_share"] = row.peak_share;
  json["bandwidth_share"] = row.bandwidth_share;
  json["limit"] = row.bound();
  return json;
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
  const auto limits = measured_limits(stepper->executable.program);
  if (!limits) return std::unexpected(limits.error());
  const auto rows = rows_of(session, *model, step_us, steps, *limits);
  if (!rows) return std::unexpected(rows.error());
  double operations = 0;
  for (const Row& row : *rows) operations += row.operations;
  const double peak_share = operations / (step_us * 1e-6) / limits->operations_per_second;
  if (options.json) {
    nlohmann::ordered_json json;
    json["step_us"] = step_us;
    json["steps_per_second"] = 1e6 / step_us;
    json["threads"] = threads_for(stepper->executable.program);
    json["peak_share"] = peak_share;
    json["peak_flops"] = limits->operations_per_second;
    json["bandwidth"] = limits->bytes_per_second;
    json["kernels"] = nlohmann::ordered_json::array();
    for (const Row& row : *rows) json["kernels"].push_back(json_of(row, step_us));
    json["rounds"] = times;
    fmt::print("{}\n", json.dump());
  } else {
    fmt::print("step       {:.2f} us (median of {} rounds of {} steps; {:.2f} to {:.2f})\n", step_us, rounds, steps,
               times.front(), times.back());
    fmt::print("steps/s    {:.0f}\nthreads    {}\n", 1e6 / step_us, threads_for(stepper->executable.program));
    fmt::print("peak       {:.1f} GFLOP/s in registers, of which the step has {:.1f}%; {:.1f} GB/s in memory\n",
               limits->operations_per_second * 1e-9, 100 * peak_share, limits->bytes_per_second * 1e-9);
    print_rows(*rows, step_us);
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
