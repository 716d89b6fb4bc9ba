#include "compiler/simplify/extraction/emission.h"

#include <algorithm>
#include <cassert>
#include <set>

#include "compiler/simplify/cost.h"
#include "compiler/simplify/terms.h"

namespace tenet {
namespace {

Tree tree_of(const Polynomial& form) {
  Tree result{Tree::Kind::sum, {1, {}}};
  for (const auto& [monomial, coefficient] : form)
    result.parts.push_back(std::make_shared<const Tree>(Tree::Kind::term, ScaledMonomial{coefficient, monomial}));
  return result.parts.size() == 1 ? Tree(*result.parts[0]) : result;
}

void monomials_of(const Tree& tree, std::vector<Monomial>& result) {
  result.push_back(tree.term.monomial);
  for (const Tree::Part& part : tree.parts) monomials_of(*part, result);
}

}  // namespace

NodeId Emission::node(const Polynomial& form) { return form.empty() ? graph_.constant(0) : node(tree_of(form)); }

NodeId Emission::node(const Tree& tree) { return positive(built(tree, true)); }

Emission::Signed Emission::built(const Tree& tree, bool alone) {
  switch (tree.kind) {
    case Tree::Kind::term:
      return product(tree.term, {}, alone);
    case Tree::Kind::product: {
      if (const std::optional<Tree> apart = each_chosen(tree)) return built(*apart, alone);
      std::vector<NodeId> sums;
      for (const Tree::Part& part : tree.parts) sums.push_back(node(*part));
      return product(tree.term, sums, alone);
    }
    case Tree::Kind::sum:
      return {sum(tree.parts), false};
    case Tree::Kind::reduction: {
      std::vector<Monomial> over;
      monomials_of(*tree.parts[0], over);
      return product(tree.term, {reduced(Op::sum, tree.indices, over, [&] { return node(*tree.parts[0]); })}, alone);
    }
  }
  return {};
}

// f * (p * x + q * y) as p * f * x + q * f * y, where f may be infinite and the truths p and q choose, so that none of it is read
// where neither holds.
std::optional<Tree> Emission::each_chosen(const Tree& tree) {
  if (tree.parts.size() != 1 || tree.parts[0]->kind != Tree::Kind::sum) return {};
  const auto chosen = [&](const Tree::Part& part) {
    return part->kind == Tree::Kind::term &&
           std::ranges::any_of(part->term.monomial, [&](const Factor& factor) { return forms_.atoms()[factor.atom].is_truth(); });
  };
  if (!std::ranges::all_of(tree.parts[0]->parts, chosen) || finite_.of(product(tree.term, {}, true).node).finite) return {};
  Tree result{Tree::Kind::sum, {1, {}}};
  for (const Tree::Part& part : tree.parts[0]->parts) {
    Exponents exponents = exponents_of(tree.term.monomial);
    multiply_by(exponents, part->term.monomial, 1);
    const ScaledMonomial term{tree.term.coefficient * part->term.coefficient, monomial_of(exponents)};
    result.parts.push_back(std::make_shared<const Tree>(Tree::Kind::term, term));
  }
  return result;
}

// The positive parts first.
NodeId Emission::sum(const std::vector<Tree::Part>& parts) {
  std::vector<Signed> terms;
  for (const Tree::Part& part : parts) terms.push_back(built(*part, false));
  std::ranges::stable_partition(terms, [](const Signed& term) { return !term.negative; });
  std::optional<NodeId> result;
  for (const Signed& term : terms) {
    if (!result)
      result = positive(term);
    else
      result = graph_.apply(term.negative ? Op::subtract : Op::add, *result, term.node);
  }
  return result ? *result : graph_.constant(0);
}

// The smallest products first; indicators, which only choose, around all. `alone`: no sum around it takes its sign.
Emission::Signed Emission::product(const ScaledMonomial& term, const std::vector<NodeId>& others, bool alone) {
  struct Part {
    NodeId node;
    bool divides;
  };
  std::vector<Part> parts;
  struct Indicator {
    NodeId node;
    bool masks;  // what may be no number where it does not hold; an equality of indices is solved for one
  };
  std::vector<Indicator> indicators;
  for (const Factor& factor : term.monomial) {
    if (forms_.atoms()[factor.atom].is_truth()) {
      indicators.push_back({atom(factor.atom), forms_.atoms()[factor.atom].kind == AtomKind::negative});
      continue;
    }
    const bool divides = factor.exponent < 0 && is_whole(factor.exponent);
    parts.push_back({power({factor.atom, divides ? Rational(-factor.exponent) : factor.exponent}), divides});
  }
  for (NodeId other : others) parts.push_back({other, false});
  std::ranges::stable_sort(parts, {}, [&](const Part& part) { return graph_.node(part.node).axes.size(); });
  Rational number = abs(term.coefficient);
  bool negative = term.coefficient < 0;
  const auto numerator = std::ranges::find(parts, false, &Part::divides);
  const bool has_numerator = numerator != parts.end();
  const bool writes_number = number != 1 || (!has_numerator && (!parts.empty() || indicators.empty()));
  if (alone && negative) {
    if (writes_number)
      number = term.coefficient;
    else if (has_numerator)
      numerator->node = negate(graph_, numerator->node);
    negative = !writes_number && !has_numerator;
  }
  if (writes_number) parts.insert(parts.begin(), {graph_.constant(number), false});
  const auto size = [&](std::size_t a, std::size_t b) {
    return elements(graph_, united(graph_.node(parts[a].node).axes, graph_.node(parts[b].node).axes), sizes_);
  };
  multiply_smallest_first(parts.size(), size, [&](std::size_t a, std::size_t b) {
    if (parts[a].divides && !parts[b].divides) std::swap(parts[a], parts[b]);
    const Op op = parts[a].divides == parts[b].divides ? Op::multiply : Op::divide;
    parts[a].node = graph_.apply(op, parts[a].node, parts[b].node);
  });
  std::optional<NodeId> result;
  if (!parts.empty()) result = parts[0].node;
  for (const auto& [indicator, masks] : indicators) {
    const bool chooses = result && masks && !finite_.of(*result).finite;
    result = !result   ? indicator
             : chooses ? where(graph_, indicator, *result, graph_.constant(0))
                       : multiply(graph_, indicator, *result);
  }
  return {*result, negative};
}

NodeId Emission::power(const Factor& factor) {
  const Atom& entry = forms_.atoms()[factor.atom];
  if (entry.kind == AtomKind::exponential) {
    const Polynomial& exponent = forms_.atoms()[entry.parts[0]];
    if (factor.exponent == 1) return graph_.apply(Op::exp, argument(exponent));
    const auto& [monomial, coefficient] = *exponent.begin();
    const ScaledMonomial inner{coefficient * factor.exponent, monomial};
    const std::optional<NodeId> square = of_square_at_hand(inner);
    return graph_.apply(Op::exp, square ? *square : positive(product(inner)));
  }
  // Of what is summed within a function's argument, folding saw nothing.
  std::optional<NodeId> known;
  if (entry.kind == AtomKind::sum || entry.kind == AtomKind::reduction) known = at_hand({{{{factor.atom, 1}}, 1}});
  const NodeId base = known ? *known : atom(factor.atom);
  return factor.exponent == 1 ? base : graph_.apply(Op::power, base, graph_.constant(factor.exponent));
}

// What is computed anyway and has this form, over the axes that sums around it bind.
std::optional<NodeId> Emission::at_hand(const Polynomial& form) {
  Renaming unbound;
  for (const auto& [index, axis] : bound_)
    if (forms_.atoms().varies(form, index)) unbound.emplace(index, forms_.axis_atom(axis));
  const auto value = values_.at_hand(unbound.empty() ? form : forms_.renamed(form, unbound));
  return value ? std::optional(image_(*value)) : std::nullopt;
}

// A multiple of the square of what is computed anyway, as a bell curve's exponent is. A root is of what is not negative.
std::optional<NodeId> Emission::of_square_at_hand(const ScaledMonomial& term) {
  Monomial root, numbers;
  for (const Factor& factor : term.monomial) {
    const Atom& atom = forms_.atoms()[factor.atom];
    if (atom.kind == AtomKind::base && constant_of(forms_.atoms()[atom.parts[0]])) {
      numbers.push_back(factor);
      continue;
    }
    root.push_back({factor.atom, factor.exponent / 2});
    if (!is_whole(root.back().exponent) && !atom.nonnegative) return {};
  }
  const std::optional<NodeId> value = at_hand({{root, 1}});
  if (!value) return {};
  return positive(product({term.coefficient, numbers}, {graph_.apply(Op::power, *value, graph_.constant(2))}));
}

NodeId Emission::positive(const Signed& term) { return term.negative ? negate(graph_, term.node) : term.node; }

// Folding looks at products, not into functions and conditions: what one is of may be a value at hand.
NodeId Emission::argument(const Polynomial& form) {
  if (const std::optional<NodeId> value = at_hand(form)) return *value;
  if (form.size() == 1)
    if (const auto square = of_square_at_hand({form.begin()->second, form.begin()->first})) return *square;
  return quotient(form);
}

// Of wholes: divided once, by what divides any of the terms. (n + 1) / 49 is a whole where n / 49 + 1 / 49 may come out below.
NodeId Emission::quotient(const Polynomial& form) {
  mpz_class number = 1;
  Exponents divisor;
  for (const auto& [monomial, coefficient] : form) {
    number = lcm(number, coefficient.denominator());
    for (const Factor& factor : monomial) {
      if (!is_whole_number(factor)) return node(form);
      if (factor.exponent < 0) divisor[factor.atom] = std::max(divisor[factor.atom], -factor.exponent);
    }
  }
  if (divisor.empty() && number == 1) return node(form);
  const Polynomial by{{monomial_of(divisor), number}};
  return graph_.apply(Op::divide, node(forms_.product(form, by)), node(by));
}

bool Emission::is_whole_number(const Factor& factor) const {
  const Atom& atom = forms_.atoms()[factor.atom];
  const bool whole = atom.is_index() || atom.kind == AtomKind::size ||
                     (atom.kind == AtomKind::leaf && graph_.node(*forms_.node_of(factor.atom)).kind == Kind::whole) ||
                     (atom.kind == AtomKind::function && static_cast<Op>(atom.place) == Op::floor);
  return whole && is_whole(factor.exponent);
}

NodeId Emission::atom(AtomId id) {
  const Atom& entry = forms_.atoms()[id];
  switch (entry.kind) {
    case AtomKind::size:
      return graph_.size(AxisId{entry.tag});
    case AtomKind::axis:
      return graph_.coordinate(AxisId{entry.tag});
    case AtomKind::bound:
    case AtomKind::open:
      return graph_.coordinate(bound_.at(id));
    case AtomKind::expression:
    case AtomKind::base:
      return node(forms_.atoms()[entry.parts[0]]);
    case AtomKind::leaf:
      return leaf(id);
    case AtomKind::exponential:
      return power({id, 1});
    case AtomKind::function: {
      const Op op = static_cast<Op>(entry.place);
      std::vector<NodeId> operands;
      for (std::size_t k = 0; k < entry.parts.size(); ++k) {
        const bool condition =
            (op == Op::where && k == 0) || op == Op::logical_and || op == Op::logical_or || op == Op::logical_not;
        operands.push_back(condition ? truth(entry.parts[k]) : argument(forms_.atoms()[entry.parts[k]]));
      }
      return graph_.apply(op, operands);
    }
    case AtomKind::sum:
    case AtomKind::reduction: {
      const Polynomial& body = forms_.atoms()[entry.parts[0]];
      std::vector<Monomial> over;
      for (const auto& [monomial, coefficient] : body) over.push_back(monomial);
      const Op op = entry.kind == AtomKind::sum ? Op::sum : static_cast<Op>(entry.place);
      return reduced(op, entry.indices, over, [&] { return node(body); });
    }
    case AtomKind::equal:
    case AtomKind::negative:
      return equality(id);
  }
  return {};
}

NodeId Emission::truth(PolynomialId part) {
  const NodeId value = node(forms_.atoms()[part]);
  return graph_.node(value).kind == Kind::truth ? value : graph_.apply(Op::not_equal, value, graph_.constant(0));
}

NodeId Emission::leaf(AtomId id) {
  const Atom entry = forms_.atoms()[id];
  const NodeId origin = *forms_.node_of(id);
  const NodeId value = static_cast<Op>(entry.place) == Op::named ? image_(origin) : origin;
  const auto axes = graph_.node(origin).axes;
  std::vector<Replacement> replacements;
  std::optional<NodeId> beyond;  // an index that may leave its axis stands beside a truth that is false there
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const NodeId at = atom(entry.indices[k]);
    if (at == graph_.coordinate(axes[k]) || !graph_.has_axis(value, axes[k])) continue;
    replacements.push_back({axes[k], at});
    if (forms_.atoms()[entry.indices[k]].kind == AtomKind::expression &&
        !forms_.in_range(entry.indices[k], forms_.size_of(axes[k])))
      beyond = graph_.constant(0);
  }
  return replacements.empty() ? value : graph_.substitute(value, std::move(replacements), beyond);
}

// p = 0 as `coordinate == index` where an index stands alone in p, else by its positive and negative parts.
NodeId Emission::equality(AtomId id) {
  const Atom& entry = forms_.atoms()[id];
  const Polynomial& difference = forms_.atoms()[entry.parts[0]];
  if (entry.kind == AtomKind::equal)
    for (const auto& [monomial, coefficient] : difference) {
      if (monomial.size() != 1 || monomial[0].exponent != 1 || abs(coefficient) != 1) continue;
      if (!forms_.atoms()[monomial[0].atom].is_index()) continue;
      Polynomial rest = scaled(difference, -1 / coefficient);
      rest.erase(monomial);
      return graph_.apply(Op::equal, atom(monomial[0].atom), argument(rest));
    }
  Polynomial positive, negative;
  for (const auto& [monomial, coefficient] : difference)
    add_term(coefficient > 0 ? positive : negative, monomial, abs(coefficient));
  return graph_.apply(entry.kind == AtomKind::equal ? Op::equal : Op::less, argument(positive), argument(negative));
}

// Binds an axis for each index: one that what is summed already has there, if nothing else in it has that axis.
NodeId Emission::reduced(Op op, const std::vector<AtomId>& indices, const std::vector<Monomial>& over,
                         std::function<NodeId()> body) {
  std::vector<AxisId> taken, axes;
  for (const Monomial& monomial : over)
    for (const Factor& factor : monomial) axes_of(factor.atom, taken);
  for (AtomId index : indices) {
    axes.push_back(axis_for(index, over, taken));
    taken.push_back(axes.back());
  }
  const std::map<AtomId, AxisId> outside = bound_;
  for (std::size_t k = 0; k < indices.size(); ++k) bound_.insert_or_assign(indices[k], axes[k]);
  NodeId value = body();
  bound_ = outside;
  std::ranges::sort(axes);
  value = broadcast(graph_, value, axes);
  return graph_.reduce(op, std::move(axes), value);
}

// The axes that are free in an atom.
void Emission::axes_of(AtomId id, std::vector<AxisId>& axes) {
  for (AtomId index : forms_.atoms()[id].variables) {
    const Atom& entry = forms_.atoms()[index];
    if (entry.kind == AtomKind::axis)
      axes.push_back(AxisId{entry.tag});
    else if (const auto bound = bound_.find(index); bound != bound_.end())
      axes.push_back(bound->second);
  }
}

void Emission::vote(AtomId id, AtomId index, std::map<AxisId, int>& votes) {
  const Atom& entry = forms_.atoms()[id];
  if (!forms_.atoms().varies(id, index)) return;
  if (entry.kind == AtomKind::leaf) {
    const auto axes = graph_.node(*forms_.node_of(id)).axes;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      if (entry.indices[k] == index) ++votes[axes[k]];
      vote(entry.indices[k], index, votes);
    }
    return;
  }
  if (entry.is_index()) return;
  for (PolynomialId part : entry.parts)
    for (const auto& [monomial, coefficient] : forms_.atoms()[part])
      for (const Factor& factor : monomial) vote(factor.atom, index, votes);
}

AxisId Emission::axis_for(AtomId index, const std::vector<Monomial>& over, const std::vector<AxisId>& taken) {
  std::map<AxisId, int> votes;
  for (const Monomial& monomial : over)
    for (const Factor& factor : monomial) vote(factor.atom, index, votes);
  // Only an axis that is as long will do; the index's range is that of some axis.
  const PolynomialId range = *forms_.atoms()[index].range;
  std::vector<std::pair<int, AxisId>> order;
  for (const auto& [axis, count] : votes)
    if (forms_.size_of(axis) == range) order.emplace_back(-count, axis);
  std::ranges::sort(order);
  const auto axes = static_cast<std::uint32_t>(graph_.axis_count());
  for (std::uint32_t a = 0; order.empty() && a < axes; ++a)
    if (forms_.size_of(AxisId{a}) == range) order.emplace_back(0, AxisId{a});
  assert(!order.empty());
  const auto is_free = [&](AxisId axis) { return std::ranges::find(taken, axis) == taken.end(); };
  for (const auto& [count, axis] : order)
    if (is_free(axis)) return axis;
  const AxisId origin = order[0].second;
  for (int n = 1;; ++n)
    if (const AxisId copy = graph_.copy_of(origin, n); is_free(copy)) return copy;
}

}  // namespace tenet
