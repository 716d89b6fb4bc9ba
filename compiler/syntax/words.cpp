#include "compiler/syntax/words.h"

#include <algorithm>

#include "compiler/ops/operations.h"

namespace tenet::syntax {
namespace {

constexpr std::string_view values_and_forms[] = {"and",     "or",   "not",      "where", "grad", "stop", "normal",
                                                 "uniform", "step", "training", "mean",  "inf",  "pi"};
constexpr std::string_view keywords[] = {"axis", "data", "param", "fn", "claim", "assume", "import", "train", "sample", "else"};
constexpr std::string_view before_names[] = {"layer", "state", "update", "optimizer"};

}  // namespace

const std::vector<std::string>& statement_words() {
  static const std::vector<std::string> words = {"axis",  "data",   "param", "fn",    "claim",  "assume",   "import",
                                                 "train", "sample", "layer", "state", "update", "optimizer"};
  return words;
}

bool is_keyword(std::string_view word) { return std::ranges::find(keywords, word) != std::end(keywords); }

bool is_statement_word(std::string_view word) { return std::ranges::find(before_names, word) != std::end(before_names); }

bool is_reserved(std::string_view word) {
  return is_keyword(word) || std::ranges::find(values_and_forms, word) != std::end(values_and_forms) ||
         function_called(word) != nullptr || reduction_called(word) != nullptr;
}

}  // namespace tenet::syntax
