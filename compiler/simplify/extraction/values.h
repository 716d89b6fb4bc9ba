// The values that a derivation has at hand: what the program computes anyway, and gradients that are computed already. Each has a
// form; one whose form has several terms is *opaque*: an atom with a definition.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/normal_form/normal_form.h"
#include "compiler/simplify/extraction/terms.h"

namespace tenet {

// A value that a product may be folded into.
struct Available {
  NodeId node;
  ScaledMonomial term;       // its form
  std::vector<AtomId> axes;  // of the node
};

class KnownValues {
 public:
  // `given`: what is computed anyway; operands before users.
  KnownValues(const Graph& graph, std::span<const NodeId> given);

  NormalForms& forms() { return forms_; }
  bool is_given(NodeId node) const { return given_.contains(index_of(node)); }

  // What a gradient is made of beside other gradients, by what is at hand: functions, and differences like the 1 - y of a
  // sigmoid's derivative, so that no power of one is multiplied out, which cancels worse.
  void read_by_values(NodeId node, const Polynomial& form);

  // The value under the name that people know it by.
  NodeId named(NodeId value) const;

  // What an opaque atom stands for, at its indices; nothing if it is no such atom.
  std::optional<Polynomial> definition(AtomId atom);
  bool is_defined(AtomId atom) const;

  // What `unfold` makes of the value in the sum, which is the same every time while no more is known about sums.
  Polynomial unfolded(AtomId sum, NodeId value, const std::function<Polynomial()>& unfold);

  const std::vector<Available>& available() const { return available_; }
  std::size_t given_available() const { return given_available_; }  // the first of them: those that are computed anyway

  // The atoms of opaque values, by the terms of their definitions.
  const SumsAtHand& sums() const { return sums_; }

  // What is computed anyway and has this form, if there is something.
  std::optional<NodeId> at_hand(const Polynomial& form) const;

  // Proves what the value comes to when it is summed over axes that it is made by reducing over, and keeps what is constant:
  // whether there is such a sum.
  bool prove_sums(NodeId value, const Polynomial& definition);

  // Gradients that are computed: until `drop_computed`.
  void add_computed(NodeId node, const Polynomial& form);
  void drop_computed();
  const Polynomial* computed(NodeId node) const;

 private:
  bool prove_sum(NodeId value, const std::vector<AxisId>& axes, const Polynomial& definition);  // tried once
  void collect_ranges(const Polynomial& form, std::set<PolynomialId>& ranges, int depth) const;
  void take(NodeId node);
  bool is_function(const Polynomial& form) const;
  using FormKey = std::pair<PolynomialId, std::vector<AxisId>>;
  FormKey key_of(NodeId node, const Polynomial& form);
  NodeId representative(NodeId node, const Polynomial& form);
  Polynomial opaque(NodeId node, const Polynomial& form);
  void offer(NodeId node, const Polynomial& form);

  const Graph& graph_;
  NormalForms forms_;
  std::unordered_set<std::uint32_t> given_;
  std::unordered_map<std::uint32_t, Polynomial> definitions_, computed_;
  std::map<FormKey, NodeId> opaque_by_form_;
  SumsAtHand sums_;
  std::unordered_map<NodeId, Polynomial> functions_;  // of values that do not show what they are of
  std::map<AtomId, AtomId> values_of_functions_;
  std::unordered_map<NodeId, NodeId> names_;  // a value, the name around it
  std::map<AtomId, Polynomial> instances_;    // definitions at other indices
  std::map<std::pair<AtomId, NodeId>, Polynomial> unfolded_;
  std::vector<Available> available_;
  std::size_t given_available_ = 0;
  std::map<ScaledMonomial, std::size_t> available_by_term_;
  std::set<std::pair<NodeId, std::vector<AxisId>>> attempted_;
};

}  // namespace tenet
