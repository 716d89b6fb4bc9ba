// The language's own words. None of them can be defined.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenet::syntax {

// Words that begin a statement (`axis`, `param`, `train`, ...), and `else`. `and`, `or`, `not` are operators.
bool is_keyword(std::string_view word);

// Keywords, operators, pointwise functions, reductions, `where`, `grad`, `stop`, `normal`, `uniform`, `step`, `training`, `inf`,
// `pi`.
bool is_reserved(std::string_view word);

// Words that begin a statement where a name follows on the line (`state m = 0`). As names they are free.
bool is_statement_word(std::string_view word);

// The words that begin a statement, for suggestions.
const std::vector<std::string>& statement_words();

}  // namespace tenet::syntax
