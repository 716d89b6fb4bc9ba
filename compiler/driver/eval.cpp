// tenet eval FILE --from RUN
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/driver/trained.h"

namespace tenet {
namespace {

// Losses by split, and in `report` by split and name what the recipe reports.
nlohmann::ordered_json json_of(const Session& session, const std::vector<std::vector<double>>& figures) {
  nlohmann::ordered_json json, report;
  for (std::string_view split : split_names) json[split] = nullptr;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    json[split_names[i]] = nlohmann::ordered_json::parse(json_number(figures[i][0]));
    for (std::size_t k = 1; k < figures[i].size(); ++k)
      report[split_names[i]][session.recipe().report[k - 1].name] = nlohmann::ordered_json::parse(json_number(figures[i][k]));
  }
  if (!report.is_null()) json["report"] = report;
  return json;
}

Outcome<Status> evaluate(const Options& options, const std::string& run) {
  auto trained = open_trained(options, run, "eval", true);
  if (!trained) return std::unexpected(trained.error());
  const Session& session = *trained->session;
  note_shared_statistics(trained->evaluator.plan());
  auto figures = trained->evaluator.figures(trained->model);
  if (!figures) return std::unexpected(figures.error());
  if (options.json)
    fmt::print("{}\n", json_of(session, *figures).dump());
  else
    fmt::print("{}", figures_text(session, *figures));
  if (options.time) fmt::print(stderr, "{}", session.times.table());
  if (auto finite = want_finite(session, *figures); !finite) return std::unexpected(finite.error());
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
      "Losses are in nats, over the whole of each split, as is what the recipe reports; statistics of the training split come\n"
      "with the weights.\n\n"
      "Examples:\n"
      "  tenet eval graphs/makemore.tenet --from runs/makemore-1\n"
      "  tenet eval graphs/makemore.tenet --from runs/makemore-1 --data other_names.txt --format json");
  return {app, [options, run] { return evaluate(*options, *run); }};
}

}  // namespace tenet
