#include "compiler/render/likeness.h"

#include <fmt/format.h>

namespace tenet {
namespace {

bool is_sum(Op op) { return op == Op::add || op == Op::subtract; }
bool is_product(Op op) { return op == Op::multiply || op == Op::divide || op == Op::power || op == Op::negate; }

}  // namespace

std::size_t Likeness::number_of(std::string description) {
  return numbers_.try_emplace(std::move(description), numbers_.size()).first->second;
}

// What a node that prints as its operand stands for.
NodeId Likeness::value(NodeId id) const {
  while (operation(graph_.node(id).op).form == Form::identity && graph_.node(id).op != Op::stop && !names_(id))
    id = graph_.node(id).operands[0];
  return id;
}

std::size_t Likeness::below(NodeId id) {
  id = value(id);
  if (const auto name = names_(id)) return number_of("name " + *name);
  if (const auto found = known_.find(id); found != known_.end()) return found->second;
  const std::size_t result = of(id);
  known_.emplace(id, result);
  return result;
}

std::size_t Likeness::of(NodeId id) {
  const Node& node = graph_.node(id);
  if (operation(node.op).form == Form::identity && node.op != Op::stop) return below(node.operands[0]);
  if (is_sum(node.op)) {
    Parts terms;
    for (std::size_t k = 0; k < 2; ++k) add_terms(node.operands[k], k == 1 && node.op == Op::subtract ? -1 : 1, terms);
    return of_sum(std::move(terms));
  }
  if (is_product(node.op) || node.op == Op::constant) return of_product(product_of(id));
  if (node.operands.empty()) return number_of(fmt::format("leaf {}", index_of(id)));
  std::string description = fmt::format("operation {}", static_cast<int>(node.op));
  for (AxisId axis : node.bound) description += fmt::format(" [{}]", index_of(axis));
  for (NodeId operand : node.operands) description += fmt::format(" {}", below(operand));
  return number_of(std::move(description));
}

// Down to names: a sum within a sum is only a bracket.
void Likeness::add_terms(NodeId id, const mpq_class& coefficient, Parts& terms) {
  id = value(id);
  const Node& node = graph_.node(id);
  if (is_sum(node.op) && !names_(id)) {
    add_terms(node.operands[0], coefficient, terms);
    return add_terms(node.operands[1], node.op == Op::add ? coefficient : mpq_class(-coefficient), terms);
  }
  Quotient product;
  add_factors(id, 1, product);
  const mpq_class factor = std::exchange(product.coefficient, 1) * coefficient;
  terms[of_product(product)] += factor;
}

// A sum of one term is that term.
std::size_t Likeness::of_sum(Parts terms) {
  std::string description = "sum";
  for (const auto& [term, coefficient] : terms) description += fmt::format(" {} {}", coefficient.get_str(), term);
  return number_of(std::move(description));
}

Likeness::Quotient Likeness::product_of(NodeId id) {
  Quotient result;
  const Node& node = graph_.node(id);
  if (node.op == Op::constant)
    result.coefficient = graph_.value_of(id);
  else if (node.op == Op::power && graph_.node(node.operands[1]).op != Op::constant)
    result.above[number_of(fmt::format("power {} {}", below(node.operands[0]), below(node.operands[1])))] += 1;
  else if (node.op == Op::power)
    add_factors(node.operands[0], graph_.value_of(node.operands[1]), result);
  else {
    if (node.op == Op::negate) result.coefficient = -1;
    for (std::size_t k = 0; k < node.operands.size(); ++k)
      add_factors(node.operands[k], k == 1 && node.op == Op::divide ? -1 : 1, result);
  }
  return result;
}

// A power of a product is one only for whole exponents.
void Likeness::add_factors(NodeId id, const mpq_class& exponent, Quotient& product) {
  id = value(id);
  const Node& node = graph_.node(id);
  const bool opens = (is_product(node.op) || node.op == Op::constant) && !names_(id) && abs(exponent) == 1;
  if (!opens) {
    (exponent > 0 ? product.above : product.below)[below(id)] += abs(exponent);
    return;
  }
  const Quotient inner = product_of(id);
  const bool upright = exponent > 0;
  if (upright)
    product.coefficient *= inner.coefficient;
  else if (inner.coefficient != 0)
    product.coefficient /= inner.coefficient;
  for (const auto& [factor, power] : inner.above) (upright ? product.above : product.below)[factor] += power;
  for (const auto& [factor, power] : inner.below) (upright ? product.below : product.above)[factor] += power;
}

// A product of one factor is that factor.
std::size_t Likeness::of_product(const Quotient& product) {
  if (product.coefficient == 1 && product.below.empty() && product.above.size() == 1 && product.above.begin()->second == 1)
    return product.above.begin()->first;
  std::string description = "product " + product.coefficient.get_str();
  for (const auto& [factor, power] : product.above) description += fmt::format(" {}^{}", factor, power.get_str());
  for (const auto& [factor, power] : product.below) description += fmt::format(" /{}^{}", factor, power.get_str());
  return number_of(std::move(description));
}

}  // namespace tenet
