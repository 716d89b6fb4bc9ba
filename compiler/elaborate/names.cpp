#include "compiler/elaborate/names.h"

#include <unordered_set>

namespace tenet {

std::string_view description(SymbolKind kind) {
  static constexpr std::string_view descriptions[] = {"an axis",      "data",       "a parameter", "a state",
                                                      "a definition", "a function", "a layer",     "an optimizer"};
  return descriptions[static_cast<std::size_t>(kind)];
}

Module::Module(Diagnostics& diagnostics, const syntax::Program& tree, const Module* library) : tree_(tree), library_(library) {
  const auto declare = [&](SymbolKind kind, const auto& declarations) {
    for (std::size_t i = 0; i < declarations.size(); ++i) {
      const syntax::Name& name = declarations[i].name;
      auto [entry, fresh] = symbols_.try_emplace(name.text, Symbol{kind, i, name.span, this});
      if (fresh) continue;
      Span first = entry->second.span, second = name.span;
      if (second.file == first.file && second.begin < first.begin) std::swap(first, second);
      diagnostics.report(Message::name_defined_twice, second, name.text).related.push_back({first, "first defined here"});
    }
  };
  if (library != nullptr) {
    declare(SymbolKind::axis, tree.axes);
    declare(SymbolKind::data, tree.data);
    declare(SymbolKind::parameter, tree.parameters);
    declare(SymbolKind::state, tree.states);
    declare(SymbolKind::definition, tree.definitions);
  }
  declare(SymbolKind::function, tree.functions);
  declare(SymbolKind::layer, tree.layers);
  declare(SymbolKind::optimizer, tree.optimizers);
}

const syntax::Function& block_of_symbol(SymbolKind kind, const Module& module, std::size_t index) {
  const syntax::Program& tree = module.tree();
  return (kind == SymbolKind::function ? tree.functions : kind == SymbolKind::layer ? tree.layers : tree.optimizers)[index];
}

const Symbol* Module::find(std::string_view name) const {
  if (auto entry = symbols_.find(std::string(name)); entry != symbols_.end()) return &entry->second;
  return library_ == nullptr ? nullptr : library_->find(name);
}

std::vector<std::string> Module::names(std::optional<SymbolKind> kind) const {
  std::vector<std::string> result;
  if (library_ != nullptr) result = library_->names(kind);
  for (const auto& [name, symbol] : symbols_)
    if (!kind || symbol.kind == *kind) result.push_back(name);
  return result;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string near = nearest(name, candidates);
  return near.empty() ? near : "did you mean `" + near + "`?";
}

const syntax::Name* repeated(const std::vector<syntax::Name>& names) {
  std::unordered_set<std::string_view> seen;
  for (const syntax::Name& name : names)
    if (!seen.insert(name.text).second) return &name;
  return nullptr;
}

}  // namespace tenet
