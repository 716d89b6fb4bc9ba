// What a run's numbers depend on: comparing it, and writing it into a file's metadata.
#include "runtime/run_facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace tenet {

using nlohmann::json;

std::optional<std::string> difference(const RunFacts& run, const RunFacts& now) {
  for (const auto& [axis, size] : run.sizes) {
    const auto other = now.sizes.find(axis);
    if (other == now.sizes.end()) return fmt::format("the run has an axis {} that the program lacks", axis);
    if (other->second != size) return fmt::format("the run has {0} = {1}, the program has {0} = {2}", axis, size, other->second);
  }
  for (const auto& [axis, size] : now.sizes)
    if (!run.sizes.contains(axis)) return fmt::format("the program has an axis {} that the run lacks", axis);
  if (run.program != now.program) return "the run is of another program";
  if (run.alphabet != now.alphabet) return "the run's data have another alphabet";
  if (run.data != now.data) return "the run had other data";
  if (run.seed != now.seed) return fmt::format("the run has seed {}, not {}", run.seed, now.seed);
  return std::nullopt;
}

std::string facts_text(const RunFacts& facts) {
  const json value = {{"program", facts.program},
                      {"seed", facts.seed},
                      {"sizes", facts.sizes},
                      {"alphabet", facts.alphabet},
                      {"data", facts.data}};
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<RunFacts> parse_facts(std::string_view text) {
  const json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  try {  // the library's conversions throw on other types; the exception stays here
    RunFacts facts;
    value.at("program").get_to(facts.program);
    value.at("seed").get_to(facts.seed);
    value.at("sizes").get_to(facts.sizes);
    value.at("alphabet").get_to(facts.alphabet);
    value.at("data").get_to(facts.data);
    return facts;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace tenet
