#include "compiler/driver/trained.h"

namespace tenet {

Outcome<Trained> open_trained(const Options& options, const std::string& run, std::string_view command, bool with_data) {
  auto weights = load_weights(run);
  if (!weights) return failed(weights.error());
  auto opened = open_program(options);
  if (!opened) return std::unexpected(opened.error());
  Session& session = **opened;
  if (!options.seed) session.seed = weights->facts.seed;
  if (auto has = want_recipe(session, command); !has) return std::unexpected(has.error());
  if (!session.has_source()) return wrong(std::string(command) + ": the program's recipe has no source of data");
  if (!with_data)
    if (auto has = want_sample(session, command); !has) return std::unexpected(has.error());
  if (session.recipe().source->alphabet && weights->facts.alphabet.empty())
    return failed(run + ": the run had no data, so it has no alphabet");
  auto ready = with_data ? load_data(session, &weights->facts) : close_sizes_for(session, weights->facts);
  if (!ready) return std::unexpected(ready.error());
  auto evaluator = Evaluator::make(session);
  if (!evaluator) return std::unexpected(evaluator.error());
  auto model = model_of(session, *weights, evaluator->plan());
  if (!model) return std::unexpected(model.error());
  return Trained{std::move(*opened), std::move(*evaluator), std::move(*model)};
}

}  // namespace tenet
