#include "compiler/simplify/shifts.h"

#include "compiler/grad/axes.h"
#include "compiler/grad/finite.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

bool same_replacements(const Node& a, const Node& b) {
  return std::ranges::equal(a.bound, b.bound) && std::ranges::equal(a.operands.subspan(1), b.operands.subspan(1));
}

// Both read at the same indices. What is attained stays so unless an index moves along those axes.
std::optional<BelowMaximum> below_at_same_indices(const Graph& graph, const Node& value, const Node& bound) {
  auto inner = below_maximum(graph, value.operands[0], bound.operands[0]);
  if (!inner) return {};
  for (std::size_t k = 0; k < value.bound.size(); ++k)
    if (contains(inner->attained, value.bound[k]) ||
        !intersection(graph.node(value.operands[k + 1]).axes, inner->attained).empty())
      inner->attained.clear();
  return inner;
}

}  // namespace

NodeId where_moderate(const Graph& graph, NodeId value) {
  const NodeId id = without_names(graph, value);
  const Node& node = graph.node(id);
  if (node.op != Op::where || !is_constant(graph, node.operands[2], 0)) return id;
  const Node& condition = graph.node(without_names(graph, node.operands[0]));
  if (condition.op != Op::less) return id;
  const NodeId m = without_names(graph, node.operands[1]), size = without_names(graph, condition.operands[0]);
  const auto limit = constant_value(graph, condition.operands[1]);
  const bool large = is(graph, condition.operands[1], Op::infinity) || (limit && *limit >= mpq_class("1" + std::string(38, '0')));
  return large && is(graph, size, Op::abs) && without_names(graph, operand(graph, size, 0)) == m ? m : id;
}

std::optional<BelowMaximum> below_maximum(const Graph& graph, NodeId value, NodeId bound) {
  const NodeId x = without_names(graph, value), m = where_moderate(graph, bound);
  const Node &of_x = graph.node(x), &of_m = graph.node(m);
  if (of_m.op == Op::max_over) {
    const NodeId y = without_names(graph, of_m.operands[0]);
    if (x == y) return BelowMaximum{set_of(of_m.bound)};
    if (of_x.op == Op::substitute && !has_otherwise(of_x) && std::ranges::includes(of_m.bound, of_x.bound) &&
        without_names(graph, of_x.operands[0]) == y)
      return BelowMaximum{};  // one of the values that the maximum is over
  }
  if (of_x.op == Op::substitute && of_m.op == Op::substitute && !has_otherwise(of_x) && same_replacements(of_x, of_m))
    return below_at_same_indices(graph, of_x, of_m);
  return {};
}

}  // namespace tenet
