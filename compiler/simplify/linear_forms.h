// Sums of rational multiples of values: the exponents that stabilising adds, subtracts and cancels.
#pragma once

#include <gmpxx.h>

#include <optional>
#include <unordered_map>
#include <vector>

#include "compiler/grad/finite.h"
#include "compiler/graph/graph.h"

namespace tenet {

struct LinearTerm {
  mpq_class coefficient;  // not 0
  NodeId key;             // the value without any names: equal keys are equal values
  NodeId node;            // the value as it is computed
};
using LinearForm = std::vector<LinearTerm>;  // ascending keys; none: 0

bool same_form(const LinearForm& a, const LinearForm& b);
LinearForm sum(const LinearForm& a, const LinearForm& b);
LinearForm scaled(LinearForm form, const mpq_class& factor);
// How often `form` contains `part`: the greatest k such that no term of form - k * part has changed its sign; 0 if not at all.
mpq_class contained(const LinearForm& form, const LinearForm& part);
inline LinearForm difference(const LinearForm& a, const LinearForm& b) { return sum(a, scaled(b, -1)); }

class LinearForms {
 public:
  LinearForms(Graph& graph, Finiteness& finite) : graph_(graph), finite_(finite) {}

  // Through names, sums, signs, constant factors and lookups. softplus(-x) counts as softplus(x) - x where x is finite, so that
  // only one of them occurs.
  LinearForm of(NodeId value);
  LinearForm softplus(const LinearForm& form);
  // Every term at other coordinates; `otherwise`, if given, is what a term is outside of its axes.
  LinearForm substituted(const LinearForm& form, const std::vector<Replacement>& replacements,
                         std::optional<NodeId> otherwise = {});
  // Two calls on equal forms give one node; differences from maxima are bracketed as such: (x - max[i](x)) + y.
  // Of x - softplus(x) and -softplus(-x) it is the latter.
  NodeId node(LinearForm form);

  // A node that stands for every node equal to it but for names, from the first call with such a one on.
  void show(NodeId value) { shown_.try_emplace(index_of(bare(value)), value); }
  NodeId shown(NodeId value) {
    const auto found = shown_.find(index_of(bare(value)));
    return found == shown_.end() ? value : found->second;
  }

 private:
  LinearForm of(NodeId value, int depth);
  LinearForm single(NodeId value);
  NodeId bare(NodeId value);
  NodeId sum_of(const LinearForm& terms, std::optional<NodeId> start = {});
  void turn_softplus(LinearForm& form, const LinearTerm& term);
  std::optional<NodeId> taken_shift(LinearForm& form, const LinearTerm& maximum);

  Graph& graph_;
  Finiteness& finite_;
  int nested_ = 0;  // forms within forms: of the arguments of maxima and softplus
  std::unordered_map<std::uint32_t, NodeId> bare_;
  std::unordered_map<std::uint32_t, NodeId> shown_;  // of each key, the node that stands for it
};

}  // namespace tenet
