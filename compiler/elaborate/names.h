// The names of a file, with the files that it imports, and what they stand for. Axes, data, parameters, states, definitions,
// functions, layers and optimizers share one namespace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/tree.h"

namespace tenet {

enum class SymbolKind : std::uint8_t { axis, data, parameter, state, definition, function, layer, optimizer };

std::string_view description(SymbolKind kind);  // "an axis"

class Module;

struct Symbol {
  SymbolKind kind;
  std::size_t index;  // into the file's list of that kind
  Span span;
  const Module* module;  // whose name it is
};

// The block of a function, layer or optimizer.
const syntax::Function& block_of_symbol(SymbolKind kind, const Module& module, std::size_t index);

class Module {
 public:
  // Reports what is defined twice. `library`: where a name is looked for that this file lacks; null for the library itself.
  // Of the library only functions, layers and optimizers count.
  Module(Diagnostics& diagnostics, const syntax::Program& tree, const Module* library);

  const syntax::Program& tree() const { return tree_; }
  const Symbol* find(std::string_view name) const;
  // All that can be seen from this file, or of one kind, for suggestions.
  std::vector<std::string> names(std::optional<SymbolKind> kind = {}) const;

 private:
  const syntax::Program& tree_;
  const Module* library_;
  std::unordered_map<std::string, Symbol> symbols_;
};

// "did you mean `x`?", or empty.
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates);

// The first name that stands twice, or null.
const syntax::Name* repeated(const std::vector<syntax::Name>& names);

}  // namespace tenet
