#include "compiler/simplify/extraction/values.h"

#include <algorithm>

#include "compiler/normal_form/facts.h"
#include "compiler/simplify/extraction/shorten.h"

namespace tenet {
namespace {

constexpr int deepest_reduction = 4;  // below a value, for a sum over it to be worth a proof

bool is_scalar_constant(const NormalForms& forms, const Polynomial& form) {
  if (form.size() > 1) return false;
  return std::ranges::all_of(form, [&](const auto& term) {
    return std::ranges::all_of(term.first,
                               [&](const Factor& factor) { return forms.atoms()[factor.atom].kind == AtomKind::size; });
  });
}

// Arithmetic without a name is fused into what reads it, never stored; so is an outer product. A multiple by a constant is as
// well at hand without it.
bool is_fused(const Graph& graph, NodeId id) {
  const bool has_name = graph.node(id).op == Op::named;
  while (graph.node(id).op == Op::named) id = graph.node(id).operands[0];
  const Node& node = graph.node(id);
  if (operation(node.op).form != Form::pointwise) return false;
  bool constant = node.op == Op::negate, outer = node.op == Op::multiply;
  for (NodeId operand : node.operands) {
    constant = constant || (graph.node(operand).op == Op::constant && (node.op != Op::divide || operand == node.operands[1]));
    outer = outer && graph.node(operand).axes.size() < node.axes.size();
  }
  const bool linear = node.op == Op::multiply || node.op == Op::divide || node.op == Op::negate;
  return linear && (outer || constant || !has_name);
}

}  // namespace

KnownValues::KnownValues(const Graph& graph, std::span<const NodeId> given) : graph_(graph), forms_(graph, Unfolding::ring) {
  assume_facts(forms_, Subjects::inputs);
  for (NodeId id : given) given_.insert(index_of(id));
  for (NodeId id : given) take(id);
  given_available_ = available_.size();
}

void KnownValues::take(NodeId id) {
  const Node& node = graph_.node(id);
  Polynomial form = forms_.of(id);
  if (!forms_.stop().empty()) {  // no form: it stands for itself
    forms_.restart();
    form = forms_.atom_form(forms_.value(id));
    forms_.give_form(id, form);
    return;
  }
  if (node.kind != Kind::real) return;
  if (form.size() > 1) form = opaque(id, form);
  if (node.op == Op::named) {
    names_.try_emplace(node.operands[0], id);
    if (const auto function = functions_.find(node.operands[0]); function != functions_.end()) form = function->second;
  }
  offer(id, form);
  if (!is_function(form)) return;
  functions_.emplace(id, form);
  const AtomId value = forms_.value(representative(id, form));
  values_of_functions_.emplace(form.begin()->first[0].atom, value);
  forms_.give_form(id, forms_.atom_form(value));
}

void KnownValues::read_by_values(NodeId id, const Polynomial& form) {
  Polynomial read;
  for (const auto& [monomial, coefficient] : form) {
    Exponents factors;
    for (const Factor& factor : monomial) {
      const auto value = values_of_functions_.find(factor.atom);
      multiply_by(factors, {{value == values_of_functions_.end() ? factor.atom : value->second, factor.exponent}});
    }
    add_term(read, monomial_of(factors), coefficient);
  }
  const auto found = is_difference(read) ? opaque_by_form_.find(key_of(id, read)) : opaque_by_form_.end();
  if (found != opaque_by_form_.end()) read = forms_.atom_form(forms_.value(found->second));
  if (compare(read, form) == 0) return;
  forms_.give_form(id, std::move(read));
  given_.insert(index_of(id));
}

NodeId KnownValues::named(NodeId value) const {
  for (auto name = names_.find(value); name != names_.end(); name = names_.find(value)) value = name->second;
  return value;
}

// A function of something is a value as it is: what it is of does not show in forms. exp and log have laws and stay visible.
bool KnownValues::is_function(const Polynomial& form) const {
  if (form.size() != 1 || form.begin()->second != 1 || form.begin()->first.size() != 1) return false;
  const Factor& factor = form.begin()->first[0];
  const Atom& atom = forms_.atoms()[factor.atom];
  return factor.exponent == 1 && atom.kind == AtomKind::function && static_cast<Op>(atom.place) != Op::log;
}

// The first value with this form and the node's axes.
NodeId KnownValues::representative(NodeId id, const Polynomial& form) {
  return opaque_by_form_.try_emplace(key_of(id, form), id).first->second;
}

KnownValues::FormKey KnownValues::key_of(NodeId id, const Polynomial& form) {
  const auto axes = graph_.node(id).axes;
  return {forms_.atoms().polynomial(form), std::vector<AxisId>(axes.begin(), axes.end())};
}

Polynomial KnownValues::opaque(NodeId id, const Polynomial& form) {
  const auto axes = graph_.node(id).axes;
  Polynomial shorter = with_common_denominator(*this, form);
  if (auto sigmoid = forms_.as_sigmoid(shorter)) shorter = std::move(*sigmoid);
  if (!forms_.stop().empty()) {
    forms_.restart();
    shorter = form;
  }
  if (shorter.size() <= 1) {
    forms_.give_form(id, shorter);
    return shorter;
  }
  const NodeId first = representative(id, form);
  const bool fresh = first == id;
  if (fresh) {
    if (forms_.atoms().positive(shorter)) forms_.declare_positive(id);
    definitions_.emplace(index_of(id), shorter);
  }
  const Polynomial atom = forms_.atom_form(forms_.value(first));
  forms_.give_form(id, atom);
  if (!fresh) return atom;
  std::vector<ScaledMonomial> terms;
  for (const auto& [monomial, coefficient] : shorter) terms.push_back({coefficient, monomial});
  std::sort(terms.begin(), terms.end());
  sums_.emplace(std::move(terms), atom.begin()->first[0].atom);
  prove_sums(id, shorter);
  return atom;
}

// The sizes of what a form reduces over, or chooses along.
void KnownValues::collect_ranges(const Polynomial& form, std::set<PolynomialId>& ranges, int depth) const {
  if (depth == 0) return;
  const Atoms& atoms = forms_.atoms();
  for (const auto& [monomial, coefficient] : form)
    for (const Factor& factor : monomial) {
      const Atom& atom = atoms[factor.atom];
      if (atom.kind == AtomKind::sum || atom.kind == AtomKind::reduction)
        for (AtomId index : atom.indices) ranges.insert(*atoms[index].range);
      if (atom.kind == AtomKind::leaf && definitions_.contains(atom.tag) && static_cast<Op>(atom.place) == Op::named)
        collect_ranges(definitions_.at(atom.tag), ranges, depth - 1);
      if (!atom.is_index())
        for (PolynomialId part : atom.parts) collect_ranges(atoms[part], ranges, depth - 1);
    }
}

// Over one axis, or two at once, along which the definition itself reduces.
bool KnownValues::prove_sums(NodeId value, const Polynomial& definition) {
  std::set<PolynomialId> ranges;
  collect_ranges(definition, ranges, deepest_reduction);
  std::vector<AxisId> reduced;
  for (AxisId axis : graph_.node(value).axes)
    if (ranges.contains(forms_.size_of(axis))) reduced.push_back(axis);
  bool some = false;
  for (AxisId axis : reduced) some |= prove_sum(value, {axis}, definition);
  for (std::size_t i = 0; i < reduced.size(); ++i)
    for (std::size_t j = i + 1; j < reduced.size(); ++j) some |= prove_sum(value, {reduced[i], reduced[j]}, definition);
  return some;
}

bool KnownValues::prove_sum(NodeId value, const std::vector<AxisId>& axes, const Polynomial& definition) {
  if (!attempted_.emplace(value, axes).second) return false;
  Polynomial sum = forms_.sum_over(definition, axes);
  if (sum.size() > 1) sum = shortened(*this, sum);
  if (!forms_.stop().empty()) {
    forms_.restart();
    return false;
  }
  if (!is_scalar_constant(forms_, sum)) return false;
  forms_.declare_sum(value, axes, std::move(sum));
  unfolded_.clear();
  return true;
}

void KnownValues::offer(NodeId id, const Polynomial& form) {
  if (form.size() != 1 || is_fused(graph_, id)) return;
  const auto& [monomial, coefficient] = *form.begin();
  const Atoms& atoms = forms_.atoms();
  if (std::ranges::all_of(monomial, [&](const Factor& f) { return atoms[f.atom].kind == AtomKind::size; })) return;
  Available entry{id, {coefficient, monomial}, {}};
  for (AxisId axis : graph_.node(id).axes) {
    entry.axes.push_back(forms_.axis_atom(axis));
    if (!atoms.varies(form, entry.axes.back())) return;
  }
  if (monomial.size() == 1 && monomial[0].exponent == 1 && coefficient == 1 && atoms[monomial[0].atom].kind == AtomKind::leaf &&
      atoms[monomial[0].atom].indices == entry.axes)
    return;  // the atom itself
  const auto [place, fresh] = available_by_term_.try_emplace(entry.term, available_.size());
  if (fresh)
    available_.push_back(std::move(entry));
  else if (graph_.node(id).op == Op::named && graph_.node(available_[place->second].node).op != Op::named)
    available_[place->second].node = id;  // the name that people know it by
}

std::optional<NodeId> KnownValues::at_hand(const Polynomial& form) const {
  if (form.size() != 1) return {};
  const auto found = available_by_term_.find({form.begin()->second, form.begin()->first});
  if (found == available_by_term_.end() || found->second >= given_available_) return {};
  return available_[found->second].node;
}

bool KnownValues::is_defined(AtomId atom) const {
  const Atom& entry = forms_.atoms()[atom];
  return entry.kind == AtomKind::leaf && static_cast<Op>(entry.place) == Op::named && definitions_.contains(entry.tag);
}

std::optional<Polynomial> KnownValues::definition(AtomId atom) {
  if (!is_defined(atom)) return {};
  if (const auto known = instances_.find(atom); known != instances_.end()) return known->second;
  const Polynomial& definition = definitions_.at(forms_.atoms()[atom].tag);
  return instances_.emplace(atom, forms_.at_indices_of(atom, definition)).first->second;
}

Polynomial KnownValues::unfolded(AtomId sum, NodeId value, const std::function<Polynomial()>& unfold) {
  if (const auto known = unfolded_.find({sum, value}); known != unfolded_.end()) return known->second;
  Polynomial form = unfold();
  if (forms_.stop().empty()) unfolded_.emplace(std::pair{sum, value}, form);
  return form;
}

void KnownValues::add_computed(NodeId node, const Polynomial& form) {
  if (form.size() != 1) return;
  computed_.emplace(index_of(node), form);
  const Atoms& atoms = forms_.atoms();
  if (std::ranges::any_of(form.begin()->first, [&](const Factor& f) { return atoms[f.atom].kind == AtomKind::sum; }))
    offer(node, form);
}

void KnownValues::drop_computed() {
  computed_.clear();
  for (std::size_t k = given_available_; k < available_.size(); ++k) available_by_term_.erase(available_[k].term);
  available_.resize(given_available_);
}

const Polynomial* KnownValues::computed(NodeId node) const {
  const auto found = computed_.find(index_of(node));
  return found == computed_.end() ? nullptr : &found->second;
}

}  // namespace tenet
