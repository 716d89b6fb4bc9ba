// The recipes beside the graph: how to train, what to sample.
#pragma once

#include "compiler/elaborate/elaborator.h"

namespace tenet {

// Reads the file's `train` and `sample` into the program; its declarations are elaborated.
void read_recipes(Elaborator& elaborator);

// letters("names.txt", window = X, next = Y); nothing after an error (letters.cpp).
std::optional<LettersSource> read_source(Elaborator& elaborator, const syntax::Expression& value);

}  // namespace tenet
