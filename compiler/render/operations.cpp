#include "compiler/render/operations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "compiler/grad/axes.h"
#include "compiler/ops/operations.h"

namespace tenet {
namespace {

// A whole power is that many products less one, a reciprocal one operation; index arithmetic and truths cost nothing.
long cost_of(const Graph& graph, const Node& node) {
  if (node.kind != Kind::real) return 0;
  if (node.op == Op::power && graph.node(node.operands[1]).op == Op::constant) {
    const mpq_class& n = graph.value_of(node.operands[1]);
    if (n.get_den() == 1 && abs(n) <= 64) return std::max(1L, std::abs(n.get_num().get_si()) - (n < 0 ? 0 : 1));
  }
  if (node.op == Op::multiply) {  // an indicator as a factor only chooses
    for (NodeId operand : node.operands)
      if (graph.node(operand).kind == Kind::truth) return 0;
  }
  return operation(node.op).cost;
}

std::string original_name(const Graph& graph, AxisId axis) {
  while (graph.axis(axis).name.ends_with('\'')) axis = graph.node(*graph.axis(axis).size).bound[0];
  return graph.axis(axis).name;
}

}  // namespace

void OperationCount::add(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const bool reduction = operation(node.op).form == Form::reduction;
  const long cost = reduction ? operation(node.op).cost : cost_of(graph, node);
  if (cost == 0) return;
  std::vector<std::string> sizes;
  for (AxisId axis : reduction ? graph.node(node.operands[0]).axes : node.axes) sizes.push_back(original_name(graph, axis));
  std::ranges::sort(sizes);
  terms_[std::move(sizes)] += cost;
}

std::string OperationCount::text() const {
  std::vector<std::pair<std::vector<std::string>, long>> terms(terms_.begin(), terms_.end());
  std::ranges::stable_sort(terms, std::greater{}, [](const auto& term) { return term.first.size(); });
  std::string result;
  for (const auto& [sizes, count] : terms) {
    std::string term = fmt::format("{}", fmt::join(sizes, "*"));
    if (count != 1 || sizes.empty()) term = fmt::format("{}{}{}", count, sizes.empty() ? "" : "*", term);
    result += (result.empty() ? "" : " + ") + term;
  }
  return result.empty() ? "0" : result;
}

}  // namespace tenet
