// Which gradients are computed as values of their own, and how each is computed from those before it.
//
// A *cut* is a value that is computed once and then read by its name; between cuts everything is multiplied out. What is asked
// for is always cut, and every contraction (a sum whose space is larger than that of each of its factors), and what has no form
// of its own. Of the other values that are used more than once those are cut that make the whole cheaper: hill climbing on the
// cost of all of them together, one added or removed a round.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/grad/gradient.h"
#include "compiler/graph/graph.h"
#include "compiler/simplify/extraction/folding.h"

namespace tenet {

struct Cut {
  NodeId node;
  Polynomial form;  // over values at hand and cuts before it; of no use if `verbatim`
  Tree tree;
  double cost;
  bool verbatim = false;   // the node's own operation over its operands
  Polynomial folded = {};  // `form` by the values at hand
};

// A cut's form before it was shortened, and what led to each form of that search.
struct Beginning {
  Polynomial whole;
  Shortenings shortenings;
  FormLawCounts laws;  // that led to `whole`
  NormalForms::UsedFacts facts;
  std::set<AtomId> nonzero;  // what must not be 0 for it
};

class Cuts {
 public:
  // `given` is computed anyway; the gradients are asked for.
  Cuts(const Graph& graph, std::span<const NodeId> given, const Backward& backward, const Sizes& sizes);

  // In an order in which each reads only those before it.
  std::vector<Cut> chosen();

  // `all`: every cut that was chosen.
  Beginning beginning(const Cut& cut, std::span<const Cut> all);

  KnownValues& values() { return values_; }
  bool failed() const { return !failed_.empty(); }
  std::string_view stop() const { return stop_; }  // why the choice ended: "complete", or the budget that ran out

 private:
  using Set = std::set<NodeId>;
  bool is_boundary(NodeId node);
  void find_backward(const Backward& backward);
  void find_fixed(std::span<const NodeId> wanted);
  void find_candidates(std::span<const Adjoint> adjoints);
  bool is_contraction(const Polynomial& form);
  void find_reads();
  Set below(NodeId node, const Set& cuts) const;
  std::vector<NodeId> order(const std::map<NodeId, Set>& reads) const;
  Polynomial form(NodeId node, const Set& below);
  Cut extracted(NodeId node, const Set& below);
  std::vector<Cut> all(const Set& extra, double& cost);

  const Graph& graph_;
  KnownValues values_;
  Factoring factoring_;
  Folding folding_;
  std::vector<NodeId> backward_;  // ascending
  std::unordered_map<NodeId, int> uses_;
  Set is_backward_, reads_adjoint_, fixed_, boundaries_, wanted_;
  std::vector<NodeId> candidates_;
  std::unordered_map<NodeId, std::vector<NodeId>> reads_;
  std::map<std::pair<NodeId, Set>, Cut> memo_;
  double cost_ = 0;
  std::size_t work_ = 0;
  std::string_view stop_ = "complete";
  std::string_view failed_;  // why a value that was looked at has no form: nothing here is then of use
};

}  // namespace tenet
