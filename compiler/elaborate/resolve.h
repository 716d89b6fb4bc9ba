// Before anything is elaborated: every name is looked up once, so that an unknown one is reported once and where it stands,
// and declarations are put in an order in which each comes after what it reads. Their order in the file does not matter.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/elaborate/names.h"

namespace tenet {

// What has a right side: an axis (its size), a parameter or state (its initial value), a definition.
struct Declared {
  SymbolKind kind;
  std::size_t index;
  std::vector<std::size_t> circles = {};  // of definitions that read one another along an axis, from the outermost on
};

// A function's or optimizer's block, its local axes and definitions in such an order.
struct Block {
  std::vector<Declared> order;                       // kind axis: of local_axes; definition: of locals
  std::vector<std::string> circle_axes;              // by number
  std::unordered_set<std::string> gradient_targets;  // names by which `grad` differentiates in the block
};

struct Resolution {
  std::vector<Declared> order;
  std::vector<std::string> circle_axes;  // by number
  std::unordered_map<const syntax::Function*, Block> blocks;
  bool circular = false;  // reported; nothing can be elaborated
};

// The bracket by which an expression reads a name at an earlier or a later place of an axis: `h[time = time - 1 else 0]`; null
// if it does not.
const syntax::Bracket* shift_of(const syntax::Expression& expression);

Resolution resolve(Diagnostics& diagnostics, const Module& file, const Module& library);

// Reports names of a recipe's expression that are not defined.
void check_names(Diagnostics& diagnostics, const Module& module, const syntax::Expression& expression);

}  // namespace tenet
