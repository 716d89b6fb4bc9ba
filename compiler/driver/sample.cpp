// tenet sample FILE --from RUN
#include <fmt/format.h>

#include "compiler/driver/trained.h"

namespace tenet {
namespace {

struct Chosen {
  std::string run;
  std::optional<std::int64_t> count, limit;
  std::optional<double> temperature;
};

Outcome<Status> sample_words_of(const Options& options, const Chosen& chosen) {
  auto trained = open_trained(options, chosen.run, "sample", false);
  if (!trained) return std::unexpected(trained.error());
  Session& session = *trained->session;
  const Sample& recipe = *session.program->sample;
  const SampleOptions sampling{chosen.count.value_or(recipe.count), chosen.limit.value_or(recipe.limit),
                               chosen.temperature.value_or(recipe.temperature), session.seed};
  auto words = trained->evaluator.sample(trained->model, sampling);
  if (!words) return std::unexpected(words.error());
  for (const std::string& word : *words) fmt::print("{}\n", word);
  if (options.time) fmt::print(stderr, "{}", session.times.table());
  return Status::done;
}

}  // namespace

Command sample_command(CLI::App& parent) {
  CLI::App* app = parent.add_subcommand("sample", "Draws words from a trained network");
  auto options = std::make_shared<Options>();
  auto chosen = std::make_shared<Chosen>();
  add_program_options(*app, *options);
  add_run_options(*app, *options);
  app->add_option("--from", chosen->run, "The run folder, or its weights file")->type_name("RUN")->required();
  add_optional(*app, "--count", chosen->count, "How many, instead of the recipe's")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 30));
  add_optional(*app, "--limit", chosen->limit, "Letters of a word at most")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 30));
  add_optional(*app, "--temperature", chosen->temperature, "Above 1: wilder; below: safer")
      ->type_name("T")
      ->check([](const std::string& text) {
        return CLI::PositiveNumber(text).empty() ? ""
                                                 : "a temperature is a number above 0; close to 0 the likeliest letter is taken";
      });
  app->footer(
      "One word a line. The words depend on the weights and the seed (default: the run's own): the same seed, the same words.\n\n"
      "Examples:\n"
      "  tenet sample graphs/makemore.tenet --from runs/makemore-1\n"
      "  tenet sample graphs/makemore.tenet --from runs/makemore-1 --seed 5 --count 100 --temperature 0.8");
  return {app, [options, chosen] { return sample_words_of(*options, *chosen); }};
}

}  // namespace tenet
