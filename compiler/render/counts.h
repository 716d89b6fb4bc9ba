// What derived expressions cost, in the numbers by which closed forms are compared.
//
// A value is *large* if no other value that the derivation reads or computes has its axes and more; only what happens to large
// values counts. Small values, constants, sizes and what the forward pass has computed are free: so a product first combines
// its small factors, as far as they stay small, and then costs one operation for each factor beyond the first; a sum likewise.
// A sign costs something only where it is all that happens to a value.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "compiler/render/factors.h"

namespace tenet {

struct Counts {
  int per_element = 0;           // elementwise results on a large tensor
  int indicator_operations = 0;  // operations that touch one element a row: with an indicator as factor or term
  int reductions = 0;            // over a large tensor, with one product of its elements inside
  // Sums of a product whose space no factor has (a product of matrices: one for each product of two), or one factor alone
  // (a matrix and a vector). Constant factors are taken in.
  int contractions = 0;
  // Passes over the data, one after the other: what needs a reduction before it can be computed on the data needs one more. A
  // product of matrices is no such pass.
  int sweeps = 0;

  bool operator==(const Counts&) const = default;
};

// What the forward pass leaves behind when it computes `value`: everything below it but the products that its sums take in.
std::unordered_set<NodeId> computed_by(const Graph& graph, NodeId value);

class Counter {
 public:
  // `lines` get lines of their own; `at_hand`: the forward pass has computed it.
  Counter(const Graph& graph, std::span<const NodeId> lines, const std::function<bool(NodeId)>& at_hand);
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  // What a line adds to those that were added before it.
  Counts add(NodeId line);

 private:
  struct Value {
    int uses = 0;
    bool free = false;
    bool line = false;
    int ready = 0;  // the first pass that may read it; 0: not computed yet
  };

  void collect_large();
  bool is_large(const AxisSet& axes) const;
  AxisSet axes_of(NodeId id) const { return set_of(graph_.node(id).axes); }
  std::vector<AxisSet> axes_of(std::span<const CountedFactor> factors) const;

  // Each counts a node and what is below it, and gives the first pass that may read it.
  int visit(NodeId id);
  int compute(NodeId id);
  int visit_product(NodeId id, bool in_sum);
  int visit_sum(NodeId id);
  int visit_reduction(NodeId id);
  int visit_sum_of_product(NodeId id, const Product& product);
  int visit_choice(NodeId id);
  int visit_truth(NodeId id);
  int visit_all(std::span<const CountedFactor> factors);

  int pass(int first);  // something happens to a large value in this pass or later
  int dense(const Product& product, const AxisSet& all, bool in_sum) const;
  bool clips(NodeId id) const;
  bool touches(NodeId id) const { return touching_[index_of(id)]; }
  bool contracts(NodeId id) const;  // a sum, which takes constant factors in
  // The sum of a product over `space`: whether what it gives can be read in the same pass.
  bool contract(std::span<const CountedFactor> inner, const AxisSet& space);

  const Graph& graph_;
  std::vector<bool> touching_;
  Opens opens_;
  std::unordered_map<std::uint32_t, Value> values_;
  std::vector<NodeId> order_;    // operands before users
  std::set<AxisSet> occurring_;  // the axes of values
  Counts counts_;
};

}  // namespace tenet
