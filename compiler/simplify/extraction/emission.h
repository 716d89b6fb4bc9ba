// From chosen forms back to nodes of the graph.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "compiler/grad/axes.h"
#include "compiler/grad/finite.h"
#include "compiler/graph/graph.h"
#include "compiler/normal_form/normal_form.h"
#include "compiler/simplify/extraction/factoring.h"
#include "compiler/simplify/extraction/values.h"

namespace tenet {

class Emission {
 public:
  // `image`: what a known value is computed as.
  Emission(Graph& graph, KnownValues& values, const Sizes& sizes, std::function<NodeId(NodeId)> image)
      : graph_(graph), values_(values), forms_(values.forms()), sizes_(sizes), image_(std::move(image)), finite_(graph) {}

  NodeId node(const Tree& tree);
  NodeId node(const Polynomial& form);

 private:
  struct Signed {
    NodeId node;
    bool negative;
  };
  Signed built(const Tree& tree, bool alone);
  Signed product(const ScaledMonomial& term, const std::vector<NodeId>& others = {}, bool alone = false);
  std::optional<Tree> each_chosen(const Tree& tree);
  NodeId sum(const std::vector<Tree::Part>& parts);
  NodeId power(const Factor& factor);
  std::optional<NodeId> at_hand(const Polynomial& form);
  std::optional<NodeId> of_square_at_hand(const ScaledMonomial& term);
  NodeId positive(const Signed& term);
  NodeId argument(const Polynomial& form);
  NodeId quotient(const Polynomial& form);
  bool is_whole_number(const Factor& factor) const;
  NodeId atom(AtomId id);
  NodeId leaf(AtomId id);
  NodeId equality(AtomId id);
  NodeId truth(PolynomialId part);
  NodeId reduced(Op op, const std::vector<AtomId>& indices, const std::vector<Monomial>& over, std::function<NodeId()> body);
  AxisId axis_for(AtomId index, const std::vector<Monomial>& over, const std::vector<AxisId>& taken);
  void vote(AtomId id, AtomId index, std::map<AxisId, int>& votes);
  void axes_of(AtomId id, std::vector<AxisId>& axes);

  Graph& graph_;
  const KnownValues& values_;
  NormalForms& forms_;
  const Sizes& sizes_;
  std::function<NodeId(NodeId)> image_;
  Finiteness finite_;
  std::map<AtomId, AxisId> bound_;  // the axes of open binders
};

}  // namespace tenet
