// Values as sums of exp(scale) * core, with scales that add, subtract and cancel exactly: the range of `exp` is kept out of the
// arithmetic until it is known what is left of it.
//
//   products        exp(s) a * exp(t) b = exp(s + t) a b             (quotients, powers likewise)
//   sums            exp(s) a + exp(t) b stays two parts; where one is needed:
//                   exp(s) a + exp(t) b = exp(t + softplus(s - t)) * (sigmoid(s - t) a + sigmoid(t - s) b)
//                   exp(s) - exp(t)     = (exp(s) + exp(t)) * tanh((s - t) / 2)
//   over axes       sum[i](exp(s) c)    = exp(M) * sum[i](exp(s - M) c),  M = max[i](s), or 0 where that is infinite
//                   prod[i](exp(s) c)   = exp(sum[i](s)) * prod[i](c)
//   choices         where(p, exp(s) a, exp(t) b) = exp(where(p, s, t)) * where(p, a, b);  lookups with `else` likewise
//                   of several parts each stays one: exp(s) where(p, a, 0) + exp(t) where(p, 0, b)
//   the way back    exp(softplus(x)) = 1 + exp(x),  exp(x - softplus(x)) = sigmoid(x)
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "compiler/grad/finite.h"
#include "compiler/simplify/linear_forms.h"
#include "compiler/simplify/ranges.h"

namespace tenet {

struct ScaledPart {
  LinearForm scale;
  NodeId core;
};
using ScaledValue = std::vector<ScaledPart>;  // at least one part; no two of one scale

inline bool is_plain(const ScaledValue& value) { return value.size() == 1 && value[0].scale.empty(); }

class ScaledValues {
 public:
  ScaledValues(Graph& graph, NumericRanges& ranges) : graph_(graph), ranges_(ranges), finite_(graph), forms_(graph, finite_) {}

  ScaledValue exp(NodeId exponent) { return {{forms_.of(exponent), graph_.constant(1)}}; }
  ScaledValue sigmoid(NodeId argument);
  // Nothing where a value has grown too many parts or terms, or the operation has no rule.
  std::optional<ScaledValue> apply(NodeId node, const std::vector<ScaledValue>& operands);

  // From now on this named value stands for an exponential that is equal to it.
  void show(NodeId named) { forms_.show(named); }

  // The same as nodes: what single precision should compute. Nothing where a scale may be infinite beside a core that a `where`
  // makes 0, and cannot stand inside of it.
  std::optional<NodeId> value(const ScaledValue& value);
  NodeId log(const ScaledValue& argument);

 private:
  std::optional<ScaledValue> sum_over_axes(const Node& node, const ScaledValue& a);
  std::optional<ScaledValue> product_over_axes(const Node& node, const ScaledValue& a);
  ScaledValue substituted(const Node& node, const std::vector<ScaledValue>& operands);
  ScaledPart substituted_or(const Node& node, const ScaledPart& part, const ScaledPart& otherwise);
  ScaledValue chosen(const Node& node, const std::vector<ScaledValue>& operands);
  ScaledValue powered(const ScaledValue& a, const mpq_class& exponent);
  ScaledValue powered(const ScaledValue& a, NodeId exponent);
  ScaledValue product(const ScaledValue& a, const ScaledValue& b);
  ScaledValue quotient(const ScaledValue& a, const ScaledValue& b);
  ScaledValue merged(ScaledValue a, const ScaledValue& b);
  ScaledValue with_cores(ScaledValue a, NodeId (*f)(Graph&, NodeId));

  struct Lookup {
    Replacement at;
    NodeId rest;
  };
  std::optional<Lookup> lookup(NodeId core, std::span<const AxisId> axes, int depth = 8);
  ScaledPart at_indicator(ScaledPart part);
  ScaledPart substituted_part(const ScaledPart& part, const std::vector<Replacement>& replacements);

  std::optional<ScaledPart> united(const ScaledPart& a, const ScaledPart& b);
  std::optional<LinearForm> complement(const LinearForm& form);
  std::optional<ScaledPart> complement(const ScaledPart& whole, const ScaledPart& taken);
  bool holds_softplus(const LinearForm& form);
  ScaledPart single(const ScaledValue& value);
  ScaledPart joined(const ScaledPart& a, const ScaledPart& b);
  ScaledPart joined(const ScaledPart& a, const ScaledPart& b, std::optional<NodeId> compared);
  NodeId is_below_infinity(NodeId value);
  ScaledPart choice(NodeId truth, const ScaledPart& a, const ScaledPart& b);
  ScaledPart shifted(const ScaledPart& part, std::span<const AxisId> axes);
  struct Choice {
    NodeId truth, rest;
    bool masks = true;  // by a `where`; a truth as a factor may be solved for an index
  };
  static constexpr int greatest_depth = 64;
  std::optional<Choice> split(NodeId core, int depth = greatest_depth);
  std::optional<Choice> derive_split(NodeId core, int depth);
  bool is_masked(NodeId core, int depth = greatest_depth);
  bool derive_masked(NodeId core, int depth);
  std::optional<NodeId> value_of(const ScaledPart& part);
  LinearForm masked(const ScaledPart& part);
  std::optional<NodeId> exponential(LinearForm form);
  std::optional<NodeId> sigmoids(LinearForm& form);
  ScaledValue ready_for_log(ScaledValue value);
  NodeId log_of_core(NodeId core);
  NodeId times(NodeId a, NodeId b);
  NodeId over(NodeId a, NodeId b);
  NodeId total(NodeId a, NodeId b);

  Graph& graph_;
  NumericRanges& ranges_;
  Finiteness finite_;
  LinearForms forms_;
  std::unordered_map<NodeId, std::optional<Choice>> choices_;
  std::unordered_map<NodeId, bool> masked_;
};

}  // namespace tenet
