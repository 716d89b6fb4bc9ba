#include <unordered_map>
#include <unordered_set>

#include "compiler/graph/graph.h"
#include "compiler/graph/rational.h"

namespace tenet {
namespace {

bool is_size(const mpq_class& value) {
  constexpr std::int64_t largest = 0x7fffffff;
  return value.get_den() == 1 && value >= 1 && value <= largest;
}

// Values of expressions in sizes. An axis whose size is an expression is worked out on the way, with a stack of its own: axes
// may depend on one another in a chain of any length. Each node is evaluated once.
class SizeEvaluation {
 public:
  SizeEvaluation(const Graph& graph, const Sizes& sizes) : graph_(graph), sizes_(sizes) {}

  const std::optional<mpq_class>& value(NodeId expression) {
    std::vector<NodeId> stack{expression};
    while (!stack.empty()) {
      const NodeId id = stack.back();
      const std::size_t height = stack.size();
      if (values_.try_emplace(index_of(id)).second)  // met the first time: what it reads goes first
        for (NodeId read : reads(id))
          if (!values_.contains(index_of(read))) stack.push_back(read);
      if (stack.size() > height) continue;
      stack.pop_back();
      if (!done_.insert(index_of(id)).second) continue;
      std::optional<mpq_class> result = evaluated(id);
      if (result) values_[index_of(id)] = std::move(result);
    }
    return values_[index_of(expression)];
  }

 private:
  std::vector<NodeId> reads(NodeId id) const {
    const Node& node = graph_.node(id);
    if (node.op != Op::size) return {node.operands.begin(), node.operands.end()};
    const std::optional<NodeId>& size = graph_.axis(node.bound[0]).size;
    if (sizes_[node.bound[0]] > 0 || !size) return {};
    return {*size};
  }

  std::optional<mpq_class> evaluated(NodeId id) {
    const Node& node = graph_.node(id);
    if (node.op == Op::constant) return graph_.value_of(id);
    if (node.op == Op::size) {
      if (const std::int64_t size = sizes_[node.bound[0]]; size > 0) return mpq_class(static_cast<long>(size));
      const std::optional<NodeId>& size = graph_.axis(node.bound[0]).size;
      const std::optional<mpq_class> value = size ? values_[index_of(*size)] : std::nullopt;
      return value && is_size(*value) ? value : std::nullopt;
    }
    if (node.operands.empty() || node.operands.size() > 2) return {};
    const std::optional<mpq_class>& first = values_[index_of(node.operands[0])];
    const std::optional<mpq_class>& last = values_[index_of(node.operands.back())];
    if (!first || !last) return {};
    return node.op == Op::named ? first : exact_value(node.op, *first, *last);
  }

  const Graph& graph_;
  const Sizes& sizes_;
  std::unordered_map<std::uint32_t, std::optional<mpq_class>> values_;
  std::unordered_set<std::uint32_t> done_;
};

}  // namespace

void Sizes::set(AxisId axis, std::int64_t size) {
  if (index_of(axis) >= values_.size()) values_.resize(index_of(axis) + 1);
  values_[index_of(axis)] = size;
}

bool Sizes::complete(const Graph& graph, AxisId* failed) {
  SizeEvaluation evaluation(graph, *this);
  for (std::uint32_t i = 0; i < graph.axis_count(); ++i) {
    const AxisId axis{i};
    if ((*this)[axis] != 0 || !graph.axis(axis).size) continue;
    const std::optional<mpq_class>& size = evaluation.value(*graph.axis(axis).size);
    if (!size) continue;
    if (!is_size(*size)) {
      *failed = axis;
      return false;
    }
    set(axis, size->get_num().get_si());
  }
  return true;
}

std::optional<mpq_class> size_value(const Graph& graph, NodeId expression, const Sizes& sizes) {
  return SizeEvaluation(graph, sizes).value(expression);
}

}  // namespace tenet
