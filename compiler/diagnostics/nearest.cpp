#include <algorithm>
#include <cctype>

#include "compiler/diagnostics/diagnostics.h"

namespace tenet {
namespace {

// Restricted Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, changes and swaps of neighbours,
// each 1. Case does not count.
std::size_t distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t longest = 100;  // nobody misspells a longer name by a letter
  if (name.size() > longest) return {};
  std::string best;
  std::size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    const std::size_t longer = std::max(name.size(), candidate.size());
    const std::size_t limit = longer / 3;
    if (candidate == name || longer - std::min(name.size(), candidate.size()) > limit) continue;
    const std::size_t found = distance(name, candidate);
    if (found <= limit && (best.empty() || found < best_distance)) {
      best = candidate;
      best_distance = found;
    }
  }
  return best;
}

}  // namespace tenet
