// Values already emitted, by what they are of. A scope is a loop's body: its values do not outlive it.
#pragma once

#include <llvm/ADT/DenseMap.h>
#include <llvm/IR/Value.h>

#include <cstdint>
#include <vector>

#include "compiler/kernel/kernels.h"

namespace tenet {

// A term at row `row` and vector `vector` of the tile; -1: the same in every row, in every lane.
struct Place {
  TermId term;
  int row, vector;
};

// What of a term: its value, or what a division by it multiplies with (see emit_quotient).
enum class Part : std::uint8_t { value, reciprocal, scale };

class Memo {
 public:
  Memo() { enter(); }
  void enter() { scopes_.emplace_back(); }
  void leave() { scopes_.pop_back(); }

  // Null if it is not at hand.
  llvm::Value* find(const Place& place, Part part = Part::value) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
      if (const auto found = scope->find(key(place, part)); found != scope->end()) return found->second;
    return nullptr;
  }
  void keep(const Place& place, llvm::Value* value, Part part = Part::value) { scopes_.back()[key(place, part)] = value; }

 private:
  static std::uint64_t key(const Place& place, Part part) {
    return std::uint64_t{index_of(place.term)} << 32 | static_cast<std::uint64_t>(place.row + 1) << 18 |
           static_cast<std::uint64_t>(place.vector + 1) << 2 | static_cast<std::uint64_t>(part);
  }

  std::vector<llvm::DenseMap<std::uint64_t, llvm::Value*>> scopes_;
};

}  // namespace tenet
