#include "compiler/grad/finite.h"

#include <algorithm>

namespace tenet {
namespace {

Facts of_sign(int sign) {
  return {.finite = true, .bounded = true, .nonnegative = sign >= 0, .nonpositive = sign <= 0, .nonzero = sign != 0};
}

Facts negated(Facts facts) {
  std::swap(facts.nonnegative, facts.nonpositive);
  return facts;
}

Facts both(const Facts& a, const Facts& b) {
  return {.finite = a.finite && b.finite,
          .bounded = a.bounded && b.bounded,
          .nonnegative = a.nonnegative && b.nonnegative,
          .nonpositive = a.nonpositive && b.nonpositive,
          .nonzero = a.nonzero && b.nonzero};
}

Facts sum_of(const Facts& a, const Facts& b) {
  Facts result = both(a, b);
  result.nonzero = (result.nonnegative || result.nonpositive) && (a.nonzero || b.nonzero);
  return result;
}

Facts product_of(const Facts& a, const Facts& b) {
  Facts result = both(a, b);
  result.nonnegative = (a.nonnegative && b.nonnegative) || (a.nonpositive && b.nonpositive);
  result.nonpositive = (a.nonnegative && b.nonpositive) || (a.nonpositive && b.nonnegative);
  return result;
}

// An expression in constants and sizes alone has no axes and a value that the sizes decide.
bool reads_sizes_only(const Graph& graph, NodeId id) {
  const NodeId root = without_names(graph, id);
  if (!graph.node(root).axes.empty()) return false;
  std::vector<NodeId> open{root};
  for (int budget = 32; !open.empty(); --budget) {
    const Node& node = graph.node(open.back());
    open.pop_back();
    if (budget == 0) return false;
    if (operation(node.op).form == Form::leaf && node.op != Op::constant && node.op != Op::pi && node.op != Op::size)
      return false;
    open.insert(open.end(), node.operands.begin(), node.operands.end());
  }
  return true;
}

bool is_constant(const Graph& graph, NodeId id) { return graph.node(id).op == Op::constant; }

}  // namespace

NodeId without_names(const Graph& graph, NodeId id) {
  while (graph.node(id).op == Op::named) id = graph.node(id).operands[0];
  return id;
}

const Facts& Finiteness::of(NodeId node) {
  while (facts_.size() <= index_of(node)) facts_.push_back(derive(NodeId{static_cast<std::uint32_t>(facts_.size())}));
  return at(node);
}

Facts Finiteness::derive(NodeId id) const {
  const Node& node = graph_.node(id);
  switch (operation(node.op).form) {
    case Form::identity:
      return at(node.operands[0]);
    case Form::pointwise:
      return pointwise(node);
    case Form::substitution: {
      Facts result = at(node.operands[0]);
      if (node.operands.size() > node.bound.size() + 1) result = both(result, at(node.operands.back()));
      return result;
    }
    case Form::reduction: {
      Facts result = at(node.operands[0]);
      if (node.op == Op::sum) result.nonzero = result.nonzero && (result.nonnegative || result.nonpositive);
      if (node.op == Op::product) result.nonpositive = false;
      if (node.op == Op::argmax) result = {.finite = true, .bounded = true, .nonnegative = true};
      return result;
    }
    case Form::recurrence:
      return {};
    case Form::leaf:
      break;
  }
  switch (node.op) {
    case Op::constant:
      return of_sign(sgn(graph_.value_of(id)));
    case Op::infinity:
      return {.nonnegative = true, .nonzero = true};
    case Op::pi:
    case Op::size:
      return of_sign(1);
    case Op::coordinate:
    case Op::uniform:
      return {.finite = true, .bounded = true, .nonnegative = true};
    case Op::input:
      if (graph_.input(graph_.input_of(id)).typed_by) return {.finite = true, .bounded = true, .nonnegative = true};
      return {.finite = true};
    default:
      return {.finite = true};
  }
}

Facts Finiteness::pointwise(const Node& node) const {
  const Facts& a = at(node.operands[0]);
  const Facts& b = at(node.operands[std::min<std::size_t>(1, node.operands.size() - 1)]);
  Facts result{.finite = a.finite, .bounded = a.bounded};
  switch (node.op) {
    case Op::add:
      return sum_of(a, b);
    case Op::subtract: {
      result = sum_of(a, negated(b));
      const NodeId right = without_names(graph_, node.operands[1]);
      const Node& maximum = graph_.node(right);
      if (maximum.op == Op::max_over && without_names(graph_, maximum.operands[0]) == without_names(graph_, node.operands[0]))
        result.nonpositive = true;
      if (reads_sizes_only(graph_, node.operands[0]) && a.nonnegative && a.nonzero && is_constant(graph_, right) &&
          graph_.value_of(right) <= 1 && graph_.node(without_names(graph_, node.operands[0])).kind == Kind::whole)
        result.nonnegative = true;
      return result;
    }
    case Op::multiply:
      result = product_of(a, b);
      if (without_names(graph_, node.operands[0]) == without_names(graph_, node.operands[1])) result.nonnegative = true;
      return result;
    case Op::divide: {
      const bool sizes = reads_sizes_only(graph_, node.operands[1]);
      result = product_of(a, b);
      result.finite = a.finite && b.finite && (b.nonzero || sizes);
      result.bounded = a.bounded && sizes;
      result.nonzero = a.nonzero && b.finite;
      return result;
    }
    case Op::negate:
      return negated(a);
    case Op::power:
      return power(node);
    case Op::exp:
    case Op::expm1:
      result.bounded = a.bounded || (a.finite && a.nonpositive);
      result.finite = result.bounded;
      if (node.op == Op::expm1) return {result.finite, result.bounded, a.nonnegative, a.nonpositive, a.nonzero};
      result.nonnegative = result.nonzero = true;
      return result;
    case Op::log:
      result.finite = a.finite && a.nonnegative && a.nonzero;
      result.bounded = false;
      return result;
    case Op::log1p:
      result.finite = a.finite && a.nonnegative;
      result.bounded = result.finite && a.bounded;
      result.nonnegative = a.nonnegative;
      result.nonzero = a.nonzero;
      return result;
    case Op::sqrt:
      result.finite = a.finite && a.nonnegative;
      result.bounded = result.finite && a.bounded;
      result.nonnegative = true;
      result.nonzero = a.nonzero;
      return result;
    case Op::sigmoid:
      return {a.finite, a.finite, true, false, true};
    case Op::softplus:
      return {a.finite, a.bounded, true, false, true};
    case Op::tanh:
    case Op::erf:
    case Op::sign:
      return {a.finite, a.finite, a.nonnegative, a.nonpositive, a.nonzero};
    case Op::sin:
    case Op::cos:
      return {.finite = a.finite, .bounded = a.finite};
    case Op::abs:
      return {a.finite, a.bounded, true, a.nonnegative && a.nonpositive, a.nonzero};
    case Op::relu:
      return {a.finite, a.bounded, true, a.nonpositive, a.nonzero && a.nonnegative};
    case Op::floor:
      return {.finite = a.finite, .bounded = a.bounded, .nonnegative = a.nonnegative, .nonpositive = a.nonpositive};
    case Op::maximum:
      result = both(a, b);
      result.nonnegative = a.nonnegative || b.nonnegative;
      return result;
    case Op::minimum:
      result = both(a, b);
      result.nonpositive = a.nonpositive || b.nonpositive;
      return result;
    case Op::where:
      return both(b, at(node.operands[2]));
    default:  // comparisons and logic: 0 or 1
      return {.finite = true, .bounded = true, .nonnegative = true};
  }
}

Facts Finiteness::power(const Node& node) const {
  const Facts& base = at(node.operands[0]);
  const NodeId exponent = without_names(graph_, node.operands[1]);
  const bool positive = base.nonnegative && base.nonzero;
  if (graph_.node(exponent).op != Op::constant) {
    const Facts& power = at(exponent);
    return {.finite = base.finite && power.finite && positive && (base.bounded || power.bounded),
            .nonnegative = base.nonnegative,
            .nonzero = positive};
  }
  const mpq_class& n = graph_.value_of(exponent);
  const bool whole = n.get_den() == 1;
  const bool even = whole && mpz_even_p(n.get_num_mpz_t());
  const bool defined = (whole || base.nonnegative) && (n >= 0 || base.nonzero);
  return {.finite = base.finite && defined,
          .bounded = base.bounded && defined && n >= 0,
          .nonnegative = even || base.nonnegative,
          .nonpositive = whole && !even && base.nonpositive,
          .nonzero = base.nonzero && base.finite};
}

}  // namespace tenet
