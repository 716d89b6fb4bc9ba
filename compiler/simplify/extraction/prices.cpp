#include "compiler/simplify/extraction/prices.h"

#include <algorithm>
#include <cmath>

namespace tenet {

std::vector<AtomId> united(const std::vector<AtomId>& a, const std::vector<AtomId>& b) {
  std::vector<AtomId> result;
  std::ranges::set_union(a, b, std::back_inserter(result));
  return result;
}

// A range's size is a polynomial in sizes of axes.
double Prices::size(PolynomialId range) {
  const auto [place, fresh] = ranges_.try_emplace(static_cast<std::uint32_t>(range), 0.0);
  if (!fresh) return place->second;
  double total = 0;
  for (const auto& [monomial, coefficient] : forms_.atoms()[range]) {
    double term = coefficient.get_d();
    for (const Factor& factor : monomial) {
      const Atom& atom = forms_.atoms()[factor.atom];
      double value = open_size;
      if (atom.kind == AtomKind::size) {
        const AxisId axis{atom.tag};
        value = tenet::elements(forms_.graph(), std::span(&axis, 1), sizes_);
      }
      if (atom.kind == AtomKind::base) value = size(atom.parts[0]);
      term *= std::pow(value, factor.exponent.get_d());
    }
    total += term;
  }
  total = std::max(total, 1.0);
  ranges_[static_cast<std::uint32_t>(range)] = total;
  return total;
}

double Prices::elements(const std::vector<AtomId>& indices) {
  double result = 1;
  for (AtomId index : indices) result *= size(*forms_.atoms()[index].range);
  return result;
}

std::vector<AtomId> Prices::space(const Monomial& monomial, bool with_indicators) const {
  std::vector<AtomId> result;
  for (const Factor& factor : monomial) {
    const Atom& atom = forms_.atoms()[factor.atom];
    if (with_indicators || !atom.is_truth()) result = united(result, atom.variables);
  }
  return result;
}

// The sum of a product, with the innermost of its sums first where that is cheaper.
double Prices::of_sum(AtomId id) {
  const Atom& atom = forms_.atoms()[id];
  const auto& [body, coefficient] = *forms_.atoms()[atom.parts[0]].begin();
  double best = elements(space(body)) + of(coefficient, body);
  if (atom.indices.size() > 1) {
    for (AtomId index : atom.indices) {
      Monomial inner, outer;
      for (const Factor& factor : body) (forms_.atoms().varies(factor.atom, index) ? inner : outer).push_back(factor);
      if (outer.empty()) continue;
      std::vector<AtomId> result = space(inner);
      std::erase(result, index);
      double cost = elements(space(inner)) + of(1, inner);
      std::vector<AtomId> rest = united(result, space(outer));
      cost += 2 * elements(rest) + of(coefficient, outer);
      best = std::min(best, cost);
    }
  }
  return best;
}

double Prices::of_atom(AtomId id) {
  const auto [place, fresh] = atoms_.try_emplace(index_of(id), 0.0);
  if (!fresh) return place->second;
  const Atom& atom = forms_.atoms()[id];
  const double width = elements(atom.variables);
  double cost = 0;
  switch (atom.kind) {
    case AtomKind::exponential:
      cost = width * operation(Op::exp).cost + of(forms_.atoms()[atom.parts[0]]);
      break;
    case AtomKind::base:
      cost = of(forms_.atoms()[atom.parts[0]]);
      break;
    case AtomKind::sum:
      cost = of_sum(id);
      break;
    case AtomKind::function:
      cost = width * operation(static_cast<Op>(atom.place)).cost;
      for (PolynomialId part : atom.parts) cost += of(forms_.atoms()[part]);
      break;
    case AtomKind::reduction: {
      std::vector<AtomId> space = atom.indices;
      std::ranges::sort(space);
      cost = elements(united(space, atom.variables)) + of(forms_.atoms()[atom.parts[0]]);
      break;
    }
    default:
      break;
  }
  return atoms_[index_of(id)] = cost;
}

double Prices::of_factor(const Factor& factor) {
  const Atom& atom = forms_.atoms()[factor.atom];
  const double cost = of_atom(factor.atom);
  if (factor.exponent == 1 || atom.kind == AtomKind::size) return cost;
  const double width = elements(atom.variables);
  if (atom.kind == AtomKind::exponential) return cost + width;
  const double power = is_whole(factor.exponent) ? std::abs(factor.exponent.get_d()) - 1 : operation(Op::power).cost;
  return cost + width * (power + (factor.exponent < 0 ? 1 : 0));
}

double Prices::of(const Rational& coefficient, const Monomial& monomial) {
  double cost = 0;
  std::vector<const std::vector<AtomId>*> spaces;
  static const std::vector<AtomId> scalar;
  if (abs(coefficient) != 1) spaces.push_back(&scalar);
  for (const Factor& factor : monomial) {
    cost += of_factor(factor);
    const Atom& atom = forms_.atoms()[factor.atom];
    if (!atom.is_truth()) spaces.push_back(&atom.variables);
  }
  // A scalar on a sum that stands alone is part of the sum's loop.
  const bool on_sum = std::ranges::count_if(spaces, [](const auto* space) { return !space->empty(); }) == 1 &&
                      std::ranges::any_of(monomial, [&](const Factor& factor) {
                        return factor.exponent == 1 && forms_.atoms()[factor.atom].kind == AtomKind::sum;
                      });
  return cost + of_products(spaces, on_sum);
}

// Of multiplying values over these spaces; `on_sum`: the last product is free.
double Prices::of_products(const std::vector<const std::vector<AtomId>*>& spaces, bool on_sum) {
  if (spaces.size() < 2) return 0;
  const auto is_scalar = [](const auto* space) { return space->empty(); };
  const auto full = std::ranges::find_if_not(spaces, is_scalar);
  if (full == spaces.end()) return static_cast<double>(spaces.size() - 1 - (on_sum ? 1 : 0));
  double cost = 0;
  // One space beside scalars: the scalars first, then one factor after the other.
  if (std::ranges::all_of(spaces, [&](const auto* space) { return space->empty() || *space == **full; })) {
    const auto scalars = static_cast<std::size_t>(std::ranges::count_if(spaces, is_scalar));
    const std::size_t wide = spaces.size() - std::max<std::size_t>(scalars, 1) - (on_sum ? 1 : 0);
    if (scalars > 1) cost += static_cast<double>(scalars - 1);
    return cost + static_cast<double>(wide) * elements(**full);
  }
  std::vector<std::vector<AtomId>> products;
  for (const auto* space : spaces) products.push_back(*space);
  std::size_t left = products.size();
  multiply_smallest_first(
      products.size(), [&](std::size_t a, std::size_t b) { return elements(united(products[a], products[b])); },
      [&](std::size_t a, std::size_t b) {
        products[a] = united(products[a], products[b]);
        if (--left > 1 || !on_sum) cost += elements(products[a]);
      });
  return cost;
}

}  // namespace tenet
