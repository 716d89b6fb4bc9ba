// What a run's numbers depend on. Stands in its checkpoint and its weights.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenet {

struct RunFacts {
  std::string program;  // fingerprint of the program's meaning, computed by the caller
  std::uint64_t seed = 0;
  std::map<std::string, std::int64_t> sizes;  // of axes
  std::vector<std::string> alphabet;          // empty where no source has one
  std::uint64_t data = 0;                     // fingerprint of the source's items
};

// Nothing, or the first difference as a sentence: "the run has hidden = 200, the program has hidden = 100".
// A caller to whom the seed or the data are free (`eval` on other data) puts the run's own there.
std::optional<std::string> difference(const RunFacts& run, const RunFacts& now);

// As JSON, and back. Nothing if the text is something else.
std::string facts_text(const RunFacts& facts);
std::optional<RunFacts> parse_facts(std::string_view text);

}  // namespace tenet
