// What emission reads off a kernel before it emits anything: the loops that a value depends on, and addresses as sums.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/kernel/kernels.h"
#include "compiler/kernel/loop_set.h"

namespace tenet {

// constant + sum of factor * loop coordinate + sum of factor * whole term.
struct Affine {
  std::int64_t constant = 0;
  std::vector<std::pair<LoopId, std::int64_t>> loops;
  std::vector<std::pair<TermId, std::int64_t>> terms;
  // A loop whose tiles are panels: its factor holds within a tile; from one tile to the next an element is worth so much more.
  std::optional<LoopId> panels;
  std::int64_t beyond_panel = 0;
};

class Analysis {
 public:
  Analysis(const Kernels& kernels, const Kernel& kernel);

  const LoopSet& loops(TermId term) const { return loops_[index_of(term)]; }
  const LoopSet& loops_of_store(std::size_t store) const { return store_loops_[store]; }

  // In elements from the buffer's start.
  const Affine& address(TermId load) const { return addresses_[index_of(load)]; }
  const Affine& address_of_store(std::size_t store) const { return store_addresses_[store]; }

  // A constant, a coordinate or index arithmetic of these: not worth keeping in a register.
  bool trivial(TermId term) const { return trivial_[index_of(term)]; }

  // The terms whose values are needed at hand to work out `term`: operands, and the parts of an address that are no
  // coordinates. A reduction needs none: it brings its own loops. A product that goes into a sum is no operand, its factors are.
  const std::vector<TermId>& needs(TermId term) const { return needs_[index_of(term)]; }
  const std::vector<TermId>& needs_of_element(TermId reduction) const { return element_needs_[index_of(reduction)]; }
  const std::vector<TermId>& needs_of_store(std::size_t store) const { return store_needs_[store]; }

 private:
  Affine index(const Kernel& kernel, TermId term) const;
  Affine address(const Buffer& buffer, const std::vector<TermId>& indices) const;

  std::vector<LoopSet> loops_, store_loops_;
  std::vector<Affine> indices_, addresses_, store_addresses_;  // of whole terms; of loads; of stores
  std::vector<bool> trivial_;
  std::vector<std::vector<TermId>> needs_, element_needs_, store_needs_;
};

}  // namespace tenet
