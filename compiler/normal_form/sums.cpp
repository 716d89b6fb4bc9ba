// Renaming of indices, and reductions: open the binders, split into components, close (closing.cpp).
#include <algorithm>

#include "compiler/normal_form/normal_form.h"

namespace tenet {
namespace {

constexpr std::size_t most_indices = 16;

}  // namespace

AtomId NormalForms::fresh_index(PolynomialId range) { return atoms_.atom({AtomKind::open, fresh_++, 0, {}, {range}}); }

// A value as an index: an atom that is whole by itself, or a computed one.
AtomId NormalForms::index_atom(const Polynomial& value) {
  if (value.size() == 1 && value.begin()->second == 1 && value.begin()->first.size() == 1 &&
      value.begin()->first[0].exponent == 1)
    return value.begin()->first[0].atom;
  return atoms_.atom({AtomKind::expression, 0, 0, {}, {atoms_.polynomial(value)}});
}

Polynomial NormalForms::value_of(AtomId atom) const {
  if (atoms_[atom].kind == AtomKind::expression) return atoms_[atoms_[atom].parts[0]];
  return atom_form(atom);
}

Polynomial NormalForms::atom_form(AtomId atom) const { return {{Monomial{{atom, 1}}, 1}}; }

bool NormalForms::touches(const Monomial& monomial, const Renaming& renaming) const {
  for (const Factor& factor : monomial)
    for (const auto& [index, value] : renaming)
      if (atoms_.varies(factor.atom, index)) return true;
  return false;
}

Polynomial NormalForms::renamed(AtomId id, const Renaming& renaming) {
  std::pair<AtomId, std::vector<AtomId>> key{id, {}};
  for (AtomId index : atoms_[id].variables)
    if (const auto found = renaming.find(index); found != renaming.end())
      key.second.insert(key.second.end(), {index, found->second});
  if (key.second.empty()) return value_of(id);
  if (const auto found = renamed_.find(key); found != renamed_.end()) {
    nonzero_.insert(found->second.nonzero.begin(), found->second.nonzero.end());
    return found->second.form;
  }
  const std::set<AtomId> before = std::exchange(nonzero_, {});
  const std::uint32_t fresh = fresh_;
  Polynomial result = renamed_anew(id, renaming);
  fresh_ = fresh;
  if (!stopped()) renamed_.emplace(std::move(key), Known{result, nonzero_});
  nonzero_.insert(before.begin(), before.end());
  return result;
}

Polynomial NormalForms::renamed_anew(AtomId id, const Renaming& renaming) {
  const Atom atom = atoms_[id];
  const auto part = [&](std::size_t k) { return renamed(Polynomial(atoms_[atom.parts[k]]), renaming); };
  switch (atom.kind) {
    case AtomKind::size:
      break;
    case AtomKind::axis:
    case AtomKind::bound:
    case AtomKind::open:
      return value_of(renaming.at(id));
    case AtomKind::expression:
    case AtomKind::base:
      return part(0);
    case AtomKind::leaf: {
      Atom result{atom.kind, atom.tag, atom.place, {}, atom.parts};
      for (AtomId index : atom.indices) result.indices.push_back(index_atom(renamed(index, renaming)));
      result.range = atom.range;
      return atom_form(atoms_.atom(std::move(result)));
    }
    case AtomKind::exponential:
      return exponential(part(0));
    case AtomKind::function: {
      std::vector<Polynomial> operands;
      for (std::size_t k = 0; k < atom.parts.size(); ++k) operands.push_back(part(k));
      return keeps(static_cast<Op>(atom.place)) ? opaque(static_cast<Op>(atom.place), operands)
                                                : function(static_cast<Op>(atom.place), std::move(operands));
    }
    case AtomKind::equal:
      return equal(part(0));
    case AtomKind::negative:
      return negative(part(0));
    case AtomKind::sum:
    case AtomKind::reduction: {
      Renaming inner = renaming;
      std::vector<AtomId> indices;
      for (AtomId bound : atom.indices) {
        indices.push_back(fresh_index(*atoms_[bound].range));
        inner[bound] = indices.back();
      }
      const Polynomial body = renamed(Polynomial(atoms_[atom.parts[0]]), inner);
      return atom.kind == AtomKind::sum ? sum(body, indices) : reduced(static_cast<Op>(atom.place), body, indices);
    }
  }
  return atom_form(id);
}

Polynomial NormalForms::renamed(const Monomial& monomial, const Renaming& renaming) {
  Monomial kept;
  Polynomial changed = constant_polynomial(1);
  for (const Factor& factor : monomial) {
    if (stopped()) return {};
    if (touches({factor}, renaming))
      changed = product(changed, power(renamed(factor.atom, renaming), factor.exponent));
    else
      kept.push_back(factor);
  }
  return kept.empty() ? changed : product(changed, Polynomial{{kept, 1}});
}

Polynomial NormalForms::renamed(const Polynomial& polynomial, const Renaming& renaming) {
  Polynomial result;
  for (const auto& [monomial, coefficient] : polynomial) {
    if (touches(monomial, renaming))
      add_to(result, renamed(monomial, renaming), coefficient);
    else
      add_term(result, monomial, coefficient);
  }
  return result;
}

bool NormalForms::in_range(AtomId index, PolynomialId range) const {
  const Atom& atom = atoms_[index];
  const auto size = declared(range);
  if (atom.range) {
    const auto own = declared(*atom.range);
    return *atom.range == range || (own && size && *own <= *size);
  }
  if (atom.kind != AtomKind::expression) return false;
  const auto value = constant_of(atoms_[atom.parts[0]]);
  return value && value->is_whole() && *value >= 0 && (*value == 0 || (size && *value < *size));
}

Polynomial NormalForms::sum(const Polynomial& polynomial, const std::vector<AtomId>& indices) {
  Polynomial result;
  for (const auto& [monomial, coefficient] : polynomial) {
    if (stopped()) return {};
    const std::uint32_t fresh = fresh_;
    add_to(result, sum_of_term(monomial, indices), coefficient);
    fresh_ = fresh;
  }
  return result;
}

NormalForms::Opened NormalForms::opened(const Polynomial& polynomial, std::span<const AxisId> axes) {
  Renaming renaming;
  Opened result;
  for (AxisId axis : axes) {
    result.indices.push_back(fresh_index(size_of(axis)));
    renaming[axis_atom(axis)] = result.indices.back();
  }
  result.body = renamed(polynomial, renaming);
  return result;
}

Polynomial NormalForms::sum_over(const Polynomial& polynomial, std::span<const AxisId> axes) {
  const std::uint32_t fresh = fresh_;
  const Opened over = opened(polynomial, axes);
  Polynomial result = sum(over.body, over.indices);
  fresh_ = fresh;
  return result;
}

Polynomial NormalForms::reopened(AtomId id, const std::function<Polynomial(const Polynomial&)>& change) {
  const std::uint32_t fresh = fresh_;
  const Opened open = opened(id);
  Polynomial result = sum(change(open.body), open.indices);
  fresh_ = fresh;
  return result;
}

NormalForms::Opened NormalForms::opened(AtomId sum) {
  const Atom atom = atoms_[sum];
  Renaming renaming;
  Opened result;
  for (AtomId bound : atom.indices) {
    result.indices.push_back(fresh_index(*atoms_[bound].range));
    renaming[bound] = result.indices.back();
  }
  result.body = renamed(Polynomial(atoms_[atom.parts[0]]), renaming);
  return result;
}

void NormalForms::declare_sum(NodeId value, std::vector<AxisId> axes, Polynomial sum) {
  facts_[index_of(value)].push_back({std::move(axes), std::move(sum)});
  renamed_.clear();
  sums_.clear();
}

const Polynomial* NormalForms::known_sum(NodeId value, const std::vector<AxisId>& axes) const {
  const auto found = facts_.find(index_of(value));
  if (found == facts_.end()) return nullptr;
  const auto fact = std::ranges::find(found->second, axes, &Fact::axes);
  return fact == found->second.end() ? nullptr : &fact->sum;
}

// A value that alone varies with some of the indices, where it is known what it comes to when summed over them.
std::optional<Polynomial> NormalForms::sum_by_fact(const Monomial& monomial, const std::vector<AtomId>& indices) {
  for (std::size_t k = 0; k < monomial.size(); ++k) {
    const Atom atom = atoms_[monomial[k].atom];
    if (atom.kind != AtomKind::leaf || static_cast<Op>(atom.place) != Op::named || monomial[k].exponent != 1) continue;
    const auto found = facts_.find(atom.tag);
    if (found == facts_.end()) continue;
    const auto axes = graph_.node(NodeId{atom.tag}).axes;
    for (const Fact& fact : found->second) {
      std::vector<AtomId> rest = indices;
      Renaming others;
      bool fits = true;
      for (std::size_t a = 0; a < axes.size(); ++a) {
        const AtomId index = atom.indices[a];
        if (std::ranges::find(fact.axes, axes[a]) == fact.axes.end()) {
          if (index != axis_atom(axes[a])) others[axis_atom(axes[a])] = index;
          continue;
        }
        const bool only_here =
            std::ranges::count(atom.indices, index) == 1 && std::ranges::none_of(monomial, [&](const Factor& f) {
              return f.atom != monomial[k].atom && atoms_.varies(f.atom, index);
            });
        fits = fits && only_here && atoms_[index].range == size_of(axes[a]) && std::erase(rest, index) == 1;
      }
      for (AtomId index : indices)  // a summed index inside another one: not this value's sum over its axes
        fits = fits && (std::ranges::find(rest, index) != rest.end() ||
                        std::ranges::count_if(atom.indices, [&](AtomId at) { return atoms_.varies(at, index); }) == 1);
      if (!fits) continue;
      Monomial remaining = monomial;
      remaining.erase(remaining.begin() + static_cast<std::ptrdiff_t>(k));
      step();
      fire(FormLaw::sum_by_fact);
      used_facts_.emplace(NodeId{atom.tag}, fact.axes);
      return sum(product(renamed(fact.sum, others), settled(std::move(remaining))), rest);
    }
  }
  return {};
}

// S[i, j] (t D^-k c) = S[i] (D^(1 - k) c) where D = S[j] t, and c does not vary with j.
std::optional<Polynomial> NormalForms::sum_of_shares(const Monomial& monomial, const std::vector<AtomId>& indices) {
  for (const Factor& whole : monomial) {
    const Atom atom = atoms_[whole.atom];
    if (whole.exponent >= 0 || atom.kind != AtomKind::sum || atom.indices.size() != 1) continue;
    for (AtomId index : indices) {
      if (atoms_.varies(whole.atom, index) || atoms_[index].range != atoms_[atom.indices[0]].range) continue;
      const Polynomial share = renamed(Polynomial(atoms_[atom.parts[0]]), {{atom.indices[0], index}});
      if (share.size() != 1 || share.begin()->second != 1) continue;
      Monomial rest = monomial;
      const bool has_share = std::ranges::all_of(share.begin()->first, [&](const Factor& factor) {
        const auto found = std::ranges::find(rest, factor.atom, &Factor::atom);
        if (found == rest.end() || found->exponent != factor.exponent) return false;
        rest.erase(found);
        return true;
      });
      if (!has_share || std::ranges::any_of(rest, [&](const Factor& factor) { return atoms_.varies(factor.atom, index); }))
        continue;
      step();
      fire(FormLaw::shares_of_sum);
      std::vector<AtomId> others = indices;
      std::erase(others, index);
      return sum(product(Polynomial{{std::move(rest), 1}}, atom_form(whole.atom)), others);
    }
  }
  return {};
}

std::size_t NormalForms::SummandHash::operator()(const Summand& summand) const {
  std::size_t hash = hash_of(summand.first);
  for (AtomId index : summand.second) hash = mixed(hash, index_of(index));
  return hash;
}

// A proof counts its steps; a search meets the same sums time and again.
Polynomial NormalForms::sum_of_term(const Monomial& monomial, const std::vector<AtomId>& indices) {
  if (unfolding_ == Unfolding::all) return sum_of_term_anew(monomial, indices);
  Summand key{monomial, indices};
  if (const auto found = sums_.find(key); found != sums_.end()) {
    nonzero_.insert(found->second.nonzero.begin(), found->second.nonzero.end());
    return found->second.form;
  }
  const std::set<AtomId> before = std::exchange(nonzero_, {});
  Polynomial result = sum_of_term_anew(monomial, indices);
  if (!stopped()) sums_.emplace(std::move(key), Known{result, nonzero_});
  nonzero_.insert(before.begin(), before.end());
  return result;
}

Polynomial NormalForms::sum_of_term_anew(const Monomial& monomial, std::vector<AtomId> indices) {
  step();
  if (indices.size() > most_indices) give_up("too many bound indices");
  if (stopped()) return {};
  // S[i] [i = e] f = f[i := e] where e is a coordinate of i.
  for (std::size_t k = 0; k < monomial.size(); ++k) {
    if (atoms_[monomial[k].atom].kind != AtomKind::equal) continue;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const std::vector<AtomId> one{indices[i]};
      const auto solution = solved(monomial[k].atom, &one);
      if (!solution || !in_range(solution->second, *atoms_[indices[i]].range)) continue;
      Monomial rest = monomial;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
      indices.erase(indices.begin() + static_cast<std::ptrdiff_t>(i));
      fire(FormLaw::sum_over_indicator);
      return sum(renamed(rest, {{solution->first, solution->second}}), indices);
    }
  }
  // Sums that vary with an index join it.
  Monomial rest;
  Polynomial joined = constant_polynomial(1);
  const std::size_t before = indices.size();
  for (const Factor& factor : monomial) {
    const Atom atom = atoms_[factor.atom];
    const bool varies = std::ranges::any_of(indices, [&](AtomId index) { return atoms_.varies(factor.atom, index); });
    if (atom.kind != AtomKind::sum || !varies || factor.exponent < 0 || !factor.exponent.is_whole()) {
      rest.push_back(factor);
      continue;
    }
    for (mpz_class times = factor.exponent.numerator(); times > 0 && !stopped(); --times) {
      const Opened inner = opened(factor.atom);
      indices.insert(indices.end(), inner.indices.begin(), inner.indices.end());
      if (indices.size() > most_indices) give_up("too many bound indices");
      joined = product(joined, inner.body);
    }
  }
  if (indices.size() > before) {
    fire(FormLaw::join_sum);
    return sum(product(joined, Polynomial{{rest, 1}}), indices);
  }
  if (auto known = sum_by_fact(monomial, indices)) return std::move(*known);
  if (auto shares = sum_of_shares(monomial, indices)) return std::move(*shares);
  return sum_of_components(monomial, indices);
}

// The product of the sums of what hangs together by common indices; what varies with none of them comes out.
Polynomial NormalForms::sum_of_components(const Monomial& monomial, const std::vector<AtomId>& indices) {
  std::vector<std::size_t> component(indices.size());
  for (std::size_t i = 0; i < indices.size(); ++i) component[i] = i;
  std::vector<std::optional<std::size_t>> first(monomial.size());
  for (std::size_t k = 0; k < monomial.size(); ++k)
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (!atoms_.varies(monomial[k].atom, indices[i])) continue;
      if (!first[k]) first[k] = i;
      const std::size_t from = component[i], to = component[*first[k]];
      std::ranges::replace(component, from, to);
    }
  Monomial outside;
  for (std::size_t k = 0; k < monomial.size(); ++k)
    if (!first[k]) outside.push_back(monomial[k]);
  Polynomial result = settled(outside);
  if (!indices.empty() && !outside.empty() && outside.size() < monomial.size()) fire(FormLaw::out_of_sum);
  std::size_t components = 0;
  for (std::size_t c = 0; c < indices.size(); ++c) {
    std::vector<AtomId> members;
    Monomial inside;
    for (std::size_t i = 0; i < indices.size(); ++i)
      if (component[i] == c) members.push_back(indices[i]);
    if (members.empty()) continue;
    for (std::size_t k = 0; k < monomial.size(); ++k)
      if (first[k] && component[*first[k]] == c) inside.push_back(monomial[k]);
    if (inside.empty()) {
      fire(FormLaw::sum_of_constant);
      result = product(result, Polynomial(atoms_[*atoms_[members[0]].range]));
      continue;
    }
    if (++components == 2) fire(FormLaw::part_sum);
    if (const std::optional<Polynomial> fractions = partial_fractions(inside, &members)) {
      Polynomial sums;
      for (const auto& [term, coefficient] : *fractions) add_to(sums, sum_of_components(term, members), coefficient);
      result = product(result, sums);
      continue;
    }
    Closed sum = closed(members, {{inside, 1}});
    if (stopped()) return {};
    if (sum.body.size() != 1) return give_up("a sum without a canonical form"), Polynomial{};
    const Rational coefficient = sum.body.begin()->second;
    const PolynomialId body = atoms_.polynomial({{sum.body.begin()->first, 1}});
    const AtomId atom = atoms_.atom({AtomKind::sum, 0, 0, std::move(sum.indices), {body}});
    result = scaled(product(result, atom_form(atom)), coefficient);
  }
  return result;
}

Polynomial NormalForms::reduced(Op op, const Polynomial& polynomial, std::vector<AtomId> indices) {
  if (op != Op::argmax && op != Op::product)
    std::erase_if(indices, [&](AtomId index) { return !atoms_.varies(polynomial, index); });
  if (indices.empty()) return polynomial;
  Closed body = closed(indices, polynomial);
  const auto place = static_cast<std::uint32_t>(op);
  return atom_form(atoms_.atom({AtomKind::reduction, 0, place, std::move(body.indices), {atoms_.polynomial(body.body)}}));
}

}  // namespace tenet
