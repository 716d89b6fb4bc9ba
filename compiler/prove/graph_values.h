// The values of a graph's nodes at a point modulo a prime. What a node of the arithmetic means is stated here; any other node
// takes its value from its normal form. See replay.h for what that says.
#pragma once

#include <unordered_map>

#include "compiler/prove/form_values.h"

namespace tenet {

class GraphValues {
 public:
  GraphValues(const Graph& graph, NormalForms& forms, const FieldPoint& point, std::size_t budget)
      : graph_(graph), forms_(forms), point_(point), form_values_(graph, forms, point, budget), budget_(budget), left_(budget) {}

  // Dimensions are the ids of axes. Meaningless if `stop` says something.
  const Table& of(NodeId node);
  Table by_form(NodeId node);
  bool positive_are_squares(NodeId root);
  std::size_t spent() const { return budget_ - left_ + form_values_.spent(); }
  std::string_view stop() const { return stop_.empty() ? form_values_.stop() : stop_; }

 private:
  Table computed(NodeId node);
  Table leaf(NodeId node);
  Table reduction(const Node& node);
  Table substitution(const Node& node);
  std::optional<Table> pointwise(const Node& node);
  const Table& operand(const Node& node, std::size_t k) const { return values_.at(index_of(node.operands[k])); }
  bool takes(std::span<const Dimension> space);
  Table named_by_axes(const Table& table) const;

  const Graph& graph_;
  NormalForms& forms_;
  const FieldPoint& point_;
  FormValues form_values_;
  std::size_t budget_, left_;
  std::unordered_map<std::uint32_t, Table> values_;
  std::string_view stop_;
};

}  // namespace tenet
