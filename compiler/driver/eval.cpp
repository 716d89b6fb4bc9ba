// tenet eval FILE --from RUN
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/driver/trained.h"

namespace tenet {
namespace {

Outcome<Status> evaluate(const Options& options, const std::string& run) {
  auto trained = open_trained(options, run, "eval", true);
  if (!trained) return std::unexpected(trained.error());
  auto losses = trained->evaluator.losses(trained->model);
  if (!losses) return std::unexpected(losses.error());
  nlohmann::ordered_json json;
  for (std::size_t i = 0; i < std::size(split_names); ++i) {
    json[split_names[i]] = nullptr;
    if (i >= losses->size()) continue;
    json[split_names[i]] = (*losses)[i];
    if (!options.json) fmt::print("{:<12}{:.4f}\n", split_names[i], (*losses)[i]);
  }
  if (options.json) fmt::print("{}\n", json.dump());
  if (options.time) fmt::print(stderr, "{}", trained->session->times.table());
  return Status::done;
}

}  // namespace

Command eval_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("eval", "The losses of a trained network on the splits");
  auto options = std::make_shared<Options>();
  auto run = std::make_shared<std::string>();
  add_program_options(*app, *options);
  add_run_options(*app, *options);
  add_json_option(*app, *options);
  app->add_option("--from", *run, "The run folder, or its weights file")->type_name("RUN")->required();
  app->footer(
      "Losses are in nats, over the whole of each split; statistics of the training split come with the weights.\n\n"
      "Examples:\n"
      "  tenet eval graphs/makemore.tenet --from runs/makemore-1\n"
      "  tenet eval graphs/makemore.tenet --from runs/makemore-1 --data other_names.txt --format json");
  return {app, [options, run] { return evaluate(*options, *run); }};
}

}  // namespace tenet
