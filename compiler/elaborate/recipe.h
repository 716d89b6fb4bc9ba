// The recipes beside the graph: how to train, what to sample.
#pragma once

#include "compiler/elaborate/elaborator.h"

namespace tenet {

// Reads the file's `train` and `sample` into the program; its declarations are elaborated.
void read_recipes(Elaborator& elaborator);

// A scalar expression in `step` and sizes, the value of `key`, which is kept in `train`; nothing after an error (rules.cpp).
std::optional<NodeId> schedule(Elaborator& elaborator, std::string_view key, const syntax::Expression& value, Train& train,
                               bool negative = true);

// `optimizer`, `optimizer(bias, gain)`, `freeze`: how each parameter is updated. The rate is read (rules.cpp).
void read_rules(Elaborator& elaborator, const syntax::Train& tree, Train& train);

}  // namespace tenet
