// Which gradients are computed as values of their own, and how each is computed from those before it.
//
// A *cut* is a value that is computed once and then read by its name; between cuts everything is multiplied out. What is asked
// for is always cut, and every contraction (a sum whose space is larger than that of each of its factors), and what has no form
// of its own. Of the other values that are used more than once those are cut that make the whole cheaper: hill climbing on the
// cost of all of them together, one added or removed a round.
//
// A cut matters to what reads it, so a round costs what lies near the last change: values keep how they are computed while they
// read the same cuts, and candidates keep their gain while what it came from stays.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/grad/gradient.h"
#include "compiler/graph/graph.h"
#include "compiler/simplify/extraction/folding.h"
#include "compiler/simplify/extraction/reads.h"

namespace tenet {

struct Cut {
  NodeId node;
  Polynomial form;  // over values at hand and cuts before it; of no use if `verbatim`
  Tree::Part tree;
  double cost;
  bool verbatim = false;   // the node's own operation over its operands
  Polynomial folded = {};  // `form` by the values at hand
  bool rough = false;      // as it is multiplied out, too long for a search that other cuts will make short
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
  using Index = Reads::Index;
  using Indices = Reads::Indices;
  using Key = std::shared_ptr<const Indices>;

  // A choice of cuts, with how each value is computed under it.
  struct Plan {
    Reads::Flags cut, computed;
    std::vector<Key> below;        // of what is computed: the cuts that it reads
    std::vector<Key> keys;         // and the products that it may be folded into
    std::vector<const Cut*> cuts;  // null: not computed
    Indices order;
    double cost = 0;
  };
  // What a change of one candidate comes to, while none of the values that it changes is changed by another.
  struct Gain {
    double cost;  // that is added
    Indices changed;
    bool fresh = true;  // worked out for the plan as it is
  };

  bool is_boundary(NodeId node);
  void find_backward(const Backward& backward);
  void find_fixed(std::span<const NodeId> wanted);
  void find_candidates(std::span<const Adjoint> adjoints);
  bool is_contraction(const Polynomial& form);
  void find_reads();

  Polynomial form(NodeId node, const Indices& below);
  Cut extracted(NodeId node, const Indices& below, bool in_full);
  const Cut& cut_of(Plan& plan, Index value, const Indices& products);
  Indices near_products(const Plan& plan, Index value) const;
  Plan first_plan(std::span<const NodeId> cut);
  void climb(Plan& plan);
  Plan toggled(const Plan& plan, Index value);
  void complete(Plan& plan);
  void finish(Plan& plan);
  bool out_of_budget() const;
  Gain gain_of(const Plan& plan, const Plan& next, Index value) const;
  std::optional<std::size_t> best_change(const Plan& plan, std::vector<std::optional<Gain>>& gains);
  double price(const Plan& plan, Index value, double cost) const;

  const Graph& graph_;
  KnownValues values_;
  Factoring factoring_;
  Folding folding_;
  std::vector<NodeId> backward_;  // ascending
  std::unordered_map<NodeId, int> uses_;
  Set is_backward_, reads_adjoint_, fixed_, boundaries_, wanted_;
  std::vector<NodeId> candidates_;
  Reads reads_;
  std::unordered_map<NodeId, Indices> formed_over_;  // of what lies between cuts: those that its form is over
  std::map<std::pair<Index, Indices>, Cut> memo_;
  std::vector<Indices> readers_;         // in the plan at hand
  std::vector<std::uint32_t> products_;  // in the plan at hand: the place in its order, from 1, of what is a product
  std::size_t work_ = 0;
  std::string_view stop_ = "complete";
  std::string_view failed_;  // why a value that was looked at has no form: nothing here is then of use
};

}  // namespace tenet
