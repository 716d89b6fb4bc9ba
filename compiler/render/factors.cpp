#include "compiler/render/factors.h"

#include <algorithm>

namespace tenet {
namespace {

constexpr long largest_power = 8;  // a greater one is a function of its own

// n of x^n, n whole and not 0; 0 for any other node.
long whole_power(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (node.op != Op::power) return 0;
  NodeId exponent = node.operands[1];
  const bool negative = graph.node(exponent).op == Op::negate;
  if (negative) exponent = graph.node(exponent).operands[0];
  if (graph.node(exponent).op != Op::constant) return 0;
  const mpq_class& n = graph.value_of(exponent);
  if (n.get_den() != 1 || abs(n) > largest_power) return 0;
  return (negative ? -1 : 1) * n.get_num().get_si();
}

bool is_constant(const Graph& graph, NodeId id, long value) {
  return graph.node(id).op == Op::constant && graph.value_of(id) == value;
}

class Factors {
 public:
  Factors(const Graph& graph, const Opens& opens) : graph_(graph), opens_(opens) {}

  // The root is opened in any case, what is below it where it is a bracket.
  Product take(NodeId root) {
    split(root, false);
    return std::move(product_);
  }

 private:
  void open(NodeId id, bool inverse) {
    if (is_product(graph_, id) && opens_(id)) return split(id, inverse);
    if (is_constant(graph_, id, 0))
      product_.zero = true;
    else if (is_constant(graph_, id, -1))
      product_.negative = !product_.negative;
    else if (!is_constant(graph_, id, 1))
      product_.factors.push_back({id, inverse});
  }

  void split(NodeId id, bool inverse) {
    const Node& node = graph_.node(id);
    if (node.op == Op::negate) product_.negative = !product_.negative;
    if (node.op == Op::power) return repeat(node.operands[0], whole_power(graph_, id), inverse);
    open(node.operands[0], inverse);
    if (node.op == Op::multiply) open(node.operands[1], inverse);
    if (node.op == Op::divide) open(node.operands[1], !inverse);
  }

  // The base of a square is one value: its own product is taken once.
  void repeat(NodeId base, long times, bool inverse) {
    if (times == -1) return open(base, !inverse);
    for (long n = 0; n < std::abs(times); ++n) product_.factors.push_back({base, inverse != (times < 0)});
  }

  const Graph& graph_;
  const Opens& opens_;
  Product product_;
};

void add_terms(const Graph& graph, NodeId id, const Opens& opens, bool root, std::vector<NodeId>& terms) {
  const Node& node = graph.node(id);
  const bool bracket = root || opens(id);
  if (bracket && (is_sum(graph, id) || node.op == Op::negate)) {
    for (NodeId operand : node.operands) add_terms(graph, operand, opens, false, terms);
  } else {
    terms.push_back(id);
  }
}

// One side names the coordinate that the other side, which does not depend on it, chooses.
bool chooses(const Graph& graph, NodeId coordinate, NodeId other) {
  const Node& node = graph.node(coordinate);
  return node.op == Op::coordinate && !graph.has_axis(other, node.bound[0]);
}

}  // namespace

bool is_product(const Graph& graph, NodeId id) {
  const Op op = graph.node(id).op;
  return op == Op::multiply || op == Op::divide || op == Op::negate || whole_power(graph, id) != 0;
}

Product product_of(const Graph& graph, NodeId id, const Opens& opens) { return Factors(graph, opens).take(id); }

bool is_sum(const Graph& graph, NodeId id) {
  const Op op = graph.node(id).op;
  return op == Op::add || op == Op::subtract;
}

std::vector<NodeId> terms_of(const Graph& graph, NodeId id, const Opens& opens) {
  std::vector<NodeId> terms;
  add_terms(graph, id, opens, true, terms);
  return terms;
}

std::vector<bool> touching(const Graph& graph) {
  std::vector<bool> result(graph.node_count());
  const auto touches = [&](NodeId id) { return result[index_of(id)]; };
  for (std::uint32_t i = 0; i < graph.node_count(); ++i) {
    const Node& node = graph.node(NodeId{i});
    const std::span<const NodeId> o = node.operands;
    switch (node.op) {
      case Op::equal:
        result[i] = chooses(graph, o[0], o[1]) || chooses(graph, o[1], o[0]);
        break;
      case Op::logical_and:
      case Op::multiply:
        result[i] = touches(o[0]) || touches(o[1]);
        break;
      case Op::named:
      case Op::stop:
      case Op::negate:
      case Op::divide:
        result[i] = touches(o[0]);
        break;
      case Op::where:
        result[i] = touches(o[0]) && is_constant(graph, o[2], 0);
        break;
      default:
        break;
    }
  }
  return result;
}

std::size_t groups_below(std::vector<AxisSet> parts, const AxisSet& all) {
  std::ranges::stable_sort(parts, std::greater{}, [](const AxisSet& axes) { return axes.size(); });
  std::vector<AxisSet> groups;
  for (const AxisSet& part : parts) {
    const auto group = std::ranges::find_if(groups, [&](const AxisSet& axes) { return united(axes, part).size() < all.size(); });
    if (group == groups.end())
      groups.push_back(part);
    else
      *group = united(*group, part);
  }
  return groups.size();
}

}  // namespace tenet
